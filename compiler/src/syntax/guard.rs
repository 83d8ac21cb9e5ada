//! Bytes to text: what is refused before anybody looks for nodes.

use super::chars::refused;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::span::{SourceId, Span};

/// The largest source, in bytes.
pub const MAX_FILE: usize = 4 * 1024 * 1024;
/// Refused characters reported for one text.
const MAX_FAULTS: usize = 20;

/// A text and what is wrong with its characters. Line feeds end its lines, and no byte order
/// mark leads it, however the file was written.
#[derive(Debug, Clone)]
pub struct Text {
    /// The text; empty for a file that is too large, with U+FFFD where it was not UTF-8.
    pub text: String,
    faults: Vec<Fault>,
}

#[derive(Debug, Clone)]
enum Fault {
    TooLarge(usize),
    NotUtf8 {
        at: usize,
        byte: u8,
    },
    Refused {
        at: usize,
        char: char,
        what: &'static str,
    },
    More {
        at: usize,
        count: usize,
    },
}

impl Text {
    /// Whether it makes sense to look for nodes: the size and the encoding were right.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        !self
            .faults
            .iter()
            .any(|f| matches!(f, Fault::TooLarge(_) | Fault::NotUtf8 { .. }))
    }

    /// What was found, placed in the source that the text became.
    #[must_use]
    pub fn findings(&self, source: SourceId) -> Findings {
        let mut findings = Findings::default();
        for fault in &self.faults {
            findings.push(fault.finding(source));
        }
        findings
    }
}

/// Reads bytes as text.
#[must_use]
pub fn read(bytes: &[u8]) -> Text {
    if bytes.len() > MAX_FILE {
        return Text {
            text: String::new(),
            faults: vec![Fault::TooLarge(bytes.len())],
        };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let text = normalise(text);
            let faults = refused_characters(&text);
            Text { text, faults }
        }
        Err(error) => {
            let (good, bad) = bytes
                .split_at_checked(error.valid_up_to())
                .unwrap_or((bytes, &[]));
            let at = normalise(&String::from_utf8_lossy(good)).len();
            let byte = bad.first().copied().unwrap_or(0);
            let text = normalise(&String::from_utf8_lossy(bytes));
            Text {
                text,
                faults: vec![Fault::NotUtf8 { at, byte }],
            }
        }
    }
}

fn normalise(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\r') {
        text.replace("\r\n", "\n")
    } else {
        text.to_owned()
    }
}

fn refused_characters(text: &str) -> Vec<Fault> {
    let is_suspect = |b: &u8| *b >= 0x7f || (*b < 0x20 && *b != b'\n' && *b != b'\t');
    if !text.as_bytes().iter().any(is_suspect) {
        return Vec::new();
    }
    let all = text
        .char_indices()
        .filter_map(|(at, c)| refused(c).map(|what| (at, c, what)));
    let mut faults = Vec::new();
    let mut more: Option<(usize, usize)> = None;
    for (at, char, what) in all {
        if faults.len() < MAX_FAULTS {
            faults.push(Fault::Refused { at, char, what });
        } else {
            more = Some(more.map_or((at, 1), |(first, count)| (first, count + 1)));
        }
    }
    faults.extend(more.map(|(at, count)| Fault::More { at, count }));
    faults
}

impl Fault {
    fn finding(&self, source: SourceId) -> Finding {
        let span = |start: usize, length: usize| span(source, start, start + length);
        match *self {
            Self::TooLarge(bytes) => Finding::new(
                Code::TextTooLarge,
                span(0, 0),
                format!(
                    "file of {bytes} bytes is larger than the limit of {MAX_FILE} bytes (4 MiB)"
                ),
            )
            .help("split it into several files and bring them in with `use \"path\"`"),
            Self::NotUtf8 { at, byte } => Finding::new(
                Code::TextNotUtf8,
                span(at, '\u{fffd}'.len_utf8()),
                format!("byte 0x{byte:02X} is not part of a UTF-8 text"),
            )
            .label("first byte that is not UTF-8")
            .help("save the file as UTF-8"),
            Self::Refused {
                at,
                char: '\r',
                what,
            } => Finding::new(
                Code::TextControl,
                span(at, 1),
                format!("`U+000D` ({what}) without a line feed is refused in sources"),
            )
            .label("lines end with LF or CRLF")
            .help("save the file with LF line ends"),
            Self::Refused { at, char, what } => Finding::new(
                Code::TextControl,
                span(at, char.len_utf8()),
                format!("`U+{:04X}` ({what}) is refused in sources", u32::from(char)),
            )
            .label("a reviewer would not see this character")
            .help("remove it")
            .fix(span(at, char.len_utf8()), ""),
            Self::More { at, count } => Finding::new(
                Code::TextControl,
                span(at, 0),
                format!("{count} more characters of this text are refused"),
            )
            .label("the first of them"),
        }
    }
}

/// A range of bytes as a span; sources are far smaller than 4 GiB.
pub(super) fn span(source: SourceId, start: usize, end: usize) -> Span {
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span {
        source,
        start: place(start),
        end: place(end),
    }
}
