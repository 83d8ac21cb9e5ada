//! Patterns over hosts, with the meaning that the compiler gives them.
//!
//! A pattern is a list of segments between dots. A segment without `*` matches itself; `*` matches exactly one
//! segment; `*` beside other characters matches any run of characters inside the segment, also none; `**` matches
//! any number of whole segments, also none.

use super::Host;
use crate::segment::{MOST_BYTES, Segment, bounded, matches};
use std::fmt;

/// A pattern over hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    text: String,
    segments: Vec<Segment>,
}

/// A text that is no pattern over hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(String);

impl Malformed {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        "host-pattern"
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a pattern over hosts", self.0)
    }
}

impl std::error::Error for Malformed {}

impl HostPattern {
    /// Reads `example.com`, `*.example.com`, `api-*.example.com` or `**.example.com`.
    ///
    /// # Errors
    /// Characters that no host has, empty segments, `**` inside a segment or twice side by side, more than 512 bytes,
    /// 16 segments or two `**`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let refuse = || Malformed(text.chars().take(MOST_BYTES).collect());
        let known =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'*');
        if text.len() > MOST_BYTES || !text.bytes().all(known) {
            return Err(refuse());
        }
        let read = |part| Segment::read(part, true).filter(|_| !str::is_empty(part));
        let segments: Option<Vec<_>> = text.split('.').map(read).collect();
        let segments = segments.filter(|s| bounded(s)).ok_or_else(refuse)?;
        let text = text.to_owned();
        Ok(Self { text, segments })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the host matches. Time is bounded by the product of both lengths.
    #[must_use]
    pub fn matches(&self, host: &Host) -> bool {
        let labels: Vec<&str> = host.as_str().split('.').collect();
        matches(&self.segments, &labels)
    }
}
