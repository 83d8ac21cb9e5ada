//! The way of a run through the steps of its graph: where each cycle is, what came of it, and what follows.
//!
//! A cycle is one visit of a step. Which step that is follows from the decision before it, never from what somebody
//! says; whatever names another one is refused.

use super::refusal::Refusal;
use crate::contract::graph::{APPROVED, FAILED, OK};
use crate::contract::{Contract, Goal, Graph, GraphStep, Work};
use crate::graph::{self, follow};
use crate::record::event::{Decision, Next, Passed, StepEnded, ToolCalled};
use crate::submission::Document;
use std::collections::BTreeMap;

/// Most bytes that are kept of what a call answered.
pub const MOST_RESULT: usize = 16 * 1024;

/// A visit of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Visit {
    step: u32,
    called: bool,
    submitted: Option<Submitted>,
    ended: Option<StepEnded>,
    passed: Option<Passed>,
}

/// What an agent said that matters to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Submitted {
    verdict: Option<String>,
    answers: BTreeMap<String, String>,
}

/// A visit that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past<'w> {
    /// The cycle.
    pub cycle: u32,
    /// The step.
    pub step: &'w GraphStep,
    /// What came of it; none: it was repeated, or the run ended.
    pub outcome: Option<&'w str>,
    /// What a call answered, as far as it is kept.
    pub result: Option<&'w str>,
}

/// The way so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    graph: Graph,
    /// Whether every agent has to submit.
    submission: bool,
    visits: BTreeMap<u32, Visit>,
}

impl Walk {
    /// Before the first step; none where the contract has no graph.
    #[must_use]
    pub fn new(contract: &Contract) -> Option<Self> {
        Some(Self {
            graph: contract.graph.clone()?,
            submission: contract.finish.submission,
            visits: BTreeMap::new(),
        })
    }

    /// The number of the step that a cycle visits, or would if it began now.
    #[must_use]
    pub fn number(&self, cycle: u32) -> Option<u32> {
        if let Some(visit) = self.visits.get(&cycle) {
            return Some(visit.step);
        }
        match self.visits.last_key_value() {
            // One after the other: no number is left out.
            None => (cycle == 0).then_some(0),
            Some((last, visit)) if last.checked_add(1) == Some(cycle) => {
                self.graph.number(visit.passed.as_ref()?.next.as_deref()?)
            }
            Some(_) => None,
        }
    }

    /// That step.
    #[must_use]
    pub fn step(&self, cycle: u32) -> Option<&GraphStep> {
        graph::step(&self.graph, self.number(cycle)?)
    }

    /// The step of the latest cycle that has begun.
    #[must_use]
    pub fn current(&self) -> Option<&GraphStep> {
        let (_, visit) = self.visits.last_key_value()?;
        graph::step(&self.graph, visit.step)
    }

    /// How the gateway's own work of a cycle ended.
    #[must_use]
    pub fn ended(&self, cycle: u32) -> Option<&StepEnded> {
        self.visits.get(&cycle)?.ended.as_ref()
    }

    /// Whether a call was let out in this cycle.
    #[must_use]
    pub fn called(&self, cycle: u32) -> bool {
        self.visits.get(&cycle).is_some_and(|visit| visit.called)
    }

    /// What is known of a cycle's outcome before its router decides: the gateway's own work, or what an agent said.
    #[must_use]
    pub fn outcome(&self, cycle: u32) -> Option<&str> {
        let visit = self.visits.get(&cycle)?;
        if let Some(ended) = &visit.ended {
            return Some(&ended.outcome);
        }
        let submitted = visit.submitted.as_ref()?;
        let step = graph::step(&self.graph, visit.step)?;
        let verdict = submitted.verdict.as_deref();
        let word = verdict.unwrap_or(OK);
        let (known, _) = step.on.get_key_value(word)?;
        Some(known)
    }

    /// How often a step had each outcome before a cycle.
    #[must_use]
    pub fn taken(&self, step: &str, cycle: u32) -> BTreeMap<String, u32> {
        let mut taken = BTreeMap::new();
        let before = self.visits.range(..cycle).map(|(_, visit)| visit);
        let passed = before.filter_map(|visit| visit.passed.as_ref());
        for passed in passed.filter(|passed| passed.step == step) {
            if let Some(outcome) = &passed.outcome {
                let count: &mut u32 = taken.entry(outcome.clone()).or_default();
                *count = count.saturating_add(1);
            }
        }
        taken
    }

