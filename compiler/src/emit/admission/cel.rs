//! Expressions of the Common Expression Language, as text.

use crate::json::first;
use std::fmt::Write as _;

/// A string literal.
#[must_use]
pub(super) fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len() + 2);
    push_text(plain, &mut out);
    out
}

/// Appends a string literal.
pub(super) fn push_text(plain: &str, out: &mut String) {
    out.push('\'');
    let mut rest = plain;
    // Controls beyond ASCII are C2 80 to C2 9F in UTF-8; whoever meets a C2 looks closer.
    while let Some(at) = first(rest, |b| {
        (b < 0x20) | (b == b'\'') | (b == b'\\') | (b == 0x7F) | (b == 0xC2)
    }) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let mut characters = from.chars();
        match characters.next() {
            Some('\'') => out.push_str("\\'"),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(plain) if !plain.is_control() => out.push(plain),
            other => {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{:04x}", other.map_or(0, u32::from));
            }
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('\'');
}

/// A list of string literals.
#[must_use]
pub(super) fn texts<'a>(plain: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = plain.into_iter().map(text).collect();
    format!("[{}]", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{text, texts};

    #[test]
    fn quotes_end_nothing_early() {
        assert_eq!(text("a'b\\c\n\u{1}"), "'a\\'b\\\\c\\n\\u0001'");
        assert_eq!(texts(["a", "b"]), "['a', 'b']");
    }
}
