//! Patterns over hosts.

use super::*;

#[test]
fn patterns_match_what_the_compiler_means() {
    for (text, yes, no) in [
        (
            "example.com",
            vec!["example.com", "EXAMPLE.com"],
            vec![
                "a.example.com",
                "example.com.evil.org",
                "xexample.com",
                "example.org",
                "com",
                "examplexcom",
            ],
        ),
        (
            "*.a.com",
            vec!["x.a.com", "X.A.com", "xn--x.a.com"],
            vec![
                "a.com",
                "x.y.a.com",
                "xa.com",
                "x.a.com.evil.org",
                "x.aa.com",
                "a.com.x",
            ],
        ),
        ("*", vec!["a"], vec!["a.b"]),
        ("*.*", vec!["a.b"], vec!["a", "a.b.c"]),
        ("a.*.c", vec!["a.b.c"], vec!["a.c", "a.b.b.c"]),
        ("a.*", vec!["a.b"], vec!["a", "a.b.c"]),
        (
            "api-*.a.com",
            vec!["api-1.a.com", "api-x-y.a.com"],
            vec!["api.a.com", "xapi-1.a.com", "api-1.b.a.com"],
        ),
        ("a*.com", vec!["a.com", "ab.com"], vec!["ba.com", "a.b.com"]),
        (
            "a*b*a.c",
            vec!["aba.c", "axbxa.c", "abba.c"],
            vec!["ab.c", "a.c", "aa.c"],
        ),
        ("a*a.c", vec!["aa.c", "aba.c"], vec!["a.c"]),
        ("*a*.c", vec!["a.c", "bab.c"], vec!["b.c"]),
        (
            "**.a.com",
            vec!["a.com", "x.a.com", "x.y.a.com"],
            vec!["xa.com", "a.com.b", "com"],
        ),
        ("**", vec!["a", "a.b.c"], vec![]),
        ("a.**", vec!["a", "a.b", "a.b.c"], vec!["b.a", "ab"]),
        (
            "a.**.c",
            vec!["a.c", "a.b.c", "a.b.b.c", "a.c.c"],
            vec!["a.b", "a"],
        ),
        (
            "**.b.**",
            vec!["b", "a.b", "b.c", "a.b.c", "b.b"],
            vec!["a", "a.c"],
        ),
        (
            "**.a.*.a",
            vec!["a.x.a", "a.a.a", "x.a.a.y.a"],
            vec!["a.a", "a.x.x.a"],
        ),
    ] {
        let pattern = pattern(text);
        assert_eq!(pattern.as_str(), text);
        for name in yes {
            assert!(
                pattern.matches(&Host::parse(name).unwrap()),
                "{text} must match {name}"
            );
        }
        for name in no {
            assert!(
                !pattern.matches(&Host::parse(name).unwrap()),
                "{text} must not match {name}"
            );
        }
    }
}

#[test]
fn malformed_patterns_are_refused() {
    let many = vec!["a"; 17].join(".");
    let long = "a".repeat(513);
    for text in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "A.com",
        "**a.com",
        "a**.com",
        "***",
        "**.**",
        "**.**.a",
        "**.a.**.b.**",
        "a?.com",
        "[ab].com",
        "{a,b}.com",
        "!a.com",
        "a\\.com",
        "a/b",
        "a:443",
        "a b",
        "b\u{fc}.de",
        "a_b.com",
        "a%",
        "a\n",
        "\0",
        "*.a.com.",
        many.as_str(),
        long.as_str(),
    ] {
        let refused = HostPattern::parse(text).unwrap_err();
        assert_eq!(refused.rule(), "host-pattern");
    }
}

proptest! {
    #[test]
    fn what_passes_is_in_normal_form_and_no_address(text in "\\PC{0,40}|[0-9a-fA-FxX.:%@\\[\\]-]{0,40}") {
        if let Ok(host) = Host::parse(&text) {
            let name = host.as_str();
            prop_assert_eq!(name, &text.to_ascii_lowercase());
            prop_assert_eq!(Host::parse(name), Ok(host.clone()));
            prop_assert!(name.parse::<std::net::IpAddr>().is_err());
            prop_assert!(pattern(name).matches(&host));
        }
    }

    /// Against the plainest matcher there is.
    #[test]
    fn matches_as_a_plain_matcher_does(text in "(a|b|\\*|\\*\\*|a\\*|\\*a|a\\*b)(\\.(a|b|\\*|\\*\\*|a\\*|\\*a)){0,4}", name in "[ab]{1,3}(\\.[ab]{1,2}){0,4}") {
        if let Ok(pattern) = HostPattern::parse(&text) {
            let segments: Vec<&str> = text.split('.').collect();
            let labels: Vec<&str> = name.split('.').collect();
            let host = Host::parse(&name).unwrap();
            prop_assert_eq!(pattern.matches(&host), plain(&segments, &labels));
        }
    }
}

fn plain(segments: &[&str], labels: &[&str]) -> bool {
    match (segments, labels) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=labels.len()).any(|n| plain(rest, &labels[n..])),
        ([segment, rest @ ..], [label, left @ ..]) => {
            glob(segment.as_bytes(), label.as_bytes()) && plain(rest, left)
        }
        _ => false,
    }
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|n| glob(rest, &text[n..])),
        ([one, rest @ ..], [other, left @ ..]) => one == other && glob(rest, left),
        _ => false,
    }
}
