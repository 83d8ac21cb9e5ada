//! What follows a visit of a step: the table for a run with a graph. The first case that fits decides.
//!
//! What came of the step is the gateway's to know where it did the work or an agent submitted; of an agent that did not, the
//! pod tells. Where that leads is the contract's, by how often the gateway counted the same before.

use super::decide::{Decision, Known, Limits, Reason, ended, infrastructure};
use super::told::{MOST_CYCLES, Told};
use crate::contract::graph::{FAILED, OK};
use crate::contract::{Goal, Graph, GraphStep, Work};
use crate::graph::{self, follow};
use crate::record::event::{Next, Passed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the gateway knows of a visit, beside what it knows of any cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stand {
    /// Number of the step.
    pub step: u32,
    /// What came of it; none: an agent submitted nothing.
    pub outcome: Option<String>,
    /// How often the step had each outcome before.
    pub taken: BTreeMap<String, u32>,
    /// Whether an agent has to submit there.
    pub owes: bool,
}

/// Decides on a visit of the step with this number; `told` is what Argo says of an agent's pod.
#[must_use]
pub fn decide(
    graph: &Graph,
    limits: &Limits,
    (number, cycle, told): (u32, u32, Option<&Told>),
    known: &Known,
) -> Decision {
    let at = match place(graph, limits, (number, cycle), known) {
        Ok(at) => at,
        Err(why) => return Decision::error(Some(cycle), why.to_owned()),
    };
    match outcome(&at, limits, told, known) {
        Ok(Came::To(word)) => at.leads(limits, known, word),
        Ok(Came::Again(next, reason)) => {
            at.decision(known, next, reason, (None, Some(&at.step.name)))
        }
        Ok(Came::Over(reason)) => at.decision(known, Next::Stop, reason, (None, None)),
        Err(why) => Decision::error(Some(cycle), why.to_owned()),
    }
}

/// Where the run is.
struct At<'a> {
    cycle: u32,
    step: &'a GraphStep,
    stand: &'a Stand,
}

/// What came of a visit.
enum Came<'a> {
    /// A word of the step.
    To(&'a str),
    /// The same step follows.
    Again(Next, Reason),
    /// The run may not go on.
    Over(Reason),
}

/// What cannot be if gateway, contract and Argo speak of the same run.
fn place<'a>(
    graph: &'a Graph,
    limits: &Limits,
    (number, cycle): (u32, u32),
    known: &'a Known,
) -> Result<At<'a>, &'static str> {
    let stand = known.stand.as_ref().ok_or("the gateway knows of no step")?;
    let step = graph::step(graph, number).ok_or("the contract has no such step")?;
    let counted = |word: &String| step.on.contains_key(word);
    if stand.step != number {
        Err("the gateway speaks of another step")
    } else if !stand.taken.keys().all(counted) {
        Err("the gateway counts an outcome that the step does not have")
    } else if stand.taken.values().any(|times| *times > cycle) {
        Err("the gateway counts more visits than there were")
    } else {
        super::decide::consistent(limits, cycle, known)?;
        Ok(At { cycle, step, stand })
    }
}

fn outcome<'a>(
    at: &At<'a>,
    limits: &Limits,
    told: Option<&Told>,
    known: &Known,
) -> Result<Came<'a>, &'static str> {
    if known.exhausted.is_some() {
        return Ok(Came::Over(Reason::Budget));
    }
    if let Some(word) = &at.stand.outcome {
        let agent = matches!(at.step.work, Work::Agent { .. });
        return match at.step.on.contains_key(word) && agent == known.submission.is_some() {
            true => Ok(Came::To(word)),
            false => Err("the gateway tells an outcome that cannot be"),
        };
    }
    match (&at.step.work, told) {
        (Work::Agent { .. }, Some(told)) => Ok(silent(at, limits, told, known)),
        (Work::Agent { .. }, None) => Err("nothing is known of the agent's pod"),
        _ => Err("the gateway has not done the work of the step"),
    }
}

/// What comes of an agent that submitted nothing that counts.
fn silent<'a>(at: &At<'a>, limits: &Limits, told: &Told, known: &Known) -> Came<'a> {
    let deeper = known.depth.saturating_add(1) < limits.depth;
    // Another try would find the same network.
    if told.open {
        return Came::Over(Reason::Gate);
    }
    if infrastructure(told, known) && known.retries < limits.retries {
        return Came::Again(Next::Retry, Reason::Infrastructure);
    }
    if !at.stand.owes && ended(told) {
        return Came::To(OK);
    }
    match at.stand.owes && known.reminders < limits.reminders && deeper {
        true => Came::Again(Next::Continue, Reason::Reminder),
        false => Came::To(FAILED),
    }
}

impl At<'_> {
    /// Goes where an outcome leads, within the depth.
    fn leads(&self, limits: &Limits, known: &Known, word: &str) -> Decision {
        let before = self.stand.taken.get(word).copied().unwrap_or(0);
        let deeper = known.depth.saturating_add(1) < limits.depth;
        let (next, reason, name) = match follow(self.step, word, before) {
            Some(Goal::Step(name)) if deeper => (Next::Continue, Reason::Step, Some(name)),
            Some(Goal::Step(_)) => (Next::Stop, Reason::Depth, None),
            Some(Goal::End) => (Next::Stop, Reason::End, None),
            Some(Goal::Fail) => (Next::Stop, Reason::Fail, None),
            None => {
                let why = "the step has no such outcome".to_owned();
                return Decision::error(Some(self.cycle), why);
            }
        };
        self.decision(known, next, reason, (Some(word), name.map(String::as_str)))
    }

    fn decision(
        &self,
        known: &Known,
        next: Next,
        reason: Reason,
        (outcome, follows): (Option<&str>, Option<&str>),
    ) -> Decision {
        Decision {
            passed: Some(Passed {
                step: self.step.name.clone(),
                outcome: outcome.map(str::to_owned),
                next: follows.map(str::to_owned),
            }),
            ..Decision::new(self.cycle, known, (next, reason))
        }
    }
}

/// All that Argo learns: the number of the next visit, or `stop`.
#[must_use]
pub fn word(graph: &Graph, decision: &Decision) -> String {
    let next = || {
        let name = decision.passed.as_ref()?.next.as_deref()?;
        let cycle = decision
            .cycle?
            .checked_add(1)
            .filter(|c| *c < MOST_CYCLES)?;
        let step = graph.number(name)?;
        crate::contract::Visit { step, cycle }.number()
    };
    match (decision.decision, next()) {
        (Next::Continue | Next::Retry, Some(number)) => number.to_string(),
        _ => "stop".to_owned(),
    }
}

#[cfg(test)]
mod tests;
