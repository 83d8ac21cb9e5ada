//! Block-style YAML that every reader takes for the same data.
//!
//! Go's reader in `kubectl` and Argo (YAML 1.1), `PyYAML` and Rust's serde readers disagree about plain
//! words (`no`, `1_000`, `0o7`, `<<`) and about tabs and blanks in block text. So a string stands plain
//! only when it cannot be anything else, text of several lines stands as a literal block only when
//! nothing in it is read in two ways, and all else is double-quoted.

mod scalar;

use crate::value::{Map, Value};
use scalar::{Style, push_quoted, style};

/// A key longer than this is written with `?`: readers look back 1,024 characters at most for the
/// start of a key.
const LONGEST_SIMPLE_KEY: usize = 512;

/// One document: a newline at the end, no `---`.
#[must_use]
pub fn document(value: &Value) -> String {
    // Most objects and manifests fit.
    let mut out = String::with_capacity(4096);
    write(value, &mut out);
    out
}

/// Several documents with `---` between them.
pub fn stream<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let mut out = String::new();
    for value in values {
        if !out.is_empty() {
            out.push_str("---\n");
        }
        write(value, &mut out);
    }
    out
}

/// Appends one document.
pub fn write(value: &Value, out: &mut String) {
    match value {
        Value::Map(map) if !map.is_empty() => write_map(map, 0, false, out),
        Value::List(list) if !list.is_empty() => write_list(list, 0, false, out),
        // A literal block at the root could hold a line `---`.
        Value::Str(text) => {
            push_quoted(text, out);
            out.push('\n');
        }
        other => write_leaf(other, 0, out),
    }
}

/// `inline`: the first key goes where the cursor is (after `- `).
fn write_map(map: &Map, depth: usize, inline: bool, out: &mut String) {
    let mut inline = inline;
    for (key, value) in map.iter() {
        if !inline {
            indent(depth, out);
        }
        inline = false;
        write_key(key, depth, out);
        match value {
            Value::Map(inner) if !inner.is_empty() => {
                out.push('\n');
                write_map(inner, depth + 1, false, out);
            }
            Value::List(list) if !list.is_empty() => {
                out.push('\n');
                write_list(list, depth, false, out);
            }
            leaf => {
                out.push(' ');
                write_leaf(leaf, depth + 1, out);
            }
        }
    }
}

fn write_list(list: &[Value], depth: usize, inline: bool, out: &mut String) {
    let mut inline = inline;
    for item in list {
        if !inline {
            indent(depth, out);
        }
        inline = false;
        out.push_str("- ");
        match item {
            Value::Map(inner) if !inner.is_empty() => write_map(inner, depth + 1, true, out),
            Value::List(inner) if !inner.is_empty() => write_list(inner, depth + 1, true, out),
            leaf => write_leaf(leaf, depth + 1, out),
        }
    }
}

fn write_key(key: &str, depth: usize, out: &mut String) {
    let start = out.len();
    if scalar::plain_key(key) {
        out.push_str(key);
    } else {
        push_quoted(key, out);
    }
    if out.len() - start > LONGEST_SIMPLE_KEY {
        out.insert_str(start, "? ");
        out.push('\n');
        indent(depth, out);
    }
    out.push(':');
}

/// A scalar or an empty collection, and the end of its line.
fn write_leaf(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Str(text) => return write_text(text, depth, out),
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
    }
    out.push('\n');
}

fn write_text(text: &str, depth: usize, out: &mut String) {
    match style(text) {
        Style::Plain => out.push_str(text),
        Style::Quoted => push_quoted(text, out),
        Style::Block => return write_block(text, depth, out),
    }
    out.push('\n');
}

/// A literal block, which ends in one newline (`|`) or in none (`|-`).
fn write_block(text: &str, depth: usize, out: &mut String) {
    let body = text.strip_suffix('\n');
    out.push_str(if body.is_some() { "|\n" } else { "|-\n" });
    for line in body.unwrap_or(text).split('\n') {
        if !line.is_empty() {
            indent(depth, out);
            out.push_str(line);
        }
        out.push('\n');
    }
}

fn indent(depth: usize, out: &mut String) {
    const BLANKS: &str = "                ";
    let width = depth * 2;
    match BLANKS.get(..width) {
        Some(blanks) => out.push_str(blanks),
        None => out.extend(std::iter::repeat_n(' ', width)),
    }
}

#[cfg(test)]
mod tests;
