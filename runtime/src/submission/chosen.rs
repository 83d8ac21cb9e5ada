//! Inputs of another run that an agent chooses, each within what that run declares.

use super::Problem;
use super::texts::{self, Texts};
use crate::contract::{ExportAction, Input};
use crate::gateway::inputs::Refused;
use serde_json::Value;
use std::collections::BTreeMap;

/// The inputs that the agent chooses. What it leaves out, that run's own default stands in for.
pub(super) fn chosen(action: &ExportAction) -> Vec<Input> {
    let ExportAction::Submit { inputs, chosen, .. } = action else {
        return Vec::new();
    };
    let own = inputs.iter().filter(|input| chosen.contains(&input.name));
    let own = own.map(|input| Input {
        required: input.required && input.default.is_none(),
        default: None,
        ..input.clone()
    });
    own.collect()
}

/// JSON Schema of them.
pub(super) fn schema(chosen: &[Input]) -> Value {
    let mut schema = texts::object(chosen);
    schema["description"] = "Inputs of the run that is submitted.".into();
    schema
}

/// Reads them, with all that is wrong.
pub(super) fn read(
    chosen: &[Input],
    said: &Value,
    pointer: &str,
    problems: &mut Vec<Problem>,
) -> Option<BTreeMap<String, String>> {
    let before = problems.len();
    let texts = Texts {
        asked: chosen,
        pointer,
        noun: "input",
        none: "the agent chooses no input",
        rule: Refused::rule,
    };
    let inputs = texts.read(said, problems);
    (problems.len() == before).then_some(inputs)
}

#[cfg(test)]
mod tests;
