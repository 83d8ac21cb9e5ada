//! The language reference and the catalogue of codes, as Markdown: `compiler/REFERENCE.md`.

use crate::codes::Code;
use crate::diag::Severity;
use crate::explain::{often, patterns};
use crate::nodes::{ArgDef, Count, Document, NodeDef, PropDef, walk};
use crate::shape::kind_word;
use std::fmt::Write as _;

const HEAD: &str = "# Reference

Every node of the language and every diagnostic code. Made from the tables that the compiler itself
reads by; `GOLDEN=accept cargo test -p pure-agent-tests --test cli reference` writes this file again.
`pure-agent explain` shows each part on its own, and `pure-agent explain --schema spec` prints the JSON
Schema of a document.

A document is KDL 2. A node is a name, arguments, `name=value` properties and a block of further nodes.
A setting is a line of its own; a property only qualifies the argument of its node. What is not listed
here is an error.
";

/// The whole text.
#[must_use]
pub fn markdown() -> String {
    let mut out = HEAD.to_owned();
    for document in Document::ALL {
        // Writing to a string cannot fail.
        let _ = write!(out, "\n## {}\n\n{}\n", title(document), about(document));
        for (_, path, def) in walk().iter().filter(|(d, ..)| *d == document) {
            node(&mut out, path, def);
        }
    }
    let _ = write!(
        out,
        "\n## Patterns\n\n{}\n## JSON rendering\n\n{RENDERING}",
        patterns()
    );
    codes(&mut out);
    out
}

const RENDERING: &str = "For tools that speak JSON, a document is the list of its nodes, and a node is

```json
{ \"node\": \"http\", \"args\": [\"api.github.com\"], \"props\": {}, \"children\": [] }
```

`args`, `props` and `children` are left out where they are empty. `pure-agent explain --schema spec` (or
`policy`, `target`, `workspace`) prints the JSON Schema of this form. It says what this page says about
form; `pure-agent check` is the judge of everything else.
";

fn title(document: Document) -> &'static str {
    match document {
        Document::Spec => "Run specs",
        Document::Policy => "Policies",
        Document::Target => "Targets",
        Document::Workspace => "The workspace file",
    }
}

fn about(document: Document) -> &'static str {
    match document {
        Document::Spec => "What an author wishes. Whatever is not written is not allowed.",
        Document::Policy => {
            "What an owner permits. Where a policy is silent, nothing is permitted."
        }
        Document::Target => "Facts of a cluster.",
        Document::Workspace => {
            "`pure-agent.kdl` at the root of a repository says where what is kept."
        }
    }
}

fn node(out: &mut String, path: &str, def: &NodeDef) {
    // Writing to a string cannot fail.
    let _ = write!(out, "\n### `{path}`\n\n{} {}\n", def.doc, often(def.count));
    if !def.args.is_empty() || !def.props.is_empty() {
        out.push_str("\n| part | takes | |\n|---|---|---|\n");
    }
    for (at, arg) in def.args.iter().enumerate() {
        argument(out, arg, def.rest && at + 1 == def.args.len());
    }
    for prop in def.props {
        property(out, prop);
    }
    if !def.children.is_empty() {
        let names: Vec<String> = def.children.iter().map(|c| child(c)).collect();
        let _ = write!(out, "\nBlock: {}.\n", names.join(", "));
    }
    let _ = write!(out, "\n```kdl\n{}\n```\n", def.example);
}

fn child(def: &NodeDef) -> String {
    match def.count {
        Count::One | Count::Some => format!("**`{}`**", def.name),
        Count::Optional | Count::Many => format!("`{}`", def.name),
    }
}

fn argument(out: &mut String, arg: &ArgDef, repeats: bool) {
    let note = match (arg.optional, repeats) {
        (true, _) => "may be left out",
        (false, true) => "may be repeated",
        (false, false) => "",
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "| {} | {} | {note} |",
        arg.name,
        cell(&kind_word(arg.kind))
    );
}

fn property(out: &mut String, prop: &PropDef) {
    let note = if prop.optional { "" } else { " Required." };
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "| `{}=` | {} | {}{note} |",
        prop.name,
        cell(&kind_word(prop.kind)),
        cell(prop.doc)
    );
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn codes(out: &mut String) {
    out.push_str(
        "\n## Diagnostic codes\n\n`pure-agent explain CODE` shows the page of a code.\n\n",
    );
    out.push_str("| code | | |\n|---|---|---|\n");
    for code in Code::ALL {
        let severity = match code.severity() {
            Severity::Error => "",
            Severity::Warning => "warning",
        };
        let number = code.number();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| [{number}](src/codes/{number}.md) | {} | {severity} |",
            code.title()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::shape;
    use crate::span::{SourceId, Span};
    use crate::syntax::parse;

    /// The example within the blocks of its parents, and where it begins.
    fn in_place(document: Document, path: &str, example: &str) -> (String, usize) {
        let all = walk();
        let mut text = String::new();
        let parts: Vec<&str> = path.split('/').collect();
        for depth in 1..parts.len() {
            let parent = parts[..depth].join("/");
            let (.., def) = all
                .iter()
                .find(|(d, p, _)| *d == document && *p == parent)
                .unwrap();
            let head = def
                .example
                .lines()
                .next()
                .unwrap()
                .trim_end_matches(['{', ' ']);
            text.push_str(&format!("{head} {{\n"));
        }
        let start = text.len();
        text.push_str(example);
        text.push_str(&"\n}".repeat(parts.len() - 1));
        text.push('\n');
        (text, start)
    }

    #[test]
    fn every_example_is_right_where_its_node_belongs() {
        let mut wrong = Vec::new();
        for &(document, ref path, def) in walk() {
            let (text, start) = in_place(document, path, def.example);
            let (nodes, syntax) = parse(&text, SourceId(0));
            // What the document lacks is found behind it.
            let end = u32::try_from(text.len()).unwrap();
            let whole = Span {
                source: SourceId(0),
                start: end,
                end,
            };
            let (_, form) = shape(document, nodes, whole);
            let range = start..start + def.example.len();
            for finding in syntax.iter().chain(form.iter()) {
                // Parents lack what else they need; that is found before the example.
                let at = finding.span.map_or(0, |s| s.start as usize);
                if range.contains(&at) || !syntax.is_empty() {
                    wrong.push(format!("{} {path}: {}", document.word(), finding.message));
                }
            }
            assert!(
                !def.example.is_empty() && !def.example.contains('…'),
                "{path}"
            );
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_test_of_examples_finds_a_wrong_one() {
        let (text, start) = in_place(
            Document::Spec,
            "agent/egress/http",
            "http \"h.example.com\" {}",
        );
        let (nodes, _) = parse(&text, SourceId(0));
        let whole = Span {
            source: SourceId(0),
            start: 0,
            end: 0,
        };
        let (_, form) = shape(Document::Spec, nodes, whole);
        assert!(
            form.iter()
                .any(|f| f.span.is_some_and(|s| s.start as usize >= start))
        );
    }
}
