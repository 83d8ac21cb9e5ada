//! The findings of one workspace together with what is needed to show them.

use super::{Finding, Findings, Severity};
use crate::span::{LineCol, SourceId, Sources, Span};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Which folder shown paths are relative to, seen from the workspace root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Base {
    /// Parts that lead from that folder down to the root.
    pub down: Vec<String>,
    /// Parts that lead from the root down to that folder; one of the two lists is empty.
    pub below: Vec<String>,
}

impl Base {
    /// A logical path as it is shown.
    #[must_use]
    pub fn shown(&self, path: &str) -> String {
        let parts: Vec<&str> = path.split('/').collect();
        let same = self
            .below
            .iter()
            .zip(&parts)
            .take_while(|(a, b)| a == *b)
            .count();
        let up = self.below.len() - same;
        let mut out = Vec::with_capacity(parts.len() + up + self.down.len());
        out.extend(self.down.iter().map(String::as_str));
        out.extend(std::iter::repeat_n("..", up));
        out.extend(parts.iter().skip(same));
        out.join("/")
    }
}

/// A range of text for people and machines: 1-based lines, 1-based columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The shown path.
    pub path: String,
    /// First character.
    pub start: LineCol,
    /// One past the last character.
    pub end: LineCol,
}

/// How many findings there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Errors that no waiver covers.
    pub errors: usize,
    /// Warnings that no waiver covers.
    pub warnings: usize,
    /// Findings that a waiver covers.
    pub waived: usize,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.waived += other.waived;
    }
}

/// The findings of one workspace, sorted, with their sources.
#[derive(Debug)]
pub struct Report {
    findings: Findings,
    /// Every text read.
    pub sources: Sources,
    base: Base,
    lines: RefCell<BTreeMap<SourceId, Rc<Lines>>>,
}

impl Report {
    /// Sorts the findings and joins them with their sources.
    #[must_use]
    pub fn new(mut findings: Findings, sources: Sources, base: Base) -> Self {
        findings.sort(&sources);
        Self {
            findings,
            sources,
            base,
            lines: RefCell::default(),
        }
    }

    /// All findings, in the order in which they are reported.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter()
    }

    /// Errors, warnings and waived findings.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for finding in self.findings.iter() {
            match (finding.waived.is_some(), finding.severity) {
                (true, _) => counts.waived += 1,
                (false, Severity::Error) => counts.errors += 1,
                (false, Severity::Warning) => counts.warnings += 1,
            }
        }
        counts
    }

    /// A logical path as it is shown.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        self.base.shown(path)
    }

    /// The place of a span.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        let lines = self.lines(span.source);
        Place {
            path: self.path(self.sources.path(span.source)),
            start: lines.line_col(span.start),
            end: lines.line_col(span.end.max(span.start)),
        }
    }

    /// The line table of a source, made when it is first needed.
    pub(super) fn lines(&self, source: SourceId) -> Rc<Lines> {
        let mut tables = self.lines.borrow_mut();
        let table = tables.entry(source).or_insert_with(|| {
            Rc::new(Lines::new(
                self.sources.get(source).map_or("", |s| &*s.text),
            ))
        });
        Rc::clone(table)
    }
}

/// Where the lines of a text begin, so that a place costs the same wherever it is: a hostile text
/// with many findings on one long line would otherwise be counted through again for each.
#[derive(Debug)]
pub(super) struct Lines {
    text: Rc<str>,
    /// Byte offset of each line's first character.
    starts: Vec<usize>,
    /// Characters before every [`STEP`]th byte.
    characters: Vec<usize>,
}

const STEP: usize = 1024;

impl Lines {
    fn new(text: &str) -> Self {
        let mut starts = vec![0];
        let mut characters = Vec::with_capacity(text.len() / STEP + 1);
        let mut count = 0;
        for (at, byte) in text.bytes().enumerate() {
            if at.is_multiple_of(STEP) {
                characters.push(count);
            }
            if byte == b'\n' {
                starts.push(at + 1);
            }
            if !is_continuation(byte) {
                count += 1;
            }
        }
        if text.len().is_multiple_of(STEP) {
            characters.push(count);
        }
        Self {
            text: Rc::from(text),
            starts,
            characters,
        }
    }

    /// Index of the last line; the nothing behind a last line feed is none.
    pub(super) fn last(&self) -> usize {
        let last = self.starts.len().saturating_sub(1);
        if last > 0 && self.line(last).1.is_empty() {
            last - 1
        } else {
            last
        }
    }

    /// Index of the line that an offset stands in.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// The text of a line without its end, and where it begins.
    pub(super) fn line(&self, index: usize) -> (usize, &str) {
        let start = self.starts.get(index).copied().unwrap_or(self.text.len());
        let end = self
            .starts
            .get(index + 1)
            .map_or(self.text.len(), |next| next - 1);
        (start, self.text.get(start..end).unwrap_or(""))
    }

    /// The nearest character boundary at or before an offset.
    pub(super) fn boundary(&self, offset: u32) -> usize {
        let mut at = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn line_col(&self, offset: u32) -> LineCol {
        let at = self.boundary(offset);
        let line = self.line_of(at);
        let start = self.starts.get(line).copied().unwrap_or(0);
        LineCol {
            line: line + 1,
            column: self.before(at) - self.before(start) + 1,
        }
    }

    /// Characters before an offset.
    fn before(&self, at: usize) -> usize {
        let known = self.characters.get(at / STEP).copied().unwrap_or(0);
        let rest = self
            .text
            .as_bytes()
            .get(at / STEP * STEP..at)
            .unwrap_or(&[]);
        known + rest.iter().filter(|b| !is_continuation(**b)).count()
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn columns_count_characters_on_every_line() {
        let text = format!("a\n日本{}x\n\nend", "é".repeat(3000));
        let mut sources = Sources::default();
        let id = sources.add("a.kdl".to_owned(), Arc::from(text.as_str()));
        let report = Report::new(Findings::default(), sources.clone(), Base::default());
        for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let offset = u32::try_from(offset).unwrap();
            let place = report.place(Span {
                source: id,
                start: offset,
                end: offset,
            });
            assert_eq!(place.start, sources.line_col(id, offset), "at {offset}");
        }
    }

    #[test]
    fn a_text_that_ends_on_a_step_is_counted_to_its_end() {
        for length in [0, 1023, 1024, 1025, 2048] {
            let text = "x".repeat(length);
            let lines = Lines::new(&text);
            let end = u32::try_from(length).unwrap();
            assert_eq!(
                lines.line_col(end),
                LineCol {
                    line: 1,
                    column: length + 1
                }
            );
        }
    }

    #[test]
    fn paths_are_shown_from_the_folder_of_the_reader() {
        let parts = |list: &[&str]| list.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>();
        let down = Base {
            down: parts(&["examples", "x"]),
            below: Vec::new(),
        };
        assert_eq!(down.shown("specs/a.kdl"), "examples/x/specs/a.kdl");
        let below = Base {
            down: Vec::new(),
            below: parts(&["specs", "team"]),
        };
        assert_eq!(below.shown("specs/a.kdl"), "../a.kdl");
        assert_eq!(below.shown("specs/team/a.kdl"), "a.kdl");
        assert_eq!(below.shown("b.kdl"), "../../b.kdl");
    }
}
