//! The findings of one text while it is read: limited in number, each at one place.

use super::guard::span;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::span::{SourceId, Span};

/// Findings about the syntax of one text.
const MAX_FINDINGS: usize = 100;

/// Collects findings about one text.
#[derive(Debug)]
pub(super) struct Notes {
    source: SourceId,
    list: Vec<Finding>,
}

impl Notes {
    pub(super) fn new(source: SourceId) -> Self {
        Self {
            source,
            list: Vec::new(),
        }
    }

    pub(super) fn source(&self) -> SourceId {
        self.source
    }

    /// A range of bytes of the text.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        span(self.source, start, end)
    }

    /// Adds a finding; the first beyond the limit says that there are more.
    pub(super) fn push(&mut self, finding: Finding) {
        if self.list.len() < MAX_FINDINGS {
            self.list.push(finding);
        } else if self.list.len() == MAX_FINDINGS
            && let Some(place) = finding.span
        {
            let more = Finding::new(Code::Syntax, place, "text has further syntax errors")
                .help("correct the ones above first");
            self.list.push(more);
        }
    }

    /// How many findings with this code there are.
    pub(super) fn count(&self, code: Code) -> usize {
        self.list.iter().filter(|f| f.code == code).count()
    }

    pub(super) fn finish(self) -> Findings {
        let mut findings = Findings::default();
        for finding in self.list {
            findings.push(finding);
        }
        findings
    }
}
