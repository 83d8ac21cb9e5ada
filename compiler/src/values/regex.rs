//! The shape of an input: `match "[A-Z]+-[0-9]+"`.
//!
//! The syntax is that of Rust's `regex` crate, which the runtime matches with in linear time. The whole text has to
//! match, so anchors have no place.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::{Parsed, Refusal, serialize_as_text, shown};

mod prose;

use prose::admits_prose;

/// A regular expression that the runtime can compile within its limits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Regex {
    text: String,
    admits_prose: bool,
    max_bytes: Option<u64>,
}

/// Longest expression in bytes.
const MAX_TEXT: usize = 512;
/// Deepest nesting.
const MAX_NEST: u32 = 16;
/// Most characters and classes after counted repetitions are written out: it bounds the compiled size.
const MAX_SIZE: u64 = 4_096;

impl Regex {
    /// Reads an expression.
    ///
    /// # Errors
    /// Refuses what the `regex` crate refuses (look-around, back references), anchors and word boundaries,
    /// expressions that match nothing, and those that are too large.
    pub fn parse(text: &str) -> Parsed<Self> {
        let refuse = |why: &str, help: &str| {
            Err(Refusal::new(
                format!("expression {} {why}", shown(text)),
                help,
            ))
        };
        let example = "write what the whole text looks like: \"[A-Z]+-[0-9]+\"";
        if text.is_empty() {
            return Err(Refusal::new("an expression is empty", example));
        }
        if text.len() > MAX_TEXT {
            return refuse("is too long", "write at most 512 bytes");
        }
        let hir = match ParserBuilder::new()
            .nest_limit(MAX_NEST)
            .build()
            .parse(text)
        {
            Ok(hir) => hir,
            Err(error) => return refuse(&format!("is not valid: {}", reason(&error)), example),
        };
        if !hir.properties().look_set().is_empty() {
            return refuse(
                "has an anchor or a word boundary",
                "leave it out: the whole text has to match",
            );
        }
        if size(&hir) > MAX_SIZE {
            return refuse(
                "is too large when its repetitions are written out",
                "write smaller counts, or `+`",
            );
        }
        if hir.properties().minimum_len().is_none() {
            return refuse("matches nothing", example);
        }
        let max_bytes = hir
            .properties()
            .maximum_len()
            .and_then(|max| u64::try_from(max).ok());
        Ok(Self {
            text: text.to_owned(),
            admits_prose: admits_prose(&hir),
            max_bytes,
        })
    }

    /// The expression as it was written, without anchors; the runtime adds `^(?:` and `)$`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a text that matches could carry instructions to a model.
    ///
    /// True if white space or a control character can occur anywhere in a match, or if a part that may
    /// repeat 32 times or more, or without end, holds letters and also something that is neither letter nor digit:
    /// then words can be told apart. `[A-Z]+-[0-9]+` does not, `[a-z-]+` and `.*` do.
    pub fn admits_prose(&self) -> bool {
        self.admits_prose
    }

    /// The longest match in bytes; `None` if there is no bound.
    pub fn max_bytes(&self) -> Option<u64> {
        self.max_bytes
    }
}

/// The parser's reason in one line, without the expression that it repeats.
fn reason(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "it cannot be read".to_owned(),
    }
}

/// Characters and classes with counted repetitions written out.
fn size(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => u64::try_from(literal.0.len()).unwrap_or(u64::MAX),
        // A class of many ranges compiles to as many states.
        HirKind::Class(class) => match class {
            Class::Unicode(class) => u64::try_from(class.ranges().len())
                .unwrap_or(u64::MAX)
                .div_ceil(16),
            Class::Bytes(_) => 1,
        },
        HirKind::Repetition(repetition) => {
            let times = repetition
                .max
                .unwrap_or(repetition.min.saturating_add(1))
                .max(1);
            size(&repetition.sub).saturating_mul(u64::from(times))
        }
        HirKind::Capture(capture) => size(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(size).fold(0, u64::saturating_add)
        }
    }
}

impl std::fmt::Display for Regex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

serialize_as_text!(Regex);

#[cfg(test)]
mod tests;
