use proptest::prelude::*;

use super::*;

fn pattern(kind: Kind, text: &str) -> Pattern {
    Pattern::parse(kind, text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
}

#[test]
fn matches_what_the_page_says() {
    for (kind, text, yes, no) in [
        (
            Kind::Name,
            "claude-*",
            vec!["claude-opus-4-1", "claude-", "claude-a/b:c"],
            vec!["claude", "xclaude-1", ""],
        ),
        (Kind::Name, "*", vec!["a", "a/b.c"], vec![""]),
        (
            Kind::Host,
            "*.a.com",
            vec!["x.a.com"],
            vec![
                "a.com",
                "x.y.a.com",
                ".a.com",
                "xa.com",
                "X.a.com",
                "x.a.com.",
            ],
        ),
        (
            Kind::Repo,
            "dlddu/*",
            vec!["dlddu/a", "dlddu/.github"],
            vec!["dlddu", "dlddu/", "dlddu/a/b", "x/a", "dlddu/.."],
        ),
        (
            Kind::Path,
            "/repos/dlddu/**",
            vec![
                "/repos/dlddu",
                "/repos/dlddu/",
                "/repos/dlddu/a",
                "/repos/dlddu/a/b/",
            ],
            vec![
                "/repos/dlddux",
                "/repos",
                "repos/dlddu/a",
                "/repos/dlddu/../x",
                "/repos/dlddu//a",
                "//repos/dlddu",
                "/repos/dlddu/%2e%2e/x",
                "/repos/dlddu/a?b=c",
                "/repos/dlddu/a#b",
                "/repos/dlddu/./a",
                "/repos/dlddu/..",
                "/repos/dlddu/a\\..\\b",
                "/repos/dlddu/a\n",
                "/Repos/dlddu/a",
                "/repos/dlddu/a;\u{0}",
                "",
            ],
        ),
        (Kind::Path, "/**", vec!["/", "/a", "/a/"], vec!["", "a"]),
        (Kind::Path, "/", vec!["/"], vec!["/a", "", "//"]),
        (
            Kind::Path,
            "/a/*/c",
            vec!["/a/b/c"],
            vec!["/a/c", "/a/b/b/c", "/a//c", "/a/b/c/"],
        ),
        (
            Kind::Path,
            "/**/x/**",
            vec!["/x", "/a/x/b", "/a/b/x"],
            vec!["/a", "/ax"],
        ),
        (
            Kind::Image,
            "ghcr.io/dlddu/*",
            vec!["ghcr.io/dlddu/a"],
            vec!["ghcr.io/dlddu/a/b", "ghcr.io/evil/dlddu/a", "ghcr.io/dlddu"],
        ),
        (
            Kind::Branch,
            "agent/**",
            vec!["agent", "agent/a/b"],
            vec!["agents", "main", "agent/"],
        ),
        (
            Kind::File,
            ".github/**",
            vec![".github/a?b.yml", ".github/a b", ".github/\n"],
            vec!["a/.github/b", ".githubx"],
        ),
        (Kind::File, "*.md", vec!["a.md", ".md"], vec!["a/b.md"]),
        (
            Kind::File,
            "a*b*a",
            vec!["aba", "axbxa", "abba"],
            vec!["ab", "a", "aa"],
        ),
    ] {
        let pattern = pattern(kind, text);
        for text in yes {
            assert!(pattern.matches(text), "{pattern} must match {text:?}");
        }
        for text in no {
            assert!(!pattern.matches(text), "{pattern} must not match {text:?}");
        }
    }
}

#[test]
fn refuses() {
    for (kind, text) in [
        (Kind::Name, ""),
        (Kind::Name, "**"),
        (Kind::Name, "a b"),
        (Kind::Name, "a?"),
        (Kind::Name, "clаude-*"),
        (Kind::Host, "a..b"),
        (Kind::Host, "A.com"),
        (Kind::Host, "**a.com"),
        (Kind::Path, "repos"),
        (Kind::Path, ""),
        (Kind::Path, "//a"),
        (Kind::Path, "/a/../b"),
        (Kind::Path, "/a/%2e"),
        (Kind::Path, "/a?b"),
        (Kind::Path, "/a**"),
        (Kind::Path, "/**/**"),
        (Kind::Path, "/***"),
        (Kind::Path, "/**/a/**/b/**"),
        (Kind::Path, "/[ab]"),
        (Kind::Path, "/{a,b}"),
        (Kind::Repo, "dlddu"),
        (Kind::Repo, "dlddu/**"),
        (Kind::Repo, "a/b/c"),
        (Kind::Repo, "*"),
        (Kind::HostedRepo, "dlddu/*"),
        (Kind::Branch, "a//b"),
        (Kind::Branch, "/a"),
        (Kind::Branch, "a b"),
        (Kind::Image, "ghcr.io/Dlddu/*"),
        (Kind::Image, "ghcr.io/a@sha256:00"),
        (Kind::HostedRepo, "*/dlddu/x"),
        (Kind::HostedRepo, "git*.com/dlddu/x"),
        (Kind::HostedRepo, "127.0.0.1/dlddu/x"),
        (Kind::Image, "**"),
        (Kind::Image, "*/dlddu/*"),
        (Kind::Image, "*.io/dlddu/*"),
        (Kind::Image, "127.0.0.1:5000/*"),
        (Kind::File, "/etc/passwd"),
        (Kind::File, "../x"),
        (Kind::File, "!a"),
        (Kind::File, "a\u{0}"),
        (Kind::File, "a\u{202e}b"),
    ] {
        assert!(Pattern::parse(kind, text).is_err(), "{kind:?} {text:?}");
    }
    assert!(Pattern::parse(Kind::Path, &format!("/{}", "a".repeat(MOST_BYTES))).is_err());
    assert!(Pattern::parse(Kind::Path, &"/a".repeat(MOST_SEGMENTS + 1)).is_err());
}

#[test]
fn covers() {
    for (kind, bound, wish, inside) in [
        (Kind::Name, "claude-*", "claude-opus-4-1", true),
        (Kind::Name, "claude-*", "claude-opus-*", true),
        (Kind::Name, "claude-opus-*", "claude-*", false),
        (Kind::Name, "*", "claude-*", true),
        (Kind::Name, "*a*", "*aa*", true),
        (Kind::Name, "*aa*", "*a*a*", false),
        (Kind::Path, "/**", "/a/**", true),
        (Kind::Path, "/a/**", "/**", false),
        (Kind::Path, "/*/**", "/**/*", true),
        (Kind::Path, "/**/*", "/*/**", false),
        (Kind::File, "*/**", "**/*", true),
        (Kind::File, "**", "*", true),
        (Kind::File, "*", "**", false),
        (Kind::File, "**/*", "**", true),
        (Kind::File, "**/a/**", "a/**", true),
        (Kind::File, "**/a/**", "**/a", true),
        (Kind::File, "**/a/**/b", "**/b/**/a", false),
        (Kind::Path, "/a/*", "/a/", false),
        (Kind::Path, "/a/**", "/a/", true),
        (Kind::Path, "/a/**/", "/a/b/", true),
        (Kind::Path, "/a/**/*", "/a/**", false),
        (Kind::Host, "*.a.com", "*.b.a.com", false),
        (Kind::Repo, "dlddu/*", "*/*", false),
    ] {
        let (bound, wish) = (pattern(kind, bound), pattern(kind, wish));
        assert_eq!(
            bound.covers(&wish),
            inside,
            "{bound} covers {wish}: {:?}",
            bound.uncovered(&wish)
        );
        assert!(bound.covers(&bound) && wish.covers(&wish));
    }
    assert!(!pattern(Kind::File, "a").covers(&pattern(Kind::Branch, "a")));
}

#[test]
fn worst_cases_end_soon() {
    let start = std::time::Instant::now();
    let stars = "a*".repeat(MOST_BYTES / 2);
    assert!(
        !pattern(Kind::Name, &stars)
            .matches(&format!("{}b", "ab".repeat(2_000)).replace("ab", "b"))
    );
    assert!(!pattern(Kind::Name, &format!("{}b", "*a".repeat(255))).matches(&"a".repeat(20_000)));
    let bound = format!("**/{}**/b", "*a*/".repeat(MOST_SEGMENTS - 3));
    let wish = format!("**/{}**/c", "*a*/".repeat(MOST_SEGMENTS - 3));
    assert!(!pattern(Kind::File, &bound).covers(&pattern(Kind::File, &wish)));
    let same = format!("**/{}**", "*/".repeat(MOST_SEGMENTS - 2));
    assert!(pattern(Kind::File, &same).covers(&pattern(Kind::File, &same)));
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

/// The rules once more, as plain as can be, exponential: what a text's parts match.
fn plainly(pattern: &[&str], parts: &[&str]) -> bool {
    match (pattern, parts) {
        ([], _) => parts.is_empty(),
        (["**", rest @ ..], _) => (0..=parts.len()).any(|n| plainly(rest, &parts[n..])),
        (_, []) => false,
        ([first, rest @ ..], [part, left @ ..]) => {
            let one = if *first == "*" {
                !part.is_empty()
            } else {
                glob(first.as_bytes(), part.as_bytes())
            };
            one && plainly(rest, left)
        }
    }
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|n| glob(rest, &text[n..])),
        Some((c, rest)) => text.first() == Some(c) && glob(rest, &text[1..]),
    }
}

