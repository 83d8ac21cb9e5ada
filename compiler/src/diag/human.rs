//! Findings for people: the place, the second places, the help line, and a count at the end.
//!
//! Drawn by `miette` over excerpts of ours, in which no character of a source acts on the terminal
//! and no line is longer than a screen.

mod excerpt;

use super::plain::one_line;
use super::{Counts, Finding, Report, Severity};
use crate::codes::Code;
use excerpt::Excerpts;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters,
    ThemeStyles,
};
use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use textwrap::{WordSeparator, WordSplitter};

/// The most findings that are shown; all are counted.
pub const CAP: usize = 50;

/// How findings are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Colours and drawing characters; without them it is plain ASCII.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// Everything that no waiver covers, at most [`CAP`] findings, and the counts.
#[must_use]
pub fn render<'a>(reports: impl IntoIterator<Item = &'a Report>, look: Look) -> String {
    let mut out = String::new();
    let mut codes = BTreeSet::new();
    let mut counts = Counts::default();
    let mut shown = 0;
    for report in reports {
        counts += report.counts();
        for finding in report.iter().filter(|f| f.waived.is_none()) {
            if shown < CAP {
                out.push_str(&one(report, finding, look));
                out.push('\n');
                codes.insert(finding.code);
            }
            shown += 1;
        }
    }
    if shown > CAP {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "and {} more; `--format short` lists all\n",
            shown - CAP
        );
    }
    out.push_str(&summary(counts, &codes));
    out
}

/// One finding, without an empty line around it.
#[must_use]
pub fn one(report: &Report, finding: &Finding, look: Look) -> String {
    let excerpts = Excerpts::of(report, finding, look);
    let drawn = Drawn {
        message: one_line(&finding.message).into_owned(),
        help: finding.help.as_deref().map(|h| one_line(h).into_owned()),
        severity: finding.severity,
        excerpts,
    };
    let handler = GraphicalReportHandler::new_themed(theme(finding, look))
        .with_width(look.width)
        .with_urls(false)
        .with_context_lines(1)
        .with_break_words(false)
        .with_word_separator(WordSeparator::AsciiSpace)
        .with_word_splitter(WordSplitter::NoHyphenation)
        .without_syntax_highlighting();
    let mut text = String::new();
    if handler.render_report(&mut text, &drawn).is_err() {
        let word = finding.severity.word();
        text = format!("{} {word}: {}\n", finding.code.number(), drawn.message);
    }
    let lines = text.lines().map(|line| line.trim_end());
    let mut out = String::with_capacity(text.len());
    for (at, line) in lines.enumerate() {
        // The header stands at the margin.
        out.push_str(if at == 0 { line.trim_start() } else { line });
        out.push('\n');
    }
    out
}

fn theme(finding: &Finding, look: Look) -> GraphicalTheme {
    let head = format!("{} {}:", finding.code.number(), finding.severity.word());
    let (characters, styles) = if look.colour {
        (ThemeCharacters::unicode(), ThemeStyles::ansi())
    } else {
        (ThemeCharacters::ascii(), ThemeStyles::none())
    };
    let characters = ThemeCharacters {
        error: head.clone(),
        warning: head,
        ..characters
    };
    GraphicalTheme { characters, styles }
}

fn summary(counts: Counts, codes: &BTreeSet<Code>) -> String {
    let Counts {
        errors,
        warnings,
        waived,
    } = counts;
    let mut parts = Vec::new();
    if errors > 0 {
        parts.push(number(errors, "error"));
    }
    if warnings > 0 {
        parts.push(number(warnings, "warning"));
    }
    if waived > 0 {
        parts.push(format!("{waived} waived"));
    }
    if parts.is_empty() {
        return String::new();
    }
    let mut out = parts.join(", ");
    out.push('\n');
    if let Some(first) = codes.first() {
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "the reason and the fix: `pure-agent explain {}`",
            first.number()
        );
        let others: Vec<&str> = codes.iter().skip(1).take(4).map(|c| c.number()).collect();
        if !others.is_empty() {
            let more = if codes.len() > 5 { ", …" } else { "" };
            let _ = write!(out, " (or {}{more})", others.join(", "));
        }
        out.push('\n');
    }
    out
}

/// `1 error`, `2 errors`.
#[must_use]
pub fn number(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}

/// A finding as `miette` wants it.
#[derive(Debug)]
struct Drawn {
    message: String,
    help: Option<String>,
    severity: Severity,
    excerpts: Excerpts,
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl Diagnostic for Drawn {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.excerpts.is_empty()).then_some(&self.excerpts as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpts.labels()))
    }
}

#[cfg(test)]
mod tests;
