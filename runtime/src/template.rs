//! Paths and JSON Pointers with places for arguments, for the compiler that checks them and the runtime that fills
//! them.
//!
//! `{name}` stands for a value and is always a whole part, so that a value can never begin, end or join one.

/// Most bytes of the name of an argument or a typed tool.
pub const MOST_NAME: usize = 48;
/// Most bytes of a template.
pub const MOST_BYTES: usize = 512;

/// One part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands.
    Literal(String),
    /// The value of this argument.
    Argument(String),
}

/// Whether a text names an argument or a typed tool: letters, digits and `_`, a letter first.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.len() <= MOST_NAME
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The parts of a path such as `/services/{name}/health`. Only the last may be empty.
#[must_use]
pub fn path(text: &str) -> Option<Vec<Part>> {
    let literal = |part: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()+,;=:@".contains(&b);
        (part.bytes().all(plain) && !matches!(part, "." | "..")).then(|| part.to_owned())
    };
    let parts = split(text, literal)?;
    let (_, inner) = parts.split_last()?;
    let empty = Part::Literal(String::new());
    (!inner.contains(&empty)).then_some(parts)
}

/// The tokens of a JSON Pointer such as `/{service_name}/state`, escapes read. The empty pointer has none.
#[must_use]
pub fn pointer(text: &str) -> Option<Vec<Part>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let literal = |token: &str| {
        let plain = token.replace("~0", "").replace("~1", "");
        let known = !plain.contains('~') && !token.contains(['{', '}']);
        known.then(|| token.replace("~1", "/").replace("~0", "~"))
    };
    split(text, literal)
}

fn split(text: &str, literal: impl Fn(&str) -> Option<String>) -> Option<Vec<Part>> {
    let rest = text
        .strip_prefix('/')
        .filter(|_| text.len() <= MOST_BYTES)?;
    let part = |part: &str| {
        let inner = part.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
        match inner {
            Some(name) => is_name(name).then(|| Part::Argument(name.to_owned())),
            None => literal(part).map(Part::Literal),
        }
    };
    rest.split('/').map(part).collect()
}

/// Whether a value may stand in a path: letters and digits of any script and a few signs, encoded where they have to
/// be. What some reader takes for a separator, an escape or a step is refused instead of encoded, for not every
/// service decodes once.
#[must_use]
pub fn fits_path(value: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "-._~ @:+,=".contains(c);
    !value.is_empty()
        && !value.contains("..")
        && value != "."
        && value.trim() == value
        && value.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Part {
        Part::Literal(text.to_owned())
    }

    fn argument(name: &str) -> Part {
        Part::Argument(name.to_owned())
    }

    #[test]
    fn paths_are_read() {
        assert_eq!(path("/"), Some(vec![literal("")]));
        let parts = vec![literal("services"), argument("name"), literal("")];
        assert_eq!(path("/services/{name}/"), Some(parts));
        for text in [
            "",
            "stats",
            "//",
            "/a//b",
            "/.",
            "/a/../b",
            "/{a}{b}",
            "/x{a}",
            "/{a}.json",
            "/{}",
            "/{1a}",
            "/{a",
            "/a}",
            "/a?b",
            "/a#b",
            "/a%2fb",
            "/a\\b",
            "/a b",
            "/é",
            "/{a-b}",
            "/*",
        ] {
            assert_eq!(path(text), None, "{text:?}");
        }
        assert_eq!(path(&format!("/{}", "a".repeat(MOST_BYTES))), None);
    }

    #[test]
    fn pointers_are_read() {
        assert_eq!(pointer(""), Some(vec![]));
        assert_eq!(pointer("/"), Some(vec![literal("")]));
        let parts = vec![literal("a/b~c"), argument("x"), literal("0")];
        assert_eq!(pointer("/a~1b~0c/{x}/0"), Some(parts));
        // `~01` is `~1`, not `/`.
        assert_eq!(pointer("/~01"), Some(vec![literal("~1")]));
        for text in ["a", "/~", "/~2", "/{a}b", "/a{", "/{}"] {
            assert_eq!(pointer(text), None, "{text:?}");
        }
    }

    #[test]
    fn values_of_a_path_are_one_part() {
        for value in [
            "auth",
            "a.b",
            "user_service",
            "a b",
            "v1:latest",
            "한글",
            "é",
            "-",
            "~",
        ] {
            assert!(fits_path(value), "{value:?}");
        }
        for value in [
            "",
            ".",
            "..",
            "a..b",
            "a/b",
            "a\\b",
            "a%2fb",
            "%2e",
            "a?b",
            "a#b",
            "a;b",
            "a&b",
            "a\nb",
            "a\0",
            " a",
            "a ",
            "\u{ff0f}",
            "\u{2215}",
            "\u{2024}\u{2024}",
            "\u{ff0e}",
            "\u{2100}",
            "a\u{202e}b",
            "{a}",
            "a\u{200b}",
        ] {
            assert!(!fits_path(value), "{value:?}");
        }
    }
}
