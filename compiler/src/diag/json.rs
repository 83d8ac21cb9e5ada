//! JSON lines: one object per finding, and a summary at the end.
//!
//! Fields are added without changing the schema's name, never removed or given another meaning.

use super::fingerprint::Fingerprints;
use super::{Counts, Finding, Place, Report};
use crate::json::hex;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::io::{self, Write};

/// The schema that each line names.
pub const SCHEMA: &str = "pure-agent.dev/findings/v1";

#[derive(Serialize)]
#[serde(
    tag = "kind",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is on the stack"
)]
enum Line<'a> {
    Finding {
        schema: &'static str,
        code: &'static str,
        title: &'static str,
        severity: &'static str,
        message: &'a str,
        place: Option<PlaceLine>,
        label: Option<&'a str>,
        related: Vec<RelatedLine<'a>>,
        help: Option<&'a str>,
        fix: Option<FixLine<'a>>,
        waived: Option<&'a str>,
        fingerprint: String,
    },
    Summary {
        schema: &'static str,
        version: &'static str,
        errors: usize,
        warnings: usize,
        waived: usize,
        specs: usize,
        sources: usize,
        digest: String,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceLine {
    path: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct RelatedLine<'a> {
    label: &'a str,
    place: PlaceLine,
}

#[derive(Serialize)]
struct FixLine<'a> {
    place: PlaceLine,
    text: &'a str,
}

impl From<Place> for PlaceLine {
    fn from(place: Place) -> Self {
        Self {
            path: place.path,
            line: place.start.line,
            column: place.start.column,
            end_line: place.end.line,
            end_column: place.end.column,
        }
    }
}

/// Writes every finding, waived ones too, and the summary. `specs` is how many were checked. A line is
/// written before the next one is made, so that many findings need no more memory than few.
///
/// # Errors
/// If they cannot be written.
pub fn write(reports: &[Report], specs: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut prints = Fingerprints::default();
    let mut counts = Counts::default();
    for report in reports {
        counts += report.counts();
        for finding in report.iter() {
            push(out, &line(report, finding, prints.next(report, finding)))?;
        }
    }
    let Counts {
        errors,
        warnings,
        waived,
    } = counts;
    let sources = reports.iter().map(|r| r.sources.iter().count()).sum();
    let (schema, version, digest) = (SCHEMA, env!("CARGO_PKG_VERSION"), digest(reports));
    let summary = Line::Summary {
        schema,
        version,
        errors,
        warnings,
        waived,
        specs,
        sources,
        digest,
    };
    push(out, &summary)
}

fn push(out: &mut dyn Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn line<'a>(report: &Report, finding: &'a Finding, fingerprint: String) -> Line<'a> {
    let related = |r: &'a super::Related| RelatedLine {
        label: &r.label,
        place: report.place(r.span).into(),
    };
    Line::Finding {
        schema: SCHEMA,
        code: finding.code.number(),
        title: finding.code.title(),
        severity: finding.severity.word(),
        message: &finding.message,
        place: finding.span.map(|span| report.place(span).into()),
        label: (!finding.label.is_empty()).then_some(&*finding.label),
        related: finding.related.iter().map(related).collect(),
        help: finding.help.as_deref(),
        fix: finding.fix.as_ref().map(|fix| FixLine {
            place: report.place(fix.span).into(),
            text: &fix.text,
        }),
        waived: finding.waived.as_deref(),
        fingerprint,
    }
}

/// What was looked at: SHA-256 over the sorted list of paths and the digests of their texts.
fn digest(reports: &[Report]) -> String {
    let mut list: Vec<String> = Vec::new();
    for report in reports {
        for (_, source) in report.sources.iter() {
            let text = hex(&Sha256::digest(source.text.as_bytes()));
            list.push(format!("{text}  {}\n", report.path(&source.path)));
        }
    }
    list.sort();
    let mut whole = Sha256::new();
    for entry in &list {
        whole.update(entry.as_bytes());
    }
    hex(&whole.finalize())
}
