//! Arguments of a call: bounds, bound values, and the one form in bytes that a digest is taken of.

use crate::contract::Bound;
use crate::digest::sha256;
use crate::tools::Arguments;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most bytes of arguments, as JSON.
pub const MOST_BYTES: usize = 1 << 20;
/// Most levels of arguments, their own object included.
pub const MOST_DEPTH: usize = 64;

/// Why arguments are refused. Names of arguments stand in it as they stand in the contract, values never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// More than [`MOST_BYTES`].
    Size,
    /// More than [`MOST_DEPTH`].
    Depth,
    /// The spec sets this argument.
    Bound(String),
    /// The tool does not declare an argument that was sent, and such a one could stand for a bound one.
    Undeclared,
    /// The run has no input of this name, which an argument is bound to.
    Input(String),
}

impl Refused {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Size => "arguments-size",
            Self::Depth => "arguments-depth",
            Self::Bound(_) | Self::Undeclared => "tool-bound",
            Self::Input(_) => "tool-input",
        }
    }

    /// A sentence for the agent.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Size => format!("the arguments have more than {MOST_BYTES} bytes"),
            Self::Depth => format!("the arguments have more than {MOST_DEPTH} levels"),
            Self::Bound(name) => {
                format!("the spec sets the argument `{name}`: leave it out, it is put in")
            }
            Self::Undeclared => {
                "some arguments of this tool are set by the spec, so only declared ones may be sent"
                    .to_owned()
            }
            Self::Input(name) => {
                format!("an argument comes from the input `{name}`, which this run does not have")
            }
        }
    }
}

/// Whether arguments keep the bounds.
///
/// # Errors
/// [`Refused::Size`] and [`Refused::Depth`].
pub fn check(arguments: &Arguments) -> Result<(), Refused> {
    let depth = arguments.values().map(depth).max().unwrap_or(0);
    if depth >= MOST_DEPTH {
        return Err(Refused::Depth);
    }
    match text(arguments).len() > MOST_BYTES {
        true => Err(Refused::Size),
        false => Ok(()),
    }
}

/// Puts the bound values in. The schema tells which arguments are declared, and whether one that is bound is a
/// number or a truth value; all others are texts.
///
/// # Errors
/// An argument that is bound, or could be read as one by somebody; an input that the run does not have.
pub fn bind<'i>(
    mut arguments: Arguments,
    bounds: &BTreeMap<String, Bound>,
    declared: &Map<String, Value>,
    input: impl Fn(&str) -> Option<&'i str>,
) -> Result<Arguments, Refused> {
    if bounds.is_empty() {
        return Ok(arguments);
    }
    for sent in arguments.keys() {
        // Some servers read names without regard to case.
        if let Some(bound) = bounds.keys().find(|bound| folded(bound) == folded(sent)) {
            return Err(Refused::Bound(bound.clone()));
        }
        if !declared.contains_key(sent) {
            return Err(Refused::Undeclared);
        }
    }
    for (name, bound) in bounds {
        let text = match bound {
            Bound::Value(text) => text,
            Bound::Input(name) => input(name).ok_or_else(|| Refused::Input(name.clone()))?,
        };
        arguments.insert(name.clone(), typed(text, declared.get(name)));
    }
    Ok(arguments)
}

/// Letters without case, as widely as readers of JSON fold them.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// A text as the type that is declared for it.
fn typed(text: &str, declared: Option<&Value>) -> Value {
    let kind = declared.and_then(|schema| schema.get("type"));
    let read = match kind.and_then(Value::as_str) {
        Some("integer" | "number") => text.parse().ok().map(Value::Number),
        Some("boolean") => text.parse().ok().map(Value::Bool),
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    inner.unwrap_or(0).saturating_add(1)
}

/// SHA-256 of the arguments, in hexadecimal: what approvals and the record are bound to.
#[must_use]
pub fn digest(arguments: &Arguments) -> String {
    sha256(text(arguments))
}

/// Arguments as canonical JSON: no white space, keys in the order of their bytes at every level, whatever order the
/// map itself keeps.
#[must_use]
pub fn text(arguments: &Arguments) -> String {
    let mut out = String::new();
    object(arguments, &mut out);
    out
}

fn object(members: &Map<String, Value>, out: &mut String) {
    let sorted: BTreeMap<&String, &Value> = members.iter().collect();
    let mut before = '{';
    for (name, value) in sorted {
        out.push(before);
        out.push_str(&Value::from(name.as_str()).to_string());
        out.push(':');
        write(value, out);
        before = ',';
    }
    out.push_str(if before == '{' { "{}" } else { "}" });
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => object(members, out),
        Value::Array(items) => {
            let mut before = '[';
            for item in items {
                out.push(before);
                write(item, out);
                before = ',';
            }
            out.push_str(if before == '[' { "[]" } else { "]" });
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}
