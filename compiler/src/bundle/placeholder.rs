//! What stands for the bundle digest while the objects that hold it are hashed.

use crate::reserved::{BUNDLE_PLACEHOLDER, BUNDLE_SHORT_PLACEHOLDER, mentions_placeholder};
use crate::value::{Text, Value};
use std::borrow::Cow;

/// How many digits [`BUNDLE_SHORT_PLACEHOLDER`] stands for.
pub(super) const SHORT: usize = BUNDLE_SHORT_PLACEHOLDER.len();

/// Whether a string at any depth holds a placeholder.
pub(super) fn in_text(value: &Value) -> bool {
    match value {
        Value::Str(text) => mentions_placeholder(text),
        Value::List(list) => list.iter().any(in_text),
        Value::Map(map) => map.iter().any(|(_, inner)| in_text(inner)),
        Value::Null | Value::Bool(_) | Value::Int(_) => false,
    }
}

/// Whether a map key at any depth holds a placeholder.
pub(super) fn in_key(value: &Value) -> bool {
    match value {
        Value::List(list) => list.iter().any(in_key),
        Value::Map(map) => map
            .iter()
            .any(|(key, v)| mentions_placeholder(key) || in_key(v)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Str(_) => false,
    }
}

/// Puts the digest in.
pub(super) fn fill(value: &mut Value, digest: &str) {
    let short = digest.get(..SHORT).unwrap_or(digest);
    value.each_text_mut(&mut |text| {
        if mentions_placeholder(text) {
            swap(text, BUNDLE_PLACEHOLDER, digest);
            swap(text, BUNDLE_SHORT_PLACEHOLDER, short);
        }
    });
}

/// Takes the digest out again; the full one first, for it begins with the short one.
pub(super) fn restore(value: &mut Value, digest: &str) {
    let short = digest.get(..SHORT).unwrap_or(digest);
    value.each_text_mut(&mut |text| {
        swap(text, digest, BUNDLE_PLACEHOLDER);
        swap(text, short, BUNDLE_SHORT_PLACEHOLDER);
    });
}

fn swap(text: &mut Text, from: &str, to: &str) {
    if text.contains(from) {
        *text = Cow::Owned(text.replace(from, to));
    }
}
