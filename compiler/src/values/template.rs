//! Paths and JSON Pointers with places for arguments: `"/services/{name}/health"`.

use super::{Parsed, Refusal, shown, text_value};
use pure_agent_runtime::template::{self, Part};

text_value! {
    /// A path below a base URL; `{name}` is a whole segment.
    PathTemplate
}

text_value! {
    /// A JSON Pointer into an answer; `{name}` is a whole token.
    Pointer
}

text_value! {
    /// The name of an argument or of a typed tool: letters, digits and `_`, a letter first.
    Identifier
}

impl PathTemplate {
    /// Reads a path.
    ///
    /// # Errors
    /// What is not in normal form, and arguments that are no whole segment.
    pub fn parse(text: &str) -> Parsed<Self> {
        if template::path(text).is_some() {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new(
            format!("path {} cannot be asked", shown(text)),
            "write a path from the base URL without `//`, `.`, `..`, `%`, `?` and `#`, an argument as a whole segment: \"/services/{name}/health\"",
        ))
    }
}

impl Pointer {
    /// Reads a pointer.
    ///
    /// # Errors
    /// What is no JSON Pointer, and arguments that are no whole token.
    pub fn parse(text: &str) -> Parsed<Self> {
        if !text.is_empty() && template::pointer(text).is_some() {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new(
            format!("{} is no JSON Pointer", shown(text)),
            "write names with a `/` before each, `~1` for a `/` in a name, an argument as a whole name: \"/services/{name}\"",
        ))
    }
}

impl Identifier {
    /// Reads a name.
    ///
    /// # Errors
    /// Refuses anything else.
    pub fn parse(text: &str) -> Parsed<Self> {
        if template::is_name(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new(
            format!("{} names no tool or argument", shown(text)),
            format!(
                "write letters, digits and `_`, a letter first, at most {} of them: \"get_service_status\"",
                template::MOST_NAME
            ),
        ))
    }
}

/// The arguments that a path or a pointer names.
#[must_use]
pub fn arguments(text: &str, pointer: bool) -> Vec<String> {
    let parts = if pointer {
        template::pointer(text)
    } else {
        template::path(text)
    };
    let names = parts
        .unwrap_or_default()
        .into_iter()
        .filter_map(|part| match part {
            Part::Argument(name) => Some(name),
            Part::Literal(_) => None,
        });
    names.collect()
}

/// The path below a base URL's own, as a pattern: any segment where an argument stands.
#[must_use]
pub fn pattern(base: &str, path: &str) -> String {
    let mut out = base.strip_suffix('/').unwrap_or(base).to_owned();
    for part in template::path(path).unwrap_or_default() {
        out.push('/');
        match part {
            Part::Literal(text) => out.push_str(&text),
            Part::Argument(_) => out.push('*'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_as_policies_know_it() {
        for (base, path, known) in [
            ("", "/stats", "/stats"),
            ("/v1", "/a/{x}/b", "/v1/a/*/b"),
            ("/v1/", "/", "/v1/"),
        ] {
            assert_eq!(pattern(base, path), known);
        }
    }

    #[test]
    fn names_of_arguments() {
        assert_eq!(arguments("/{a}/b/{c}", false), ["a", "c"]);
        assert_eq!(arguments("/{a}/b~1", true), ["a"]);
        for text in ["", "1a", "a-b", "a b", "é", "_a"] {
            assert!(Identifier::parse(text).is_err(), "{text:?}");
        }
        assert!(Identifier::parse("get_service_status").is_ok());
    }
}
