//! The schema of a typed tool's arguments.

use crate::contract::Argument;
use crate::mcp::schema::Schema;
use serde_json::{Map, Value, json};

/// An object of these arguments and no others. A pattern that clients could read otherwise, or that is more than the
/// list of tools takes, is told in words; a call is held to it all the same.
pub(super) fn of(arguments: &[Argument]) -> Value {
    let schema = object(arguments, true);
    match Schema::read(&schema) {
        Ok(_) => schema,
        Err(_) => object(arguments, false),
    }
}

fn object(arguments: &[Argument], patterns: bool) -> Value {
    let required: Vec<&str> = arguments
        .iter()
        .filter(|argument| argument.value.required)
        .map(|argument| argument.value.name.as_str())
        .collect();
    let properties: Map<String, Value> = arguments
        .iter()
        .map(|argument| (argument.value.name.clone(), property(argument, patterns)))
        .collect();
    json!({
        "type": "object", "additionalProperties": false,
        "required": required, "properties": properties,
    })
}

fn property(argument: &Argument, patterns: bool) -> Value {
    let Argument {
        value,
        about,
        range,
    } = argument;
    let mut out = match range {
        Some(range) => json!({"type": "integer", "minimum": range.min, "maximum": range.max}),
        None if value.one_of.is_empty() => json!({"type": "string", "maxLength": value.size}),
        None => json!({"type": "string", "enum": value.one_of}),
    };
    let mut add = |name: &str, value: Value| {
        if let Some(out) = out.as_object_mut() {
            out.insert(name.to_owned(), value);
        }
    };
    let mut says = about.clone();
    match &value.pattern {
        Some(pattern) if patterns && is_portable(pattern) => {
            add("pattern", json!(format!("^(?:{pattern})$")))
        }
        Some(pattern) => says = Some(format!("{} ({pattern})", says.unwrap_or_default())),
        None => {}
    }
    if let Some(says) = says {
        add("description", json!(says));
    }
    if let Some(default) = &value.default {
        let number = range.and_then(|_| default.parse::<i64>().ok());
        add(
            "default",
            number.map_or_else(|| json!(default), |n| json!(n)),
        );
    }
    out
}

/// Whether an expression means the same where schemas are read, by the rules of ECMA-262: it has no class with a name,
/// no flag, no set operation, nothing that depends on tables of Unicode.
fn is_portable(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let same = match c {
            '\\' => chars.next().is_some_and(|c| c.is_ascii_punctuation()),
            '[' => !std::mem::replace(&mut in_class, true),
            ']' => std::mem::replace(&mut in_class, false),
            '.' => in_class,
            '&' | '~' | '-' if in_class => next != Some(c),
            '(' => next != Some('?') || in_class,
            c => c.is_ascii(),
        };
        if !same {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_portable;

    #[test]
    fn only_what_means_the_same_everywhere_is_shown_as_a_pattern() {
        for pattern in [
            "[a-z]{1,20}",
            "[A-Z]+-[0-9]+",
            "(a|b)*c?",
            "[a-z0-9._~-]+",
            "a\\.b",
            "[.]",
        ] {
            assert!(is_portable(pattern), "{pattern}");
        }
        for pattern in [
            "\\w+",
            "\\d{2}",
            ".*",
            "(?i)a",
            "(?:a)",
            "[[:alpha:]]",
            "[a&&b]",
            "[a--b]",
            "\\p{L}",
            "\u{e9}",
            "\\u{41}",
        ] {
            assert!(!is_portable(pattern), "{pattern}");
        }
    }
}
