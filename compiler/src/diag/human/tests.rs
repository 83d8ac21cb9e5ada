use super::*;
use crate::diag::{Base, Findings};
use crate::span::{SourceId, Sources, Span};
use std::sync::Arc;

const LOOK: Look = Look {
    colour: false,
    width: 100,
};

struct Texts(Sources);

impl Texts {
    fn new(files: &[(&str, &str)]) -> Self {
        let mut sources = Sources::default();
        for (path, text) in files {
            sources.add((*path).to_owned(), Arc::from(*text));
        }
        Self(sources)
    }

    fn span(&self, file: u32, needle: &str) -> Span {
        let source = SourceId(file);
        let at = self.0.get(source).unwrap().text.find(needle).unwrap();
        let start = u32::try_from(at).unwrap();
        Span {
            source,
            start,
            end: start + u32::try_from(needle.len()).unwrap(),
        }
    }

    fn render(self, finding: Finding) -> String {
        let mut findings = Findings::default();
        findings.push(finding);
        render([&Report::new(findings, self.0, Base::default())], LOOK)
    }
}

fn lines(text: &str) -> String {
    (1..=30)
        .map(|n| {
            if n == 14 {
                format!("{text}\n")
            } else {
                format!("line {n}\n")
            }
        })
        .collect()
}

#[test]
fn wish_and_bound_are_shown_each_with_its_own_lines() {
    let spec = lines("    allow linear delete_issue");
    let policy = lines("    permit linear get_issue");
    let texts = Texts::new(&[("agents/triage.kdl", &spec), ("policies/base.kdl", &policy)]);
    let finding = Finding::new(
        Code::UnknownNode,
        texts.span(0, "delete_issue"),
        "tool `linear.delete_issue` is not permitted for agent `triage`",
    )
    .label("requested here")
    .related(texts.span(1, "permit"), "this rule lists what is permitted")
    .help("remove it, or ask the owner of `policies/base.kdl`");
    let expected = "\
PA0201 error: tool `linear.delete_issue` is not permitted for agent `triage`
    ,-[agents/triage.kdl:14:18]
 13 | line 13
 14 |     allow linear delete_issue
    :                  ^^^^^^|^^^^^
    :                        `-- requested here
 15 | line 15
    `----
    ,-[policies/base.kdl:14:5]
 13 | line 13
 14 |     permit linear get_issue
    :     ^^^|^^
    :        `-- this rule lists what is permitted
 15 | line 15
    `----
  help: remove it, or ask the owner of `policies/base.kdl`

1 error
the reason and the fix: `pure-agent explain PA0201`
";
    assert_eq!(texts.render(finding), expected);
}

#[test]
fn nothing_in_a_source_acts_on_the_terminal() {
    let texts = Texts::new(&[(
        "a.kdl",
        "x \u{1b}]0;owned\u{7}\u{202e}evil \u{9b}2J bad y\n",
    )]);
    let finding = Finding::new(Code::Syntax, texts.span(0, "bad"), "odd \u{1b}[31mword")
        .label("\u{202e}label")
        .help("\u{1b}[2Jhelp");
    let text = texts.render(finding);
    assert!(
        !text
            .chars()
            .any(|c| c != '\n' && crate::diag::plain::is_hidden(c)),
        "{text:?}"
    );
    assert!(text.contains("x ?]0;owned??evil ?2J bad y"), "{text}");
    assert!(text.contains("[a.kdl:1:23]"), "{text}");
}

#[test]
fn columns_and_underlines_are_right_after_wide_characters() {
    let texts = Texts::new(&[("a.kdl", "日本 bad\n")]);
    let finding = Finding::new(Code::Syntax, texts.span(0, "bad"), "m");
    let text = texts.render(finding);
    // Two wide characters take four columns on the screen, but the column counts characters.
    assert!(
        text.contains(",-[a.kdl:1:4]\n 1 | 日本 bad\n   :      ^^^\n"),
        "{text}"
    );
}

#[test]
fn a_huge_line_is_shown_around_the_place() {
    let long = format!("{}bad{}\n", "é ".repeat(100_000), " x".repeat(100_000));
    let texts = Texts::new(&[("a.kdl", &long)]);
    let finding = Finding::new(Code::Syntax, texts.span(0, "bad"), "m").label("here");
    let text = texts.render(finding);
    assert!(text.contains("[a.kdl:1:200001]"), "{text}");
    let shown = text.lines().position(|l| l.contains("bad")).unwrap();
    let column = |line: &str, what: &str| line[..line.find(what).unwrap()].chars().count();
    let (source, under) = (
        text.lines().nth(shown).unwrap(),
        text.lines().nth(shown + 1).unwrap(),
    );
    assert_eq!(column(source, "bad"), column(under, "^|^"));
    assert!(source.chars().count() < 130 && source.contains("| ...") && source.ends_with("..."));
}

#[test]
fn places_at_the_edges_of_a_text_are_shown() {
    for text in ["", "\n", "x", "x\n"] {
        for at in 0..=u32::try_from(text.len()).unwrap() {
            let texts = Texts::new(&[("a.kdl", text)]);
            let span = Span {
                source: SourceId(0),
                start: at,
                end: at,
            };
            let out = texts.render(Finding::new(Code::Syntax, span, "m").label("here"));
            assert!(
                out.contains("a.kdl:") && !out.contains("Failed"),
                "{text:?} {at} {out}"
            );
        }
    }
}

#[test]
fn a_tall_place_is_underlined_in_its_first_line() {
    let tall = format!("a {{\n{}}}\n", "    b\n".repeat(400));
    let texts = Texts::new(&[("a.kdl", &tall)]);
    let whole = texts.span(0, &tall);
    let out = texts.render(Finding::new(Code::Syntax, whole, "m").label("here"));
    assert!(out.lines().count() < 15, "{out}");
}

#[test]
fn fifty_are_shown_and_all_are_counted() {
    let texts = Texts::new(&[("a.kdl", &"x\n".repeat(80))]);
    let mut findings = Findings::default();
    for n in 0..60_u32 {
        let span = Span {
            source: SourceId(0),
            start: n * 2,
            end: n * 2 + 1,
        };
        findings.push(Finding::new(Code::Syntax, span, format!("m{n}")));
    }
    let text = render([&Report::new(findings, texts.0, Base::default())], LOOK);
    assert_eq!(text.matches("PA0106 error").count(), CAP);
    assert!(
        text.contains("and 10 more") && text.contains("60 errors"),
        "{text}"
    );
}

#[test]
fn waived_findings_are_counted_apart() {
    let texts = Texts::new(&[("a.kdl", "x\n")]);
    let mut finding = Finding::new(Code::Syntax, texts.span(0, "x"), "m");
    finding.waived = Some("ours".to_owned());
    assert_eq!(texts.render(finding), "1 waived\n");
}

#[test]
fn long_text_is_broken_at_blanks_alone() {
    let texts = Texts::new(&[("a.kdl", "x\n")]);
    let message = format!(
        "{} pull-request-of-somebody",
        "many-words ".repeat(7).trim_end()
    );
    let place = texts.span(0, "x");
    let text = texts.render(Finding::new(Code::Syntax, place, message));
    assert!(text.contains("\n  | pull-request-of-somebody\n"), "{text}");
}
