//! `explain`: the page of a diagnostic code or of a node, for a terminal.

use crate::codes::Code;
use crate::nodes::{Count, Document, NodeDef, walk};
use crate::shape::{kind_word, nearest};
use std::fmt::Write as _;

/// The text about a code (`PA0402`) or a node (`agent/egress/http`, or a name on its own).
///
/// # Errors
/// What to type instead.
pub fn explain(what: &str) -> Result<String, String> {
    if let Some(code) = Code::parse(what) {
        return Ok(page(code));
    }
    if what == "patterns" {
        return Ok(format!("Patterns\n\n{}", patterns()));
    }
    let wanted = what.trim_matches('/');
    let all = walk();
    let named = |path: &str| path == wanted || path.rsplit('/').next() == Some(wanted);
    let exact = all.iter().filter(|(_, path, _)| path == wanted);
    let mut found: Vec<_> = exact.collect();
    if found.is_empty() {
        found = all
            .iter()
            .filter(|(_, path, _)| named(path) || path.ends_with(&format!("/{wanted}")))
            .collect();
    }
    if found.is_empty() {
        return Err(suggestion(wanted, all));
    }
    let mut seen: Vec<&NodeDef> = Vec::new();
    let mut out = String::new();
    for (document, path, def) in found {
        // `version` and `use` are one node in several documents.
        if seen.iter().any(|known| std::ptr::eq(*known, *def)) {
            continue;
        }
        seen.push(def);
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&node(*document, path, def));
    }
    Ok(out)
}

/// Every code and every node, a line each.
#[must_use]
pub fn list() -> String {
    let mut out = String::from("Codes:\n");
    for code in Code::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {}  {}", code.number(), code.title());
    }
    out.push_str("\nThe matcher of hosts, paths, images and names:\n  patterns\n");
    for document in Document::ALL {
        let _ = writeln!(out, "\nNodes of a {}:", document.word());
        for (_, path, def) in walk().iter().filter(|(d, ..)| *d == document) {
            let _ = writeln!(
                out,
                "  {path}{}  {}",
                pad(path, 28),
                first_sentence(def.doc)
            );
        }
    }
    out
}

/// The page about patterns: what the matcher says of itself.
pub(crate) fn patterns() -> String {
    let source = include_str!("values/pattern.rs");
    let head = source.lines().map_while(|line| line.strip_prefix("//!"));
    // From the first reference to code on, it speaks to readers of the code.
    let lines = head.take_while(|line| !line.contains("[`"));
    let mut out = String::new();
    for line in lines {
        out.push_str(line.strip_prefix(' ').unwrap_or(line));
        out.push('\n');
    }
    format!("{}\n", out.trim_end())
}

fn page(code: Code) -> String {
    let mut out = code.page().trim_end().to_owned();
    out.push('\n');
    out
}

fn suggestion(wanted: &str, all: &[(Document, String, &'static NodeDef)]) -> String {
    let codes = Code::ALL.iter().map(|c| c.number());
    let upper = wanted.to_uppercase();
    // `nearest` reads names in lower case; the digits of a code are what is mistyped.
    let code = codes.clone().find(|c| {
        upper.len() == c.len() && upper.bytes().zip(c.bytes()).filter(|(a, b)| a != b).count() == 1
    });
    if let (true, Some(code)) = (upper.starts_with("PA"), code) {
        return format!("did you mean `{code}`? `pure-agent explain` lists all");
    }
    if let Some(near) = nearest(wanted, all.iter().map(|(_, path, _)| path.as_str())) {
        return format!("did you mean `{near}`?");
    }
    let last = wanted.rsplit('/').next().unwrap_or(wanted);
    let names = all.iter().map(|(_, _, def)| def.name);
    match nearest(last, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`pure-agent explain` lists all codes and nodes".to_owned(),
    }
}

/// The text about one node.
fn node(document: Document, path: &str, def: &NodeDef) -> String {
    let mut out = format!("{path}  (in a {})\n\n", document.word());
    for line in wrap(def.doc, 76) {
        let _ = writeln!(out, "  {line}");
    }
    let _ = writeln!(out, "\n  {}", often(def.count));
    for (at, arg) in def.args.iter().enumerate() {
        if at == 0 {
            out.push_str("\n  Arguments:\n");
        }
        let more = def.rest && at + 1 == def.args.len();
        let note = match (arg.optional, more) {
            (true, _) => "; may be left out",
            (false, true) => "; may be repeated",
            (false, false) => "",
        };
        let _ = writeln!(
            out,
            "    {}{}{}{note}",
            arg.name,
            pad(arg.name, 14),
            kind_word(arg.kind)
        );
    }
    for (at, prop) in def.props.iter().enumerate() {
        if at == 0 {
            out.push_str("\n  Properties:\n");
        }
        let name = format!("{}=", prop.name);
        let note = if prop.optional {
            "may be left out"
        } else {
            "required"
        };
        let kind = kind_word(prop.kind);
        let _ = writeln!(
            out,
            "    {name}{}{kind}; {note}. {}",
            pad(&name, 14),
            prop.doc
        );
    }
    for (at, child) in def.children.iter().enumerate() {
        if at == 0 {
            out.push_str("\n  In its block:\n");
        }
        let required = match child.count {
            Count::One | Count::Some => " (required)",
            Count::Optional | Count::Many => "",
        };
        let doc = first_sentence(child.doc);
        let _ = writeln!(
            out,
            "    {}{}{doc}{required}",
            child.name,
            pad(child.name, 14)
        );
    }
    if !def.example.is_empty() {
        out.push_str("\n  Example:\n");
        for line in def.example.lines() {
            let _ = writeln!(out, "    {line}");
        }
    }
    out
}

/// How often a node may be written, as a sentence.
pub(crate) fn often(count: Count) -> &'static str {
    match count {
        Count::One => "Required, once.",
        Count::Optional => "At most once.",
        Count::Many => "Any number of times.",
        Count::Some => "Required, may be repeated.",
    }
}

/// The blanks that bring a name to a width, at least one.
fn pad(name: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(name.chars().count()).max(1))
}

fn first_sentence(text: &str) -> &str {
    match text.find(". ") {
        Some(end) => text.get(..=end).unwrap_or(text),
        None => text,
    }
}

/// Lines of at most so many characters, broken at blanks.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests;
