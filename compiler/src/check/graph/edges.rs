//! Edges: they lead to steps that there are, and those that lead back have a bound.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::shape::nearest;
use crate::span::Spanned;
use crate::spec::graph::{END, Edge, FAIL, Graph, Step};
use crate::walk::Walk;

pub(super) fn check(graph: &Graph, findings: &mut Findings) {
    let walk = graph.walk();
    for (from, step) in graph.steps.iter().enumerate() {
        for edge in &step.edges {
            goal(graph, &edge.to, findings);
            edge.then
                .iter()
                .for_each(|then| goal(graph, then, findings));
            bound(graph, &walk, (from, step), edge, findings);
        }
    }
}

fn goal(graph: &Graph, goal: &Spanned<String>, findings: &mut Findings) {
    let name = goal.value.as_str();
    if [END, FAIL].contains(&name) || graph.step(name).is_some() {
        return;
    }
    let finding = Finding::new(
        Code::UnknownName,
        goal.span,
        format!("no step is called `{name}`"),
    );
    let steps = graph.steps.iter().map(|step| step.name.value.as_str());
    findings.push(match nearest(name, steps.chain([END, FAIL])) {
        Some(near) => finding
            .help(format!("did you mean `{near}`?"))
            .fix(goal.span, format!("\"{near}\"")),
        None => finding.help("write the name of a step, `end` or `fail`"),
    });
}

fn bound(
    graph: &Graph,
    walk: &Walk,
    (from, step): (usize, &Step),
    edge: &Edge,
    findings: &mut Findings,
) {
    let number = |name: &Spanned<String>| graph.goal(&name.value).map(|(number, _)| number);
    let back = |name: &Spanned<String>| number(name).is_some_and(|to| walk.leads_back(from, to));
    match (&edge.max, &edge.then) {
        (None, None) if back(&edge.to) => findings.push(unbounded(step, edge)),
        (Some(max), None) if back(&edge.to) => {
            let message = format!("nothing says where the run goes after {} times", max.value);
            findings.push(
                Finding::new(Code::CircleUnbounded, max.span, message)
                    .help("add `then=\"STEP\"`, `\"end\"` or `\"fail\"`"),
            );
        }
        (None, Some(then)) => findings.push(
            Finding::new(Code::Conflict, then.span, "`then` without `max`")
                .help("write `max=TIMES` too where the edge leads back, or take `then` away"),
        ),
        (Some(max), _) if number(&edge.to).is_some() && !back(&edge.to) => {
            let message = format!(
                "`max` where nothing leads back: `{}` comes later",
                edge.to.value
            );
            findings.push(Finding::new(Code::Conflict, max.span, message).help(
                "take `max` and `then` away, or list the steps in the order in which they come",
            ));
        }
        (Some(max), _) if [END, FAIL].contains(&edge.to.value.as_str()) => findings.push(
            Finding::new(
                Code::Conflict,
                max.span,
                format!("`max` where the run ends with `{}`", edge.to.value),
            )
            .help("take `max` and `then` away"),
        ),
        _ => {}
    }
    if let Some(then) = edge.then.as_ref().filter(|then| back(then)) {
        findings.push(
            Finding::new(
                Code::CircleUnbounded,
                then.span,
                format!("`then` leads back to `{}` without a bound", then.value),
            )
            .related(step.name.span, "from this step")
            .help("write a step that comes later, `end` or `fail`"),
        );
    }
}

fn unbounded(step: &Step, edge: &Edge) -> Finding {
    let message = match step.name.value == edge.to.value {
        true => format!("step `{}` may come again without end", edge.to.value),
        false => format!(
            "steps from `{}` to `{}` may come again without end",
            edge.to.value, step.name.value
        ),
    };
    Finding::new(Code::CircleUnbounded, edge.to.span, message)
        .label("leads back")
        .related(step.name.span, "from this step")
        .help("say how often, and what comes after that: `max=2 then=\"fail\"`")
}
