//! Hostile texts: each is read or refused soon, without exhausting the stack.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use pure_agent::diag::Findings;
use pure_agent::fmt::format;
use pure_agent::span::{SourceId, Sources};
use pure_agent::syntax::{BUDGET, DEPTH, MAX_FILE, load, parse, read};

use crate::dice::{Dice, runs};

/// Debug builds on a loaded machine are slow; a quadratic or exponential reader is far slower.
const PATIENCE: Duration = Duration::from_secs(10);

fn timed(what: &str, text: &str) -> Findings {
    let start = Instant::now();
    let (_, findings) = parse(text, SourceId(0));
    let spent = start.elapsed();
    assert!(spent < PATIENCE, "{what} took {spent:?}");
    for finding in findings.iter() {
        let span = finding.span.expect("a place");
        assert!(
            text.get(span.start as usize..span.end as usize).is_some(),
            "{what}: {finding:?}"
        );
    }
    assert!(findings.iter().count() <= 101, "{what}");
    findings
}

fn has(findings: &Findings, code: &str) -> bool {
    findings.iter().any(|f| f.code.number() == code)
}

#[test]
fn nesting_is_refused_at_the_first_block_too_deep() {
    for depth in [DEPTH, DEPTH + 1, 2_000, 400_000] {
        let text = format!("{}{}", "a {".repeat(depth), "}".repeat(depth));
        let findings = timed("nesting", &text);
        let places: Vec<_> = findings
            .iter()
            .map(|f| (f.code.number(), f.span.unwrap().start))
            .collect();
        let want = (depth > DEPTH).then_some(("PA0104", DEPTH as u32 * 3 + 2));
        assert_eq!(places, Vec::from_iter(want), "{depth}");
    }
}

#[test]
fn slashdash_costs_nothing_at_any_depth() {
    let text = format!("{}{}", "a /-{".repeat(60), "}".repeat(60));
    assert!(timed("nested marks", &text).is_empty());
    let text = format!("{}{}", "a /-{".repeat(100_000), "}".repeat(100_000));
    assert!(has(&timed("deep marks", &text), "PA0104"));
    assert!(has(
        &timed("open marks", &"a /-{".repeat(100_000)),
        "PA0104"
    ));
    assert!(has(&timed("marks", &"/-".repeat(100_000)), "PA0106"));
    assert!(timed("marked nodes", &"/-a\n".repeat(100_000)).is_empty());
    assert!(timed("marked values", &format!("a{}", " /-1".repeat(100_000))).is_empty());
}

