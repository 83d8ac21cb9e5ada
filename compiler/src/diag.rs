//! Findings: what a check says, with the place, the reason and the text to write instead.
//!
//! One file per output format below this module; all are views of one sorted list.

mod fingerprint;
pub mod github;
pub mod gitlab;
pub mod human;
pub mod json;
mod levels;
pub mod plain;
mod report;
pub mod sarif;
pub mod short;

use crate::codes::Code;
use crate::span::{Sources, Span};
pub use levels::Levels;
pub use report::{Base, Counts, Place, Report};

/// Where formats that need a file put a finding without a place: the workspace file.
const NOWHERE: &str = "pure-agent.kdl";

/// How bad a finding is. Configuration may raise a warning; nothing lowers an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Compilation does not go on to emit objects.
    Error,
    /// Reported; fails the run only under `--deny-warnings`.
    Warning,
}

/// A replacement that may be applied without thinking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced (an empty span inserts).
    pub span: Span,
    /// The text to put there.
    pub text: String,
}

/// A second place that explains the first: mostly the bound in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where it stands.
    pub span: Span,
    /// What it says there, as a short label.
    pub label: String,
}

/// One diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code; its page is `compiler/src/codes/PAxxxx.md`.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// One line, lower case, no full stop, makes sense alone.
    pub message: String,
    /// Where; `None` for findings about the command itself or a missing file.
    pub span: Option<Span>,
    /// The label at the place (may be empty).
    pub label: String,
    /// Second places.
    pub related: Vec<Related>,
    /// What to write instead.
    pub help: Option<String>,
    /// A safe replacement.
    pub fix: Option<Fix>,
    /// The reason of the waiver that covers this finding, if one does.
    pub waived: Option<String>,
}

impl Finding {
    /// A finding with the catalogue's severity for its code.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            span: Some(span),
            ..Self::placeless(code, message)
        }
    }

    /// A finding that has no place in a source.
    #[must_use]
    pub fn placeless(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            span: None,
            label: String::new(),
            related: Vec::new(),
            help: None,
            fix: None,
            waived: None,
        }
    }

    /// Adds the label at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        // Most have one, and room for four each would be most of what a hostile source takes.
        if self.related.is_empty() {
            self.related.reserve_exact(1);
        }
        self.related.push(Related {
            span,
            label: label.into(),
        });
        self
    }

    /// Adds the help line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a safe replacement.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fix = Some(Fix {
            span,
            text: text.into(),
        });
        self
    }
}

/// Everything found in one run.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    #[expect(
        clippy::vec_box,
        reason = "a hostile source has hundreds of thousands, and a list of the whole would be there thrice while it grows"
    )]
    list: Vec<Box<Finding>>,
}

impl Findings {
    /// Adds one finding.
    pub fn push(&mut self, finding: Finding) {
        self.list.push(Box::new(finding));
    }

    /// Adds all findings of another list.
    pub fn extend(&mut self, other: Findings) {
        if self.list.is_empty() {
            self.list = other.list;
        } else {
            self.list.extend(other.list);
        }
    }

    /// Whether an unwaived error is among them: the stage boundary.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list
            .iter()
            .any(|f| f.severity == Severity::Error && f.waived.is_none())
    }

    /// Nothing found at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The findings as they are now.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.list.iter().map(Box::as_ref)
    }

    /// The findings, open to change (waivers, severities).
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Finding> {
        self.list.iter_mut().map(Box::as_mut)
    }

    /// Sorts by logical path, place, code and message, and drops exact repeats.
    pub fn sort(&mut self, sources: &Sources) {
        let place = |f: &Finding| {
            f.span
                .map(|span| (sources.path(span.source), span.start, span.end))
        };
        let order = |a: &Finding, b: &Finding| {
            let by_place = place(a).cmp(&place(b));
            let by_code = by_place.then_with(|| a.code.number().cmp(b.code.number()));
            by_code.then_with(|| a.message.cmp(&b.message))
        };
        self.list.sort_by(|a, b| order(a, b));
        self.list.dedup();
    }
}
