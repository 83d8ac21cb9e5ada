//! How a person is asked, and what an answer is good for.
//!
//! [`wait()`] records what is asked, has somebody asked, and comes back when there is an answer that is on the disk. An
//! answer is bound to one request by its id, its nonce and the digest of the exact arguments; consent is used up by
//! one call. Refusal, the end of the time for it, the end of the cycle and every doubt are a refusal.
//!
//! - `via gatekeeper`: `gatekeeper` asks a service and polls it.
//! - `via signature`: a person signs the [`statement`]; [`answer`] takes the signature at the control port and
//!   [`signature`] verifies it.
//!
//! What people are shown is kept in memory only: the record holds the digest of the arguments, never the arguments. So
//! after a restart of the gateway a request is answered only when the agent, whose call broke off, asks again.

pub mod answer;
mod drive;
mod gatekeeper;
pub mod signature;
pub mod statement;
#[cfg(test)]
mod tests;

use crate::contract::Approval;
use crate::digest::sha256;
use crate::gateway::agent::random;
use crate::gateway::answer::Refusal;
use crate::gateway::{Gateway, leave, now};
use crate::record::Event;
use crate::record::event::{ApprovalAsked, Subject};
use crate::state::State;
use crate::state::approval::Answer;
use drive::drive;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Most requests that wait at once.
pub const MOST_OPEN: usize = 64;
/// Most bytes of what a person is shown, as JSON. Nobody approves what is not shown.
pub const MOST_SHOWN: usize = 64 * 1024;

/// What is asked.
pub struct Ask {
    /// Number of the cycle; none for an export.
    pub cycle: Option<u32>,
    /// Name of the way to ask, in the contract.
    pub approval: String,
    /// What is asked about.
    pub subject: Subject,
    /// SHA-256 of the exact arguments, in hexadecimal.
    pub arguments: String,
    /// The arguments, as a person reads them.
    pub shown: Value,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("cycle", &self.cycle)
            .field("approval", &self.approval)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// The end of a request: consent, or why there is none.
type Outcome = Result<(), Refusal>;

/// A request that waits.
struct Open {
    asked: ApprovalAsked,
    shown: Value,
    outcome: watch::Sender<Option<Outcome>>,
}

/// The requests that wait, by id.
#[derive(Default)]
pub struct Desk(Mutex<BTreeMap<String, Open>>);

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().keys()).finish()
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that waits.
    #[must_use]
    pub fn open(&self) -> Vec<(ApprovalAsked, Value)> {
        let open = self.lock();
        let each = open.values();
        each.map(|open| (open.asked.clone(), open.shown.clone()))
            .collect()
    }

    fn get(&self, id: &str) -> Option<ApprovalAsked> {
        self.lock().get(id).map(|open| open.asked.clone())
    }

    /// What a person is shown of a request.
    fn shown(&self, id: &str) -> Value {
        let open = self.lock();
        open.get(id).map_or(Value::Null, |open| open.shown.clone())
    }

    /// Tells all who wait for a request how it ended.
    fn settle(&self, id: &str, outcome: Outcome) {
        if let Some(open) = self.lock().remove(id) {
            open.outcome.send_replace(Some(outcome));
        }
    }
}

/// Where a question stands.
enum Asked {
    /// Somebody agreed before, and it was not used.
    Given(String),
    /// Somebody is asked.
    Waits(String, watch::Receiver<Option<Outcome>>),
}

/// Asks a person and waits for the answer; gives the id of the consent, which is good for one call. Who stops waiting
/// loses nothing: the same question in the same cycle joins the one that waits, or finds its answer. A question that a
/// person refused is not asked again in that cycle.
///
/// # Errors
/// No consent: `approval-refused`, `approval-expired`, `cycle-ended`, `approval-service`; or nobody can be asked:
/// `approval-unknown`, `approval-size`, `approval-many`, `deadline`, `record`.
pub async fn wait(gateway: &Arc<Gateway>, ask: Ask) -> Result<String, Refusal> {
    let (id, mut outcome) = match place(gateway, ask)? {
        Asked::Given(id) => return Ok(id),
        Asked::Waits(id, outcome) => (id, outcome),
    };
    let told = outcome.wait_for(Option::is_some).await;
    let told = told.map_err(|_gone| Refusal::Record)?;
    match told.as_ref() {
        Some(Ok(())) => Ok(id),
        Some(Err(refusal)) => Err(refusal.clone()),
        None => Err(Refusal::Record),
    }
}

