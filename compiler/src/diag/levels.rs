//! Severity by configuration: `-D CODE`, `-W CODE`, `--deny-warnings`. The code stays what it is, and
//! nothing makes an error less than one.

use super::{Findings, Severity};
use crate::codes::Code;
use std::collections::BTreeSet;

/// What the command line says about severities.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    /// Warnings that count as errors.
    pub deny: BTreeSet<Code>,
    /// Warnings that stay warnings under [`Levels::deny_warnings`].
    pub warn: BTreeSet<Code>,
    /// Every other warning counts as an error.
    pub deny_warnings: bool,
}

impl Levels {
    /// Raises severities.
    pub fn apply(&self, findings: &mut Findings) {
        for finding in findings.iter_mut() {
            let denied = self.deny.contains(&finding.code)
                || (self.deny_warnings && !self.warn.contains(&finding.code));
            if denied {
                finding.severity = Severity::Error;
            }
        }
    }
}
