//! The gateway's control port, as the export step asks it: what is known of the run, and what was done.

use super::client::Steps;
use super::timetable::Timetable;
use super::{Refused, refused};
use crate::ask::{Gateway, Question};
use crate::contract::{Graph, Work};
use crate::graph;
use crate::proof::{Key, Use};
use crate::record::event::{ExportDone, ExportPlanned, Outcome};
use crate::strict;
use crate::workflow::MARK;
use bytes::Bytes;
use hyper::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Most bytes of an answer: a submission in a text in a document, and the inputs.
const MOST: usize = 16 << 20;
/// Time for one attempt.
const ATTEMPT: Duration = Duration::from_secs(20);
/// Time for one attempt to have a run submitted.
const SUBMIT: Duration = Duration::from_secs(60);

/// What the gateway knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The inputs of the run.
    pub inputs: BTreeMap<String, String>,
    /// What was submitted in the last cycle.
    pub submission: Option<Submitted>,
    /// Whether the router said that the run stops.
    pub stopped: bool,
    /// Why, as the router's word.
    pub reason: Option<String>,
    /// When the run was opened, in seconds since 1970.
    pub started: u64,
    /// What the run has used.
    pub usage: Value,
    /// Repositories that were cloned.
    pub clones: Vec<Clone>,
    /// What was planned before.
    pub exports: Vec<Done>,
    /// The steps that were visited, in a run that has steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Vec<Visited>>,
    /// What was submitted before the last one, latest first, in a run that has steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Submitted>,
}

/// A visit of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visited {
    /// Number of the cycle.
    pub cycle: u32,
    /// Name of the step.
    pub step: String,
    /// What came of it; none: it was repeated, or the run ended there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// A sealed submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submitted {
    /// Number of the cycle.
    pub cycle: u32,
    /// SHA-256 of the document, in hexadecimal.
    pub digest: String,
    /// Its JSON text.
    pub document: String,
}

/// A repository that was cloned through the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clone {
    /// `host/owner/name`.
    pub repository: String,
    /// The commit that it started with.
    pub commit: String,
}

/// An export that was planned before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// What was planned.
    pub plan: ExportPlanned,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
}

/// Something to keep.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Entry {
    /// An export may happen.
    Planned(ExportPlanned),
    /// An export has ended.
    Done(ExportDone),
    /// The JSON text of the result document.
    Result(String),
}

/// By what a run is found again that the gateway submits.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marked {
    /// [`MARK`] hexadecimal digits that only a holder of the run's key knows before.
    pub mark: String,
}

/// What became of a run that the gateway was to submit.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Made {
    /// It is there, made now or before; its name.
    Run(String),
    /// It will not be; why.
    Refused(String),
}

/// What a person is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asking {
    /// SHA-256 of exactly what would be sent, in hexadecimal.
    pub arguments: String,
    /// What the person sees.
    pub shown: Value,
}

impl Known {
    /// Whether the run visited a step that calls for this export.
    #[must_use]
    pub fn called_for(&self, graph: Option<&Graph>, export: &str) -> bool {
        let calls = |name: &str| {
            let step = graph.and_then(|graph| graph::named(graph, name));
            matches!(step.map(|step| &step.work), Some(Work::Export { export: named }) if named == export)
        };
        let mut visits = self.path.iter().flatten();
        visits.any(|visit| visit.outcome.is_some() && calls(&visit.step))
    }

    /// The address of an export that was done before with this key.
    #[must_use]
    pub fn done(&self, name: &str, key: &str) -> Option<&str> {
        let mine = |done: &&Done| done.plan.name == name && done.plan.key == key;
        match &self.exports.iter().find(mine)?.outcome {
            Some(Outcome::Done { url }) => Some(url),
            Some(Outcome::Refused(_) | Outcome::Failed(_)) | None => None,
        }
    }
}

/// The control port, asked with the export's proof.
#[derive(Debug)]
pub struct Ledger<'a> {
    gateway: Gateway<'a>,
    proof: String,
    start: Instant,
    times: Timetable,
    /// Whether nothing is kept, because nothing happens.
    rehearsed: bool,
    steps: Steps,
}

