//! Objects changed in one respect, each with the rule that must refuse it.

pub mod launchers;
pub mod pods;
pub mod probes;
pub mod workflows;

use serde_json::Value;

/// A change that must be refused.
#[derive(Debug, Clone, Copy)]
pub struct Mutation {
    /// What is tried.
    pub name: &'static str,
    /// Which object: the template of a pod.
    pub base: &'static str,
    /// Rules of which one must refuse it.
    pub rules: &'static [&'static str],
    /// The change.
    pub change: fn(&mut Value),
}

impl Mutation {
    /// Whether a refusal is ours and names one of the rules.
    #[must_use]
    pub fn refused(&self, message: &str) -> bool {
        message.contains("ValidatingAdmissionPolicy")
            && self
                .rules
                .iter()
                .any(|rule| message.contains(&format!("denied request: pure-agent: {rule}: ")))
    }
}

/// Sets what stands at a path of keys and indices, such as `spec/containers/0/image`. Missing maps are
/// made; the index after the last adds to a list.
///
/// # Panics
/// When the path leads through text or beyond a list.
#[allow(clippy::panic, reason = "a mistake in a test's table")]
pub fn set(object: &mut Value, path: &str, value: Value) {
    let mut at = object;
    for key in path.split('/') {
        // Labels have slashes of their own.
        let key = key.replace("~1", "/");
        if at.is_null() {
            *at = if key == "0" {
                Value::Array(Vec::new())
            } else {
                Value::Object(serde_json::Map::new())
            };
        }
        at = match at {
            Value::Array(list) => {
                let index: usize = key
                    .parse()
                    .unwrap_or_else(|_| panic!("{key} is no index in {path}"));
                if index == list.len() {
                    list.push(Value::Null);
                }
                list.get_mut(index)
                    .unwrap_or_else(|| panic!("no {index} in {path}"))
            }
            Value::Object(map) => map.entry(key).or_insert(Value::Null),
            _ => panic!("nothing stands under {key} of {path}"),
        };
    }
    *at = value;
}

/// Adds to the list at a path; the list is made where there is none.
///
/// # Panics
/// When something else stands there.
#[allow(clippy::panic, reason = "a mistake in a test's table")]
pub fn push(object: &mut Value, path: &str, value: Value) {
    let pointer = format!("/{path}");
    if object.pointer(&pointer).is_none() {
        set(object, path, Value::Array(Vec::new()));
    }
    match object.pointer_mut(&pointer).and_then(Value::as_array_mut) {
        Some(list) => list.push(value),
        None => panic!("{path} is no list"),
    }
}

/// Takes out what stands at a path.
///
/// # Panics
/// When nothing stands there.
#[allow(clippy::panic, reason = "a mistake in a test's table")]
pub fn remove(object: &mut Value, path: &str) {
    let (parent, key) = path.rsplit_once('/').unwrap_or(("", path));
    let (parent, key) = (format!("/{parent}"), key.replace("~1", "/"));
    let gone = match object.pointer_mut(&parent) {
        Some(Value::Object(map)) => map.remove(&key),
        Some(Value::Array(list)) => key
            .parse()
            .ok()
            .filter(|at| *at < list.len())
            .map(|at: usize| list.remove(at)),
        _ => None,
    };
    assert!(gone.is_some(), "nothing stands at {path}");
}
