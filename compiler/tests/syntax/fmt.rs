//! The formatter: the layout, and that it never changes what is read.

use pure_agent::fmt::format;
use pure_agent::span::SourceId;
use pure_agent::syntax::lexer::{Kind, Lexer};
use pure_agent::syntax::parse;
use pure_agent::syntax::tree::Node;

use crate::dice::{Dice, runs};

fn formatted(text: &str) -> String {
    format(text, SourceId(0)).unwrap_or_else(|f| panic!("{text:?}: {f:?}"))
}

/// The tree without places.
fn tree(text: &str) -> String {
    fn nodes(list: &[Node], out: &mut String) {
        for node in list {
            out.push_str(&format!("{:?}", node.name.value));
            for a in &node.arguments {
                out.push_str(&format!(" {:?}", a.value));
            }
            for p in &node.properties {
                out.push_str(&format!(" {:?}={:?}", p.name.value, p.value.value));
            }
            out.push_str(&format!(" {}", node.annotations.len()));
            if let Some(children) = &node.children {
                out.push('{');
                nodes(children, out);
                out.push('}');
            }
            out.push(';');
        }
    }
    let (list, findings) = parse(text, SourceId(0));
    assert!(findings.is_empty(), "{text:?}: {findings:?}");
    let mut out = String::new();
    nodes(&list, &mut out);
    out
}

/// Every comment, without blanks at the ends of lines, also those in continuations.
fn comments(text: &str) -> Vec<String> {
    let mut lexer = Lexer::new(text);
    let mut list = Vec::new();
    loop {
        let token = lexer.next_token();
        let written = &text[token.start..token.end];
        match token.kind {
            Kind::End => return list,
            Kind::LineComment | Kind::BlockComment => {
                list.push(
                    written
                        .lines()
                        .map(str::trim_end)
                        .collect::<Vec<_>>()
                        .join("\n"),
                );
            }
            Kind::Continuation => list.extend(comments(&written[1..])),
            _ => {}
        }
    }
}

fn holds(text: &str) {
    let once = formatted(text);
    assert_eq!(tree(text), tree(&once), "{text:?} became {once:?}");
    assert_eq!(comments(text), comments(&once), "{text:?} became {once:?}");
    let twice = formatted(&once);
    assert_eq!(once, twice, "{text:?}");
}

#[test]
fn random_texts_keep_tree_and_comments_and_settle_at_once() {
    let mut formatted = 0;
    for seed in 1..=runs() {
        let text = Dice::new(seed).document();
        if parse(&text, SourceId(0)).1.is_empty() {
            holds(&text);
            formatted += 1;
        }
    }
    assert!(formatted * 3 > runs());
}

#[test]
fn layout() {
    for (from, to) in [
        ("", ""),
        ("\n\n", ""),
        ("a", "a\n"),
        ("\n\n  a   1\tk = 2 ;b", "a 1 k=2\nb\n"),
        ("a{b;c{}}", "a {\n    b\n    c {}\n}\n"),
        (
            "a {\n\n\n b\n\n\n\n c\n\n}\n\n\nd",
            "a {\n    b\n\n    c\n}\n\nd\n",
        ),
        ("a // c  \n", "a // c\n"),
        ("a { // c\n b\n} // d\n", "a { // c\n    b\n} // d\n"),
        ("// one\n\n\n// two\na", "// one\n\n// two\na\n"),
        ("a {\n// in\n}", "a {\n    // in\n}\n"),
        ("/* c */ a /* d */ 1", "/* c */ a /* d */ 1\n"),
        ("a; /* d */ b", "a /* d */\nb\n"),
        ("/-\n a {\nb }", "/-a {\n    b\n}\n"),
        ("a /- 1 /-  {\n}", "a /-1 /-{}\n"),
        ("a \\\n 1 \\\n\n", "a \\\n    1\n"),
        ("a \\ // c\n 1", "a \\ // c\n    1\n"),
        ("a 1 \\ // c\n", "a 1 // c\n"),
        ("( t ) a ( u ) 1", "(t)a (u)1\n"),
        (
            "a {\nb \"\"\"\n  x\n    y\n\n  \"\"\"\n}",
            "a {\n    b \"\"\"\n        x\n          y\n\n        \"\"\"\n}\n",
        ),
        (
            "a #\"\"\"\nx \\\n\"\"\"#",
            "a #\"\"\"\n    x \\\n    \"\"\"#\n",
        ),
        (
            "a \"\"\"\n x \\\n  y\n \"\"\"",
            "a \"\"\"\n x \\\n  y\n \"\"\"\n",
        ),
    ] {
        assert_eq!(formatted(from), to, "{from:?}");
        holds(from);
    }
}

#[test]
fn text_with_mistakes_is_not_formatted() {
    for text in [
        "a 30m",
        "a {",
        "}",
        "a \"x",
        "a /* x",
        "a \u{0}",
        "// \u{202e}",
        "a\rb",
    ] {
        let findings = format(text, SourceId(0)).expect_err(text);
        assert!(findings.has_errors(), "{text}");
    }
}

#[test]
fn line_ends_and_mark_are_made_one_way() {
    assert_eq!(formatted("\u{feff}a 1\r\n\r\n\r\nb\r\n"), "a 1\n\nb\n");
}
