//! Names from the workspace: which may leave, which are `.git` elsewhere, and how one is shown.

use super::finding::Rule;
use super::scan;
use std::fmt::Write as _;

/// Longest name, in bytes, as Linux has it.
const MOST_NAME: usize = 255;
/// Most characters of a path that is shown.
const MOST_SHOWN: usize = 240;

/// The name as text, if it may stand in a path that leaves.
///
/// # Errors
/// The rule that refuses it.
pub fn text(name: &[u8]) -> Result<&str, Rule> {
    let text = std::str::from_utf8(name).map_err(|_not_text| Rule::NameNotText)?;
    if text.len() > MOST_NAME {
        return Err(Rule::PathTooLong);
    }
    if text.is_empty() || text == "." || text == ".." || text.contains('/') {
        return Err(Rule::NameOfMany);
    }
    if text.chars().any(char::is_control) {
        return Err(Rule::NameWithControl);
    }
    if text.contains('\\') {
        return Err(Rule::NameWithBackslash);
    }
    if text != ".git" && is_git(text) {
        return Err(Rule::NameLikeGit);
    }
    Ok(text)
}

/// Whether the name is `.git` on some system: other case, characters that HFS+ ignores, dots, spaces and
/// streams that NTFS drops, and its short name.
#[must_use]
pub fn is_git(name: &str) -> bool {
    let folded = stem(name);
    folded == ".git" || numbered(&folded, "git~")
}

/// Whether the name is `.gitmodules` on some system, by the same rules.
#[must_use]
pub fn is_gitmodules(name: &str) -> bool {
    let folded = stem(name);
    folded == ".gitmodules" || numbered(&folded, "gitmod~") || numbered(&folded, "gi7eba~")
}

/// The name without regard to case and to characters that are not seen. Upper case first: some letters have
/// the same capital, and systems differ in which of both they compare.
#[must_use]
pub fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| !is_ignored(*c))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// The folded name as NTFS stores it: no stream, no dots and spaces at the end.
fn stem(name: &str) -> String {
    let folded = fold(name);
    let stem = folded.split(':').next().unwrap_or_default();
    stem.trim_end_matches(['.', ' ']).to_owned()
}

fn numbered(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix)
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// What HFS+ ignores in names, and the other characters of no width.
fn is_ignored(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// A path for people: on one line, shortened, and without parts that look like a secret.
#[must_use]
pub fn shown(path: &[u8]) -> String {
    let mut out = String::new();
    for (i, part) in path.split(|b| *b == b'/').enumerate() {
        if i > 0 {
            out.push('/');
        }
        if scan::whole(part).is_empty() {
            escape(part, &mut out);
        } else {
            out.push_str("[redacted]");
        }
    }
    if !scan::whole(path).is_empty() && !out.contains("[redacted]") {
        return "[redacted]".to_owned();
    }
    if out.chars().count() > MOST_SHOWN {
        out = out.chars().take(MOST_SHOWN).chain(['…']).collect();
    }
    out
}

fn escape(part: &[u8], out: &mut String) {
    for chunk in part.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || c == '\\' || is_ignored(c) || matches!(c, '\u{2028}' | '\u{2029}')
            {
                out.extend(c.escape_unicode());
            } else {
                out.push(c);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
}

/// The path of a name in a folder; the root is the empty path.
#[must_use]
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else if name.is_empty() {
        folder.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
