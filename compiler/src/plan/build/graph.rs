//! The steps of a run.

use super::agents::has_effect;
use super::{run, text};
use crate::resolve::Unit;
use crate::span::Spanned;
use crate::spec;
use crate::spec::graph as wish;
use pure_agent_runtime::contract::{Edge, Given, Goal, Graph, GraphStep, Input, Most, Work};

pub(super) fn graph(unit: &Unit, graph: &wish::Graph) -> Graph {
    let step = |step: &wish::Step| {
        let on = step.edges.iter();
        Some(GraphStep {
            name: step.name.value.clone(),
            work: work(unit, step.work()?),
            on: on.map(|e| (e.outcome.value.clone(), edge(e))).collect(),
        })
    };
    Graph {
        steps: graph.steps.iter().filter_map(step).collect(),
    }
}

fn work(unit: &Unit, work: &wish::Work) -> Work {
    match work {
        wish::Work::Agent { agent, answers } => {
            let mut answers: Vec<Input> = answers.iter().map(run::input).collect();
            answers.sort_by(|a, b| a.name.cmp(&b.name));
            let agent = agent.value.clone();
            Work::Agent { agent, answers }
        }
        wish::Work::Call(call) => self::call(unit, call),
        wish::Work::Approval { approval, of } => Work::Approval {
            approval: approval.value.clone(),
            of: of.value.clone(),
        },
        wish::Work::Export { export } => Work::Export {
            export: export.value.clone(),
        },
    }
}

fn call(unit: &Unit, call: &wish::Call) -> Work {
    let grant = &call.grant;
    let server = unit.server(&grant.server.value);
    let argument = |b: &spec::Bind| Some((b.argument.value.clone(), given(b)?));
    Work::Call {
        server: grant.server.value.clone(),
        tool: grant.tool.value.clone(),
        effect: server.is_none_or(|server| has_effect(server, &grant.tool.value)),
        arguments: grant.binds.iter().filter_map(argument).collect(),
        after: call.after.as_ref().map_or(0, |after| after.value.seconds()),
    }
}

/// Where an argument comes from; nothing that the checks permit comes from nowhere.
fn given(bind: &spec::Bind) -> Option<Given> {
    let answer = || {
        let (step, field) = bind.answer.as_ref()?.value.split_once('/')?;
        Some(Given::Answer {
            step: step.to_owned(),
            field: field.to_owned(),
        })
    };
    let value = || text(bind.value.as_ref()).map(Given::Value);
    let input = text(bind.input.as_ref()).map(Given::Input);
    input.or_else(value).or_else(answer)
}

fn edge(edge: &wish::Edge) -> Edge {
    let most = |max: &Spanned<u64>| Most {
        times: super::count(Some(max), 0),
        then: edge.then.as_ref().map_or(Goal::Fail, goal),
    };
    Edge {
        to: goal(&edge.to),
        most: edge.max.as_ref().map(most),
    }
}

fn goal(name: &Spanned<String>) -> Goal {
    match name.value.as_str() {
        wish::END => Goal::End,
        wish::FAIL => Goal::Fail,
        step => Goal::Step(step.to_owned()),
    }
}
