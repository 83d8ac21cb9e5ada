//! Who starts: one agent, one of several that a route chooses, or the steps of a graph.

use super::{excluded, missing};
use crate::check::inputs::fits;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::plan::defaults;
use crate::span::{Span, Spanned};
use crate::spec::{Choose, Input, Route, Run};
use std::collections::BTreeMap;

pub(super) fn check(run: &Run, findings: &mut Findings) {
    let agent = run.agent.as_ref().map(|agent| ("agent", agent.span));
    let route = run.route.as_ref().map(|route| ("route", route.span));
    let graph = run.graph.as_ref().map(|graph| ("graph", graph.span));
    let mut all = [agent, route, graph].into_iter().flatten();
    match (all.next(), all.next()) {
        (Some((first, at)), Some((second, again))) => findings.push(
            Finding::new(
                Code::Conflict,
                again,
                format!("run has both `{first}` and `{second}`"),
            )
            .related(at, "this says what the run starts")
            .help("keep one of the two"),
        ),
        (Some(_), None) => run.route.iter().for_each(|r| of_route(run, r, findings)),
        (None, _) if run.spoilt => {}
        (None, _) => findings.push(missing(
            run.name.span,
            "run has neither `agent`, `route` nor `graph`".to_owned(),
            "agent \"NAME\"",
        )),
    }
}

fn of_route(run: &Run, route: &Route, findings: &mut Findings) {
    by(route, findings);
    fallback(route, findings);
    twice(route, findings);
    for choice in &route.choices {
        when(route, choice, findings);
    }
    let Some(input) = &route.input else { return };
    if let Some(input) = run.inputs.iter().find(|i| i.name.value == input.value) {
        let whens = route.choices.iter().flat_map(|choice| &choice.when);
        whens.for_each(|when| possible(input, when, findings));
    }
}

fn by(route: &Route, findings: &mut Findings) {
    match (&route.model, &route.input) {
        (Some(model), Some(input)) => findings.push(
            Finding::new(
                Code::Conflict,
                input.span,
                "`by` has both a model and an input",
            )
            .related(model.span, "a model chooses")
            .help("keep one of the two"),
        ),
        (None, None) if route.spoilt => {}
        (None, None) => {
            let place = route.by_span.unwrap_or(route.span);
            let message = "`by` has neither a model nor an input".to_owned();
            findings.push(missing(place, message, "by \"MODEL\""));
        }
        (Some(_), None) => {}
        (None, Some(input)) => {
            for (word, span) in bounds(route) {
                let message = format!("a choice by an input takes no `{word}`");
                let why = "its value is compared, and nothing is asked";
                findings.push(excluded(span, message, input.span, why));
            }
        }
    }
}

fn bounds(route: &Route) -> Vec<(&'static str, Span)> {
    let all = [
        ("turns", route.turns.as_ref().map(|t| t.span)),
        ("tokens", route.tokens.as_ref().map(|t| t.span)),
        ("deadline", route.deadline.as_ref().map(|d| d.span)),
    ];
    all.into_iter()
        .filter_map(|(word, span)| Some((word, span?)))
        .collect()
}

fn fallback(route: &Route, findings: &mut Findings) {
    let Some(fallback) = &route.fallback else {
        return;
    };
    let is = |choice: &Choose| choice.agent.value == fallback.value;
    if route.spoilt || route.choices.iter().any(is) {
        return;
    }
    let finding = Finding::new(
        Code::Conflict,
        fallback.span,
        format!("fallback `{}` is none of the choices", fallback.value),
    );
    findings.push(
        finding
            .related(route.span, "these are the choices")
            .help(format!("add `choose \"{}\"`", fallback.value)),
    );
}

/// What nothing leads to but the fallback is never chosen.
fn when(route: &Route, choice: &Choose, findings: &mut Findings) {
    let fallback = route.fallback.as_ref();
    let falls = fallback.is_none_or(|f| f.value == choice.agent.value);
    if !choice.when.is_empty() || falls || choice.spoilt {
        return;
    }
    let (message, write) = match &route.input {
        Some(_) => ("is never chosen: no value leads to it", "when \"VALUE\""),
        None => (
            "needs `when`: the model must know what it is for",
            "when \"the task is about …\"",
        ),
    };
    let message = format!("choice `{}` {message}", choice.agent.value);
    findings.push(missing(choice.agent.span, message, write));
}

/// The same words, or the same value, cannot lead to two agents.
fn twice(route: &Route, findings: &mut Findings) {
    let mut known: BTreeMap<&str, Span> = BTreeMap::new();
    for choice in &route.choices {
        for when in &choice.when {
            let Some(first) = known.get(when.value.as_str()) else {
                known.insert(&when.value, when.span);
                continue;
            };
            let agent = &choice.agent.value;
            findings.push(
                Finding::new(
                    Code::Conflict,
                    when.span,
                    format!("choice `{agent}` has the `when` of another"),
                )
                .related(*first, "this leads to another agent")
                .help("write what tells the two apart"),
            );
        }
    }
}

/// A value that the input cannot have leads nowhere.
fn possible(input: &Input, when: &Spanned<String>, findings: &mut Findings) {
    let name = &input.name.value;
    let listed = input.one_of.is_empty() || input.one_of.iter().any(|v| v.value == when.value);
    let matches = input
        .pattern
        .as_ref()
        .is_none_or(|p| fits(&p.value, &when.value));
    let most = input
        .size
        .as_ref()
        .map_or(defaults::INPUT_SIZE, |s| s.value.bytes());
    if listed && matches && when.value.len() as u64 <= most {
        return;
    }
    findings.push(
        Finding::new(
            Code::Conflict,
            when.span,
            format!("input `{name}` never has the value `{}`", when.value),
        )
        .related(input.name.span, "what it may be stands here")
        .help("write a value that the input may have"),
    );
}
