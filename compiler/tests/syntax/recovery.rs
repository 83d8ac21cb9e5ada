//! After a mistake the reader goes on: with the value as it was meant, the next value, line or
//! block. Several mistakes of one text are found in one run.

use pure_agent::span::{SourceId, Sources};
use pure_agent::syntax::tree::{Node, Value};
use pure_agent::syntax::{load, parse};

/// `line:column code` of every finding, in order.
fn places(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let document = load(&mut sources, "x.kdl", text.as_bytes());
    let mut findings = document.findings;
    findings.sort(&sources);
    let place = |s: pure_agent::span::Span| sources.line_col(s.source, s.start);
    let line = |f: &pure_agent::diag::Finding| {
        let at = place(f.span.unwrap());
        format!("{}:{} {}", at.line, at.column, f.code.number())
    };
    findings.iter().map(line).collect()
}

/// Names and values of the tree, on one line.
fn tree(text: &str) -> String {
    fn value(value: &Value) -> String {
        match value {
            Value::String(s) => s.clone(),
            Value::Int(i) => i.to_string(),
            other => format!("{other:?}"),
        }
    }
    fn nodes(list: &[Node]) -> String {
        let one = |n: &Node| {
            let mut out = n.name.value.clone();
            for a in &n.arguments {
                out += &format!(" {}", value(&a.value));
            }
            for p in &n.properties {
                out += &format!(" {}={}", p.name.value, value(&p.value.value));
            }
            match &n.children {
                Some(children) => out + " {" + &nodes(children) + "}",
                None => out,
            }
        };
        list.iter().map(one).collect::<Vec<_>>().join("; ")
    }
    nodes(&parse(text, SourceId(0)).0)
}

#[test]
fn all_mistakes_of_a_text_in_one_run() {
    let text = "\
version = 1
# a note
agent \"coder\" {
    image ghcr.io/dlddu/claude-agent:1
    about: \"Writes, reviews\"
    resources {
        memory 10Mi
        cpu \"1
        gpu true
    }
    egress {
        http 'api.github.com', \"x.example.com\"
        allow \"GET\" path: /repos/*
        allow \"\\d\" k== \"v\" l=
    }
    when 2026-01-01 (
    match [ \"a\", \"b\" ]
    last \"ok\" = 3
    ]
    done #yes
}
";
    assert_eq!(
        places(text),
        [
            "1:9 PA0107",
            "2:1 PA0107",
            "4:11 PA0107",
            "5:5 PA0107",
            "7:16 PA0107",
            "8:13 PA0105",
            "9:13 PA0107",
            "12:14 PA0107",
            "12:30 PA0107",
            "13:21 PA0107",
            "13:27 PA0107",
            "14:16 PA0106",
            "14:21 PA0107",
            "14:28 PA0107",
            "16:10 PA0107",
            "16:21 PA0106",
            "17:11 PA0107",
            "19:5 PA0106",
            "20:10 PA0107",
        ]
    );
    assert_eq!(
        tree(text),
        "version 1; agent coder {image ghcr.io/dlddu/claude-agent:1; about Writes, reviews; \
         resources {memory 10Mi; cpu 1; gpu Bool(true)}; \
         egress {http api.github.com x.example.com; allow GET path=/repos/*; allow \\d k=v}; \
         when 2026-01-01; match a b; last ok=3; done Bool(true)}"
    );
}

#[test]
fn indentation_tells_which_brace_is_missing() {
    for (text, want, read) in [
        (
            "a {\n    b {\n        c\n}\nd {\n    e\n}\n",
            "2:7 PA0105",
            "a {b {c}}; d {e}",
        ),
        ("a {\n    b\nc {\n    d\n}\n", "1:3 PA0105", "a {b}; c {d}"),
        (
            "a {\n    b\n    }\n    c\n}\nd\n",
            "3:5 PA0105",
            "a {b; c}; d",
        ),
        (
            "a {\n    b {\n        }\n    }\n    c\n}\nd\n",
            "3:9 PA0105",
            "a {b {}; c}; d",
        ),
        ("a {\n    b\n", "1:3 PA0105", "a {b}"),
        ("a { b { c }\nd\n", "1:3 PA0105", "a {b {c}}; d"),
        ("a }\nb\n", "1:3 PA0105", "a; b"),
        ("a \"x {\n    b\n}\nc\n", "1:3 PA0105", "a x {b}; c"),
        ("a /* x {\nb\n", "1:3 PA0105", "a; b"),
        ("a {\n b \"\"\"\n  x\n}\n", "2:4 PA0105", "a {b \n  x\n}\n}"),
        // Braces match, however the lines are indented.
        ("a {\nb {\n  c\n}\n    }\n", "", "a {b {c}}"),
    ] {
        assert_eq!(places(text).join(" "), want, "{text:?}");
        assert_eq!(tree(text), read, "{text:?}");
    }
}

#[test]
fn spans_of_a_source_with_crlf_and_mark_are_those_of_the_text() {
    let mut sources = Sources::default();
    let plain = load(&mut sources, "a", b"a {\n  b 1 k=\"x\"\n}\n");
    let other = load(
        &mut sources,
        "b",
        b"\xef\xbb\xbfa {\r\n  b 1 k=\"x\"\r\n}\r\n",
    );
    assert_eq!(
        sources.get(plain.source).unwrap().text,
        sources.get(other.source).unwrap().text
    );
    let under = |document: &pure_agent::syntax::Document| {
        let node = &document.nodes[0].children.as_ref().unwrap()[0];
        let property = &node.properties[0];
        [
            node.name.span,
            node.arguments[0].span,
            property.name.span,
            property.value.span,
            node.head,
        ]
        .map(|s| sources.snippet(s).to_owned())
    };
    assert_eq!(under(&plain), ["b", "1", "k", "\"x\"", "b 1 k=\"x\""]);
    assert_eq!(under(&plain), under(&other));
}