fn parts(text: &str) -> Vec<&str> {
    text.split('/').collect()
}

/// Every text of up to four parts of up to two letters.
fn all_texts() -> Vec<String> {
    let words = ["a", "b", "c", "aa", "ab", "ba", "bb"];
    let mut texts: Vec<String> = words.map(String::from).to_vec();
    let mut last = texts.clone();
    for _ in 0..3 {
        last = last
            .iter()
            .flat_map(|head| words.map(|word| format!("{head}/{word}")))
            .collect();
        texts.extend(last.iter().cloned());
    }
    texts
}

fn any_pattern() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "b", "*", "**", "a*", "*b", "*a*", "ab", "a*b"]);
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_plain_rules(bound in any_pattern(), wish in any_pattern()) {
        let (Ok(b), Ok(w)) = (Pattern::parse(Kind::File, &bound), Pattern::parse(Kind::File, &wish)) else {
            return Ok(());
        };
        let escaped = all_texts().into_iter().find(|text| {
            let (in_bound, in_wish) = (plainly(&parts(&bound), &parts(text)), plainly(&parts(&wish), &parts(text)));
            assert_eq!(b.matches(text), in_bound, "{bound} {text}");
            in_wish && !in_bound
        });
        match b.uncovered(&w) {
            None => prop_assert_eq!(escaped, None),
            Some(text) => {
                prop_assert!(plainly(&parts(&wish), &parts(&text)), "{} is not in {}", text, wish);
                prop_assert!(!plainly(&parts(&bound), &parts(&text)), "{} is in {}", text, bound);
            }
        }
    }

    #[test]
    fn agrees_with_the_plain_rules_on_paths(bound in any_pattern(), wish in any_pattern(), ends in any::<(bool, bool)>()) {
        let read = |text: &str, slash: bool| Pattern::parse(Kind::Path, &format!("/{text}{}", if slash { "/" } else { "" }));
        let (Ok(b), Ok(w)) = (read(&bound, ends.0), read(&wish, ends.1)) else {
            return Ok(());
        };
        let split = |text: &str| -> Vec<String> {
            let text = text.strip_prefix('/').unwrap();
            if text.is_empty() { Vec::new() } else { text.split('/').map(String::from).collect() }
        };
        let holds = |pattern: &Pattern, text: &str| {
            let (pattern, text) = (split(pattern.as_str()), split(text));
            let pattern: Vec<&str> = pattern.iter().map(String::as_str).collect();
            plainly(&pattern, &text.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let paths = all_texts().into_iter().step_by(17).flat_map(|text| [format!("/{text}"), format!("/{text}/")]);
        let escaped = paths.chain(["/".to_owned()]).find(|text| {
            assert_eq!(b.matches(text), holds(&b, text), "{b} {text}");
            holds(&w, text) && !holds(&b, text)
        });
        match b.uncovered(&w) {
            None => prop_assert_eq!(escaped, None),
            Some(text) => {
                prop_assert!(holds(&w, &text), "{} is not in {}", text, w);
                prop_assert!(!holds(&b, &text), "{} is in {}", text, b);
            }
        }
    }

    #[test]
    fn never_panics(text in "\\PC{0,40}", other in "[a*/.]{0,12}") {
        for kind in [Kind::Name, Kind::Host, Kind::Path, Kind::Repo, Kind::HostedRepo, Kind::Branch, Kind::Image, Kind::File] {
            for pattern in [Pattern::parse(kind, &text), Pattern::parse(kind, &other)].into_iter().flatten() {
                pattern.matches(&text);
                prop_assert!(pattern.covers(&pattern));
            }
        }
    }
}
