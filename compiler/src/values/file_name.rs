//! Where a file stands below a folder of ours: parts of plain letters, none of which is hidden or leads elsewhere.

use super::{Parsed, Refusal, serialize_as_text, shown};
use std::fmt;

/// Most bytes of it.
const MOST: usize = 128;
/// Most parts.
const MOST_PARTS: usize = 8;

/// A path such as `scripts/plan.sh`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    /// Reads one.
    ///
    /// # Errors
    /// What is no such path.
    pub fn parse(text: &str) -> Parsed<Self> {
        let parts = text.split('/').count();
        if text.len() <= MOST && parts <= MOST_PARTS && text.split('/').all(is_part) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new(
            format!("{} is no place of a file", shown(text)),
            "write at most 8 parts of letters, digits, `-`, `_` and `.`, such as \"scripts/plan.sh\"; no part begins \
             with a dot",
        ))
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serialize_as_text!(FileName);

fn is_part(part: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::FileName;

    #[test]
    fn only_plain_paths_below_a_folder_are_read() {
        for text in ["SKILL.md", "scripts/plan.sh", "a/b/c/d/e/f/g/h", "a..b"] {
            assert!(FileName::parse(text).is_ok(), "{text}");
        }
        let long = "a".repeat(129);
        for text in [
            "",
            "/etc/passwd",
            "a//b",
            "a/",
            ".",
            "..",
            "../a",
            "a/../b",
            ".claude/settings.json",
            "a/.git",
            "a b",
            "a\\b",
            "é",
            "a/b/c/d/e/f/g/h/i",
            long.as_str(),
        ] {
            assert!(FileName::parse(text).is_err(), "{text}");
        }
    }
}
