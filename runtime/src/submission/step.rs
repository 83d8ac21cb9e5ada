//! What an agent hands in at a step of a graph: beside what any submission has, the word that decides what follows, and
//! the answers that later steps rely on.

use super::read::read as plain;
use super::texts::{self, Texts};
use super::{Document, NONE, Problem};
use crate::contract::{Contract, GraphStep, Input, Work};
use crate::gateway::inputs::{Inputs, Refused};
use crate::graph::verdicts;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const VERDICT: &str = "verdict";
const ANSWERS: &str = "answers";

fn asked(step: &GraphStep) -> &[Input] {
    match &step.work {
        Work::Agent { answers, .. } => answers,
        Work::Call { .. } | Work::Approval { .. } | Work::Export { .. } => &[],
    }
}

/// JSON Schema of the arguments of `set_export_config` at a step.
#[must_use]
pub fn schema(contract: &Contract, step: &GraphStep) -> Value {
    let mut schema = super::schema(contract);
    let words = verdicts(step);
    let answers = asked(step);
    let mut required = vec!["summary"];
    let mut own = Map::new();
    if !words.is_empty() {
        required.push(VERDICT);
        let about = "What you found; it decides which step follows.";
        own.insert(
            VERDICT.to_owned(),
            json!({"type": "string", "enum": words, "description": about}),
        );
    }
    if !answers.is_empty() {
        required.push(ANSWERS);
        own.insert(ANSWERS.to_owned(), texts::object(answers));
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.extend(own);
    }
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

/// What `get_export_actions` answers at a step.
#[must_use]
pub fn actions(contract: &Contract, inputs: &Inputs, step: &GraphStep) -> Value {
    let mut actions = super::actions(contract, inputs);
    let words = verdicts(step);
    if let Some(actions) = actions.as_object_mut() {
        actions.insert("step".to_owned(), step.name.as_str().into());
        if !words.is_empty() {
            actions.insert(VERDICT.to_owned(), json!(words));
        }
        if !asked(step).is_empty() {
            actions.insert(ANSWERS.to_owned(), texts::object(asked(step)));
        }
    }
    actions
}

/// Reads the arguments of `set_export_config` at a step. Where nothing is said of actions, none is asked for.
///
/// # Errors
/// All that is wrong with them.
pub fn read(
    contract: &Contract,
    inputs: &Inputs,
    step: &GraphStep,
    arguments: &Value,
) -> Result<Document, Vec<Problem>> {
    let mut rest = arguments.clone();
    let (mut verdict, mut answers) = (None, None);
    if let Some(rest) = rest.as_object_mut() {
        verdict = rest.remove(VERDICT);
        answers = rest.remove(ANSWERS);
        rest.entry("actions").or_insert_with(|| json!([NONE]));
    }
    let mut problems = Vec::new();
    let verdict = word(step, verdict, &mut problems);
    let answers = given(asked(step), answers, &mut problems);
    match plain(contract, inputs, &rest) {
        Ok(document) if problems.is_empty() => super::read::bounded(Document {
            verdict,
            answers,
            ..document
        }),
        Ok(_) => {
            problems.truncate(super::read::MOST_PROBLEMS);
            Err(problems)
        }
        Err(others) => {
            problems.extend(others);
            problems.truncate(super::read::MOST_PROBLEMS);
            Err(problems)
        }
    }
}

fn problem(pointer: impl Into<String>, rule: &'static str, message: impl Into<String>) -> Problem {
    Problem {
        pointer: pointer.into(),
        rule,
        message: message.into(),
    }
}

/// The word, where the step has several: one of them, letter by letter.
fn word(step: &GraphStep, said: Option<Value>, problems: &mut Vec<Problem>) -> Option<String> {
    let words = verdicts(step);
    let at = "/verdict";
    match said {
        None if words.is_empty() => None,
        None => {
            let message = format!("it must be there: one of {}", words.join(", "));
            problems.push(problem(at, "field-missing", message));
            None
        }
        Some(_) if words.is_empty() => {
            let message = "this step has one outcome, so there is nothing to choose";
            problems.push(problem(at, "field-unknown", message));
            None
        }
        Some(Value::String(word)) if words.contains(&word.as_str()) => Some(word),
        Some(_) => {
            let message = format!("it must be one of {}", words.join(", "));
            problems.push(problem(at, "verdict-unknown", message));
            None
        }
    }
}

/// The answers, each judged like an input of a run.
fn given(
    asked: &[Input],
    said: Option<Value>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, String> {
    let texts = Texts {
        asked,
        pointer: "/answers",
        noun: "answer",
        none: "this step asks for no answers",
        rule,
    };
    texts.read(&said.unwrap_or_else(|| json!({})), problems)
}

fn rule(refused: &Refused) -> &'static str {
    match refused {
        Refused::Size(..) => "answer-size",
        Refused::OneOf(_) => "answer-one-of",
        _ => "answer-match",
    }
}

#[cfg(test)]
mod tests;
