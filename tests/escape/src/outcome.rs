//! What came of an attempt.

use serde_json::{Value, json};

/// The outcome, each with the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Something stood in the way.
    Blocked(String),
    /// It led out.
    Escaped(String),
    /// What it needs is not there, so nothing is shown.
    NotApplicable(String),
    /// It was laid out for others, and whoever looks from outside knows what came of it.
    Planted(String),
}

impl Outcome {
    /// Its word, and the evidence.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Blocked(why) => ("blocked", why),
            Self::Escaped(why) => ("escaped", why),
            Self::NotApplicable(why) => ("not-applicable", why),
            Self::Planted(what) => ("planted", what),
        }
    }

    /// The line that is reported.
    #[must_use]
    pub fn line(&self, name: &str) -> Value {
        let (outcome, evidence) = self.parts();
        let evidence: String = evidence.chars().take(300).collect();
        json!({"attempt": name, "outcome": outcome, "evidence": evidence})
    }

    /// An escape if it is so, else it was stopped by this.
    pub(crate) fn escaped_if(escaped: bool, evidence: impl Into<String>) -> Self {
        match escaped {
            true => Self::Escaped(evidence.into()),
            false => Self::Blocked(evidence.into()),
        }
    }

    /// The first that led out, else the last that did not.
    pub(crate) fn first(outcomes: impl IntoIterator<Item = Self>) -> Self {
        let mut last = Self::NotApplicable("there was nothing to try".to_owned());
        for outcome in outcomes {
            if matches!(outcome, Self::Escaped(_)) {
                return outcome;
            }
            last = outcome;
        }
        last
    }
}