#[test]
fn repeated_pieces_are_linear() {
    let count = 99_999;
    let mut wrong = Vec::new();
    for (piece, code) in [
        ("{", "PA0106"),
        ("}", "PA0105"),
        ("{}", "PA0106"),
        ("(t)", "PA0106"),
        ("(", "PA0106"),
        ("/*", "PA0105"),
        ("/* ", "PA0105"),
        ("\n/*", "PA0105"),
        ("\\ /*", "PA0106"),
        ("\\", "PA0106"),
        ("a\\", "PA0107"),
        ("\\ ", "PA0106"),
        ("\"", "PA0106"),
        ("#\"", "PA0106"),
        ("##\"#", "PA0106"),
        ("\"\"\"", "PA0106"),
        ("\"\"\"\n", "PA0105"),
        ("'a ", "PA0107"),
        ("“a ", "PA0107"),
        ("${a", "PA0104"),
        ("a/{a", "PA0107"),
        ("a=", "PA0107"),
        ("=", "PA0106"),
        ("a: ", "PA0107"),
        ("a, ", "PA0107"),
        ("[", "PA0106"),
        ("a [", "PA0107"),
        ("# ", "PA0107"),
        (";", "PA0106"),
        ("a \"\\d\"\n", "PA0106"),
    ] {
        let findings = timed(piece, &piece.repeat(count));
        assert!(!findings.is_empty(), "{piece:?}");
        let behind = timed(piece, &format!("a {}", piece.repeat(count)));
        let codes = |list: &Findings| {
            list.iter()
                .map(|f| f.code.number())
                .collect::<BTreeSet<_>>()
        };
        let (alone, behind) = (codes(&findings), codes(&behind));
        if !alone.contains(code) && !behind.contains(code) {
            wrong.push((piece, alone, behind));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    for piece in [
        "/**/", "a\n", "a;", "a /*c*/ ", "a{}\n", "a\\\n", " ", "\n", "//\n", "x=1 ", "\"\"\n",
    ] {
        assert!(
            timed(piece, &format!("a {}", piece.repeat(count))).is_empty(),
            "{piece:?}"
        );
    }
}

#[test]
fn comments_are_refused_by_depth_without_recursion() {
    for (depth, code) in [(16, None), (17, Some("PA0104")), (400_000, Some("PA0104"))] {
        let text = format!("a {}{}", "/*".repeat(depth), "*/".repeat(depth));
        let codes: Vec<_> = timed("comments", &text)
            .iter()
            .map(|f| f.code.number())
            .collect();
        assert_eq!(codes, Vec::from_iter(code), "{depth}");
    }
}

#[test]
fn values_of_odd_form_have_a_budget() {
    let text = format!("a {}", "-x ".repeat(BUDGET / 60));
    let findings = timed("odd words", &text);
    let codes: Vec<_> = findings.iter().map(|f| f.code.number()).collect();
    assert_eq!(codes, ["PA0108"]);
    let text = format!("a \"\"\"\n{}\n\"\"\"", "x \\\n ".repeat(BUDGET / 4));
    let codes: Vec<_> = timed("odd string", &text)
        .iter()
        .map(|f| f.code.number())
        .collect();
    assert_eq!(codes, ["PA0108"]);
}

#[test]
fn large_files() {
    assert!(
        timed(
            "100,000 nodes",
            &"agent \"a\" {\n    image \"x\"\n}\n".repeat(100_000)
        )
        .is_empty()
    );
    let mut sources = Sources::default();
    let document = load(&mut sources, "big.kdl", &vec![b'a'; 10 * 1024 * 1024]);
    let codes: Vec<_> = document.findings.iter().map(|f| f.code.number()).collect();
    assert_eq!((codes, document.nodes.len()), (vec!["PA0102"], 0));
    assert!(read(&vec![b'a'; MAX_FILE]).is_readable());
    assert!(!read(&vec![b'a'; MAX_FILE + 1]).is_readable());
}

#[test]
fn bytes_that_are_no_text() {
    let mut sources = Sources::default();
    let mut codes = |bytes: &[u8]| -> Vec<(&'static str, u32)> {
        let document = load(&mut sources, "x.kdl", bytes);
        document
            .findings
            .iter()
            .map(|f| (f.code.number(), f.span.unwrap().start))
            .collect()
    };
    assert_eq!(codes(b"a\r\nb \xff\xff"), [("PA0101", 4)]);
    assert_eq!(codes(b"\xef\xbb\xbfa\r\nb\r\n"), []);
    assert_eq!(codes(b"a \xef\xbb\xbf1"), [("PA0103", 2)]);
    assert_eq!(codes(b"a\rb"), [("PA0103", 1)]);
    assert_eq!(codes(b"a \"\0\""), [("PA0103", 3)]);
    assert_eq!(codes("// \u{202e}".as_bytes()), [("PA0103", 3)]);
    assert_eq!(
        codes("a \"x\u{200b}\" \u{7f}1".as_bytes()),
        [("PA0103", 4), ("PA0103", 9)]
    );
    assert_eq!(codes("a \"\u{e0041}\u{85}\u{2028}\"".as_bytes()).len(), 3);
    assert_eq!(codes("a \"❤\u{fe0f} 日本 é\u{a0}\"".as_bytes()), []);
    assert_eq!(codes(&[0; 100_000]).len(), 21);
    assert_eq!(read(b"a\r\nb").text, "a\nb");
}

/// Random bytes and spoilt texts: no panic, and no text that the formatter breaks.
#[test]
fn anything_goes_in() {
    let pieces = [
        "a", "{", "}", "\"", "\"\"\"", "\n", " ", "#", "/*", "*/", "//", "/-", "\\", "=", ";", "(",
        ")", "1", "é", "'", "“", "${", "[", "]", ":", ",", "\u{a0}", "\u{0}", "\u{2028}", "-",
        "true",
    ];
    for seed in 1..=runs() {
        let mut dice = Dice::new(seed);
        let text: String = (0..dice.roll(40)).map(|_| dice.pick(&pieces)).collect();
        let (_, findings) = parse(&text, SourceId(0));
        if let Ok(once) = format(&text, SourceId(0)) {
            assert!(findings.is_empty());
            assert_eq!(
                format(&once, SourceId(0)).ok().as_deref(),
                Some(once.as_str()),
                "{text:?}"
            );
        }
        let document = dice.document();
        let spoilt = dice.spoil(&document);
        timed("spoilt", &spoilt);
    }
}
