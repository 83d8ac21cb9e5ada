//! Canonical JSON (RFC 8785) and a pretty form of it.
//!
//! Digests are taken over the canonical form alone. It goes into the hash in pieces, so an object of any
//! size costs no second copy.

use crate::value::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Where text is written to: a `String`, or a hash.
pub trait Sink {
    /// Takes the next piece.
    fn put(&mut self, text: &str);
}

impl Sink for String {
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// A hash that takes text in larger pieces: taking each quote and comma by itself costs more than the
/// hashing.
struct Hash {
    hash: Sha256,
    waiting: String,
}

/// Most bytes that wait to be hashed.
const PIECE: usize = 4096;

impl Hash {
    fn new() -> Self {
        Self {
            hash: Sha256::new(),
            waiting: String::with_capacity(PIECE),
        }
    }

    fn hex(mut self) -> String {
        self.hash.update(self.waiting.as_bytes());
        hex(&self.hash.finalize())
    }
}

impl Sink for Hash {
    fn put(&mut self, text: &str) {
        if self.waiting.len() + text.len() > PIECE {
            self.hash.update(self.waiting.as_bytes());
            self.waiting.clear();
        }
        if text.len() > PIECE {
            self.hash.update(text.as_bytes());
        } else {
            self.waiting.push_str(text);
        }
    }
}

/// Writes a value as canonical JSON.
pub fn write(value: &Value, out: &mut impl Sink) {
    match value {
        Value::List(list) => {
            let mut before = "[";
            for item in list {
                out.put(before);
                write(item, out);
                before = ",";
            }
            out.put(if list.is_empty() { "[]" } else { "]" });
        }
        Value::Map(map) => write_entries(map.iter(), out),
        scalar => write_scalar(scalar, out),
    }
}

fn write_entries<'a>(
    entries: impl ExactSizeIterator<Item = (&'a str, &'a Value)>,
    out: &mut impl Sink,
) {
    let empty = entries.len() == 0;
    let mut before = "{";
    for (key, item) in entries {
        out.put(before);
        quote(key, out);
        out.put(":");
        write(item, out);
        before = ",";
    }
    out.put(if empty { "{}" } else { "}" });
}

/// The canonical JSON text of a value.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// The SHA-256 of a value's canonical JSON, as 64 lower-case hex digits.
#[must_use]
pub fn sha256_hex(value: &Value) -> String {
    let mut hash = Hash::new();
    write(value, &mut hash);
    hash.hex()
}

/// Like [`sha256_hex`] of a map in which the value of one of its keys is another.
#[must_use]
pub fn sha256_hex_with(map: &Map, key: &str, instead: &Value) -> String {
    let mut hash = Hash::new();
    let swapped = map
        .iter()
        .map(|(k, value)| (k, if k == key { instead } else { value }));
    write_entries(swapped, &mut hash);
    hash.hex()
}

/// The SHA-256 of bytes, as 64 lower-case hex digits.
#[must_use]
pub fn sha256_hex_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The value as JSON for people: two spaces, keys in canonical order, a newline at the end.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write_pretty(value, 0, &mut out);
    out.push('\n');
    out
}

fn write_scalar(value: &Value, out: &mut impl Sink) {
    match value {
        Value::Bool(true) => out.put("true"),
        Value::Bool(false) => out.put("false"),
        Value::Int(number) => out.put(&number.to_string()),
        Value::Str(text) => quote(text, out),
        Value::Null | Value::List(_) | Value::Map(_) => out.put("null"),
    }
}

/// A JSON string: only what must be escaped is, in the form that RFC 8785 names.
fn quote(text: &str, out: &mut impl Sink) {
    out.put("\"");
    let mut rest = text;
    while let Some(at) = first(rest, special) {
        let (plain, from) = rest.split_at(at);
        let (special, after) = from.split_at(1);
        out.put(plain);
        match special.as_bytes().first() {
            Some(b'"') => out.put("\\\""),
            Some(b'\\') => out.put("\\\\"),
            Some(b'\n') => out.put("\\n"),
            Some(b'\r') => out.put("\\r"),
            Some(b'\t') => out.put("\\t"),
            Some(0x08) => out.put("\\b"),
            Some(0x0C) => out.put("\\f"),
            byte => out.put(&format!("\\u{:04x}", byte.copied().unwrap_or(0))),
        }
        rest = after;
    }
    out.put(rest);
    out.put("\"");
}

fn special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// Where the first byte stands that `is` holds for. Whole blocks are looked at without a branch per byte,
/// which the compiler turns into wide instructions.
pub(crate) fn first(text: &str, is: impl Fn(u8) -> bool) -> Option<usize> {
    const BLOCK: usize = 32;
    let mut start = 0;
    for block in text.as_bytes().chunks(BLOCK) {
        let found = block.len() < BLOCK || block.iter().fold(false, |any, byte| any | is(*byte));
        if found && let Some(at) = block.iter().position(|byte| is(*byte)) {
            return Some(start + at);
        }
        start += block.len();
    }
    None
}

fn write_pretty(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::List(list) if !list.is_empty() => {
            let mut before = "[";
            for item in list {
                out.push_str(before);
                new_line(depth + 1, out);
                write_pretty(item, depth + 1, out);
                before = ",";
            }
            new_line(depth, out);
            out.push(']');
        }
        Value::Map(map) if !map.is_empty() => {
            let mut before = "{";
            for (key, item) in map.iter() {
                out.push_str(before);
                new_line(depth + 1, out);
                quote(key, out);
                out.push_str(": ");
                write_pretty(item, depth + 1, out);
                before = ",";
            }
            new_line(depth, out);
            out.push('}');
        }
        other => write(other, out),
    }
}

fn new_line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| {
            DIGITS
                .get(usize::from(nibble))
                .map(|digit| char::from(*digit))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{list, object};

    #[test]
    fn canonical_text_is_exact() {
        let value = object! {
            "b" => list![1, -2, true, false, Value::Null, list![], object! {}],
            "a" => "\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f}\"\\/\u{7f}é\u{2028}\u{1f600}",
        };
        let expected = concat!(
            r#"{"a":"\u0000\b\t\n\u000b\f\r\u001f\"\\/"#,
            "\u{7f}é\u{2028}\u{1f600}",
            r#"","b":[1,-2,true,false,null,[],{}]}"#
        );
        assert_eq!(canonical(&value), expected);
    }

    #[test]
    fn a_digest_is_that_of_the_canonical_text() {
        let value = object! { "a" => list!["x", 1] };
        assert_eq!(
            sha256_hex(&value),
            sha256_hex_bytes(canonical(&value).as_bytes())
        );
        assert_eq!(
            sha256_hex_bytes(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn pretty_reads_back_as_the_same_data() {
        let value =
            object! { "b" => list![object! { "c" => 1 }, list![], list![2]], "a" => "x\ny" };
        let text = pretty(&value);
        assert!(
            text.starts_with("{\n  \"a\": \"x\\ny\",\n  \"b\": [\n    {\n      \"c\": 1\n"),
            "{text}"
        );
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back, serde_json::to_value(&value).unwrap());
    }
}
