//! What a step does: one thing, with everything that it needs.

use crate::check::conflicts;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::resolve::Unit;
use crate::span::Spanned;
use crate::spec::Bind;
use crate::spec::graph::{Call, END, FAIL, Graph, Step, Work};
use pure_agent_runtime::contract::graph::MOST_STEPS;

pub(super) fn check(unit: &Unit, graph: &Graph, findings: &mut Findings) {
    for step in &graph.steps {
        reserved(step, findings);
        one(step, findings);
        match step.work() {
            Some(Work::Agent { answers, .. }) => {
                answers.iter().for_each(|a| conflicts::answer(a, findings));
            }
            Some(Work::Call(call)) => self::call(unit, graph, call, findings),
            Some(Work::Approval { of, .. }) => about(graph, of, findings),
            Some(Work::Export { .. }) | None => {}
        }
    }
    if let Some(more) = graph.steps.get(MOST_STEPS as usize) {
        let all = graph.steps.len();
        let message = format!("graph has {all} steps, and there is room for {MOST_STEPS}");
        findings.push(
            Finding::new(Code::LimitImpossible, more.name.span, message)
                .label("the first that is too much")
                .help("give an agent more to do in one step, or make two runs of it"),
        );
    }
    if graph.agents().next().is_none() && !graph.spoilt {
        findings.push(
            Finding::new(
                Code::MissingNode,
                graph.span,
                "graph has no step with an agent",
            )
            .help("write `agent \"NAME\"` in a step"),
        );
    }
}

fn reserved(step: &Step, findings: &mut Findings) {
    let name = &step.name;
    if [END, FAIL].contains(&name.value.as_str()) {
        findings.push(
            Finding::new(
                Code::BadName,
                name.span,
                format!("step cannot be called `{}`", name.value),
            )
            .label("this is where a run ends")
            .help("choose another name"),
        );
    }
}

fn one(step: &Step, findings: &mut Findings) {
    let name = &step.name.value;
    let mut works = step.works.iter();
    let Some(first) = works.next() else {
        if !step.spoilt {
            findings.push(
                Finding::new(
                    Code::MissingNode,
                    step.name.span,
                    format!("step `{name}` does nothing"),
                )
                .help("write one of `agent`, `call`, `approval` and `export`"),
            );
        }
        return;
    };
    for more in works {
        let (one, two) = (first.word(), more.word());
        findings.push(
            Finding::new(
                Code::Conflict,
                more.span(),
                format!("step `{name}` has both `{one}` and `{two}`"),
            )
            .related(first.span(), "this is what it does")
            .help("make two steps of it"),
        );
    }
}

fn call(unit: &Unit, graph: &Graph, call: &Call, findings: &mut Findings) {
    for bind in &call.grant.binds {
        source(bind, findings);
        if let Some(answer) = &bind.answer
            && graph.answer(&answer.value).is_none()
        {
            findings.push(unknown_answer(graph, answer));
        }
    }
    let deadline = unit.run.limits.as_ref().and_then(|l| l.deadline.as_ref());
    if let (Some(after), Some(deadline)) = (&call.after, deadline)
        && after.value.seconds() > deadline.value.seconds()
    {
        let message = format!(
            "a call after {} comes when the run has ended, after {}",
            after.value, deadline.value
        );
        findings.push(
            Finding::new(Code::LimitImpossible, after.span, message)
                .related(deadline.span, "the run ends here")
                .help(format!("write `after \"{}\"` or less", deadline.value)),
        );
    }
}

/// An argument comes from one place.
fn source(bind: &Bind, findings: &mut Findings) {
    let argument = &bind.argument.value;
    let all = [&bind.input, &bind.value, &bind.answer];
    let mut given = all.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(first), Some(second)) => findings.push(
            Finding::new(
                Code::Conflict,
                second.span,
                format!("argument `{argument}` has two values"),
            )
            .related(first.span, "the other")
            .help("keep one of the two"),
        ),
        (Some(_), None) => {}
        (None, _) => findings.push(
            Finding::new(
                Code::Conflict,
                bind.span,
                format!("argument `{argument}` has no value"),
            )
            .help(format!(
                "write `argument \"{argument}\" input=\"INPUT\"`, `value=\"TEXT\"` or `answer=\"STEP/ANSWER\"`"
            )),
        ),
    }
}

fn unknown_answer(graph: &Graph, answer: &Spanned<String>) -> Finding {
    let finding = Finding::new(
        Code::UnknownName,
        answer.span,
        format!("no step has the answer `{}`", answer.value),
    );
    let known = graph.steps.iter().flat_map(|step| {
        let answers = match step.work() {
            Some(Work::Agent { answers, .. }) => answers.as_slice(),
            Some(Work::Call(_) | Work::Approval { .. } | Work::Export { .. }) | None => &[],
        };
        let name = &step.name.value;
        answers
            .iter()
            .map(move |a| format!("`{name}/{}`", a.name.value))
    });
    let known: Vec<String> = known.collect();
    match known.as_slice() {
        [] => finding.help(
            "declare it where it is given: `agent \"NAME\" { answer \"NAME\" { … } }`, and write `STEP/ANSWER`",
        ),
        some => finding.help(format!("the answers are {}", some.join(", "))),
    }
}

/// A person is asked about a call.
fn about(graph: &Graph, of: &Spanned<String>, findings: &mut Findings) {
    let calls = graph
        .calls()
        .map(|(step, _)| format!("`{}`", step.name.value));
    let calls: Vec<String> = calls.collect();
    let help = match calls.as_slice() {
        [] => "add a step with a `call`, or take this one away".to_owned(),
        some => format!("the steps with a call are {}", some.join(", ")),
    };
    match graph.step(&of.value) {
        Some((_, step)) if step.call().is_some() => {}
        Some((_, step)) => findings.push(
            Finding::new(
                Code::Conflict,
                of.span,
                format!(
                    "step `{}` makes no call that a person could approve",
                    of.value
                ),
            )
            .related(step.name.span, "this step")
            .help(help),
        ),
        None => findings.push(
            Finding::new(
                Code::UnknownName,
                of.span,
                format!("no step is called `{}`", of.value),
            )
            .help(help),
        ),
    }
}
