//! GitLab's code quality report: one array, a subset of Code Climate's format.

use super::fingerprint::Fingerprints;
use super::plain::one_line;
use super::{Finding, Report, Severity};
use serde::{Serialize, Serializer};
use std::io::{self, Write};

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    check_name: &'static str,
    description: String,
    severity: &'static str,
    fingerprint: String,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: std::borrow::Cow<'a, str>,
    positions: Positions,
}

#[derive(Serialize)]
struct Positions {
    begin: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

/// Writes the findings that no waiver covers. One that has no place stands at the start of the workspace
/// file, because the format has no other place for it.
///
/// # Errors
/// If they cannot be written.
pub fn write(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Entries(reports))?;
    out.write_all(b"\n")
}

/// Each entry is made when it is written, so that many findings need no more memory than few.
struct Entries<'a>(&'a [Report]);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut prints = Fingerprints::default();
        let findings = self.0.iter().flat_map(|r| r.iter().map(move |f| (r, f)));
        serializer.collect_seq(findings.filter_map(|(report, finding)| {
            // A waived finding takes its number too, so that waiving one renames no other.
            let fingerprint = prints.next(report, finding);
            let open = finding.waived.is_none();
            open.then(|| entry(report, finding, fingerprint))
        }))
    }
}

fn entry<'a>(report: &Report, finding: &Finding, fingerprint: String) -> Entry<'a> {
    let description = match &finding.help {
        Some(help) => format!("{}; {help}", finding.message),
        None => finding.message.clone(),
    };
    let (path, begin, end) = match finding.span {
        Some(span) => {
            let place = report.place(span);
            let begin = Position {
                line: place.start.line,
                column: place.start.column,
            };
            (
                place.path,
                begin,
                Position {
                    line: place.end.line,
                    column: place.end.column,
                },
            )
        }
        None => {
            let start = || Position { line: 1, column: 1 };
            (report.path(super::NOWHERE), start(), start())
        }
    };
    Entry {
        kind: "issue",
        check_name: finding.code.number(),
        description: one_line(&description).into_owned(),
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "minor",
        },
        fingerprint,
        location: Location {
            path: path.into(),
            positions: Positions { begin, end },
        },
    }
}
