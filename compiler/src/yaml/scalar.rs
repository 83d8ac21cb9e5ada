//! How a string is written, and why no reader can take it for something else.

use crate::json::first;

/// The three forms of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As it is.
    Plain,
    /// In double quotes, with escapes.
    Quoted,
    /// As a literal block of lines.
    Block,
}

/// Words that some reader takes for a truth value, nothing, or a number (compared in lower case).
const WORDS: [&str; 17] = [
    "y",
    "n",
    "yes",
    "no",
    "on",
    "off",
    "true",
    "false",
    "t",
    "f",
    "null",
    "nil",
    "none",
    "nan",
    "inf",
    "infinity",
    "undefined",
];

/// Longer than any of [`WORDS`].
const LONGEST_WORD: usize = 9;

/// The form of a string as a value.
pub(super) fn style(text: &str) -> Style {
    if plain_value(text) {
        Style::Plain
    } else if block(text) {
        Style::Block
    } else {
        Style::Quoted
    }
}

/// Whether a key may stand plain: a letter first, then letters, digits, `_`, `-`, `.`, `/`.
pub(super) fn plain_key(key: &str) -> bool {
    let bytes = key.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(b))
        && !word(key)
}

/// Whether a value may stand plain.
///
/// It starts with a letter or `/`, so it is no number, date, indicator or merge key. Colons are
/// followed by more text, blanks are single and inside, `#`, quotes and brackets do not occur.
fn plain_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    let first = bytes
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'/');
    let last = bytes
        .last()
        .is_some_and(|b| b.is_ascii_alphanumeric() || b"/-_.)".contains(b));
    first
        && last
        && bytes.iter().all(|b| PLAIN[usize::from(*b)])
        && !gap(bytes)
        && !word(text)
        && !digest(bytes)
}

/// Whether a digest, or 16 digits of one, comes first. Some of them could be numbers; quoting all of
/// them keeps the form of a line when only its digest changes.
fn digest(bytes: &[u8]) -> bool {
    bytes
        .get(..16)
        .is_some_and(|head| head.iter().all(u8::is_ascii_hexdigit))
}

/// A blank after a colon or after a blank.
fn gap(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .zip(bytes.iter().skip(1))
        .any(|(a, b)| *b == b' ' && matches!(a, b':' | b' '))
}

/// Bytes of a plain value, by byte.
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let allowed = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@+ ,()=";
    let mut at = 0;
    while at < allowed.len() {
        table[allowed[at] as usize] = true;
        at += 1;
    }
    table
};

fn word(text: &str) -> bool {
    text.len() <= LONGEST_WORD && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether text may stand as a literal block.
///
/// The first line is neither blank nor indented (so the readers find the same indentation), no line
/// ends in a blank or is indented with a tab, at most one newline ends the text, and every character
/// is one that all readers and people see as it is.
fn block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    text.contains('\n')
        && !body.starts_with([' ', '\n'])
        && body.split('\n').all(block_line)
        && !body.ends_with('\n')
        && !body.is_empty()
}

fn block_line(line: &str) -> bool {
    let ascii = first(line, |b| !(b' '..=b'~').contains(&b) & (b != b'\t')).is_none();
    (ascii || line.chars().all(|c| c == '\t' || shown(c)))
        && !line.ends_with([' ', '\t'])
        && !line.trim_start_matches(' ').starts_with('\t')
}

/// Whether a character stands for itself: readers accept it and people see it.
///
/// Not shown are controls, other newlines, characters without width or that turn the direction of
/// text, private and unassigned planes, and the byte order mark.
fn shown(c: char) -> bool {
    match u32::from(c) {
        0x20..=0x7E => true,
        0x00..=0xA0 | 0xAD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 => false,
        0x180B..=0x180F | 0x2000..=0x200F | 0x2028..=0x202F | 0x205F..=0x206F => false,
        0x3000 | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 => false,
        0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFFF0..=0xFFFF => false,
        0x1D173..=0x1D17A => false,
        other => other < 0x3_0000 && other & 0xFFFE != 0xFFFE,
    }
}

/// Appends text in double quotes.
pub(super) fn push_quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = first(rest, |b| {
        !(b' '..=b'~').contains(&b) | (b == b'"') | (b == b'\\')
    }) {
        let (plain, from) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = from.chars();
        if let Some(c) = chars.next() {
            push_char(c, out);
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn push_char(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        _ if shown(c) => out.push(c),
        _ => match u32::from(c) {
            code @ 0..=0xFF => out.push_str(&format!("\\x{code:02X}")),
            code @ 0x100..=0xFFFF => out.push_str(&format!("\\u{code:04X}")),
            code => out.push_str(&format!("\\U{code:08X}")),
        },
    }
}
