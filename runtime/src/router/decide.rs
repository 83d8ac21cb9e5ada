//! The table: what follows a cycle. The first case that fits decides.

use super::told::{MOST_CYCLES, Phase, Told};
use super::walk::Stand;
use crate::contract::Contract;
use crate::digest::is_sha256;
use crate::record::event::{Next, Passed};
use serde::{Deserialize, Serialize};

/// Bounds of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Cycles at most; those that are repeated for infrastructure count once.
    pub depth: u32,
    /// Reminders before the run stops as incomplete.
    pub reminders: u32,
    /// Cycles that may be repeated.
    pub retries: u32,
    /// Whether the agent must submit.
    pub submission: bool,
}

impl Limits {
    /// Those of a contract.
    #[must_use]
    pub fn of(contract: &Contract) -> Self {
        Self {
            depth: contract.limits.depth,
            reminders: contract.finish.reminders,
            retries: contract.retry.infrastructure,
            submission: contract.finish.submission,
        }
    }
}

/// What the gateway knows of a cycle and of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The cycle that this is about.
    pub cycle: u32,
    /// Its depth, from 0.
    pub depth: u32,
    /// Whether its start gate claimed it.
    pub claimed: bool,
    /// What is used up; none: the run may go on.
    pub exhausted: Option<Exhausted>,
    /// What the agent submitted, sealed.
    pub submission: Option<Submission>,
    /// Reminders so far.
    pub reminders: u32,
    /// Repeated cycles so far.
    pub retries: u32,
    /// Where the run is, where it has steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stand: Option<Stand>,
}

/// A bound of the run that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exhausted {
    /// Time.
    Deadline,
    /// Model calls.
    Turns,
    /// Tokens.
    Tokens,
    /// Money.
    Cost,
}

/// A sealed submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// `continue`, or not.
    pub kind: SubmissionKind,
    /// SHA-256 of the document, in hexadecimal.
    pub digest: String,
}

/// What a submission asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubmissionKind {
    /// Another cycle.
    Continue,
    /// Exports, or `none`: the work is done.
    Terminal,
}

/// The decision document, which the gateway keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The cycle that ended; none: not even that could be read.
    pub cycle: Option<u32>,
    /// What happens.
    pub decision: Next,
    /// Why.
    pub reason: Reason,
    /// Depth of the cycle that ended.
    pub depth: u32,
    /// Depth of the next one; none after `stop`.
    pub next_depth: Option<u32>,
    /// Digest of the submission that was judged.
    pub submission_digest: Option<String>,
    /// For people; none unless the reason is `error`.
    pub detail: Option<String>,
    /// The step that was visited, in a run that has steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<Passed>,
}

/// Why it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Something could not be known.
    Error,
    /// A bound of the run is used up.
    Budget,
    /// The last cycle that is allowed ended without a terminal submission.
    Depth,
    /// The agent submitted.
    Submitted,
    /// The agent asked for another cycle.
    Requested,
    /// No agent was started: where it would have run, something is open that must be closed.
    Gate,
    /// The agent's pod was lost.
    Infrastructure,
    /// The agent submitted nothing, and is reminded.
    Reminder,
    /// The agent submitted nothing, and no reminder is left.
    Incomplete,
    /// The agent need not submit, and has ended.
    Ended,
    /// The outcome of a step leads to another one.
    Step,
    /// It leads to the end.
    End,
    /// It leads to the end of a run that has failed.
    Fail,
}

impl Decision {
    /// `stop`, because something could not be known.
    #[must_use]
    pub fn error(cycle: Option<u32>, detail: String) -> Self {
        Self {
            cycle,
            decision: Next::Stop,
            reason: Reason::Error,
            depth: 0,
            next_depth: None,
            submission_digest: None,
            detail: Some(detail),
            passed: None,
        }
    }