/// Joins the same question, or asks.
fn place(gateway: &Arc<Gateway>, ask: Ask) -> Result<Asked, Refusal> {
    let way = way(gateway, &ask.approval).ok_or_else(unknown)?;
    if ask.shown.to_string().len() > MOST_SHOWN {
        return Err(no(
            "approval-size",
            "the arguments are too long to be shown to a person",
        ));
    }
    // Held until the new question is on the desk, so that the same one is not asked twice.
    let mut desk = gateway.approvals.lock();
    if let Some((id, open)) = desk.iter().find(|(_, open)| same(&open.asked, &ask)) {
        return Ok(Asked::Waits(id.clone(), open.outcome.subscribe()));
    }
    if let Some(before) = gateway.journal.read(|state| answered(state, &ask)) {
        return before;
    }
    if desk.len() >= MOST_OPEN {
        return Err(no("approval-many", "too many requests for approval wait"));
    }
    let asked = request(gateway, way, &ask)?;
    let recorded = gateway
        .journal
        .record(Event::ApprovalAsked(asked.clone()))?;
    let (outcome, receiver) = watch::channel(None);
    let id = asked.id.clone();
    let open = Open {
        asked: asked.clone(),
        shown: ask.shown,
        outcome,
    };
    desk.insert(id.clone(), open);
    drop(desk);
    drop(tokio::spawn(drive(Arc::clone(gateway), asked, recorded)));
    Ok(Asked::Waits(id, receiver))
}

/// A new request, for these arguments and no other.
fn request(gateway: &Gateway, way: &Approval, ask: &Ask) -> Result<ApprovalAsked, Refusal> {
    Ok(ApprovalAsked {
        id: identity()?,
        cycle: ask.cycle,
        approval: ask.approval.clone(),
        subject: ask.subject.clone(),
        arguments: ask.arguments.clone(),
        nonce: identity()?,
        expires: expires(gateway, way, ask.cycle)?,
    })
}

/// What was answered to the same question in the same cycle.
fn answered(state: &State, ask: &Ask) -> Option<Result<Asked, Refusal>> {
    let mut same = state
        .approvals()
        .all()
        .filter(|(asked, _)| same(asked, ask));
    same.find_map(|(asked, answer)| match answer {
        Answer::Given if asked.expires > now() => Some(Ok(Asked::Given(asked.id.clone()))),
        Answer::Refused => Some(Err(refused())),
        Answer::Given | Answer::Waiting | Answer::Lapsed | Answer::Used => None,
    })
}

fn same(asked: &ApprovalAsked, ask: &Ask) -> bool {
    (
        asked.cycle,
        &asked.approval,
        &asked.subject,
        &asked.arguments,
    ) == (ask.cycle, &ask.approval, &ask.subject, &ask.arguments)
}

/// The end of the time for an answer: never after the end of what it is for.
fn expires(gateway: &Gateway, way: &Approval, cycle: Option<u32>) -> Result<u64, Refusal> {
    let now = now();
    let left = match cycle {
        Some(_) => gateway
            .journal
            .read(State::deadline)
            .map_or(0, |deadline| deadline.saturating_sub(now)),
        None => leave::left(gateway),
    };
    match left {
        0 => Err(Refusal::Deadline),
        _ => Ok(now.saturating_add(way.timeout.min(left))),
    }
}

fn way<'a>(gateway: &'a Gateway, name: &str) -> Option<&'a Approval> {
    let mut ways = gateway.contract.approvals.iter();
    ways.find(|way| way.name == name)
}

/// 128 random bits, in hexadecimal.
fn identity() -> Result<String, Refusal> {
    let mut identity = sha256(random()?);
    identity.truncate(32);
    Ok(identity)
}

fn no(rule: &'static str, message: &str) -> Refusal {
    Refusal::State(rule, message.to_owned())
}

fn refused() -> Refusal {
    no("approval-refused", "a person refused this")
}

fn unknown() -> Refusal {
    no(
        "approval-unknown",
        "nothing waits for an answer under this id",
    )
}
