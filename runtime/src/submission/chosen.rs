//! Inputs of another run that an agent chooses, each within what that run declares.

use super::{Problem, step};
use crate::contract::{ExportAction, Input};
use crate::gateway::inputs::fits;
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
    let mut schema = step::object(chosen);
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
    let mut wrong = |name: &str, rule, message: String| {
        let pointer = match name {
            "" => pointer.to_owned(),
            name => format!("{pointer}/{name}"),
        };
        problems.push(Problem {
            pointer,
            rule,
            message,
        });
    };
    let Some(said) = said.as_object() else {
        wrong("", "field-type", "it must be an object".to_owned());
        return None;
    };
    let mut inputs = BTreeMap::new();
    for input in chosen {
        let name = &input.name;
        match said.get(name) {
            Some(Value::String(value)) => match fits(input, value) {
                Ok(()) => drop(inputs.insert(name.clone(), value.clone())),
                Err(refused) => wrong(name, refused.rule(), step::bound(input, &refused)),
            },
            Some(_) => wrong(name, "field-type", "it must be a text".to_owned()),
            None if input.required => {
                wrong(
                    name,
                    "field-missing",
                    "it must be there, as a text".to_owned(),
                );
            }
            None => {}
        }
    }
    if said
        .keys()
        .any(|key| !chosen.iter().any(|input| input.name == *key))
    {
        let names: Vec<&str> = chosen.iter().map(|input| input.name.as_str()).collect();
        let message = format!("there is no such input; there are {}", names.join(", "));
        wrong("", "field-unknown", message);
    }
    (problems.len() == before).then_some(inputs)
}

#[cfg(test)]
mod tests;
