//! Texts by their names, each judged like an input of a run: answers of a step, and inputs of a run that is submitted.

use super::Problem;
use crate::contract::Input;
use crate::gateway::inputs::{Refused, fits};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What is asked for, and how it is spoken of.
pub(super) struct Texts<'a> {
    /// The texts.
    pub(super) asked: &'a [Input],
    /// Where they stand in the submission.
    pub(super) pointer: &'a str,
    /// What one of them is called.
    pub(super) noun: &'a str,
    /// What is said of any of them where none is asked for.
    pub(super) none: &'a str,
    /// The rule of one that breaks its bound.
    pub(super) rule: fn(&Refused) -> &'static str,
}

impl Texts<'_> {
    /// Those that are right; all that is wrong goes to the problems.
    pub(super) fn read(
        &self,
        said: &Value,
        problems: &mut Vec<Problem>,
    ) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        let mut wrong = |pointer: String, rule, message| {
            problems.push(Problem {
                pointer,
                rule,
                message,
            });
        };
        let here = || self.pointer.to_owned();
        let Some(said) = said.as_object() else {
            wrong(here(), "field-type", "it must be an object".to_owned());
            return texts;
        };
        for input in self.asked {
            match self.one(input, said.get(&input.name)) {
                Ok(value) => texts.extend(value.map(|value| (input.name.clone(), value))),
                Err((rule, message)) => {
                    wrong(format!("{}/{}", self.pointer, input.name), rule, message);
                }
            }
        }
        let names: Vec<&str> = self.asked.iter().map(|input| input.name.as_str()).collect();
        if said.keys().any(|key| !names.contains(&key.as_str())) {
            let message = match names.is_empty() {
                true => self.none.to_owned(),
                false => format!(
                    "there is no such {}; there are {}",
                    self.noun,
                    names.join(", ")
                ),
            };
            wrong(here(), "field-unknown", message);
        }
        texts
    }

    fn one(
        &self,
        input: &Input,
        said: Option<&Value>,
    ) -> Result<Option<String>, (&'static str, String)> {
        match said {
            Some(Value::String(value)) => match fits(input, value) {
                Ok(()) => Ok(Some(value.clone())),
                Err(refused) => Err(((self.rule)(&refused), bound(input, &refused))),
            },
            Some(_) => Err(("field-type", "it must be a text".to_owned())),
            None => match (&input.default, input.required) {
                (Some(default), _) => Ok(Some(default.clone())),
                (None, true) => Err(("field-missing", "it must be there, as a text".to_owned())),
                (None, false) => Ok(None),
            },
        }
    }
}

/// JSON Schema of them.
pub(super) fn object(asked: &[Input]) -> Value {
    let required = asked.iter().filter(|input| is_required(input));
    let required: Vec<&str> = required.map(|input| input.name.as_str()).collect();
    let properties: Map<String, Value> = asked
        .iter()
        .map(|input| {
            let mut schema = json!({"type": "string", "maxLength": input.size});
            if !input.one_of.is_empty() {
                schema = json!({"type": "string", "enum": input.one_of});
            }
            if let Some(pattern) = &input.pattern {
                let about = format!("All of it matches `{pattern}`.");
                schema["description"] = about.into();
            }
            (input.name.clone(), schema)
        })
        .collect();
    json!({
        "type": "object", "additionalProperties": false,
        "description": "Later steps use these as they are.",
        "required": required, "properties": properties,
    })
}

fn is_required(input: &Input) -> bool {
    input.required && input.default.is_none()
}

/// The bound that a value breaks.
fn bound(input: &Input, refused: &Refused) -> String {
    match refused {
        Refused::Size(_, most) => format!("it may have {most} bytes"),
        Refused::OneOf(_) => format!("it must be one of {}", input.one_of.join(", ")),
        _ => format!(
            "all of it must match `{}`",
            input.pattern.as_deref().unwrap_or_default()
        ),
    }
}
