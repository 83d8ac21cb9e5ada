//! `/v1/exports` on the control port, for the export step: what it must know of the run, and what it did.
//!
//! | request | does |
//! |---|---|
//! | `POST /v1/exports/end` | seals a cycle whose router never came, so that no agent is at work |
//! | `GET /v1/exports` | inputs, the last submission, usage, what was planned and done ([`Known`]) |
//! | `POST /v1/exports` | records what is planned, what was done, or the result ([`Entry`]) |
//! | `POST /v1/exports/NAME/approval` | asks a person, and answers when one has agreed ([`Asking`]) |
//! | `POST /v1/exports/NAME/submit` | submits the run of an export that was planned ([`Made`]) |

use super::super::answer::{Answer, Refusal};
use super::super::control::usage::usage;
use super::super::http::Asked;
use super::{Gateway, closed, known, submit};
use crate::approval::{self, Ask};
#[cfg(doc)]
use crate::export::ledger::Made;
use crate::export::ledger::{Asking, Clone, Done, Entry, Known, Submitted, Visited};
use crate::export::timetable::Timetable;
use crate::record::Event;
use crate::record::event::Subject;
use crate::state::cycle::Phase;
use crate::state::{State, Walk};
use crate::strict;
use serde_json::json;
use std::sync::Arc;

/// Most bytes of a body: a result document of every export.
const MOST_BODY: usize = 512 * 1024;

/// Most earlier submissions that are told: as many of the largest as an answer holds.
const MOST_EARLIER: usize = 6;

/// Answers a request below `/v1/exports`.
pub(in crate::gateway) async fn answer(
    gateway: &Arc<Gateway>,
    asked: &mut Asked,
) -> Result<Answer, Refusal> {
    known(gateway, asked)?;
    let path = asked.path.clone();
    let words: Vec<&str> = path.split('/').skip(3).collect();
    match (asked.method.as_str(), words.as_slice()) {
        ("POST", ["end"]) => end(gateway).await,
        ("GET", []) => Ok(Answer::fine(&gateway.journal.read(|s| all(gateway, s))?)),
        ("POST", []) => entry(gateway, asked).await,
        ("POST", [name, "approval"]) => approval(gateway, name, asked).await,
        ("POST", [name, "submit"]) => submit::answer(gateway, name, asked).await,
        _ => Err(Refusal::Path),
    }
}

/// The latest cycle, sealed where an agent still is at work in it.
async fn end(gateway: &Gateway) -> Result<Answer, Refusal> {
    let open = gateway.journal.read(|state| {
        let latest = state.cycles().latest()?;
        (state.cycles().phase(latest) == Phase::Claimed).then_some(latest)
    });
    if let Some(cycle) = open {
        let sealed = gateway.journal.record(Event::CycleSealed { cycle })?;
        sealed.await.map_err(|_untold| Refusal::Record)?;
    }
    Ok(Answer::fine(&json!({"ended": true})))
}

pub(super) fn all(gateway: &Gateway, state: &State) -> Result<Known, Refusal> {
    if !state.cycles().closed() {
        return Err(closed());
    }
    let (submission, earlier) = submissions(state);
    let inputs = gateway.contract.inputs.iter().filter_map(|input| {
        let value = gateway.inputs.get(&input.name)?;
        Some((input.name.clone(), value.to_owned()))
    });
    let exports = state.exports().all().map(|(plan, outcome)| Done {
        plan: plan.clone(),
        outcome: outcome.cloned(),
    });
    Ok(Known {
        inputs: inputs.collect(),
        submission,
        stopped: state.cycles().stopped(),
        reason: state.cycles().last_decision().map(|d| d.reason.clone()),
        started: state.run().map_or(0, |run| run.time),
        usage: usage(state),
        clones: clones(state),
        exports: exports.collect(),
        path: state.walk().map(path),
        earlier,
    })
}

/// What was submitted last, and before that. Without steps only the last cycle counts.
fn submissions(state: &State) -> (Option<Submitted>, Vec<Submitted>) {
    let cycles = state.cycles();
    let one = |cycle: u32| {
        let submission = cycles.submission(cycle)?;
        Some(Submitted {
            cycle,
            digest: submission.digest.clone(),
            document: submission.document.clone(),
        })
    };
    match (state.walk(), cycles.latest()) {
        (_, None) => (None, Vec::new()),
        (None, Some(latest)) => (one(latest), Vec::new()),
        (Some(_), Some(latest)) => {
            let mut all = (0..=latest).rev().filter_map(one);
            (all.next(), all.take(MOST_EARLIER).collect())
        }
    }
}

/// The steps that the run visited.
fn path(walk: &Walk) -> Vec<Visited> {
    let visits = walk.past().map(|past| Visited {
        cycle: past.cycle,
        step: past.step.name.clone(),
        outcome: past.outcome.map(str::to_owned),
    });
    visits.collect()
}

/// The commits that were cloned by the tool, which pull requests start from.
fn clones(state: &State) -> Vec<Clone> {
    let each = state.clones().all().map(|cloned| Clone {
        repository: cloned.repository.clone(),
        commit: cloned.commit.clone(),
    });
    each.collect()
}

async fn entry(gateway: &Gateway, asked: &mut Asked) -> Result<Answer, Refusal> {
    let body = asked.read(MOST_BODY).await?;
    let entry: Entry = strict::read(&body).map_err(|_untold| Refusal::Malformed)?;
    if let Entry::Result(_) = entry {
        // The last thing that the gateway is asked: afterwards it may be gone.
        let within = Timetable::of(gateway.contract.limits.export).settling();
        gateway.keep.settled(within).await;
    }
    let event = match entry {
        Entry::Planned(planned) => Event::ExportPlanned(planned),
        Entry::Done(done) => Event::ExportDone(done),
        Entry::Result(document) => Event::ExportResult { document },
    };
    let pending = gateway.journal.record(event)?;
    pending.await.map_err(|_untold| Refusal::Record)?;
    Ok(Answer::fine(&json!({"kept": true})))
}

/// Asks a person about an export that the contract says needs it, with exactly these arguments.
async fn approval(
    gateway: &Arc<Gateway>,
    name: &str,
    asked: &mut Asked,
) -> Result<Answer, Refusal> {
    let body = asked.read(MOST_BODY).await?;
    let asking: Asking = strict::read(&body).map_err(|_untold| Refusal::Malformed)?;
    let export = gateway.contract.exports.iter().find(|e| e.name == name);
    let approval = export.and_then(|export| export.approval.as_deref());
    let approval = approval.ok_or(Refusal::Path)?;
    if !crate::digest::is_sha256(&asking.arguments) {
        return Err(Refusal::Malformed);
    }
    ask(gateway, approval, name, asking).await
}

async fn ask(
    gateway: &Arc<Gateway>,
    approval: &str,
    name: &str,
    asking: Asking,
) -> Result<Answer, Refusal> {
    let ask = Ask {
        cycle: None,
        approval: approval.to_owned(),
        subject: Subject::Export(name.to_owned()),
        arguments: asking.arguments,
        shown: asking.shown,
    };
    let consent = approval::wait(gateway, ask).await?;
    Ok(Answer::fine(&json!({"approval": consent})))
}
