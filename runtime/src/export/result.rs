//! The result: what the run came to, as one document.

use super::ledger::{Known, Visited};
use super::told::End;
use super::{Export, Refused};
use crate::digest::sha256;
use serde::Serialize;
use serde_json::Value;

/// Reasons of a router that say that no agent did the work, whether or not one must submit.
const FAULTS: [&str; 3] = ["error", "gate", "incomplete"];

/// Most bytes of what Kubernetes keeps of a container's last words.
const MOST_MESSAGE: usize = 4096;

/// The result document.
#[derive(Debug, Clone, Serialize)]
pub struct Result {
    version: u32,
    spec: String,
    run: String,
    uid: String,
    bundle: String,
    /// `done`, or `failed`.
    verdict: &'static str,
    /// Why the router stopped the run.
    reason: Option<String>,
    cycles: &'static str,
    packing: &'static str,
    /// SHA-256 of the submission that was exported.
    submission: Option<String>,
    exports: Vec<Acted>,
    /// The steps that the run visited, where it has steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Vec<Visited>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What came of one export.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Acted {
    /// Its name.
    pub name: String,
    /// `done`, `refused` or `failed`; in a rehearsal `shown`.
    pub outcome: &'static str,
    /// Where it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The rule that refused it, or by which it failed.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub rule: &'static str,
    /// The same for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl Acted {
    pub(super) fn done(name: String, url: String) -> Self {
        Self {
            name,
            outcome: "done",
            url,
            rule: "",
            why: String::new(),
        }
    }

    /// In a rehearsal.
    pub(super) fn shown(name: String) -> Self {
        Self {
            outcome: "shown",
            ..Self::done(name, String::new())
        }
    }

    pub(super) fn refused(name: String, refused: Refused) -> Self {
        let Refused { rule, why } = refused;
        Self {
            name,
            outcome: "refused",
            url: String::new(),
            rule,
            why,
        }
    }

    fn is_fine(&self) -> bool {
        matches!(self.outcome, "done" | "shown")
    }

    pub(super) fn failed(name: String, failed: Refused) -> Self {
        Self {
            outcome: "failed",
            ..Self::refused(name, failed)
        }
    }
}

impl Result {
    /// The run did its work where it was stopped by a router that found no fault, the agent submitted what ends a run if it
    /// must (`terminal`) or its steps led to the end, and everything that was to leave has left.
    pub(super) fn new(
        step: &Export,
        known: Option<&Known>,
        terminal: bool,
        exports: Vec<Acted>,
        error: Option<String>,
    ) -> Self {
        let contract = &step.contract;
        let submission = known.and_then(|known| known.submission.as_ref());
        let last = known.and_then(|known| known.reason.as_deref());
        // An agent that need not submit has at least ended by itself.
        let ended = !contract.finish.submission && last == Some("ended");
        // Where there are steps, they say whether the run came to its end.
        let submitted = match contract.graph {
            None => terminal || ended,
            Some(_) => last == Some("end"),
        };
        let fine = error.is_none()
            && known.is_some_and(|known| known.stopped)
            && !last.is_some_and(|reason| FAULTS.contains(&reason))
            && step.told.cycles == End::Fine
            && step.told.packing == End::Fine
            && submitted
            && exports.iter().all(Acted::is_fine);
        Self {
            version: 1,
            spec: contract.spec.clone(),
            run: step.run.clone(),
            uid: step.uid.clone(),
            bundle: step.bundle.clone(),
            verdict: if fine { "done" } else { "failed" },
            reason: last.map(str::to_owned),
            cycles: step.told.cycles.word(),
            packing: step.told.packing.word(),
            submission: submission.map(|submission| submission.digest.clone()),
            exports,
            path: known.and_then(|known| known.path.clone()),
            usage: known
                .filter(|_| contract.record.usage)
                .map(|known| known.usage.clone()),
            error,
        }
    }

    /// The same, of a run that failed in the end.
    pub(super) fn broken(self, why: String) -> Self {
        Self {
            verdict: "failed",
            error: Some(why),
            ..self
        }
    }

    /// Whether the run did its work.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.verdict == "done"
    }

    /// What came of each export.
    #[must_use]
    pub fn exports(&self) -> &[Acted] {
        &self.exports
    }

    /// As JSON.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The links that a comment tells.
    #[must_use]
    pub fn links(&self) -> String {
        let told = |export: &Acted| match (export.outcome, export.url.as_str()) {
            ("done", "") => format!("\n- {}", export.name),
            ("done", url) => format!("\n- {}: {url}", export.name),
            (outcome, _) => format!("\n- {}: {outcome} (`{}`)", export.name, export.rule),
        };
        let list: String = self.exports.iter().map(told).collect();
        match list.as_str() {
            "" => list,
            list => format!("\n\n### Exports\n{list}"),
        }
    }

    /// How the run ended, in a few lines for people, without links.
    #[must_use]
    pub fn told(&self) -> String {
        let reason = self.reason.as_deref();
        let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
        let mut told = format!("{} {}: {}{reason}", self.spec, self.run, self.verdict);
        for export in &self.exports {
            let rule = match export.rule {
                "" => String::new(),
                rule => format!(" ({rule})"),
            };
            told.push_str(&format!("\n- {}: {}{rule}", export.name, export.outcome));
        }
        told
    }

    /// What fits into the last words of a container: the digest of the whole document, and as many exports as
    /// there is room for, without sentences.
    #[must_use]
    pub fn message(&self) -> String {
        let digest = sha256(self.text());
        let mut short = self.clone();
        short.usage = None;
        short.path = None;
        for export in &mut short.exports {
            export.why = String::new();
        }
        loop {
            let message = serde_json::json!({"digest": digest, "result": short}).to_string();
            if message.len() <= MOST_MESSAGE || short.exports.pop().is_none() {
                return message.chars().take(MOST_MESSAGE).collect();
            }
        }
    }
}
