//! Paths: every step can be reached, and what a call or a question needs is there whichever way the run came.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::spec::graph::{Call, Graph, Step};
use crate::walk::Walk;
use pure_agent_runtime::contract::graph::APPROVED;

pub(super) fn check(graph: &Graph, walk: &Walk, findings: &mut Findings) {
    let reached = walk.reached(&[]);
    for (step, _) in graph
        .steps
        .iter()
        .zip(&reached)
        .filter(|(_, reached)| !**reached)
    {
        unreached(graph, step, findings);
    }
    for (number, step) in graph.steps.iter().enumerate() {
        if let Some(call) = step.call() {
            answers(graph, walk, (number, step), call, findings);
            agreed(graph, walk, (number, step), findings);
        }
    }
    for (step, _, of) in graph.asks() {
        let asked = graph.step(&step.name.value).zip(graph.step(&of.value));
        let Some(((number, _), (about, call))) = asked else {
            continue;
        };
        if let Some(call) = call.call() {
            answers(graph, walk, (number, step), call, findings);
            in_vain(graph, walk, step, about, findings);
        }
    }
}

fn unreached(graph: &Graph, step: &Step, findings: &mut Findings) {
    if graph.spoilt {
        return;
    }
    let mut finding = Finding::new(
        Code::StepUnreached,
        step.name.span,
        format!("no path leads to step `{}`", step.name.value),
    );
    if let Some(first) = graph.steps.first() {
        finding = finding.related(first.name.span, "the run begins here");
    }
    findings.push(finding.help(format!(
        "write `goto=\"{}\"` where it should follow, or remove it",
        step.name.value
    )));
}

/// Each answer that a call takes was given, in every run that comes to the step.
fn answers(
    graph: &Graph,
    walk: &Walk,
    (number, step): (usize, &Step),
    call: &Call,
    findings: &mut Findings,
) {
    for answer in call
        .grant
        .binds
        .iter()
        .filter_map(|bind| bind.answer.as_ref())
    {
        let Some((by, _)) = graph.answer(&answer.value) else {
            continue;
        };
        let open = graph.unanswered(walk, number, by);
        let Some(giver) = graph.steps.get(by).filter(|_| open) else {
            continue;
        };
        let message = format!(
            "step `{}` can be reached before `{}` was answered",
            step.name.value, answer.value
        );
        findings.push(
            Finding::new(Code::AnswerUnset, answer.span, message)
                .related(step.name.span, "a path to this step")
                .related(giver.name.span, "leaves this one out, or takes its `failed`")
                .help("have every path pass an outcome of that step other than `failed`, or take an input or a value"),
        );
    }
}

/// Where a step asks about a call, nothing leads to the call without an answer of yes.
fn agreed(graph: &Graph, walk: &Walk, (number, step): (usize, &Step), findings: &mut Findings) {
    let name = &step.name.value;
    let ask = graph.asks().find(|(_, _, of)| of.value == *name);
    let Some((ask, ..)) = ask.filter(|_| graph.unasked(walk, number)) else {
        return;
    };
    findings.push(
        Finding::new(
            Code::ToolApproval,
            step.name.span,
            format!("step `{name}` can be reached without the approval that it has"),
        )
        .related(ask.name.span, "a person is asked about it here")
        .help(format!(
            "have every path to it pass `{APPROVED}` of step `{}`, each time: who agrees does so for one call",
            ask.name.value
        )),
    );
}

/// A person who agrees to a call that cannot come any more is asked in vain.
fn in_vain(graph: &Graph, walk: &Walk, step: &Step, about: usize, findings: &mut Findings) {
    let mut edges = step.edges.iter();
    let Some(edge) = edges.find(|edge| edge.outcome.value == APPROVED) else {
        return;
    };
    let Some((to, _)) = graph.goal(&edge.to.value) else {
        return;
    };
    let Some(call) = graph.steps.get(about) else {
        return;
    };
    if to == about || walk.reaches(to, about) {
        return;
    }
    findings.push(
        Finding::new(
            Code::Conflict,
            edge.to.span,
            format!(
                "a person agrees to step `{}`, and no path leads there",
                call.name.value
            ),
        )
        .related(call.name.span, "what the person is asked about")
        .help(format!("write `goto=\"{}\"`", call.name.value)),
    );
}
