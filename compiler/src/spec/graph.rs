//! The steps of a run as their author wrote them.

mod read;

use super::{Input, ToolGrant};
use crate::span::{Span, Spanned};
use crate::values::duration::Duration;
use crate::walk::{Edge as WalkEdge, Walk};
use pure_agent_runtime::contract::graph::{APPROVED, FAILED};

pub(super) use read::graph;

type S<T> = Spanned<T>;

/// Where a run ends with success.
pub const END: &str = "end";
/// Where a run ends as failed.
pub const FAIL: &str = "fail";

/// `graph`
#[derive(Debug, Clone)]
pub struct Graph {
    /// The node.
    pub span: Span,
    /// Its steps; the run begins with the first.
    pub steps: Vec<Step>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// `step`
#[derive(Debug, Clone)]
pub struct Step {
    /// The node.
    pub span: Span,
    /// Name.
    pub name: S<String>,
    /// What it does; one, if the checks found nothing.
    pub works: Vec<Work>,
    /// What follows.
    pub edges: Vec<Edge>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Work {
    /// `agent`
    Agent {
        /// The agent.
        agent: S<String>,
        /// What it must answer.
        answers: Vec<Input>,
    },
    /// `call`
    Call(Box<Call>),
    /// `approval`
    Approval {
        /// The approval.
        approval: S<String>,
        /// The step with the call.
        of: S<String>,
    },
    /// `export`
    Export {
        /// Name of the export.
        export: S<String>,
    },
}

impl Work {
    /// Where it is written.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Agent { agent: name, .. }
            | Self::Approval { approval: name, .. }
            | Self::Export { export: name } => name.span,
            Self::Call(call) => call.grant.tool.span,
        }
    }

    /// The word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Agent { .. } => "agent",
            Self::Call(_) => "call",
            Self::Approval { .. } => "approval",
            Self::Export { .. } => "export",
        }
    }
}

/// `call`
#[derive(Debug, Clone)]
pub struct Call {
    /// The grant that it is: its arguments are all bound. The approval is one that every way to the call passes, `times`
    /// the most visits of its step.
    pub grant: ToolGrant,
    /// Time before the call.
    pub after: Option<S<Duration>>,
}

/// `on`
#[derive(Debug, Clone)]
pub struct Edge {
    /// The outcome.
    pub outcome: S<String>,
    /// Where the run goes.
    pub to: S<String>,
    /// Times at most.
    pub max: Option<S<u64>>,
    /// Where it goes after that.
    pub then: Option<S<String>>,
}

impl Step {
    /// What it does.
    #[must_use]
    pub fn work(&self) -> Option<&Work> {
        self.works.first()
    }

    /// The call that it makes.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        match self.work()? {
            Work::Call(call) => Some(call),
            Work::Agent { .. } | Work::Approval { .. } | Work::Export { .. } => None,
        }
    }
}

