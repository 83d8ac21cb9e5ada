//! Mistakes in KDL: each is found once, at its place, and the rest of the text is still read.

use pure_agent::diag::Finding;
use pure_agent::span::SourceId;
use pure_agent::syntax::parse;
use pure_agent::syntax::tree::Node;

fn read(text: &str) -> (Vec<Node>, Vec<Finding>) {
    let (nodes, findings) = parse(text, SourceId(0));
    let mut list: Vec<Finding> = findings.iter().cloned().collect();
    list.sort_by_key(|f| f.span.map(|s| s.start));
    (nodes, list)
}

/// Code and underlined text of every finding.
fn found(text: &str) -> Vec<(&'static str, String)> {
    let (_, list) = read(text);
    let under = |f: &Finding| {
        let span = f.span.unwrap();
        text[span.start as usize..span.end as usize].to_owned()
    };
    list.iter().map(|f| (f.code.number(), under(f))).collect()
}

/// The text after all fixes.
fn fixed(text: &str) -> String {
    let (_, list) = read(text);
    let mut text = text.to_owned();
    for finding in list.iter().rev() {
        let fix = finding.fix.as_ref().expect("a fix");
        text.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.text);
    }
    text
}

#[test]
fn one_mistake_gives_one_finding_and_its_fix_removes_it() {
    for (wrong, code, under, right) in [
        ("a true", "PA0107", "true", "a #true"),
        ("a k=false", "PA0107", "false", "a k=#false"),
        ("a null b", "PA0107", "null", "a #null b"),
        ("a 30m", "PA0107", "30m", "a \"30m\""),
        ("a 10Mi", "PA0107", "10Mi", "a \"10Mi\""),
        ("a k=10Mi", "PA0107", "10Mi", "a k=\"10Mi\""),
        ("a 2026-01-01", "PA0107", "2026-01-01", "a \"2026-01-01\""),
        (
            "a ghcr.io/x/y",
            "PA0107",
            "ghcr.io/x/y",
            "a \"ghcr.io/x/y\"",
        ),
        (
            "a ghcr.io/x/*",
            "PA0107",
            "ghcr.io/x/*",
            "a \"ghcr.io/x/*\"",
        ),
        (
            "a x@sha256:12/3",
            "PA0107",
            "x@sha256:12/3",
            "a \"x@sha256:12/3\"",
        ),
        ("a /etc", "PA0107", "/etc", "a \"/etc\""),
        ("a a/b", "PA0107", "a/b", "a \"a/b\""),
        ("a a/-b", "PA0107", "a/-b", "a \"a/-b\""),
        (
            "a /repos/{o}/**",
            "PA0107",
            "/repos/{o}/**",
            "a \"/repos/{o}/**\"",
        ),
        (
            "a *.example.com",
            "PA0107",
            "*.example.com",
            "a \"*.example.com\"",
        ),
        (
            "a https://x.example/y",
            "PA0107",
            "https://x.example/y",
            "a \"https://x.example/y\"",
        ),
        ("a ${HOME}", "PA0107", "${HOME}", "a \"${HOME}\""),
        ("a 1.2.3", "PA0107", "1.2.3", "a \"1.2.3\""),
        ("a 0x", "PA0107", "0x", "a \"0x\""),
        ("a C:\\x", "PA0107", "C:\\x", "a \"C:\\\\x\""),
        ("a = \"v\"", "PA0107", "=", "a \"v\""),
        ("a=\"v\" k=1", "PA0107", "=", "a \"v\" k=1"),
        ("a: \"v\"", "PA0107", "a:", "a \"v\""),
        ("a:\"v\"", "PA0107", "a:", "a \"v\""),
        ("a b k: \"v\"", "PA0107", "k:", "a b k=\"v\""),
        ("a 'x y'", "PA0107", "'x y'", "a \"x y\""),
        ("a k='x'", "PA0107", "'x'", "a k=\"x\""),
        ("a `x`", "PA0107", "`x`", "a \"x\""),
        ("a “x y”", "PA0107", "“x y”", "a \"x y\""),
        ("a 'ghcr.io/x'", "PA0107", "'ghcr.io/x'", "a \"ghcr.io/x\""),
        ("a k==\"v\"", "PA0107", "==", "a k=\"v\""),
        ("a \"x\", \"y\"", "PA0107", ",", "a \"x\" \"y\""),
        ("a x, y", "PA0107", ",", "a x y"),
        ("a #True", "PA0107", "#True", "a #true"),
        ("a #yes", "PA0107", "#yes", "a #true"),
        ("# note", "PA0107", "# note", "// note"),
        ("a 1 # note", "PA0107", "# note", "a 1 // note"),
        ("a \"\\d+\"", "PA0106", "\\d", "a \"\\\\d+\""),
        ("a \"x\"\"y\"", "PA0106", "\"", "a \"x\" \"y\""),
        ("a \"x\"y", "PA0106", "y", "a \"x\" y"),
        ("a { b; } c", "PA0106", "c", "a { b; } \nc"),
        ("a;; b", "PA0106", ";", "a; b"),
    ] {
        assert_eq!(found(wrong), [(code, under.to_owned())], "{wrong}");
        assert_eq!(fixed(wrong), right, "{wrong}");
        assert_eq!(found(right), [], "{right}");
    }
}

#[test]
fn mistakes_without_a_safe_fix_are_found_once() {
    for (wrong, code, under) in [
        ("a k=", "PA0107", "k="),
        ("a k= \nb", "PA0107", "k="),
        ("a k=;b", "PA0107", "k="),
        ("a =", "PA0107", "="),
        ("a [\"x\", \"y\"]", "PA0107", "["),
        ("5 a", "PA0107", "5"),
        ("true 1", "PA0107", "true"),
        ("/etc 1", "PA0107", "/etc"),
        ("a\n{\n b\n}", "PA0106", "{"),
        ("a {} {}", "PA0106", "{"),
        ("a (t)", "PA0106", "(t)"),
        ("a (", "PA0106", "("),
        ("a )", "PA0106", ")"),
        ("a \\ b", "PA0106", "\\"),
        ("a 1=2", "PA0107", "1"),
        ("/-", "PA0106", "/-"),
        ("a {/-}", "PA0106", "/-"),
        ("/- /- a", "PA0106", "/-"),
        ("a \"\"\"x\"\"\"", "PA0106", "x"),
        ("a \"\"\"\n  x\n y\n  \"\"\"", "PA0106", " "),
        ("a \"\"\"\né\n \"\"\"", "PA0106", "é"),
        ("a \"\"\"\n x\"\"\"", "PA0106", " x"),
        ("a \"\\u{110000}\"", "PA0106", "\\u{110000}"),
        ("a \"\\u{202E}\"", "PA0103", "\"\\u{202E}\""),
        ("a \"\\u{0}\"", "PA0103", "\"\\u{0}\""),
        ("a \"x", "PA0105", "\""),
        ("a #\"x\"", "PA0105", "#\""),
        ("a \"\"\"\nx", "PA0105", "\"\"\""),
        ("a /* x", "PA0105", "/*"),
        ("a { b", "PA0105", "{"),
        ("a }", "PA0105", "}"),
    ] {
        let found = found(wrong);
        let want = (code, under.to_owned());
        assert!(found.contains(&want), "{wrong}: {found:?}");
        assert_eq!(found.len(), 1, "{wrong}: {found:?}");
    }
}
