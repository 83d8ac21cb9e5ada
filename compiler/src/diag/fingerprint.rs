//! What makes two findings of two runs the same: code, path and the text that they are about. Lines
//! may move.

use super::{Finding, Report};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Gives each finding its fingerprint; a repeat of the same three gets a number.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    seen: BTreeMap<[u8; 32], u32>,
}

impl Fingerprints {
    /// 64 hex digits.
    pub(super) fn next(&mut self, report: &Report, finding: &Finding) -> String {
        let (path, subject) = match finding.span {
            Some(span) => {
                let path = report.path(report.sources.path(span.source));
                (path, report.sources.snippet(span).to_owned())
            }
            None => (String::new(), finding.message.clone()),
        };
        let first = hash(&[finding.code.number(), &path, &subject]);
        let repeat = self.seen.entry(first).or_insert(0);
        *repeat += 1;
        let last = match *repeat {
            1 => first,
            n => hash(&[finding.code.number(), &path, &subject, &n.to_string()]),
        };
        crate::json::hex(&last)
    }
}

fn hash(parts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}
