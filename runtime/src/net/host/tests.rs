use super::*;
use proptest::prelude::*;

mod patterns;

fn pattern(text: &str) -> HostPattern {
    HostPattern::parse(text).unwrap_or_else(|refused| panic!("{refused}"))
}

#[test]
fn names_are_read_in_lower_case() {
    for (text, name) in [
        ("api.github.com", "api.github.com"),
        ("API.GitHub.COM", "api.github.com"),
        ("a", "a"),
        ("3m.com", "3m.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("XN--bcher-kva.example", "xn--bcher-kva.example"),
        ("1.2.3.4a", "1.2.3.4a"),
        ("0x.com", "0x.com"),
        ("127.0.0.1.nip.io", "127.0.0.1.nip.io"),
        ("a.0xg", "a.0xg"),
    ] {
        assert_eq!(Host::parse(text).unwrap().as_str(), name);
    }
}

/// What is no name, by the rule that must refuse it.
const REFUSED: [(&str, &[&str]); 9] = [
    ("host-empty", &[""]),
    (
        "host-ip-literal",
        &[
            "127.0.0.1",
            "2130706433",
            "0x7f000001",
            "0X7F000001",
            "0x7f.1",
            "0X7F.0.0.1",
            "0177.0.0.1",
            "017700000001",
            "127.1",
            "127.0.1",
            "1",
            "0",
            "0x",
            "00",
            "0.0.0.0",
            "255.255.255.255",
            "169.254.169.254",
            "0xa9fea9fe",
            "2852039166",
            "0251.0376.0251.0376",
            "169.254.43518",
            "999.999.999.999",
            "1.1.1.1.1",
            "a.b.0x1f",
            "foo.1",
            "a.0",
            "[::1]",
            "::1",
            "[::]",
            "::",
            "[::ffff:169.254.169.254]",
            "::ffff:7f00:1",
            "fe80::1",
            "[fd00:ec2::254]",
            "[",
            "]x[",
            "[::1]:443",
            "[v1.a]",
            "0x7f.0x0.0x0.0x1",
            "00000177.1",
            "4294967295",
            "4294967297",
            "99999999999999999999",
        ],
    ),
    (
        "host-user",
        &["u@a.com", "@a.com", "a.com@evil.com", "127.0.0.1@a.com"],
    ),
    (
        "host-port",
        &[
            "a.com:443",
            "a.com:",
            ":443",
            "127.0.0.1:80",
            "https://a.com",
            "a:b@c",
            "fe80::1%eth0",
        ],
    ),
    ("host-percent", &["a%2ecom", "%61.com", "127.0.0.1%00.com"]),
    (
        "host-not-ascii",
        &[
            "b\u{fc}cher.de",
            "\u{430}pple.com",
            "\u{ff11}.1.1.1",
            "127\u{3002}0\u{3002}0\u{3002}1",
            "a\u{ad}b.com",
            "a\u{200b}.com",
            "\u{2460}.com",
            "a.com\u{ff0f}",
        ],
    ),
    (
        "host-character",
        &[
            "a b.com",
            " a.com",
            "a.com ",
            "a.com\n",
            "a.com\0",
            "a.com\r\nHost: b.com",
            "a.com/",
            "//a.com",
            "a.com?x",
            "a.com#x",
            "a\\b.com",
            "a_b.com",
            "*.a.com",
            "a.com,b.com",
            "a;b",
            "a\tb",
            "a.com\x7f",
        ],
    ),
    (
        "host-trailing-dot",
        &[
            "a.",
            "api.github.com.",
            "127.0.0.1.",
            ".",
            "a..",
            "localhost.",
        ],
    ),
    (
        "host-label",
        &[
            ".a",
            "a..b",
            "-a.com",
            "a-.com",
            "a.-",
            "ab--c.com",
            "xn--.com",
            "..a",
        ],
    ),
];

#[test]
fn what_is_no_name_is_refused() {
    for (rule, texts) in REFUSED {
        for text in texts {
            let refused = Host::parse(text).map_err(|refused| refused.rule());
            assert_eq!(refused, Err(rule), "{text:?}");
        }
    }
}

#[test]
fn lengths_are_exact() {
    let label = "a".repeat(63);
    assert!(Host::parse(&format!("{label}.com")).is_ok());
    assert_eq!(Host::parse(&format!("{label}a.com")), Err(Refused::Label));
    let long = format!("{label}.{label}.{label}.{}", "b".repeat(61));
    assert_eq!(long.len(), 253);
    assert!(Host::parse(&long).is_ok());
    assert_eq!(Host::parse(&format!("{long}b")), Err(Refused::TooLong));
    assert_eq!(Host::parse(&"a.".repeat(1 << 20)), Err(Refused::TooLong));
}
