//! Annotations of GitHub Actions: workflow commands, one per line.

use super::{Finding, Report, Severity};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Annotations of one level that the service shows for one step.
const SHOWN: usize = 10;

/// Writes the findings that no waiver covers; if some will not be shown, the last entry says so.
///
/// # Errors
/// If they cannot be written.
pub fn write(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    let (mut errors, mut warnings) = (0_usize, 0_usize);
    for report in reports {
        for finding in report.iter().filter(|f| f.waived.is_none()) {
            match finding.severity {
                Severity::Error => errors += 1,
                Severity::Warning => warnings += 1,
            }
            out.write_all(annotation(report, finding).as_bytes())?;
        }
    }
    let hidden = errors.saturating_sub(SHOWN) + warnings.saturating_sub(SHOWN);
    if hidden > 0 {
        let text = format!(
            "{hidden} of {errors} errors and {warnings} warnings are not shown as annotations; the \
             log of this step has them all"
        );
        writeln!(out, "::notice title=pure-agent::{}", data(&text))?;
    }
    Ok(())
}

fn annotation(report: &Report, finding: &Finding) -> String {
    let title = format!("{} {}", finding.code.number(), finding.code.title());
    let mut out = format!("::{} title={}", finding.severity.word(), property(&title));
    let mut text = finding.message.clone();
    if let Some(span) = finding.span {
        let place = report.place(span);
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            ",file={},line={}",
            property(&place.path),
            place.start.line
        );
        let _ = write!(out, ",endLine={}", place.end.line);
        // Columns of a range over several lines are refused by the service.
        if place.start.line == place.end.line {
            let last = place.end.column.saturating_sub(1).max(place.start.column);
            let _ = write!(out, ",col={},endColumn={last}", place.start.column);
        }
    }
    for related in &finding.related {
        let place = report.place(related.span);
        let (line, column) = (place.start.line, place.start.column);
        let _ = write!(text, "\n{}:{line}:{column}: {}", place.path, related.label);
    }
    if let Some(help) = &finding.help {
        let _ = write!(text, "\nhelp: {help}");
    }
    let _ = writeln!(out, "::{}", data(&text));
    out
}

/// The text of a command, which ends at the end of its line.
fn data(text: &str) -> String {
    let text: Vec<_> = text
        .split('\n')
        .map(|l| l.replace('%', "%25").replace('\r', "%0D"))
        .collect();
    text.join("%0A")
}

/// The value of a property, which also ends at a comma or colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Code;
    use crate::diag::{Base, Findings};
    use crate::span::{SourceId, Sources, Span};
    use std::sync::Arc;

    fn report(path: &str, finding: impl Fn(Span) -> Finding, count: u32) -> Report {
        let mut sources = Sources::default();
        sources.add(path.to_owned(), Arc::from("aé bad\nb\n"));
        let mut findings = Findings::default();
        for n in 0..count {
            let mut one = finding(Span {
                source: SourceId(0),
                start: 4,
                end: 7,
            });
            one.message.push_str(&format!("{n}"));
            findings.push(one);
        }
        Report::new(findings, sources, Base::default())
    }

    fn render(report: Report) -> String {
        let mut out = Vec::new();
        write(&[report], &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_cannot_end_the_command_or_begin_another() {
        let make = |span| {
            Finding::new(Code::Syntax, span, "50%\r\n::error::evil").help("a\n::stop-commands::x")
        };
        let out = render(report("a,b:c%\n.kdl", make, 1));
        assert_eq!(
            out,
            "::error title=PA0106 not KDL,file=a%2Cb%3Ac%25%0A.kdl,line=1,endLine=1,col=4,\
             endColumn=6::50%25%0D%0A::error::evil0%0Ahelp: a%0A::stop-commands::x\n"
        );
    }

    #[test]
    fn what_is_not_shown_is_said_last() {
        let make = |span| Finding::new(Code::Syntax, span, "m");
        let out = render(report("a.kdl", make, 12));
        assert_eq!(out.lines().count(), 13);
        assert!(
            out.lines()
                .last()
                .unwrap()
                .starts_with("::notice title=pure-agent::2 of 12")
        );
        assert!(!render(report("a.kdl", make, 10)).contains("::notice"));
    }
}
