//! Paths and the patterns over them, with the meaning that the compiler gives them.
//!
//! A path is judged as the host will read it: escapes are read once. What hosts read differently is refused: an
//! escaped slash, backslash, dot or percent sign, `..;`, control characters, bytes that are no text.

use super::super::answer::Refusal;
use crate::segment::{MOST_BYTES, Segment, bounded, matches};

/// Characters that a path has beside letters and digits, without `/` and `%`.
const KNOWN: &[u8] = b"-_.~!$&'()+,;=:@";

/// A path that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    parts: Vec<String>,
    wire: String,
}

impl Path {
    /// Reads a path, with its escapes.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let rest = text.strip_prefix('/').ok_or_else(refused)?;
        let (mut parts, mut wire) = (Vec::new(), String::new());
        let mut left = rest.split('/').peekable();
        while let Some(part) = left.next() {
            let (read, written) = read(part).ok_or_else(refused)?;
            wire.push('/');
            wire.push_str(&written);
            let last = left.peek().is_none();
            // Some hosts leave out what follows `;` before they look for dots.
            let bare = read.split(';').next().unwrap_or_default();
            if matches!(bare, "." | "..") || (bare.is_empty() && !(last && read.is_empty())) {
                return Err(refused());
            }
            parts.push(read);
        }
        if rest.is_empty() {
            parts.clear();
        }
        Ok(Self { parts, wire })
    }

    /// As it is sent.
    pub(super) fn wire(&self) -> &str {
        &self.wire
    }
}

fn refused() -> Refusal {
    Refusal::Denied(
        "http-path",
        "this path could be read in two ways, or holds what no path holds",
    )
}

/// One part as it is meant, and as it is written in one form.
fn read(part: &str) -> Option<(String, String)> {
    let (mut read, mut written) = (Vec::new(), String::new());
    let mut bytes = part.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            if !byte.is_ascii_alphanumeric() && !KNOWN.contains(&byte) {
                return None;
            }
            read.push(byte);
            written.push(char::from(byte));
            continue;
        }
        let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
        let meant = high * 16 + low;
        if meant.is_ascii_control() || b"/\\.%".contains(&meant) {
            return None;
        }
        read.push(meant);
        match meant.is_ascii_alphanumeric() || b"-_~".contains(&meant) {
            true => written.push(char::from(meant)),
            false => written.push_str(&format!("%{meant:02X}")),
        }
    }
    let read = String::from_utf8(read).ok()?;
    // Controls beyond ASCII, and what looks like a slash or a dot once somebody folds it.
    let odd = |c: char| {
        c.is_control()
            || "\u{2024}\u{2025}\u{2044}\u{2215}\u{ff0e}\u{ff0f}\u{ff3c}\u{ff05}".contains(c)
    };
    (!read.contains(odd)).then_some((read, written))
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// A pattern over paths: `/repos/dlddu/**`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Segment>);

impl Pattern {
    /// Reads a pattern.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let known =
            |b: u8| b.is_ascii_alphanumeric() || b == b'/' || b == b'*' || KNOWN.contains(&b);
        let rest = text.strip_prefix('/')?;
        if text.len() > MOST_BYTES || !text.bytes().all(known) {
            return None;
        }
        if rest.is_empty() {
            return Some(Self(Vec::new()));
        }
        let mut left = rest.split('/').peekable();
        let mut segments = Vec::new();
        while let Some(part) = left.next() {
            if matches!(part, "." | "..") || (part.is_empty() && left.peek().is_some()) {
                return None;
            }
            segments.push(Segment::read(part, true)?);
        }
        bounded(&segments).then_some(Self(segments))
    }

    /// Whether the path matches.
    pub(super) fn matches(&self, path: &Path) -> bool {
        let parts: Vec<&str> = path.parts.iter().map(String::as_str).collect();
        matches(&self.0, &parts)
    }
}