    /// The visits that are over, in their order.
    pub fn past(&self) -> impl DoubleEndedIterator<Item = Past<'_>> {
        self.visits.iter().filter_map(|(cycle, visit)| {
            let passed = visit.passed.as_ref()?;
            Some(Past {
                cycle: *cycle,
                step: graph::step(&self.graph, visit.step)?,
                outcome: passed.outcome.as_deref(),
                result: visit.ended.as_ref().and_then(|e| e.result.as_deref()),
            })
        })
    }

    /// What the agent of a step answered when it was visited last.
    #[must_use]
    pub fn answers(&self, step: &str) -> Option<&BTreeMap<String, String>> {
        let number = self.graph.number(step)?;
        let mut visits = self.visits.values().rev();
        let last = visits.find(|v| v.step == number && v.submitted.is_some())?;
        Some(&last.submitted.as_ref()?.answers)
    }

    /// Whether a step was visited that calls for an export.
    #[must_use]
    pub fn exports(&self, export: &str) -> bool {
        self.visits.values().any(|visit| {
            let work = graph::step(&self.graph, visit.step).map(|step| &step.work);
            visit.ended.is_some() && matches!(work, Some(Work::Export { export: e }) if e == export)
        })
    }

    /// The cycles in which a person agreed to a call of this step, latest first, with the approval that asked.
    #[must_use]
    pub fn agreed(&self, step: &str) -> Vec<(u32, &str)> {
        let visits = self.visits.iter().rev().filter_map(|(cycle, visit)| {
            let Work::Approval { approval, of } = &graph::step(&self.graph, visit.step)?.work
            else {
                return None;
            };
            let outcome = &visit.ended.as_ref()?.outcome;
            let approved = outcome == APPROVED;
            (of == step && approved).then_some((*cycle, approval.as_str()))
        });
        visits.collect()
    }

    /// Whether a person has to agree to each call of this step.
    #[must_use]
    pub fn is_asked_about(&self, step: &str) -> bool {
        graph::is_asked_about(&self.graph, step)
    }

    /// An agent, or the gateway itself, works in the cycle's step.
    pub(super) fn check_begin(&self, cycle: u32, by_agent: bool) -> Result<(), Refusal> {
        let step = self.step(cycle).ok_or(Refusal::StepNone)?;
        match matches!(step.work, Work::Agent { .. }) == by_agent {
            true => Ok(()),
            false => Err(Refusal::StepOther),
        }
    }

    /// A cycle that nobody began can be ended only where the run stands.
    pub(super) fn check_seal(&self, cycle: u32) -> Result<(), Refusal> {
        self.number(cycle).map(drop).ok_or(Refusal::StepNone)
    }

    pub(super) fn begin(&mut self, cycle: u32) {
        if let Some(step) = self.number(cycle) {
            self.visits.entry(cycle).or_insert_with(|| Visit {
                step,
                called: false,
                submitted: None,
                ended: None,
                passed: None,
            });
        }
    }

    /// Only the agent of the cycle's step takes part in it.
    pub(super) fn check_agent(&self, cycle: u32, agent: &str) -> Result<(), Refusal> {
        match self.step(cycle).map(|step| &step.work) {
            Some(Work::Agent { agent: mine, .. }) if mine == agent => Ok(()),
            _ => Err(Refusal::StepOther),
        }
    }

    /// The run itself calls what the step says; what changes the outside world once in a cycle.
    pub(super) fn check_call(&self, call: &ToolCalled) -> Result<&str, Refusal> {
        let visit = self.visits.get(&call.cycle).ok_or(Refusal::StepNone)?;
        let step = self.step(call.cycle).ok_or(Refusal::StepNone)?;
        let again = match &step.work {
            Work::Call {
                server,
                tool,
                effect,
                ..
            } if (server, tool) == (&call.server, &call.tool) => !effect,
            _ => return Err(Refusal::StepOther),
        };
        // What changes nothing outside may be asked again after it was lost.
        match visit.ended.is_some() || visit.called && !again {
            true => Err(Refusal::StepDone),
            false => Ok(&step.name),
        }
    }

    pub(super) fn call(&mut self, cycle: u32) {
        if let Some(visit) = self.visits.get_mut(&cycle) {
            visit.called = true;
        }
    }

    /// A person is asked what the step asks.
    pub(super) fn check_ask(&self, cycle: u32, approval: &str) -> Result<(), Refusal> {
        match self.step(cycle).map(|step| &step.work) {
            Some(Work::Approval { approval: mine, .. }) if mine != approval => {
                Err(Refusal::StepOther)
            }
            Some(Work::Approval { .. } | Work::Agent { .. }) => Ok(()),
            Some(Work::Call { .. } | Work::Export { .. }) | None => Err(Refusal::StepOther),
        }
    }

    /// The same end again is no error; another one is.
    pub(super) fn check_end(&self, ended: &StepEnded) -> Result<(), Refusal> {
        let visit = self.visits.get(&ended.cycle).ok_or(Refusal::StepNone)?;
        self.check_begin(ended.cycle, false)?;
        let step = self.step(ended.cycle).ok_or(Refusal::StepNone)?;
        let long = ended
            .result
            .as_ref()
            .is_some_and(|result| result.len() > MOST_RESULT);
        match &visit.ended {
            Some(before) if before == ended => Ok(()),
            Some(_) => Err(Refusal::StepDone),
            None if long || !step.on.contains_key(&ended.outcome) => Err(Refusal::StepOutcome),
            None => Ok(()),
        }
    }

    pub(super) fn end(&mut self, ended: &StepEnded) {
        if let Some(visit) = self.visits.get_mut(&ended.cycle) {
            visit.ended.get_or_insert_with(|| ended.clone());
        }
    }

    /// Keeps what an agent said. What was void is taken back by [`Walk::contest`].
    pub(super) fn submit(&mut self, cycle: u32, document: &str) {
        if let Some(visit) = self.visits.get_mut(&cycle) {
            let read = Document::parse(document).ok();
            visit.submitted = read.map(|document| Submitted {
                verdict: document.verdict,
                answers: document.answers,
            });
        }
    }

    pub(super) fn contest(&mut self, cycle: u32) {
        if let Some(visit) = self.visits.get_mut(&cycle) {
            visit.submitted = None;
        }
    }

    /// A decision goes where the graph says, by an outcome that the step can have had.
    pub(super) fn check_decide(&self, decision: &Decision) -> Result<(), Refusal> {
        let step = self.step(decision.cycle).ok_or(Refusal::StepNone)?;
        let Some(passed) = &decision.passed else {
            // A router that could not know the step can only stop.
            return match decision.decision == Next::Stop && !is_goal(&decision.reason) {
                true => Ok(()),
                false => Err(Refusal::StepDecision),
            };
        };
        let known = self.outcome(decision.cycle);
        let next = passed.next.as_deref();
        let fits = match (passed.outcome.as_deref(), decision.decision) {
            // The same once more; or the end of a run that may not go on, whatever came of this.
            (None, Next::Retry | Next::Continue) => known.is_none() && next == Some(&step.name),
            (None, Next::Stop) => next.is_none() && !is_goal(&decision.reason),
            (Some(outcome), _) if known.is_some_and(|known| known != outcome) => false,
            (Some(outcome), _) if known.is_none() && !self.may_be(step, outcome) => false,
            (Some(outcome), _) => self.leads(decision, step, outcome),
        };
        match fits && passed.step == step.name {
            true => Ok(()),
            false => Err(Refusal::StepDecision),
        }
    }

    /// What came of an agent that said nothing is the router's to tell: there are two such words.
    fn may_be(&self, step: &GraphStep, outcome: &str) -> bool {
        let Work::Agent { answers, .. } = &step.work else {
            return false;
        };
        outcome == FAILED || outcome == OK && answers.is_empty() && !self.submission
    }

    fn leads(&self, decision: &Decision, step: &GraphStep, outcome: &str) -> bool {
        let taken = self.taken(&step.name, decision.cycle);
        let before = taken.get(outcome).copied().unwrap_or(0);
        let next = decision.passed.as_ref().and_then(|p| p.next.as_ref());
        let reason = decision.reason.as_str();
        match (follow(step, outcome, before), decision.decision) {
            (Some(Goal::Step(name)), Next::Continue) => next == Some(name),
            (Some(Goal::Step(_)), Next::Stop) => next.is_none() && reason == "depth",
            (Some(Goal::End), Next::Stop) => next.is_none() && reason == "end",
            (Some(Goal::Fail), Next::Stop) => next.is_none() && reason == "fail",
            _ => false,
        }
    }

    pub(super) fn decide(&mut self, decision: &Decision) {
        if let Some(visit) = self.visits.get_mut(&decision.cycle) {
            visit.passed.clone_from(&decision.passed);
        }
    }
}

/// Whether a reason says that the run has reached a goal.
fn is_goal(reason: &str) -> bool {
    matches!(reason, "end" | "fail")
}
