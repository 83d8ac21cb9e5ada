//! The one matcher of patterns, for the compiler that checks them and the runtime that goes by them.
//!
//! A pattern is a list of [`Segment`]s; what separates them, and which texts are in normal form, is the caller's
//! to know.

/// Longest pattern, in bytes.
pub const MOST_BYTES: usize = 512;
/// Most segments of a pattern; with [`MOST_DEEP`] it bounds the work of matching.
pub const MOST_SEGMENTS: usize = 16;
/// Most `**` of a pattern.
pub const MOST_DEEP: usize = 2;

/// One part of a pattern, between separators.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// `**`: any number of whole segments.
    Deep,
    /// Text with `*` in it, or none: the pieces between the stars. One piece is a literal.
    Glob(Vec<String>),
}

impl Segment {
    /// Reads one part of a pattern in whose form there is nothing to refuse.
    #[must_use]
    pub fn of(part: &str) -> Self {
        match part {
            "**" => Self::Deep,
            _ => Self::Glob(part.split('*').map(str::to_owned).collect()),
        }
    }

    /// Reads one part; `None` where `**` is not the whole part, or stands in a kind without parts.
    #[must_use]
    pub fn read(part: &str, deep: bool) -> Option<Self> {
        if part.contains("**") && !(part == "**" && deep) {
            return None;
        }
        Some(Self::of(part))
    }

    /// Whether there is no star in it.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.literal().is_some()
    }

    /// The text of a part without a star.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self {
            Self::Glob(pieces) => match pieces.as_slice() {
                [only] => Some(only),
                _ => None,
            },
            Self::Deep => None,
        }
    }

    /// Whether one part of a text matches. Leftmost search for each piece suffices: time is bounded by
    /// the product of the lengths.
    #[must_use]
    pub fn matches(&self, part: &str) -> bool {
        let Self::Glob(pieces) = self else {
            return true;
        };
        let Some((first, rest)) = pieces.split_first() else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return first == part;
        };
        if middle.is_empty() && first.is_empty() && last.is_empty() {
            return !part.is_empty();
        }
        let Some(mut left) = part.strip_prefix(first.as_str()) else {
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

    /// A text that matches, and that another part matches only if it matches all that this one does:
    /// each star holds one character that no pattern can write.
    #[must_use]
    pub fn witness(&self, fresh: &str) -> String {
        match self {
            Self::Deep => fresh.to_owned(),
            Self::Glob(pieces) => pieces.join(fresh),
        }
    }
}

/// Whether the parts of a text match. Leftmost search for each run between `**` suffices: time is bounded by
/// the product of the lengths.
#[must_use]
pub fn matches(pattern: &[Segment], parts: &[&str]) -> bool {
    let (mut pattern, mut parts) = (pattern, parts);
    // What to return to: the pattern after the last `**`, and the parts that it has not taken yet.
    let mut deep: Option<(&[Segment], &[&str])> = None;
    loop {
        match (pattern.split_first(), parts.split_first()) {
            (None, None) => return true,
            (Some((Segment::Deep, rest)), _) => {
                pattern = rest;
                deep = Some((rest, parts));
                continue;
            }
            (Some((segment, rest)), Some((part, left))) if segment.matches(part) => {
                (pattern, parts) = (rest, left);
                continue;
            }
            _ => {}
        }
        let Some((after, taken)) = deep else {
            return false;
        };
        let Some((_, left)) = taken.split_first() else {
            return false;
        };
        (pattern, parts) = (after, left);
        deep = Some((after, left));
    }
}

/// Whether a list of segments is within the bounds: not too many of them, and few `**`, never side by side.
#[must_use]
pub fn bounded(segments: &[Segment]) -> bool {
    let deep = |segment: &&Segment| **segment == Segment::Deep;
    let beside = |pair: &[Segment]| pair.iter().all(|segment| *segment == Segment::Deep);
    segments.len() <= MOST_SEGMENTS
        && segments.iter().filter(deep).count() <= MOST_DEEP
        && !segments.windows(2).any(beside)
}
