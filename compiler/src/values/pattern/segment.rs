//! One part of a pattern.

/// One part of a pattern, between separators.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Segment {
    /// `**`: any number of whole segments.
    Deep,
    /// Text with `*` in it, or none: the pieces between the stars. One piece is a literal.
    Glob(Vec<String>),
}

impl Segment {
    /// Reads one part; `None` where `**` is not the whole part, or stands in a kind without parts.
    pub(super) fn read(part: &str, deep: bool) -> Option<Self> {
        if part == "**" && deep {
            return Some(Self::Deep);
        }
        if part.contains("**") {
            return None;
        }
        Some(Self::Glob(part.split('*').map(str::to_owned).collect()))
    }

    /// Whether there is no star in it.
    pub(super) fn is_literal(&self) -> bool {
        self.literal().is_some()
    }

    /// The text of a part without a star.
    pub(super) fn literal(&self) -> Option<&str> {
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
    pub(super) fn matches(&self, part: &str) -> bool {
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
    pub(super) fn witness(&self, fresh: &str) -> String {
        match self {
            Self::Deep => fresh.to_owned(),
            Self::Glob(pieces) => pieces.join(fresh),
        }
    }
}
