//! What a run came to.

use super::job::Job;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The end of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The result document: of the export step, or where that did not come to it, of the same form.
    pub document: Value,
    /// Whether the run did its work.
    pub done: bool,
    /// The record, and what its verification says: how many lines are whole, or what is broken.
    pub record: (PathBuf, Result<u64, String>),
    /// The workspace, where it is kept.
    pub workspace: Option<PathBuf>,
    /// What could not be cleaned up.
    pub left: Vec<String>,
}

/// How a step ended, in the words of Argo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Succeeded,
    Failed,
    Omitted,
}

impl End {
    pub(super) fn of(fine: bool) -> Self {
        if fine { Self::Succeeded } else { Self::Failed }
    }

    /// What the export step is told.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Omitted => "Omitted",
        }
    }
}

/// The document of a run that did not come to its exports.
pub(super) fn without_exports(
    job: &Job,
    cycles: End,
    packing: End,
    reason: &str,
    why: Option<&str>,
) -> Value {
    let mut document = json!({
        "version": 1, "spec": job.plan.name, "run": job.name, "uid": job.uid, "bundle": job.bundle,
        "verdict": "failed", "reason": reason,
        "cycles": cycles.word().to_lowercase(), "packing": packing.word().to_lowercase(),
        "submission": null, "exports": [],
    });
    if let (Some(why), Some(map)) = (why, document.as_object_mut()) {
        map.insert("error".to_owned(), why.into());
    }
    document
}
