//! Names: the language's own, and those of Kubernetes objects, keys, labels and variables.

use super::{Parsed, Refusal, shown, text_value};

mod env;
mod kubernetes;

pub use env::EnvName;
pub use kubernetes::{DnsLabel, DnsSubdomain, LabelKey, LabelValue, SecretKey};

text_value! {
    /// A name that a source gives to something: `[a-z]([a-z0-9-]{0,22}[a-z0-9])?`, at most 24 characters.
    Name
}

/// Longest name of the language, in characters.
pub const NAME_MAX: usize = 24;

impl Name {
    /// Reads a name.
    ///
    /// # Errors
    /// Refuses anything else, with the nearest name that would do.
    pub fn parse(text: &str) -> Parsed<Self> {
        if is_name(text) {
            return Ok(Self(text.to_owned()));
        }
        let message = match text.chars().count() {
            0 => "a name is empty".to_owned(),
            n if n > NAME_MAX => {
                format!("name {} is longer than {NAME_MAX} characters", shown(text))
            }
            _ => format!("{} is not a name", shown(text)),
        };
        let rule = "lower-case letters, digits and `-`, a letter first, no `-` last";
        let help = match nearest(text, NAME_MAX) {
            Some(near) if is_name(&near) => format!("write {near:?}: {rule}"),
            _ => format!("write {rule}: \"code-review\""),
        };
        Err(Refusal::new(message, help))
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= NAME_MAX && is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// `[a-z0-9]([a-z0-9-]*[a-z0-9])?`, any length.
fn is_label(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The text in lower case with `-` for everything else, cut to `max`; `None` if nothing is left.
fn nearest(text: &str, max: usize) -> Option<String> {
    let mut out = String::new();
    for c in text.chars().take(max * 2) {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    let cut: String = out.trim_start_matches('-').chars().take(max).collect();
    let cut = cut.trim_end_matches('-');
    (!cut.is_empty()).then(|| cut.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for text in ["a", "a1", "code-review", "a--b", "abcdefghijklmnopqrstuvwx"] {
            assert_eq!(Name::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            "A",
            "1a",
            "-a",
            "a-",
            "a_b",
            "a.b",
            "a b",
            "é",
            "аdmin",
            "a\n",
            "a\u{200b}",
            "abcdefghijklmnopqrstuvwxy",
        ] {
            assert!(Name::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn offers_the_nearest_name() {
        for (text, near) in [
            ("Code_Review", "\"code-review\""),
            ("a-", "\"a\""),
            ("my agent!", "\"my-agent\""),
        ] {
            assert!(
                Name::parse(text)
                    .unwrap_err()
                    .help
                    .starts_with(&format!("write {near}")),
                "{text}"
            );
        }
        let long = Name::parse("a-very-long-name-for-a-tiny-thing").unwrap_err();
        assert!(
            long.help.contains("\"a-very-long-name-for-a-t\""),
            "{}",
            long.help
        );
    }
}
