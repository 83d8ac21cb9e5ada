//! Path patterns of the contract, by the rules of the compiler: parts by `/`, `*` inside a part, `**` for any
//! number of parts.
//!
//! The compiler has checked them; here what it would refuse is refused again, because a pattern that
//! means nothing would leave nothing out and protect nothing.

use super::names;
use crate::segment::{MOST_BYTES, Segment, bounded, matches};
use std::fmt;

/// A pattern that means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaningless(pub String);

impl fmt::Display for Meaningless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the path pattern {:?} means nothing", self.0)
    }
}

impl std::error::Error for Meaningless {}

/// A list of patterns. An empty one matches nothing.
#[derive(Debug, Clone, Default)]
pub struct Patterns(Vec<Pattern>);

#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    parts: Vec<Segment>,
    /// The parts without regard to case and to characters that are not seen.
    folded: Vec<Segment>,
}

impl Patterns {
    /// Reads a list.
    ///
    /// # Errors
    /// The first pattern that is not in normal form.
    pub fn read(texts: &[String]) -> Result<Self, Meaningless> {
        let patterns: Result<_, _> = texts.iter().map(|text| Pattern::read(text)).collect();
        patterns.map(Self)
    }

    /// Whether a pattern matches the path or its end, so that `node_modules` is one at any depth. A folder
    /// that matches is not entered, so what lies below it need not match.
    #[must_use]
    pub fn anywhere(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        let ends = || (0..parts.len()).filter_map(|i| parts.get(i..));
        self.0
            .iter()
            .any(|pattern| ends().any(|end| matches(&pattern.parts, end)))
    }

    /// Whether the path of a file, or a folder above it, is one that [`Patterns::anywhere`] matches.
    #[must_use]
    pub fn leaves_out(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at);
        let above = ends.filter_map(|end| path.get(..end));
        above.chain([path]).any(|start| self.anywhere(start))
    }

    /// The first pattern that protects the path of a file: one that matches the path, or a folder above it, from
    /// the root, without regard to case and to characters that are not seen.
    #[must_use]
    pub fn protecting(&self, path: &str) -> Option<&str> {
        let folded = names::fold(path);
        let parts: Vec<&str> = folded.split('/').collect();
        let above = || (1..=parts.len()).filter_map(|i| parts.get(..i));
        let protects = |pattern: &&Pattern| above().any(|start| matches(&pattern.folded, start));
        let first = self.0.iter().find(protects);
        first.map(|pattern| pattern.text.as_str())
    }
}

impl Pattern {
    fn read(text: &str) -> Result<Self, Meaningless> {
        let meaningless = || Meaningless(text.to_owned());
        let odd = |c: char| c.is_control() || "?[]{}\\".contains(c);
        if text.len() > MOST_BYTES || text.starts_with('!') || text.chars().any(odd) {
            return Err(meaningless());
        }
        let read = |part| {
            let normal = !matches!(part, "" | "." | "..");
            Segment::read(part, true).filter(|_| normal)
        };
        let parts: Option<Vec<_>> = text.split('/').map(read).collect();
        let parts = parts.filter(|p| bounded(p)).ok_or_else(meaningless)?;
        let fold = |part| Segment::of(&names::fold(part));
        Ok(Self {
            text: text.to_owned(),
            parts,
            folded: text.split('/').map(fold).collect(),
        })
    }
}
