//! The inputs of a run, validated before the gateway is ready.

use crate::contract::{Contract, Input};
use crate::strict;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Names and values.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Inputs(BTreeMap<String, String>);

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why inputs are refused; no value stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Not base64url without padding, of a JSON object of texts without keys that stand twice.
    Malformed,
    /// The contract has no input of this name.
    Unknown(String),
    /// A required one is missing.
    Missing(String),
    /// It has more bytes than it may.
    Size(String, u64),
    /// It does not match.
    Match(String),
    /// It is not on the list.
    OneOf(String),
}

impl Refused {
    /// The rule, as a stable word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Malformed => "inputs-form",
            Self::Unknown(_) => "input-unknown",
            Self::Missing(_) => "input-missing",
            Self::Size(..) => "input-size",
            Self::Match(_) => "input-match",
            Self::OneOf(_) => "input-one-of",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => {
                f.write_str("the inputs are not base64url of a JSON object of texts")
            }
            Self::Unknown(name) => write!(f, "the spec declares no input `{name}`"),
            Self::Missing(name) => write!(f, "input `{name}` is required"),
            Self::Size(name, most) => write!(f, "input `{name}` has more than {most} bytes"),
            Self::Match(name) => write!(f, "input `{name}` does not match what the spec declares"),
            Self::OneOf(name) => write!(f, "input `{name}` is not on the list of the spec"),
        }
    }
}

impl std::error::Error for Refused {}

impl Inputs {
    /// Reads the one parameter of a run against what the contract declares.
    ///
    /// # Errors
    /// The first rule that is broken, in the order of names.
    pub fn read(text: &str, contract: &Contract) -> Result<Self, Refused> {
        let bytes = URL_SAFE_NO_PAD.decode(text);
        let bytes = bytes.map_err(|_untold| Refused::Malformed)?;
        let given = strict::read(&bytes).map_err(|_untold| Refused::Malformed)?;
        Self::of(given, &contract.inputs)
    }

    /// Inputs that are what is declared, with the defaults of those that were left out.
    ///
    /// # Errors
    /// As for [`Inputs::read`].
    pub fn of(mut given: BTreeMap<String, String>, all: &[Input]) -> Result<Self, Refused> {
        let declared = |name: &String| all.iter().any(|input| input.name == *name);
        if let Some(name) = given.keys().find(|name| !declared(name)) {
            return Err(Refused::Unknown(name.chars().take(64).collect()));
        }
        for input in all {
            let name = &input.name;
            match (given.get(name), &input.default) {
                (Some(value), _) => fits(input, value)?,
                (None, Some(default)) => {
                    given.insert(name.clone(), default.clone());
                }
                (None, None) if input.required => return Err(Refused::Missing(name.clone())),
                (None, None) => {}
            }
        }
        Ok(Self(given))
    }

    /// The value of an input; none where it was not given and has no default.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Inputs as they travel: base64url, without padding, of canonical JSON.
#[must_use]
pub fn encode(inputs: &BTreeMap<String, String>) -> String {
    // A map of texts is always JSON, and names have one order.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(inputs).unwrap_or_default())
}

/// Whether a value is what is declared.
pub(crate) fn fits(input: &Input, value: &str) -> Result<(), Refused> {
    let name = || input.name.clone();
    if value.len() as u64 > input.size {
        return Err(Refused::Size(name(), input.size));
    }
    if !input.one_of.is_empty() && !input.one_of.iter().any(|one| one == value) {
        return Err(Refused::OneOf(name()));
    }
    match &input.pattern {
        Some(pattern) if !matches(pattern, value) => Err(Refused::Match(name())),
        _ => Ok(()),
    }
}

/// Whether a pattern matches the whole value, in time that grows with the product of both lengths. A pattern that
/// cannot be read matches nothing.
fn matches(pattern: &str, value: &str) -> bool {
    PikeVM::new(&format!("^(?:{pattern})$")).is_ok_and(|machine| {
        let mut cache = machine.create_cache();
        machine.is_match(&mut cache, value)
    })
}

#[cfg(test)]
mod tests;
