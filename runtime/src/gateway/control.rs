//! The control port: the router's questions, the export step's, and people's.
//!
//! A credential is a proof by the run's key for one [`Use`]; it opens these doors and no other. People are whoever may
//! read the spec's key Secret, and come by a forwarded port: the network policy lets router and export in and nobody
//! else. An approval needs, beside that, a signature by one of its approvers. What is refused here is recorded too.
//!
//! | door | who | what |
//! |---|---|---|
//! | `GET /healthz`, `GET /readyz` | anybody | whether the record can be written |
//! | `POST /v1/route` | router | chooses the agent of the run, once, and says which it is |
//! | `POST /v1/steps/N` | router | does the work of a step, once, and says how it ended |
//! | `POST /v1/cycles/N/seal` | router | ends a cycle and says what is known of it |
//! | `POST /v1/decision` | router | keeps what was decided |
//! | `GET /v1/usage` | router, export, people | what the run and each agent used |
//! | `GET /v1/submission` | export, people | the submission of the last cycle, sealed |
//! | `GET /v1/submission/N` | export, people | the submission of a cycle, sealed |
//! | `GET /v1/approvals` | people | requests that wait, with what is shown and the texts to sign |
//! | `POST /v1/approvals/ID` | people | a signed answer |
//! | `GET /v1/events` | people | the record as server-sent events, from `Last-Event-ID` on |
//! | `GET /v1/record` | people | the record as it is |
//! | `/v1/exports/…` | export | the ledger of the export step (`leave::ledger`) |
//! | `GET /metrics` | people | numbers for Prometheus |
//!
//! In a run with a graph, `N` of a step and of a seal is the number of a visit: it names the step too.
//!
//! An agent's bearer is good at the agent's port only.

mod cycle;
mod metrics;
mod record;
mod submission;
mod tail;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub(super) mod usage;

use super::Gateway;
use super::agent::denied;
use super::answer::{Answer, Refusal};
use super::choice;
use super::http::Asked;
use super::leave;
use super::steps;
use crate::approval::answer as approval;
use crate::proof::Use;
pub(super) use record::READERS;
use serde_json::json;
use std::sync::Arc;

/// Who asks, where the proof is known.
const KNOWN: [Use; 3] = [Use::Router, Use::Export, Use::People];

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door<'a> {
    Route,
    Step(&'a str),
    Seal(&'a str),
    Decision,
    Usage,
    Submission(Option<&'a str>),
    Approvals,
    Approval(&'a str),
    Events,
    Record,
    Metrics,
    Exports,
}

impl<'a> Door<'a> {
    fn find(method: &str, words: &[&'a str]) -> Option<Self> {
        Some(match (method, words) {
            ("POST", ["v1", "route"]) => Self::Route,
            ("POST", ["v1", "steps", visit]) => Self::Step(visit),
            ("POST", ["v1", "cycles", cycle, "seal"]) => Self::Seal(cycle),
            ("POST", ["v1", "decision"]) => Self::Decision,
            ("GET", ["v1", "usage"]) => Self::Usage,
            ("GET", ["v1", "submission"]) => Self::Submission(None),
            ("GET", ["v1", "submission", cycle]) => Self::Submission(Some(cycle)),
            ("GET", ["v1", "approvals"]) => Self::Approvals,
            ("POST", ["v1", "approvals", id]) => Self::Approval(id),
            ("GET", ["v1", "events"]) => Self::Events,
            ("GET", ["v1", "record"]) => Self::Record,
            ("GET", ["metrics"]) => Self::Metrics,
            (_, ["v1", "exports", ..]) => Self::Exports,
            _ => return None,
        })
    }

    /// Whose credential opens it.
    const fn opens(self) -> &'static [Use] {
        match self {
            Self::Route | Self::Step(_) | Self::Seal(_) | Self::Decision => &[Use::Router],
            Self::Usage => &[Use::Router, Use::Export, Use::People],
            Self::Exports => &[Use::Export],
            Self::Submission(_) => &[Use::Export, Use::People],
            Self::Approvals | Self::Approval(_) | Self::Events | Self::Record | Self::Metrics => {
                &[Use::People]
            }
        }
    }
}

/// Answers a request of this port.
pub async fn answer(gateway: Arc<Gateway>, asked: Asked) -> Answer {
    let target = format!("{} {}", asked.method, asked.path);
    let answered = route(&gateway, asked).await;
    if let Err(refusal) = &answered {
        denied(&gateway, &target, refusal);
    }
    answered.into()
}

async fn route(gateway: &Arc<Gateway>, mut asked: Asked) -> Result<Answer, Refusal> {
    if asked.query.is_some() {
        return Err(Refusal::Target);
    }
    let path = asked.path.clone();
    let words: Vec<&str> = path.split('/').skip(1).collect();
    let method = asked.method.clone();
    // The kubelet asks these, and has no credential.
    if let ("GET", ["healthz" | "readyz"]) = (method.as_str(), words.as_slice()) {
        return healthy(gateway);
    }
    let who = known(gateway, &asked).ok_or(Refusal::Unknown)?;
    let door = Door::find(method.as_str(), &words).ok_or(Refusal::Path)?;
    if !door.opens().contains(&who) {
        return Err(Refusal::Unknown);
    }
    match door {
        Door::Route => choice::answer(gateway).await,
        Door::Step(visit) => steps::answer(gateway, number(visit)?).await,
        Door::Seal(number) => cycle::seal(gateway, number).await,
        Door::Decision => cycle::decision(gateway, &mut asked).await,
        Door::Usage => Ok(Answer::fine(&gateway.journal.read(usage::usage))),
        Door::Submission(None) => submission::last(gateway),
        Door::Submission(Some(number)) => submission::of(gateway, number),
        Door::Approvals => Ok(approval::list(gateway)),
        Door::Approval(id) => approval::answer(gateway, id, &mut asked).await,
        Door::Events => record::events(gateway, &asked),
        Door::Record => record::whole(gateway),
        Door::Metrics => Ok(metrics::answer(gateway)),
        Door::Exports => leave::ledger::answer(gateway, &mut asked).await,
    }
}

fn healthy(gateway: &Gateway) -> Result<Answer, Refusal> {
    match gateway.journal.failure() {
        None => Ok(Answer::fine(&json!({"ready": true}))),
        Some(_) => Err(Refusal::Record),
    }
}

fn known(gateway: &Gateway, asked: &Asked) -> Option<Use> {
    let shown = asked.bearer.as_deref()?;
    let verifies = |who: &Use| gateway.key.verifies(&gateway.uid, *who, shown);
    KNOWN.into_iter().find(verifies)
}

/// A number of a cycle, in the one form that it has.
fn number(text: &str) -> Result<u32, Refusal> {
    let number: u32 = text.parse().map_err(|_untold| Refusal::Path)?;
    match number.to_string() == text {
        true => Ok(number),
        false => Err(Refusal::Path),
    }
}
