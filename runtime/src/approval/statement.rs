//! What a person signs.

use crate::record::event::{ApprovalAsked, Subject};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The namespace of the signature, so that a signature made for something else is none here.
pub const NAMESPACE: &str = "pure-agent-approval";

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It may happen, once.
    Approve,
    /// It must not happen.
    Reject,
}

/// What is signed, beside the verdict.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// UID of the run.
    pub run: &'a str,
    /// Name of the run spec.
    pub spec: &'a str,
    /// The request.
    pub asked: &'a ApprovalAsked,
}

impl Statement<'_> {
    /// The text to sign: canonical JSON without a newline at the end.
    #[must_use]
    pub fn text(&self, verdict: Verdict) -> String {
        let Self { run, spec, asked } = self;
        let ApprovalAsked {
            id,
            cycle: _,
            approval: _,
            subject,
            arguments,
            nonce,
            expires,
        } = asked;
        json!({
            "verdict": verdict, "run": run, "spec": spec, "id": id, "subject": named(subject),
            "arguments": arguments, "nonce": nonce, "expires": expires,
        })
        .to_string()
    }
}

/// A subject in words that people read.
#[must_use]
pub fn named(subject: &Subject) -> Value {
    match subject {
        Subject::Tool { server, tool } => json!({"tool": {"server": server, "name": tool}}),
        Subject::Export(name) => json!({"export": name}),
    }
}
