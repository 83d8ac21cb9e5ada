//! What an agent hands in at a step of a graph.

use super::{Target, hold, json};
use crate::random::Random;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pure_agent_runtime::contract::{Contract, GraphStep, Work};
use pure_agent_runtime::gateway::inputs::Inputs;
use pure_agent_runtime::submission::{Document, MOST_DOCUMENT, step};
use pure_agent_runtime::{graph, open, strict};
use std::sync::OnceLock;

pub(super) const TARGET: Target = Target {
    name: "step",
    seeds,
    words: &[
        "\"verdict\":\"fault\"",
        "\"verdict\":\"failed\"",
        "\"answers\":{}",
        "\"deployment\":\"auth\"",
        "\"replicas\":\"3\"",
        "\"actions\":[\"none\"]",
        "\"actions\":[\"continue\"]",
        "\"summary\":\"s\"",
        "\\u0000",
        "{}",
        "null",
        "[",
        "]",
        ",",
    ],
    check,
};

/// The example that has steps.
fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| {
        let mut contracts = json::contracts().into_iter();
        let parsed =
            contracts.find_map(|bytes| open::parse(&bytes).ok().filter(|c| c.graph.is_some()));
        parsed.unwrap_or_else(|| panic!("the example has a contract"))
    })
}

/// Its steps that agents work at.
fn steps() -> impl Iterator<Item = &'static GraphStep> {
    let steps = contract().graph.iter().flat_map(|graph| &graph.steps);
    steps.filter(|step| matches!(step.work, Work::Agent { .. }))
}

fn seeds() -> Vec<Vec<u8>> {
    [
        r#"{"summary":"s","verdict":"fault"}"#,
        r#"{"actions":["none"],"summary":"s","verdict":"healthy"}"#,
        r#"{"summary":"s","answers":{"deployment":"auth","replicas":"3"}}"#,
        r#"{"summary":"s","answers":{"deployment":"auth","replicas":"4"}}"#,
        r#"{"summary":"s"}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// What is taken says one word of the step and answers what it asks, and reads the same from the record.
fn check(bytes: &[u8], _: &mut Random) -> Result<bool, String> {
    let Ok(value) = strict::value(bytes) else {
        return Ok(false);
    };
    let inputs = URL_SAFE_NO_PAD.encode(r#"{"service":"auth"}"#);
    let inputs = Inputs::read(&inputs, contract()).map_err(|e| e.to_string())?;
    let mut taken = false;
    for at in steps() {
        match step::read(contract(), &inputs, at, &value) {
            Ok(document) => {
                judged(at, &document)?;
                taken = true;
            }
            Err(problems) => {
                let plain = |text: &str| !text.chars().any(char::is_control) && text.len() < 4_096;
                let fine = |p: &pure_agent_runtime::submission::Problem| {
                    plain(&p.message) && plain(&p.pointer)
                };
                hold(
                    (1..=32).contains(&problems.len()),
                    "no problem, or too many",
                )?;
                hold(
                    problems.iter().all(fine),
                    "a problem that is no plain sentence",
                )?;
            }
        }
    }
    Ok(taken)
}

fn judged(at: &GraphStep, document: &Document) -> Result<(), String> {
    let words = graph::verdicts(at);
    let word = document.verdict.as_deref();
    hold(
        word.is_none() == words.is_empty(),
        "a word that nobody asked for, or none",
    )?;
    hold(
        word.is_none_or(|word| words.contains(&word)),
        "a word that is not on the list",
    )?;
    let Work::Agent { answers: asked, .. } = &at.work else {
        return Err("taken, and no agent's".to_owned());
    };
    hold(
        document.answers.len() <= asked.len(),
        "an answer that nobody asked for",
    )?;
    for input in asked {
        let value = document.answers.get(&input.name);
        hold(value.is_some() || !input.required, "an answer is missing")?;
        let Some(value) = value else { continue };
        hold(
            value.len() as u64 <= input.size,
            "an answer that is too long",
        )?;
        let listed = input.one_of.is_empty() || input.one_of.contains(value);
        hold(listed, "an answer that is not on the list")?;
    }
    hold(
        !document.actions.iter().any(|action| action == "continue"),
        "it goes on by itself",
    )?;
    let text = document.text().map_err(|e| e.to_string())?;
    hold(text.len() <= MOST_DOCUMENT, "too long for the record")?;
    let again = Document::parse(&text).map_err(|e| format!("its own text: {e}"))?;
    hold(&again == document, "another document the second time")
}
