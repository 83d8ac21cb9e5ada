//! The steps of a graph: one template each, which leads to the templates of the steps that can follow.
//!
//! What Argo carries from one to the next is one number, a hundred times the number of the step and the cycle. So the
//! first digits of the router's word say which step is next, and each template compares them with those of its own
//! followers: a word that names no step that an edge leads to starts nothing.

use super::{attempt, call, output, pass, same, takes, work};
use crate::emit::argo::{Parameter, StepCall, Template};
use crate::emit::deadlines::cycles;
use crate::emit::substitution::{Parameter as P, Step, Substitution};
use crate::plan::Plan;
use pure_agent_runtime::contract::{Edge, Goal, Graph, GraphStep, Visit, Work};
use std::collections::BTreeMap;

/// The first visit of the first step.
pub(super) fn first(graph: &Graph, gateway: Parameter) -> StepCall {
    let template = graph.steps.first().map_or_else(String::new, visit);
    let number = pass(P::Visit, "0".to_owned());
    StepCall {
        template,
        ..call(Step::Cycle, vec![number, gateway])
    }
}

pub(super) fn templates(plan: &Plan, graph: &Graph) -> Vec<Template> {
    let steps = (0..).zip(&graph.steps);
    let visits = steps.map(|(number, step)| of_step(plan, graph, (number, step)));
    let agents = plan.starting().map(|a| a.contract.name.as_str());
    let attempts = agents.map(|agent| attempt(P::Visit, Some(agent)));
    visits.chain(attempts).collect()
}

/// The template of a step.
fn visit(step: &GraphStep) -> String {
    format!("visit-{}", step.name)
}

fn of_step(plan: &Plan, graph: &Graph, (number, step): (u32, &GraphStep)) -> Template {
    let (work, decides) = match &step.work {
        Work::Agent { agent, .. } => (work(P::Visit, Some(agent)).to_vec(), Step::Router),
        Work::Call { .. } | Work::Approval { .. } | Work::Export { .. } => {
            let perform = call(Step::Perform, vec![same(P::Visit), same(P::Gateway)]);
            (vec![vec![perform]], Step::Perform)
        }
    };
    let last = cycles(plan.limits.depth, plan.retry.infrastructure) - 1;
    // The run counts its cycles too; this bound holds whatever it says.
    let below = of_visit(number, last);
    let next = output(decides, P::Next);
    let follow = |(number, template): (u32, String)| StepCall {
        name: template.clone(),
        when: Some(format!(
            "'{next}' =~ '{}' && {} < {below}",
            form(number),
            Substitution::Input(P::Visit)
        )),
        template,
        ..call(
            Step::Cycle,
            vec![pass(P::Visit, next.clone()), same(P::Gateway)],
        )
    };
    let follow: Vec<_> = following(graph, (number, step))
        .into_iter()
        .map(follow)
        .collect();
    Template {
        inputs: takes([P::Visit, P::Gateway]),
        name: visit(step),
        steps: work
            .into_iter()
            .chain((!follow.is_empty()).then_some(follow))
            .collect(),
        ..Template::default()
    }
}

/// Numbers and templates of the steps that can come next: where an edge leads, and an agent's own step, in which it is
/// reminded or tried again.
fn following(graph: &Graph, (number, step): (u32, &GraphStep)) -> BTreeMap<u32, String> {
    let mut all = BTreeMap::new();
    if matches!(step.work, Work::Agent { .. }) {
        all.insert(number, visit(step));
    }
    let goals = step.on.values().flat_map(goals);
    all.extend(goals.filter_map(|goal| match goal {
        Goal::Step(name) => Some((graph.number(name)?, format!("visit-{name}"))),
        Goal::End | Goal::Fail => None,
    }));
    all
}

fn goals(edge: &Edge) -> impl Iterator<Item = &Goal> {
    let then = edge.most.as_ref().map(|most| &most.then);
    std::iter::once(&edge.to).chain(then)
}

/// What the number of a visit of a step looks like.
fn form(step: u32) -> String {
    match step {
        0 => "^[0-9]{1,2}$".to_owned(),
        _ => format!("^{step}[0-9]{{2}}$"),
    }
}

/// The number of a visit; that of no run where it would have no room, which the checks rule out.
fn of_visit(step: u32, cycle: u32) -> u32 {
    Visit { step, cycle }.number().unwrap_or(0)
}

#[cfg(test)]
mod tests;
