//! Where a piece of text stands: sources, spans, and values that remember their place.

use std::sync::Arc;

/// Index of a source in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A range of bytes in one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source the range lies in.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A value and the place it was written at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Puts a value and its place together.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// One text that takes part in a compilation.
#[derive(Debug, Clone)]
pub struct Source {
    /// Logical path: relative to the workspace root, `/` between parts, never absolute.
    pub path: String,
    /// The text as it was read (after CRLF became LF and a leading BOM was dropped).
    pub text: Arc<str>,
}

/// All texts of one compilation, in the order in which they were first read.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    list: Vec<Source>,
}

/// A place for people: 1-based line and 1-based column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineCol {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Sources {
    /// Adds a text and returns its id.
    pub fn add(&mut self, path: String, text: Arc<str>) -> SourceId {
        let id = SourceId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.list.push(Source { path, text });
        id
    }

    /// The source behind an id, if the id came from here.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.list.get(id.0 as usize)
    }

    /// Logical path of the source of an id; empty for an id that is not from here.
    #[must_use]
    pub fn path(&self, id: SourceId) -> &str {
        self.get(id).map_or("", |s| s.path.as_str())
    }

    /// The text that a span covers.
    #[must_use]
    pub fn snippet(&self, span: Span) -> &str {
        self.get(span.source)
            .and_then(|s| s.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }

    /// Line and column of a byte offset.
    #[must_use]
    pub fn line_col(&self, id: SourceId, offset: u32) -> LineCol {
        let text = self.get(id).map_or("", |s| &*s.text);
        let mut at = (offset as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = text.get(..at).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        LineCol {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or("").chars().count() + 1,
        }
    }

    /// Every source, in the order of its id.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.list
            .iter()
            .enumerate()
            .map(|(i, s)| (SourceId(u32::try_from(i).unwrap_or(u32::MAX)), s))
    }
}
