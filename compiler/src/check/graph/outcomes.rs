//! Outcomes: each that the work of a step can have has an edge, and no other.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::resolve::Unit;
use crate::spec::graph::{Edge, Graph, Step, Work};
use pure_agent_runtime::contract::graph::{APPROVED, EXPIRED, FAILED, OK, REJECTED};

pub(super) fn check(unit: &Unit, graph: &Graph, findings: &mut Findings) {
    for step in &graph.steps {
        match step.work() {
            Some(Work::Agent { answers, .. }) => {
                verdicts(step, findings);
                submits(unit, step, !answers.is_empty(), findings);
            }
            Some(Work::Call(_)) => closed(step, &[OK, FAILED], findings),
            Some(Work::Approval { .. }) => closed(step, &[APPROVED, REJECTED, EXPIRED], findings),
            Some(Work::Export { .. }) => closed(step, &[OK], findings),
            None => {}
        }
    }
}

/// The edges of words that an agent says.
fn words(step: &Step) -> impl Iterator<Item = &Edge> {
    let edges = step.edges.iter();
    edges.filter(|edge| edge.outcome.value != FAILED)
}

fn has(step: &Step, outcome: &str) -> bool {
    step.edges.iter().any(|edge| edge.outcome.value == outcome)
}

fn closed(step: &Step, outcomes: &[&str], findings: &mut Findings) {
    for outcome in outcomes {
        missing(step, outcome, findings);
    }
    let known: Vec<String> = outcomes.iter().map(|o| format!("`{o}`")).collect();
    for edge in &step.edges {
        if !outcomes.contains(&edge.outcome.value.as_str()) {
            let word = step.work().map_or("step", Work::word);
            let finding = Finding::new(
                Code::Outcomes,
                edge.outcome.span,
                format!("`{word}` never ends as `{}`", edge.outcome.value),
            );
            let place = step.work().map_or(step.name.span, Work::span);
            findings.push(
                finding
                    .related(place, "what the step does")
                    .help(format!("its outcomes are {}", known.join(", "))),
            );
        }
    }
}

fn missing(step: &Step, outcome: &str, findings: &mut Findings) {
    if step.spoilt || has(step, outcome) {
        return;
    }
    findings.push(
        Finding::new(
            Code::Outcomes,
            step.name.span,
            format!("step `{}` has no edge for `{outcome}`", step.name.value),
        )
        .help(format!(
            "write `on \"{outcome}\" goto=\"STEP\"`, `\"end\"` or `\"fail\"`"
        )),
    );
}

/// `failed`, and `ok` or at least two words.
fn verdicts(step: &Step, findings: &mut Findings) {
    missing(step, FAILED, findings);
    let mut said = words(step);
    let (first, second) = (said.next(), said.next());
    let ok = words(step).find(|edge| edge.outcome.value == OK);
    match (first, second, ok) {
        (None, ..) => missing(step, OK, findings),
        (Some(only), None, None) if !step.spoilt => findings.push(
            Finding::new(
                Code::Outcomes,
                only.outcome.span,
                format!(
                    "an agent that can say nothing but `{}` has no choice",
                    only.outcome.value
                ),
            )
            .help("write `ok` for it, or add another word"),
        ),
        (Some(_), Some(_), Some(ok)) => {
            let other = words(step).find(|edge| edge.outcome.value != OK);
            let finding = Finding::new(
                Code::Outcomes,
                ok.outcome.span,
                "`ok` stands where an agent chooses among words",
            );
            let finding = match other {
                Some(other) => finding.related(other.outcome.span, "one of the words"),
                None => finding,
            };
            findings.push(finding.help("name what it means, or keep `ok` and `failed` alone"));
        }
        (Some(_), ..) => {}
    }
}

/// Words and answers come with a submission.
fn submits(unit: &Unit, step: &Step, answers: bool, findings: &mut Findings) {
    let nothing = unit.run.finish.require.as_ref();
    let Some(nothing) = nothing.filter(|require| require.value == "nothing") else {
        return;
    };
    if answers || words(step).nth(1).is_some() {
        findings.push(
            Finding::new(
                Code::Conflict,
                nothing.span,
                format!(
                    "step `{}` needs what its agent submits, and nothing is required",
                    step.name.value
                ),
            )
            .related(step.name.span, "this step has words or answers")
            .help("write `require \"submission\"`"),
        );
    }
}
