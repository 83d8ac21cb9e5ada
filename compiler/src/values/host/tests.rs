use super::*;

#[test]
fn reads_hosts() {
    for text in [
        "api.github.com",
        "a",
        "xn--bcher-kva.example",
        "3m.com",
        "a-b.c",
        "1.2.3.4a",
        "0x.com",
        "a1",
    ] {
        assert_eq!(Host::parse(text).unwrap().as_str(), text);
        assert_eq!(HostPattern::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn refuses_addresses_in_every_notation() {
    for text in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0X7F.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "1",
        "0",
        "0x",
        "[::1]",
        "::1",
        "[::ffff:169.254.169.254]",
        "fe80::1",
        "169.254.169.254",
        "a.b.0x1f",
        "foo.1",
        "１.1.1.1",
        "127.0.0.1.",
        "127.0.0.1:80",
        "http://127.0.0.1/",
        "::ffff:7f00:1",
        "127。0。0。1",
    ] {
        assert!(Host::parse(text).is_err(), "{text}");
        assert!(HostPattern::parse(text).is_err(), "{text}");
        assert!(HostPattern::parse(&format!("*.{text}")).is_err(), "{text}");
    }
}

#[test]
fn refuses_what_is_no_host() {
    for text in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "-a.com",
        "a-.com",
        "a_b.com",
        "a b.com",
        "a.com\n",
        "a.com\0",
        "bücher.de",
        "аpple.com",
        "A.com",
        "a.com:443",
        "a.com/",
        "a.com?x",
        "a.com#x",
        "u@a.com",
        "https://a.com",
        "//a.com",
        "a\\b.com",
        "xn--.com",
        "ab--c.com",
        "%61.com",
        "a\u{ad}b.com",
        "a\u{200b}.com",
        "metadata.google.internal",
        "metadata",
    ] {
        assert!(Host::parse(text).is_err(), "{text:?}");
        assert!(HostPattern::parse(text).is_err(), "{text:?}");
    }
    assert!(Host::parse(&format!("{}.com", "a".repeat(64))).is_err());
    assert!(Host::parse(&"a.".repeat(127)).is_err());
    assert!(Host::parse(&format!("{}a", "a.".repeat(127))).is_err());
}

#[test]
fn says_what_to_write() {
    for (text, help) in [
        ("API.GitHub.com", "write \"api.github.com\""),
        ("https://api.github.com/x", "write \"api.github.com\""),
        ("api.github.com:443", "write \"api.github.com\""),
        ("api.github.com/repos", "write \"api.github.com\""),
        ("api.github.com.", "write \"api.github.com\""),
        ("127.0.0.1:80", "write a DNS name: \"api.github.com\""),
    ] {
        assert_eq!(Host::parse(text).unwrap_err().help, help);
    }
}

#[test]
fn stars_stand_below_one_owner_only() {
    for text in [
        "*.example.com",
        "*.dlddu.github.io",
        "*.a.co.uk",
        "*.models.svc.cluster.local",
        "*.x.kawasaki.jp.net",
    ] {
        assert!(HostPattern::parse(text).is_ok(), "{text}");
    }
    for text in [
        "*",
        "**",
        "*.",
        "*.*",
        "*.com",
        "*.co.uk",
        "*.github.io",
        "*.uk",
        "*.ck",
        "*.foo.ck",
        "*.kawasaki.jp",
        "*.svc",
        "*.local",
        "*.nosuchzone",
        "*.*.example.com",
        "a.*.com",
        "a*.example.com",
        "*a.example.com",
        "**.example.com",
        "*.google.internal",
        "*.ec2.internal",
        "*.azure.internal",
        "*.s3.amazonaws.com",
        "*.goog",
        "*.127.0.0.1",
        "*.xn--p1ai",
        "*.blogspot.com",
        "*.Example.com",
    ] {
        assert!(HostPattern::parse(text).is_err(), "{text}");
    }
}

#[test]
fn covers_and_matches() {
    let read = |text: &str| HostPattern::parse(text).unwrap();
    for (bound, wish, inside) in [
        ("*.example.com", "a.example.com", true),
        ("*.example.com", "*.example.com", true),
        ("*.example.com", "example.com", false),
        ("*.example.com", "a.b.example.com", false),
        ("*.example.com", "*.b.example.com", false),
        ("*.example.com", "a.evilexample.com", false),
        ("a.example.com", "*.example.com", false),
        ("api.linear.app", "api.linear.app", true),
    ] {
        assert_eq!(read(bound).covers(&read(wish)), inside, "{bound} {wish}");
        if let Some(host) = read(wish).exact() {
            assert_eq!(read(bound).matches(&host), inside, "{bound} {wish}");
        }
    }
}

#[test]
fn knows_internal_names() {
    for text in [
        "localhost",
        "ollama",
        "ollama.models.svc",
        "a.svc.cluster.local",
        "db.internal",
        "x.local",
        "a.b.lan",
        "ollama.models",
    ] {
        assert!(Host::parse(text).unwrap().is_internal(), "{text}");
    }
    for text in ["api.github.com", "a.github.io", "example.co.uk", "x.dev"] {
        assert!(!Host::parse(text).unwrap().is_internal(), "{text}");
    }
    assert!(
        HostPattern::parse("*.models.svc.cluster.local")
            .unwrap()
            .is_internal()
    );
    assert!(!HostPattern::parse("*.example.com").unwrap().is_internal());
}
