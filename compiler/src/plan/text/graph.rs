//! The steps of a run, in the order in which they are written.

use super::page::Row;
use super::words;
use crate::plan::Plan;
use pure_agent_runtime::contract::{Edge, Given, Goal, GraphStep, Input, Work};

/// What each step does, and what follows each of its outcomes.
pub(super) fn graph(plan: &Plan) -> Vec<Row> {
    let steps = plan.graph().map(|graph| graph.steps.as_slice());
    steps.unwrap_or_default().iter().flat_map(step).collect()
}

fn step(step: &GraphStep) -> Vec<Row> {
    let mut rows = vec![vec![step.name.clone(), what(&step.work)]];
    let fact = |fact: String| vec![String::new(), fact];
    match &step.work {
        Work::Agent { answers, .. } => rows.extend(answers.iter().map(|a| fact(answer(a)))),
        Work::Call {
            arguments, after, ..
        } => {
            rows.extend(
                arguments
                    .iter()
                    .map(|(name, given)| fact(argument(name, given))),
            );
            rows.extend((*after > 0).then(|| fact(format!("after {}", words::time(*after)))));
        }
        Work::Approval { .. } | Work::Export { .. } => {}
    }
    rows.extend(
        step.on
            .iter()
            .map(|(outcome, edge)| fact(follows(outcome, edge))),
    );
    rows
}

fn what(work: &Work) -> String {
    match work {
        Work::Agent { agent, .. } => format!("agent {agent}"),
        Work::Call { server, tool, .. } => format!("call {server}.{tool}"),
        Work::Approval { approval, of } => {
            format!("approval {approval} of {of}, with its arguments")
        }
        Work::Export { export } => format!("export {export}, at the end"),
    }
}

fn answer(answer: &Input) -> String {
    let values: Vec<String> = answer.one_of.iter().map(|v| words::quoted(v)).collect();
    let form = match (&answer.pattern, values.as_slice()) {
        (Some(pattern), _) => format!("matches {pattern}"),
        (None, []) => "any text".to_owned(),
        (None, some) => format!("one of {}", some.join(", ")),
    };
    let size = words::size(answer.size);
    format!("answers {}: {form}, at most {size}", answer.name)
}

fn argument(name: &str, given: &Given) -> String {
    match given {
        Given::Input(input) => format!("{name} is input {input}"),
        Given::Value(value) => format!("{name} is {}", words::quoted(value)),
        Given::Answer { step, field } => format!("{name} is answer {step}/{field}"),
    }
}

fn follows(outcome: &str, edge: &Edge) -> String {
    let most = edge.most.as_ref().map(|most| {
        let times = words::times(u64::from(most.times));
        format!(", {times}, then {}", goal(&most.then))
    });
    format!("{outcome} → {}{}", goal(&edge.to), most.unwrap_or_default())
}

fn goal(goal: &Goal) -> String {
    match goal {
        Goal::Step(step) => step.clone(),
        Goal::End => "the end".to_owned(),
        Goal::Fail => "the end, as failed".to_owned(),
    }
}
