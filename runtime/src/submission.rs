//! What an agent hands in when it ends a cycle: which exports should happen, and their texts.
//!
//! [`schema()`] and [`actions()`] tell an agent what it may hand in, [`read()`] judges what it did, at once and with all
//! that is wrong, so that the agent can correct itself. What was read is a [`Document`]; its [`Document::text`] is
//! what is recorded, sealed, and read again by router and export.
//!
//! The last submission of the last cycle is the one whose exports happen. So an export happens once in a run,
//! whatever its `times` say; one with `times` 0 is not offered.

pub mod actions;
mod chosen;
pub mod pull_request;
pub mod read;
pub mod schema;
pub mod step;
#[cfg(test)]
mod tests;
mod text;
mod texts;

pub use actions::actions;
pub use pull_request::PullRequest;
pub use read::read;
pub use schema::schema;

use crate::contract::{Bound, Export, ExportAction, ExportWhen};
use crate::gateway::inputs::Inputs;
use crate::router::decide::SubmissionKind;
use crate::strict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The version of the document that this library reads and writes.
pub const VERSION: u32 = 1;
/// The action that asks for another cycle.
pub const CONTINUE: &str = "continue";
/// The action that asks for nothing: the work is done, and no offered export happens.
pub const NONE: &str = "none";
/// Most bytes of a summary.
pub const MOST_SUMMARY: u64 = 32 * 1024;
/// Most bytes of a document. One that is a string in a line of the record still fits there.
pub const MOST_DOCUMENT: usize = 1 << 20;

/// A submission that was judged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// [`VERSION`].
    pub version: u32,
    /// Names of offered exports, each once; or [`CONTINUE`] or [`NONE`] alone.
    pub actions: Vec<String>,
    /// What was done, or what is left to do.
    pub summary: String,
    /// The word that an agent chose, in a step that has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// What it answered, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, String>,
    /// What single exports need, by their names.
    #[serde(flatten)]
    pub details: BTreeMap<String, Detail>,
}

/// What one export needs of a submission.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Detail {
    /// The text of a report.
    Report(String),
    /// A pull request.
    PullRequest(PullRequest),
    /// Inputs of another run, by name.
    Inputs(BTreeMap<String, String>),
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Document");
        shown
            .field("actions", &self.actions)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Report(_) => "Report",
            Self::PullRequest(_) => "PullRequest",
            Self::Inputs(_) => "Inputs",
        })
    }
}

impl Document {
    /// Reads the text of a document.
    ///
    /// # Errors
    /// Another version, or what is no document; nothing of the text stands in the message.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read = strict::read(text.as_bytes());
        let document: Self = read.map_err(|_untold| "this is no submission".to_owned())?;
        match document.version {
            VERSION => Ok(document),
            other => Err(format!("version {other} of a submission is not known")),
        }
    }

    /// Canonical JSON: sorted keys, no white space.
    ///
    /// # Errors
    /// None that can happen: all keys are texts.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        // A value has its keys in order, a type has them as they were declared.
        serde_json::to_value(self).map(|value| value.to_string())
    }

    /// What the submission asks the router for.
    #[must_use]
    pub fn kind(&self) -> SubmissionKind {
        match self.actions.as_slice() {
            [only] if only == CONTINUE => SubmissionKind::Continue,
            _ => SubmissionKind::Terminal,
        }
    }
}

/// What is wrong with a submission. No value of it stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// JSON pointer to what is wrong; empty for the whole.
    pub pointer: String,
    /// The rule, as a stable word.
    pub rule: &'static str,
    /// A sentence that says the bound.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pointer,
            rule,
            message,
        } = self;
        write!(f, "{pointer} {rule}: {message}")
    }
}

/// The kind of an export, as the spec writes it.
fn kind(export: &Export) -> &'static str {
    match export.action {
        ExportAction::Comment { .. } => "comment",
        ExportAction::Report { .. } => "report",
        ExportAction::Upload { .. } => "upload",
        ExportAction::PullRequest { .. } => "pull-request",
        ExportAction::Notify { .. } => "notify",
        ExportAction::S3 { .. } => "s3",
        ExportAction::Submit { .. } => "submit",
        ExportAction::Webhook { .. } => "webhook",
    }
}

/// Whether an agent may choose it.
fn is_offered(export: &Export) -> bool {
    export.when == ExportWhen::Offer && export.times > 0
}

/// Whether it takes a text of the submission that no other export takes.
fn has_detail(export: &Export) -> bool {
    match &export.action {
        ExportAction::Report { .. } | ExportAction::PullRequest { .. } => true,
        ExportAction::Submit { chosen, .. } => !chosen.is_empty(),
        ExportAction::Comment { .. }
        | ExportAction::Upload { .. }
        | ExportAction::Notify { .. }
        | ExportAction::S3 { .. }
        | ExportAction::Webhook { .. } => false,
    }
}

/// Where it goes, where that is an issue. `Err`: the input that should say so was not given.
fn target<'a>(export: &'a Export, inputs: &'a Inputs) -> Result<Option<&'a str>, &'a str> {
    let (ExportAction::Comment { to, .. }
    | ExportAction::Report { to, .. }
    | ExportAction::Upload { to, .. }) = &export.action
    else {
        return Ok(None);
    };
    match to {
        Bound::Value(value) => Ok(Some(value)),
        Bound::Input(name) => match inputs.get(name) {
            Some(value) if !value.is_empty() => Ok(Some(value)),
            Some(_) | None => Err(name),
        },
    }
}