impl Graph {
    /// A step and its number, by name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<(usize, &Step)> {
        let mut steps = self.steps.iter().enumerate();
        steps.find(|(_, step)| step.name.value == name)
    }

    /// The step that an edge leads to; none where the run ends.
    #[must_use]
    pub fn goal(&self, name: &str) -> Option<(usize, &Step)> {
        let ends = [END, FAIL].contains(&name);
        self.step(name).filter(|_| !ends)
    }

    /// The agents of its steps, in their order.
    pub fn agents(&self) -> impl Iterator<Item = &S<String>> {
        self.steps.iter().filter_map(|step| match step.work()? {
            Work::Agent { agent, .. } => Some(agent),
            Work::Call(_) | Work::Approval { .. } | Work::Export { .. } => None,
        })
    }

    /// The calls of its steps.
    pub fn calls(&self) -> impl Iterator<Item = (&Step, &Call)> {
        let calls = self.steps.iter();
        calls.filter_map(|step| Some((step, step.call()?)))
    }

    /// The steps that ask a person, each with its approval and the step that it is about.
    pub fn asks(&self) -> impl Iterator<Item = (&Step, &S<String>, &S<String>)> {
        self.steps.iter().filter_map(|step| match step.work()? {
            Work::Approval { approval, of } => Some((step, approval, of)),
            Work::Agent { .. } | Work::Call(_) | Work::Export { .. } => None,
        })
    }

    /// The answer that `STEP/ANSWER` means, with the number of its step.
    #[must_use]
    pub fn answer(&self, written: &str) -> Option<(usize, &Input)> {
        let (step, field) = written.split_once('/')?;
        let (number, step) = self.step(step)?;
        let Work::Agent { answers, .. } = step.work()? else {
            return None;
        };
        let answer = answers.iter().find(|a| a.name.value == field)?;
        Some((number, answer))
    }

    /// Its steps and edges as numbers, in the order in which they are written.
    #[must_use]
    pub fn walk(&self) -> Walk {
        let goal = |name: &S<String>| self.goal(&name.value).map(|(number, _)| number);
        let mut edges = Vec::new();
        for (from, step) in self.steps.iter().enumerate() {
            edges.extend(step.edges.iter().map(|edge| {
                WalkEdge {
                    from,
                    to: goal(&edge.to),
                    most: edge
                        .max
                        .as_ref()
                        .map(|max| (max.value, edge.then.as_ref().and_then(goal))),
                }
            }));
        }
        Walk::new(self.steps.len(), edges)
    }

    /// The edges for which something holds, as a walk leaves them out.
    fn edges(&self, holds: impl Fn(&Step, &Edge) -> bool) -> Vec<bool> {
        let edges = self.steps.iter();
        let edges = edges.flat_map(|step| step.edges.iter().map(move |edge| (step, edge)));
        edges.map(|(step, edge)| holds(step, edge)).collect()
    }

    /// Whether a run can come to a call without a person who agreed to it, the first time or once more: who agrees does
    /// so for one call.
    #[must_use]
    pub fn unasked(&self, walk: &Walk, call: usize) -> bool {
        let Some(name) = self.steps.get(call).map(|step| &step.name.value) else {
            return false;
        };
        let agreed = self.edges(|step, edge| {
            let asks = matches!(step.work(), Some(Work::Approval { of, .. }) if of.value == *name);
            asks && edge.outcome.value == APPROVED
        });
        comes(walk, call, &agreed) || walk.comes_again(call, &agreed)
    }

    /// Whether a run can come to a step without an answer of another.
    #[must_use]
    pub fn unanswered(&self, walk: &Walk, step: usize, answers: usize) -> bool {
        let of = self.steps.get(answers).map(|step| step.name.span);
        let answered =
            self.edges(|step, edge| Some(step.name.span) == of && edge.outcome.value != FAILED);
        comes(walk, step, &answered)
    }

    /// Writes into each call's grant how often it is made, and who agrees to it.
    fn settle(&mut self) {
        let walk = self.walk();
        let settled = |(number, step): (usize, &Step)| {
            let call = step.call()?;
            let times = Spanned::new(walk.visits(number), call.grant.tool.span);
            let mut asks = self.asks();
            let asked = asks.find(|(_, _, of)| of.value == step.name.value);
            let asked = asked.filter(|_| !self.unasked(&walk, number));
            Some((
                number,
                times,
                asked.map(|(_, approval, _)| approval.clone()),
            ))
        };
        let all: Vec<_> = self.steps.iter().enumerate().filter_map(settled).collect();
        for (number, times, approval) in all {
            let work = self.steps.get_mut(number).and_then(|s| s.works.first_mut());
            if let Some(Work::Call(call)) = work {
                call.grant.times = Some(times);
                call.grant.approval = approval;
            }
        }
    }
}

/// Whether a run can come to a step by none of the edges that are `without`.
fn comes(walk: &Walk, step: usize, without: &[bool]) -> bool {
    walk.reached(without).get(step).copied().unwrap_or(false)
}
