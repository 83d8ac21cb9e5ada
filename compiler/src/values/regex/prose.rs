//! Whether the texts that match could carry a sentence.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::super::is_invisible;

/// A repetition that may come so often leaves room for a sentence.
const LONG: u32 = 32;

/// See [`super::Regex::admits_prose`].
pub(super) fn admits_prose(hir: &Hir) -> bool {
    let all = Content::of(hir);
    all.space || {
        match hir.kind() {
            HirKind::Repetition(repetition) => {
                let long = repetition.max.is_none_or(|max| max >= LONG);
                long && all.letter && all.mark || admits_prose(&repetition.sub)
            }
            HirKind::Capture(capture) => admits_prose(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(admits_prose),
            HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
        }
    }
}

/// What kinds of character can occur in a match.
#[derive(Debug, Clone, Copy, Default)]
struct Content {
    /// White space, controls, and characters that are not seen.
    space: bool,
    letter: bool,
    /// Neither letter nor digit nor space.
    mark: bool,
}

impl Content {
    fn of(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::default(),
            HirKind::Literal(literal) => String::from_utf8_lossy(&literal.0)
                .chars()
                .map(Self::of_character)
                .fold(Self::default(), Self::and),
            HirKind::Class(Class::Unicode(class)) => class
                .ranges()
                .iter()
                .map(|range| Self::of_range(range.start(), range.end()))
                .fold(Self::default(), Self::and),
            // Raw bytes can be anything.
            HirKind::Class(Class::Bytes(_)) => Self {
                space: true,
                letter: true,
                mark: true,
            },
            HirKind::Repetition(repetition) => Self::of(&repetition.sub),
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().map(Self::of).fold(Self::default(), Self::and)
            }
        }
    }

    fn of_range(start: char, end: char) -> Self {
        // Unicode is not walked: a range that leaves ASCII and is long is taken to hold everything.
        if u32::from(end) - u32::from(start) > 0x100 {
            return Self {
                space: true,
                letter: true,
                mark: true,
            };
        }
        (start..=end)
            .map(Self::of_character)
            .fold(Self::default(), Self::and)
    }

    fn of_character(c: char) -> Self {
        let space = c.is_whitespace() || c.is_control() || is_invisible(c);
        let letter = c.is_alphabetic();
        Self {
            space,
            letter,
            mark: !space && !letter && !c.is_numeric(),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            space: self.space || other.space,
            letter: self.letter || other.letter,
            mark: self.mark || other.mark,
        }
    }
}