    /// One on a cycle of which this is known.
    pub(super) fn new(cycle: u32, known: &Known, (decision, reason): (Next, Reason)) -> Self {
        Self {
            cycle: Some(cycle),
            decision,
            reason,
            depth: known.depth,
            next_depth: match decision {
                Next::Continue => known.depth.checked_add(1),
                Next::Retry => Some(known.depth),
                Next::Stop => None,
            },
            submission_digest: known.submission.as_ref().map(|s| s.digest.clone()),
            detail: None,
            passed: None,
        }
    }

    /// All that Argo learns: the number of the next cycle, or `stop`.
    #[must_use]
    pub fn word(&self) -> String {
        let next = self.cycle.and_then(|cycle| cycle.checked_add(1));
        match (self.decision, next) {
            (Next::Continue | Next::Retry, Some(next)) if next < MOST_CYCLES => next.to_string(),
            _ => "stop".to_owned(),
        }
    }
}

/// Decides. No answer of the gateway and nothing that an agent does leads past a limit: `continue` needs
/// depth, `retry` a retry, and both are counted by the gateway from the decisions it keeps.
#[must_use]
pub fn decide(limits: &Limits, told: &Told, known: &Known) -> Decision {
    if let Err(why) = consistent(limits, told.cycle, known) {
        return Decision::error(Some(told.cycle), why.to_owned());
    }
    if known.stand.is_some() {
        let why = "the gateway knows of steps that the contract does not have";
        return Decision::error(Some(told.cycle), why.to_owned());
    }
    Decision::new(told.cycle, known, verdict(limits, told, known))
}

fn verdict(limits: &Limits, told: &Told, known: &Known) -> (Next, Reason) {
    let submitted = known.submission.as_ref().map(|submission| submission.kind);
    if known.exhausted.is_some() {
        return (Next::Stop, Reason::Budget);
    }
    // Another try would find the same network.
    if told.open && submitted.is_none() {
        return (Next::Stop, Reason::Gate);
    }
    if known.depth.saturating_add(1) >= limits.depth {
        return match submitted {
            Some(SubmissionKind::Terminal) => (Next::Stop, Reason::Submitted),
            None if !limits.submission && ended(told) => (Next::Stop, Reason::Ended),
            _ => (Next::Stop, Reason::Depth),
        };
    }
    match submitted {
        Some(SubmissionKind::Terminal) => (Next::Stop, Reason::Submitted),
        Some(SubmissionKind::Continue) => (Next::Continue, Reason::Requested),
        None if infrastructure(told, known) && known.retries < limits.retries => {
            (Next::Retry, Reason::Infrastructure)
        }
        None if !limits.submission && ended(told) => (Next::Stop, Reason::Ended),
        None if known.reminders < limits.reminders => (Next::Continue, Reason::Reminder),
        None => (Next::Stop, Reason::Incomplete),
    }
}

pub(super) fn ended(told: &Told) -> bool {
    told.phase == Phase::Succeeded
}

/// The pod was lost, by no doing of the agent.
pub(super) fn infrastructure(told: &Told, known: &Known) -> bool {
    told.phase != Phase::Succeeded
        && (told.lost
            || told.exit_code.is_none() && !told.deadline
            || told.deadline && !known.claimed)
}

/// What cannot be if gateway, contract and Argo speak of the same run.
pub(super) fn consistent(limits: &Limits, cycle: u32, known: &Known) -> Result<(), &'static str> {
    if limits.depth == 0 {
        Err("the contract allows no cycle")
    } else if known.cycle != cycle {
        Err("the gateway speaks of another cycle")
    } else if known.depth > cycle || known.depth >= limits.depth {
        Err("the gateway tells a depth that cannot be")
    } else if known.retries > limits.retries || known.reminders > limits.reminders {
        Err("the gateway counts more than the contract allows")
    } else if known
        .submission
        .as_ref()
        .is_some_and(|s| !is_sha256(&s.digest))
    {
        Err("the digest of the submission is none")
    } else if known.submission.is_some() && !known.claimed {
        Err("a cycle that nobody claimed has a submission")
    } else if cycle + 1 >= MOST_CYCLES && known.depth + 1 < limits.depth {
        Err("no number is left for another cycle")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
