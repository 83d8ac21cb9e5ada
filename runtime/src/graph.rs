//! What follows a step of a run: the rules of a contract's graph, as gateway, router and state read them alike.

use crate::contract::graph::{APPROVED, EXPIRED, FAILED, MOST_STEPS, OK, REJECTED};
use crate::contract::{Contract, ExportWhen, Given, Goal, Graph, GraphStep, Work};
use std::collections::BTreeSet;

/// Most times of an edge: a run has no more cycles.
const MOST_TIMES: u32 = 98;
/// No step has these names.
const RESERVED: [&str; 2] = ["end", "fail"];

/// A step by its number.
#[must_use]
pub fn step(graph: &Graph, number: u32) -> Option<&GraphStep> {
    graph.steps.get(usize::try_from(number).ok()?)
}

/// A step by its name.
#[must_use]
pub fn named<'g>(graph: &'g Graph, name: &str) -> Option<&'g GraphStep> {
    graph.steps.iter().find(|step| step.name == name)
}

/// Where the run goes after an outcome that this step had so often before; none: it has no such outcome.
#[must_use]
pub fn follow<'g>(step: &'g GraphStep, outcome: &str, before: u32) -> Option<&'g Goal> {
    let edge = step.on.get(outcome)?;
    Some(match &edge.most {
        Some(most) if before >= most.times => &most.then,
        Some(_) | None => &edge.to,
    })
}

/// The words of which an agent chooses one when it submits; empty where it has no choice.
#[must_use]
pub fn verdicts(step: &GraphStep) -> Vec<&str> {
    let words = step.on.keys().map(String::as_str);
    match &step.work {
        Work::Agent { .. } => words.filter(|word| !matches!(*word, OK | FAILED)).collect(),
        Work::Call { .. } | Work::Approval { .. } | Work::Export { .. } => Vec::new(),
    }
}

/// Whether an agent has to submit in this step: where the spec says so, and where others rely on what it says.
#[must_use]
pub fn owes(contract: &Contract, step: &GraphStep) -> bool {
    let answers = match &step.work {
        Work::Agent { answers, .. } => !answers.is_empty(),
        Work::Call { .. } | Work::Approval { .. } | Work::Export { .. } => false,
    };
    contract.finish.submission || answers || !verdicts(step).is_empty()
}

/// Whether a person has to agree to each call of this step.
#[must_use]
pub fn is_asked_about(graph: &Graph, name: &str) -> bool {
    let mut works = graph.steps.iter().map(|step| &step.work);
    works.any(|work| matches!(work, Work::Approval { of, .. } if of == name))
}

/// Whether a graph leads nowhere that it should not: every name stands for something, and every outcome has an end.
///
/// # Errors
/// What is wrong first, by the step.
pub fn check(contract: &Contract) -> Result<(), String> {
    let Some(graph) = &contract.graph else {
        return Ok(());
    };
    if contract.route.is_some() {
        return Err("a run with steps cannot choose its agent by a route".to_owned());
    }
    if graph.steps.is_empty() || graph.steps.len() > MOST_STEPS as usize {
        return Err(format!("a graph has 1 to {MOST_STEPS} steps"));
    }
    let mut names = BTreeSet::new();
    for step in &graph.steps {
        let wrong = |why: &str| Err(format!("step `{}` {why}", step.name));
        if step.name.is_empty() || RESERVED.contains(&step.name.as_str()) {
            return wrong("has a name that no step has");
        }
        if !names.insert(step.name.as_str()) {
            return wrong("stands twice");
        }
        if let Err(why) = outcomes(step).and_then(|()| edges(graph, step)) {
            return wrong(why);
        }
        if let Err(why) = work(contract, graph, step) {
            return wrong(why);
        }
    }
    Ok(())
}

/// Each outcome of the work has its edge, and nothing else has.
fn outcomes(step: &GraphStep) -> Result<(), &'static str> {
    let words: Vec<&str> = step.on.keys().map(String::as_str).collect();
    let mut wanted = match &step.work {
        Work::Call { .. } => vec![OK, FAILED],
        Work::Approval { .. } => vec![APPROVED, REJECTED, EXPIRED],
        Work::Export { .. } => vec![OK],
        Work::Agent { .. } => {
            let chosen = verdicts(step).len();
            let one = words.contains(&OK) && chosen == 0;
            let several = !words.contains(&OK) && chosen > 1;
            return match words.contains(&FAILED) && (one || several) {
                true => Ok(()),
                false => Err("does not say what follows each of its outcomes"),
            };
        }
    };
    wanted.sort_unstable();
    match words == wanted {
        true => Ok(()),
        false => Err("does not say what follows each of its outcomes"),
    }
}

fn edges(graph: &Graph, step: &GraphStep) -> Result<(), &'static str> {
    let exists = |goal: &Goal| match goal {
        Goal::Step(name) => named(graph, name).is_some(),
        Goal::End | Goal::Fail => true,
    };
    for edge in step.on.values() {
        let then = edge.most.as_ref().map(|most| &most.then);
        if !exists(&edge.to) || !then.is_none_or(exists) {
            return Err("leads to a step that is not there");
        }
        let times = edge.most.as_ref().map_or(1, |most| most.times);
        if !(1..=MOST_TIMES).contains(&times) {
            return Err("has an edge whose bound is none");
        }
    }
    Ok(())
}

/// What the work names is there.
fn work(contract: &Contract, graph: &Graph, step: &GraphStep) -> Result<(), &'static str> {
    let known = match &step.work {
        Work::Agent { agent, .. } => contract.agents.iter().any(|a| a.name == *agent),
        Work::Call {
            server, arguments, ..
        } => {
            let found = contract.servers.iter().any(|s| s.name == *server);
            found
                && arguments
                    .values()
                    .all(|given| exists(contract, graph, given))
        }
        Work::Approval { approval, of } => {
            let call = named(graph, of).map(|step| &step.work);
            let found = contract.approvals.iter().any(|a| a.name == *approval);
            found && matches!(call, Some(Work::Call { .. }))
        }
        Work::Export { export } => {
            let mut exports = contract.exports.iter();
            exports.any(|e| e.name == *export && e.when == ExportWhen::Step)
        }
    };
    match known {
        true => Ok(()),
        false => Err("names what the contract does not have"),
    }
}

fn exists(contract: &Contract, graph: &Graph, given: &Given) -> bool {
    match given {
        Given::Value(_) => true,
        Given::Input(name) => contract.inputs.iter().any(|input| input.name == *name),
        Given::Answer { step, field } => match named(graph, step).map(|step| &step.work) {
            Some(Work::Agent { answers, .. }) => answers.iter().any(|a| a.name == *field),
            _ => false,
        },
    }
}

#[cfg(test)]
pub(crate) mod tests;
