//! SARIF 2.1.0, as code scanning services read it.

mod document;

use super::fingerprint::Fingerprints;
use super::{Finding, Place, Report, Severity};
use crate::codes::Code;
use crate::span::Span;
use document::{
    Artifact, Change, Content, Document, Driver, Fix, Location, Message, Physical, Region,
    RelatedLocation, Replacement, ResultEntry, Rule, Run, Suppression, Text, Tool,
};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Results of one run that services take.
pub const MAX_RESULTS: usize = 25_000;
/// Places of one result that services take.
const MAX_LOCATIONS: usize = 1_000;

/// Writes one run with every finding. Beyond [`MAX_RESULTS`] the last one says how many are missing.
///
/// # Errors
/// If it cannot be written.
pub fn write(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    let total: usize = reports.iter().map(|r| r.iter().count()).sum();
    let room = if total > MAX_RESULTS {
        MAX_RESULTS - 1
    } else {
        total
    };
    let cut = Finding::placeless(
        Code::LeftOut,
        format!(
            "{} findings are left out: the format takes {MAX_RESULTS}",
            total - room
        ),
    );
    let empty = Report::new(
        super::Findings::default(),
        Default::default(),
        Default::default(),
    );
    let all = reports.iter().flat_map(|r| r.iter().map(move |f| (r, f)));
    let mut shown: Vec<(&Report, &Finding)> = all.take(room).collect();
    if room < total {
        shown.push((&empty, &cut));
    }
    let codes: BTreeSet<Code> = shown.iter().map(|(_, f)| f.code).collect();
    let run = Run {
        tool: Tool {
            driver: Driver::new(codes.iter().map(|c| rule(*c)).collect()),
        },
        column_kind: "unicodeCodePoints",
        results: Results {
            index: codes.iter().enumerate().map(|(i, c)| (*c, i)).collect(),
            shown,
        },
    };
    serde_json::to_writer_pretty(&mut *out, &Document::new(run))?;
    out.write_all(b"\n")
}

/// Each result is made when it is written, so that many findings need little more memory than few.
pub(super) struct Results<'a> {
    shown: Vec<(&'a Report, &'a Finding)>,
    /// Numbers of the rules.
    index: BTreeMap<Code, usize>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut prints = Fingerprints::default();
        serializer.collect_seq(self.shown.iter().map(|(report, finding)| {
            let fingerprint = prints.next(report, finding);
            let rule = self.index.get(&finding.code).copied().unwrap_or(0);
            result(report, finding, rule, fingerprint)
        }))
    }
}

fn rule(code: Code) -> Rule {
    Rule {
        id: code.number(),
        name: format!("{code:?}"),
        short_description: Text { text: code.title() },
        help: Content {
            text: code.page(),
            markdown: code.page(),
        },
        help_uri: document::page_address(code),
        default_configuration: document::Configuration {
            level: code.severity().word(),
        },
    }
}

fn result(report: &Report, finding: &Finding, rule: usize, fingerprint: String) -> ResultEntry {
    let text = match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    };
    let place = match finding.span {
        Some(span) => physical(&report.place(span)),
        None => Physical {
            artifact_location: Artifact::new(&report.path(super::NOWHERE)),
            region: Region {
                start_line: 1,
                start_column: 1,
                end_line: 1,
                end_column: 1,
            },
        },
    };
    let related = finding.related.iter().take(MAX_LOCATIONS - 1).enumerate();
    let suppression = |reason: &String| Suppression {
        kind: "external",
        justification: reason.clone(),
    };
    ResultEntry {
        rule_id: finding.code.number(),
        rule_index: rule,
        level: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: Message { text },
        locations: vec![Location {
            physical_location: place,
        }],
        related_locations: related
            .map(|(id, r)| RelatedLocation {
                id,
                physical_location: physical(&report.place(r.span)),
                message: Message {
                    text: r.label.clone(),
                },
            })
            .collect(),
        partial_fingerprints: BTreeMap::from([("pureAgent/v1", fingerprint)]),
        fixes: finding
            .fix
            .iter()
            .map(|fix| change(report, fix.span, &fix.text))
            .collect(),
        suppressions: finding.waived.iter().map(suppression).collect(),
    }
}

fn physical(place: &Place) -> Physical {
    Physical {
        artifact_location: Artifact::new(&place.path),
        region: region(place),
    }
}

fn region(place: &Place) -> Region {
    Region {
        start_line: place.start.line,
        start_column: place.start.column,
        end_line: place.end.line,
        end_column: place.end.column,
    }
}

fn change(report: &Report, span: Span, text: &str) -> Fix {
    let place = report.place(span);
    Fix {
        description: Message {
            text: if text.is_empty() {
                "remove this".to_owned()
            } else {
                format!("write `{text}`")
            },
        },
        artifact_changes: vec![Change {
            artifact_location: Artifact::new(&place.path),
            replacements: vec![Replacement {
                deleted_region: region(&place),
                inserted_content: Message {
                    text: text.to_owned(),
                },
            }],
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Base, Findings};
    use crate::span::{SourceId, Sources};

    #[test]
    fn beyond_the_limit_the_last_result_says_how_many_are_missing() {
        let mut sources = Sources::default();
        sources.add(
            "a.kdl".to_owned(),
            std::sync::Arc::from("x\n".repeat(30_000).as_str()),
        );
        let report = |count: u32| {
            let mut findings = Findings::default();
            for n in 0..count {
                let span = Span {
                    source: SourceId(0),
                    start: n * 2,
                    end: n * 2 + 1,
                };
                findings.push(Finding::new(Code::Syntax, span, "m"));
            }
            Report::new(findings, sources.clone(), Base::default())
        };
        let results = |reports: &[Report]| {
            let mut out = Vec::new();
            write(reports, &mut out).unwrap();
            let log: serde_json::Value = serde_json::from_slice(&out).unwrap();
            log["runs"][0]["results"].as_array().unwrap().clone()
        };
        let all = results(&[report(20_000), report(5_000)]);
        assert_eq!(
            (all.len(), &all[24_999]["ruleId"]),
            (MAX_RESULTS, &"PA0106".into())
        );
        let cut = results(&[report(20_000), report(5_010)]);
        assert_eq!(cut.len(), MAX_RESULTS);
        let last = &cut[MAX_RESULTS - 1];
        assert_eq!(last["ruleId"], "PA0903");
        assert!(
            last["message"]["text"]
                .as_str()
                .unwrap()
                .starts_with("11 findings are left out")
        );
    }
}
