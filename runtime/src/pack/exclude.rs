//! Path patterns of the contract, by the rules of the compiler: parts by `/`, `*` inside a part, `**` for any
//! number of parts.
//!
//! The compiler has checked them; here what it would refuse is refused again, because a pattern that
//! means nothing would leave nothing out and protect nothing.

use super::names;
use std::fmt;

/// Longest pattern, in bytes.
const MOST_BYTES: usize = 512;
/// Most parts of a pattern.
const MOST_PARTS: usize = 16;
/// Most `**` of a pattern; it bounds the work of matching.
const MOST_DEEP: usize = 2;

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
    parts: Vec<String>,
    /// The parts without regard to case and to characters that are not seen.
    folded: Vec<String>,
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
        let parts: Vec<String> = text.split('/').map(str::to_owned).collect();
        let deep = |part: &String| part == "**";
        let odd = |c: char| c.is_control() || "?[]{}\\".contains(c);
        let broken = |part: &String| {
            matches!(part.as_str(), "" | "." | "..") || (part != "**" && part.contains("**"))
        };
        let twice = |pair: &[String]| pair.iter().all(|part| part == "**");
        let meaningless = text.len() > MOST_BYTES
            || text.starts_with('!')
            || text.chars().any(odd)
            || parts.len() > MOST_PARTS
            || parts.iter().any(broken)
            || parts.windows(2).any(twice)
            || parts.iter().filter(|part| deep(part)).count() > MOST_DEEP;
        if meaningless {
            return Err(Meaningless(text.to_owned()));
        }
        let folded = parts.iter().map(|part| names::fold(part)).collect();
        Ok(Self {
            text: text.to_owned(),
            parts,
            folded,
        })
    }
}

/// Whether the parts of a path match. Leftmost search for each run between `**` suffices.
fn matches(pattern: &[String], parts: &[&str]) -> bool {
    let (mut pattern, mut parts) = (pattern, parts);
    // What to return to: the pattern after the last `**`, and the parts that it has not taken yet.
    let mut deep: Option<(&[String], &[&str])> = None;
    loop {
        match (pattern.split_first(), parts.split_first()) {
            (None, None) => return true,
            (Some((first, rest)), _) if first == "**" => {
                pattern = rest;
                deep = Some((rest, parts));
                continue;
            }
            (Some((first, rest)), Some((part, left))) if part_matches(first, part) => {
                (pattern, parts) = (rest, left);
                continue;
            }
            _ => {}
        }
        let Some((after, [_, left @ ..])) = deep else {
            return false;
        };
        (pattern, parts) = (after, left);
        deep = Some((after, left));
    }
}

/// Whether one part matches: leftmost search for each piece between stars suffices.
fn part_matches(pattern: &str, part: &str) -> bool {
    if pattern == "*" {
        return !part.is_empty();
    }
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == part;
    };
    let Some(mut left) = part.strip_prefix(first) else {
        return false;
    };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return left.ends_with(piece);
        }
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    false
}
