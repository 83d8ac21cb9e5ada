//! Patterns: the one matcher of the language.
//!
//! A pattern is a list of segments. What separates them depends on what is matched: `.` in hosts,
//! `/` in paths, repositories, branches, files and images. A name (a model's id, a tool, a
//! Secret's key) is a single segment, whatever characters it holds.
//!
//! - A segment without `*` matches itself, byte for byte.
//! - A segment `*` matches exactly one segment, whatever it is, but not an empty one.
//! - A `*` beside other characters matches any run of characters inside the segment, also none: `claude-*`.
//! - A segment `**` matches any number of whole segments, also none: `agent/**` matches `agent`, `agent/a`
//!   and `agent/a/b`. At most two may stand in a pattern, and never side by side.
//! - Nothing else is special. `?`, `[`, `]`, `{`, `}`, `!` and `\` are refused, so that nobody relies on them.
//!
//! A text that is not in normal form matches no pattern: empty segments (only a path may end in `/`),
//! `.` and `..`, `%`, `?`, `#`, `\`, control characters.
//!
//! [`Pattern::covers`] decides whether everything that another pattern matches is matched too. It is exact.

use std::fmt;

use super::{Parsed, Refusal, serialize_as_text, shown};

mod inclusion;
mod kind;

pub use kind::Kind;
use pure_agent_runtime::segment::{self, MOST_BYTES, MOST_DEEP, MOST_SEGMENTS, Segment};

/// A pattern over texts of one kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    kind: Kind,
    text: String,
    segments: Vec<Segment>,
}

impl Pattern {
    /// Reads a pattern for texts of a kind. A text without `*` is the pattern that matches itself.
    ///
    /// # Errors
    /// Refuses what could match no text of the kind, and `**` anywhere but as a whole segment.
    pub fn parse(kind: Kind, text: &str) -> Parsed<Self> {
        let refuse = |why: &str, help: String| {
            Err(Refusal::new(format!("pattern {} {why}", shown(text)), help))
        };
        if text.len() > MOST_BYTES {
            return refuse("is too long", format!("write at most {MOST_BYTES} bytes"));
        }
        kind.check_characters(text, true)?;
        let Some(parts) = kind.split(text) else {
            return refuse("is not in normal form", kind.help());
        };
        if parts.len() > MOST_SEGMENTS {
            return refuse(
                "has too many parts",
                format!("write at most {MOST_SEGMENTS} parts, or `**` for the rest"),
            );
        }
        let mut segments = Vec::with_capacity(parts.len());
        for part in parts {
            let Some(segment) = Segment::read(part, kind.separator().is_some()) else {
                let help = match kind.separator() {
                    Some(sep) => format!("write `**` as a whole part, `a{sep}**`, or a single `*`"),
                    None => "write a single `*`: it matches any run of characters".to_owned(),
                };
                return refuse("has `**` inside a part", help);
            };
            if segment == Segment::Deep && segments.last() == Some(&Segment::Deep) {
                return refuse(
                    "has `**` twice side by side",
                    "write `**` once: it matches any number of parts".to_owned(),
                );
            }
            segments.push(segment);
        }
        if segments
            .iter()
            .filter(|segment| **segment == Segment::Deep)
            .count()
            > MOST_DEEP
        {
            return refuse(
                "has too many `**`",
                format!("write `**` at most {MOST_DEEP} times"),
            );
        }
        kind.check_segments(text, &segments)?;
        Ok(Self {
            kind,
            text: text.to_owned(),
            segments,
        })
    }

    /// What the pattern is matched against.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern has no `*`, so that it matches one text only.
    pub fn is_exact(&self) -> bool {
        self.segments.iter().all(Segment::is_literal)
    }

    /// How many segments are written out before the first `*`: 0 for `*/*`, 1 for `dlddu/*`.
    ///
    /// A check can ask that an owner is always named.
    pub fn literal_head(&self) -> usize {
        self.segments
            .iter()
            .take_while(|segment| segment.is_literal())
            .count()
    }

    /// Whether the text matches. Time is bounded by the product of both lengths.
    pub fn matches(&self, text: &str) -> bool {
        if self.kind.check_characters(text, false).is_err() {
            return false;
        }
        self.kind
            .split(text)
            .is_some_and(|parts| segment::matches(&self.segments, &parts))
    }

    /// Whether everything that `wish` matches is matched by this pattern. Patterns of two kinds never are.
    pub fn covers(&self, wish: &Self) -> bool {
        self.uncovered(wish).is_none()
    }

    /// A text that `wish` matches and this pattern does not, for a message; `None` if there is none.
    pub fn uncovered(&self, wish: &Self) -> Option<String> {
        if self.kind != wish.kind {
            return Some(wish.text.clone());
        }
        let parts = inclusion::counterexample(&self.segments, &wish.segments, self.kind)?;
        // `x`, `y`, `z` or `0`: what stands for "any character" must not be a character of the bound.
        let filler = ('a'..='z')
            .rev()
            .chain('0'..='9')
            .find(|c| !self.text.contains(*c) && !wish.text.contains(*c));
        let filler = filler.unwrap_or('x').to_string();
        Some(self.kind.join(&parts).replace(inclusion::FRESH, &filler))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

serialize_as_text!(Pattern);

#[cfg(test)]
mod tests;
