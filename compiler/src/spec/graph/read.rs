//! Shaped nodes to steps.

use super::{Call, Edge, Graph, Step, Work};
use crate::decode::{child, prop_int};
use crate::shape::Item;
use crate::spec::{Bind, ToolGrant, input};
use crate::values::duration::Duration;

pub(in crate::spec) fn graph(item: &Item) -> Graph {
    let mut graph = Graph {
        span: item.span,
        steps: item.children("step").filter_map(step).collect(),
        spoilt: item.spoilt(),
    };
    graph.settle();
    graph
}

fn step(item: &Item) -> Option<Step> {
    Some(Step {
        span: item.span,
        name: item.text(0)?,
        works: item.all().filter_map(work).collect(),
        edges: item.children("on").filter_map(edge).collect(),
        spoilt: item.spoilt(),
    })
}

fn work(item: &Item) -> Option<Work> {
    match item.def.name {
        "agent" => Some(Work::Agent {
            agent: item.text(0)?,
            answers: item.children("answer").filter_map(input).collect(),
        }),
        "call" => call(item).map(|call| Work::Call(Box::new(call))),
        "approval" => Some(Work::Approval {
            approval: item.text(0)?,
            of: item.prop("of")?,
        }),
        "export" => Some(Work::Export {
            export: item.text(0)?,
        }),
        _ => None,
    }
}

fn call(item: &Item) -> Option<Call> {
    let argument = |i: &Item| {
        Some(Bind {
            span: i.span,
            argument: i.text(0)?,
            input: i.prop("input"),
            value: i.prop("value"),
            answer: i.prop("answer"),
        })
    };
    Some(Call {
        grant: ToolGrant {
            server: item.text(0)?,
            tool: item.text(1)?,
            approval: None,
            times: None,
            binds: item.children("argument").filter_map(argument).collect(),
        },
        after: child(item, "after", Duration::parse),
    })
}

fn edge(item: &Item) -> Option<Edge> {
    Some(Edge {
        outcome: item.text(0)?,
        to: item.prop("goto")?,
        max: prop_int(item, "max"),
        then: item.prop("then"),
    })
}
