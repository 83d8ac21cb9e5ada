//! What a string literal stands for: escapes, and the indentation of `"""` strings.

use super::chars::is_blank;

/// A mistake inside a string: bytes from the start of the literal's body, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// First byte, from the start of the body.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What is wrong.
    pub what: FaultKind,
}

/// The mistakes of [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// `\d` and the like.
    UnknownEscape,
    /// `\u{…}` that is no character.
    NotACharacter,
    /// Text on the line of the opening `"""`.
    TextAfterQuotes,
    /// Text on the line of the closing `"""`.
    TextBeforeQuotes,
    /// A line that does not begin with the blanks of the closing line.
    Indentation,
}

/// What came out of a literal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// The string.
    Text(String),
    /// Not for us: the authority on KDL reads it.
    Odd,
    /// Mistakes, and the string as it was most likely meant.
    Faulty(Vec<Fault>, String),
}

fn decoded(faults: Vec<Fault>, text: String) -> Decoded {
    if faults.is_empty() {
        Decoded::Text(text)
    } else {
        Decoded::Faulty(faults, text)
    }
}

/// The body of a `"…"` literal.
pub(super) fn quoted(body: &str) -> Decoded {
    if !body.contains('\\') {
        return Decoded::Text(body.to_owned());
    }
    let (mut text, mut faults) = (String::with_capacity(body.len()), Vec::new());
    unescape(body, 0, &mut text, &mut faults);
    decoded(faults, text)
}

/// The body of a `"""…"""` literal.
pub(super) fn multi(body: &str, is_raw: bool) -> Decoded {
    let Some(after) = body.strip_prefix('\n') else {
        let fault = Fault {
            start: 0,
            end: first_line(body),
            what: FaultKind::TextAfterQuotes,
        };
        return Decoded::Faulty(vec![fault], body.to_owned());
    };
    let last = after.rfind('\n').map_or(0, |n| n + 1);
    let (lines, prefix) = after.split_at_checked(last).unwrap_or((after, ""));
    if !is_raw && has_white_escape(body) {
        return Decoded::Odd;
    }
    if !prefix.chars().all(is_blank) {
        let start = 1 + last;
        let fault = Fault {
            start,
            end: body.len(),
            what: FaultKind::TextBeforeQuotes,
        };
        return Decoded::Faulty(vec![fault], after.trim_end().to_owned());
    }
    let (mut text, mut faults) = (String::with_capacity(lines.len()), Vec::new());
    let mut at = 1;
    for line in lines.split_inclusive('\n') {
        let kept = line.strip_suffix('\n').unwrap_or(line);
        if let Some(inner) = kept.strip_prefix(prefix) {
            if is_raw {
                text.push_str(if inner.chars().all(is_blank) {
                    ""
                } else {
                    inner
                });
            } else if !inner.chars().all(is_blank) {
                unescape(inner, at + prefix.len(), &mut text, &mut faults);
            }
        } else if !kept.chars().all(is_blank) {
            let blanks = kept.len() - kept.trim_start().len();
            let end = at
                + if blanks > 0 {
                    blanks
                } else {
                    kept.chars().next().map_or(0, char::len_utf8)
                };
            faults.push(Fault {
                start: at,
                end,
                what: FaultKind::Indentation,
            });
            text.push_str(kept.trim_start());
        }
        text.push('\n');
        at += line.len();
    }
    text.pop();
    decoded(faults, text)
}

fn first_line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Whether `\` stands before white space somewhere.
fn has_white_escape(body: &str) -> bool {
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next().is_none_or(|n| n == '\n' || is_blank(n)) {
            return true;
        }
    }
    false
}

/// Appends `body` with its escapes resolved; `offset` is added to the places of mistakes.
fn unescape(body: &str, offset: usize, out: &mut String, faults: &mut Vec<Fault>) {
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or(""));
        let tail = rest.get(at..).unwrap_or("");
        let start = offset + body.len() - tail.len();
        let (length, fault) = escape(tail, out);
        if let Some(what) = fault {
            faults.push(Fault {
                start,
                end: start + length,
                what,
            });
        }
        rest = tail.get(length..).unwrap_or("");
    }
    out.push_str(rest);
}

/// Resolves the escape at the start of `tail`; its length in bytes, and what is wrong with it.
fn escape(tail: &str, out: &mut String) -> (usize, Option<FaultKind>) {
    let after = tail.get(1..).unwrap_or("");
    let Some(c) = after.chars().next() else {
        return (tail.len(), Some(FaultKind::UnknownEscape));
    };
    let simple = match c {
        '\\' | '"' => Some(c),
        'n' => Some('\n'),
        't' => Some('\t'),
        's' => Some(' '),
        'r' => Some('\r'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        _ => None,
    };
    if let Some(simple) = simple {
        out.push(simple);
        return (2, None);
    }
    if c == '\n' || is_blank(c) {
        let left = after.trim_start_matches(|c| c == '\n' || is_blank(c));
        return (tail.len() - left.len(), None);
    }
    if let Some(inner) = after.strip_prefix("u{") {
        let digits = inner
            .bytes()
            .take(6)
            .take_while(u8::is_ascii_hexdigit)
            .count();
        let hex = inner.get(..digits).unwrap_or("");
        let is_closed = inner.get(digits..).is_some_and(|t| t.starts_with('}'));
        let found = u32::from_str_radix(hex, 16)
            .ok()
            .filter(|_| is_closed)
            .and_then(char::from_u32);
        if let Some(found) = found {
            out.push(found);
            return (digits + 4, None);
        }
        let length = 3 + digits + usize::from(is_closed);
        out.push_str(tail.get(..length).unwrap_or(""));
        return (length, Some(FaultKind::NotACharacter));
    }
    out.push('\\');
    out.push(c);
    (1 + c.len_utf8(), Some(FaultKind::UnknownEscape))
}
