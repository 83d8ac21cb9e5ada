//! What the agent of a step is told of the run around it: where it is, the way so far, what tools and agents answered.

use super::Part;
use crate::contract::{GraphStep, Input, Work};
use crate::graph::verdicts;
use crate::state::Walk;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The parts, in their order; those with nothing in them are left out.
pub(super) fn parts(walk: &Walk, step: &GraphStep) -> Vec<(Part, String)> {
    let all = [
        (Part::Step, here(step)),
        (Part::Way, way(walk)),
        (Part::Answers, answers(walk)),
        (Part::Results, results(walk)),
    ];
    all.into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// The step, and what it must say when it submits.
fn here(step: &GraphStep) -> String {
    let mut text = format!(
        "This is the step `{}` of a run that has several.",
        step.name
    );
    let words = verdicts(step);
    if !words.is_empty() {
        let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
        let words = words.join(", ");
        text += &format!(
            "\nSay as `verdict` what you found: one of {words}. It decides which step follows."
        );
    }
    let Work::Agent { answers, .. } = &step.work else {
        return text;
    };
    if !answers.is_empty() {
        text += "\nSay as `answers`, which later steps use as they are:";
        let lines = answers
            .iter()
            .map(|answer| format!("\n- {}", wanted(answer)));
        text += &lines.collect::<String>();
    }
    text
}

/// What an answer must be.
fn wanted(answer: &Input) -> String {
    let mut text = format!("`{}`", answer.name);
    if !answer.one_of.is_empty() {
        text += &format!(": one of `{}`", answer.one_of.join("`, `"));
    } else if let Some(pattern) = &answer.pattern {
        text += &format!(": a text that matches `{pattern}`");
    } else {
        text += &format!(": a text of at most {} bytes", answer.size);
    }
    if !answer.required {
        text += ", if you know it";
    }
    text
}

fn way(walk: &Walk) -> String {
    let steps = walk.past().map(|past| {
        let outcome = past.outcome.unwrap_or("repeated");
        format!("{}: {outcome}", past.step.name)
    });
    steps.collect::<Vec<_>>().join("\n")
}

/// The last answers of each step, as JSON.
fn answers(walk: &Walk) -> String {
    let mut all = Map::new();
    for past in walk.past() {
        let name = &past.step.name;
        match walk.answers(name) {
            Some(answers) if !answers.is_empty() => {
                all.insert(
                    name.clone(),
                    answers
                        .iter()
                        .map(|(k, v)| (k.clone(), Value::from(v.as_str())))
                        .collect(),
                );
            }
            Some(_) | None => {}
        }
    }
    match all.is_empty() {
        true => String::new(),
        false => Value::Object(all).to_string(),
    }
}

/// The last result of each call. Each is one line of JSON, so that none can look like the end of it.
fn results(walk: &Walk) -> String {
    let mut last = BTreeMap::new();
    for past in walk.past() {
        if let Some(result) = past.result {
            last.insert(past.cycle, (&past.step.name, result));
        }
    }
    let newest: BTreeMap<_, _> = last
        .iter()
        .map(|(cycle, (name, _))| (*name, *cycle))
        .collect();
    let mut text = String::new();
    for (cycle, (name, result)) in &last {
        if newest.get(name) == Some(cycle) {
            let line = Value::from(*result);
            // A text takes whatever is written into it.
            let _written = writeln!(text, "{name}: {line}");
        }
    }
    text
}