impl<'a> Ledger<'a> {
    /// Speaks as the export step of the run with this UID, which has started now.
    #[must_use]
    pub fn new(gateway: Gateway<'a>, uid: &str, key: &Key, times: Timetable) -> Self {
        Self {
            gateway,
            proof: key.proof(uid, Use::Export),
            start: Instant::now(),
            times,
            rehearsed: false,
            steps: Steps::default(),
        }
    }

    /// The same for a rehearsal: nothing is kept, and nobody is asked.
    #[must_use]
    pub fn rehearsed(self) -> Self {
        Self {
            rehearsed: true,
            ..self
        }
    }

    pub(super) fn is_rehearsed(&self) -> bool {
        self.rehearsed
    }

    #[cfg(test)]
    pub(super) fn stepping(self, steps: Steps) -> Self {
        Self { steps, ..self }
    }

    /// Ends what still runs, and says what is known of the run.
    ///
    /// # Errors
    /// When there is no answer, or one that is not understood.
    pub async fn known(&self) -> Result<Known, String> {
        let _sealed = self.post("/v1/exports/end", Bytes::new(), ATTEMPT).await?;
        let answer = self
            .question(Method::GET, "/v1/exports", Bytes::new(), ATTEMPT)
            .await?;
        strict::read(&answer).map_err(|_untold| "the gateway's answer is malformed".to_owned())
    }

    /// Has something kept.
    ///
    /// # Errors
    /// When it is not.
    pub async fn keep(&self, entry: &Entry) -> Result<(), String> {
        if self.rehearsed {
            return Ok(());
        }
        let body = serde_json::to_vec(entry).map_err(|e| e.to_string())?;
        self.steps.step().await;
        let within = match entry {
            // Here the gateway brings to an end what it still does.
            Entry::Result(_) => self.times.all,
            Entry::Planned(_) | Entry::Done(_) => ATTEMPT,
        };
        let kept = self.post("/v1/exports", body.into(), within).await;
        self.steps.step().await;
        kept.map(drop)
    }

    /// Waits until a person agrees, as long as there is time to do what that one agrees to.
    ///
    /// # Errors
    /// When nobody does.
    pub async fn approved(&self, export: &str, asking: &Asking) -> Result<(), String> {
        if self.rehearsed {
            return Ok(());
        }
        let body = serde_json::to_vec(asking).map_err(|e| e.to_string())?;
        let path = format!("/v1/exports/{export}/approval");
        let over = self.start + self.times.approvals;
        // One attempt may last as long as all.
        let agreed = self.post(&path, body.into(), self.times.approvals);
        let agreed = timeout_at(over, agreed).await;
        agreed.map_err(|_late| "nobody has agreed in time".to_owned())??;
        Ok(())
    }

    /// Has the gateway submit the run of an export, which that one finds again by the mark; gives the run's name.
    ///
    /// # Errors
    /// The gateway, or the API server, refuses it or does not answer.
    pub async fn submit(&self, export: &str, mark: &str) -> Result<String, Refused> {
        let failed = |why: String| refused("submit", why);
        let mark: String = mark.chars().take(MARK).collect();
        let body = serde_json::to_vec(&Marked { mark }).map_err(|e| failed(e.to_string()))?;
        let path = format!("/v1/exports/{export}/submit");
        self.steps.step().await;
        let answer = self.post(&path, body.into(), SUBMIT).await;
        self.steps.step().await;
        match strict::read(&answer.map_err(failed)?) {
            Ok(Made::Run(name)) => Ok(name),
            Ok(Made::Refused(why)) => Err(refused("submit-refused", why)),
            Err(_) => Err(failed("the gateway's answer is malformed".to_owned())),
        }
    }

    async fn post(&self, path: &str, body: Bytes, within: Duration) -> Result<Vec<u8>, String> {
        self.question(Method::POST, path, body, within).await
    }

    async fn question(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        within: Duration,
    ) -> Result<Vec<u8>, String> {
        let question = Question {
            method,
            path,
            bearer: Some(&self.proof),
            body,
            most: MOST,
            within,
        };
        // However patient a question is, it leaves time for the document.
        let over = self.start + self.times.all;
        let answer = timeout_at(over, self.gateway.ask(&question)).await;
        answer.map_err(|_late| "the gateway does not answer in time".to_owned())?
    }
}
