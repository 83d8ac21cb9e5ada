//! Patterns over hosts, with the meaning that the compiler gives them.
//!
//! A pattern is a list of segments between dots. A segment without `*` matches itself; `*` matches exactly one
//! segment; `*` beside other characters matches any run of characters inside the segment, also none; `**` matches
//! any number of whole segments, also none.

use super::Host;
use std::fmt;

/// Longest pattern, in bytes.
const MOST_BYTES: usize = 512;
/// Most segments of a pattern.
const MOST_SEGMENTS: usize = 16;
/// Most `**` of a pattern.
const MOST_DEEP: usize = 2;

/// A pattern over hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// `**`.
    Deep,
    /// The pieces between the stars; one piece is a literal.
    Glob(Vec<String>),
}

/// A text that is no pattern over hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(String);

impl Malformed {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        "host-pattern"
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a pattern over hosts", self.0)
    }
}

impl std::error::Error for Malformed {}

impl HostPattern {
    /// Reads `example.com`, `*.example.com`, `api-*.example.com` or `**.example.com`.
    ///
    /// # Errors
    /// Characters that no host has, empty segments, `**` inside a segment or twice side by side, more than 512 bytes,
    /// 16 segments or two `**`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let refuse = || Malformed(text.chars().take(MOST_BYTES).collect());
        let known =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'*');
        if text.len() > MOST_BYTES || !text.bytes().all(known) {
            return Err(refuse());
        }
        let segments: Option<Vec<_>> = text.split('.').map(Segment::read).collect();
        let segments = segments.ok_or_else(refuse)?;
        let deep = segments.iter().filter(|s| **s == Segment::Deep).count();
        let beside = segments
            .iter()
            .zip(segments.iter().skip(1))
            .any(|(one, next)| *one == Segment::Deep && *next == Segment::Deep);
        if segments.len() > MOST_SEGMENTS || deep > MOST_DEEP || beside {
            return Err(refuse());
        }
        let text = text.to_owned();
        Ok(Self { text, segments })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the host matches. Time is bounded by the product of both lengths.
    #[must_use]
    pub fn matches(&self, host: &Host) -> bool {
        let labels: Vec<&str> = host.as_str().split('.').collect();
        match_segments(&self.segments, &labels)
    }
}

impl Segment {
    fn read(text: &str) -> Option<Self> {
        match text {
            "" => None,
            "**" => Some(Self::Deep),
            _ if text.contains("**") => None,
            _ => Some(Self::Glob(text.split('*').map(str::to_owned).collect())),
        }
    }

    /// A label is never empty. Leftmost search for each piece suffices.
    fn matches(&self, label: &str) -> bool {
        let Self::Glob(pieces) = self else {
            return false;
        };
        let Some((first, rest)) = pieces.split_first() else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return first == label;
        };
        let Some(mut left) = label.strip_prefix(first.as_str()) else {
            return false;
        };
        for piece in middle {
            match left.split_once(piece.as_str()) {
                Some((_, after)) => left = after,
                None => return false,
            }
        }
        left.ends_with(last.as_str())
    }
}

/// Leftmost search for each run between `**` suffices.
fn match_segments(pattern: &[Segment], labels: &[&str]) -> bool {
    let (mut pattern, mut labels) = (pattern, labels);
    // What to return to: the pattern after the last `**`, and the labels that it has not taken yet.
    let mut deep: Option<(&[Segment], &[&str])> = None;
    loop {
        match (pattern.split_first(), labels.split_first()) {
            (None, None) => return true,
            (Some((Segment::Deep, rest)), _) => {
                pattern = rest;
                deep = Some((rest, labels));
                continue;
            }
            (Some((segment, rest)), Some((label, left))) if segment.matches(label) => {
                (pattern, labels) = (rest, left);
                continue;
            }
            _ => {}
        }
        let Some((after, [_, left @ ..])) = deep else {
            return false;
        };
        (pattern, labels) = (after, left);
        deep = Some((after, left));
    }
}
