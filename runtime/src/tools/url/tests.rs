use super::*;

fn parse(text: &str) -> Result<String, &'static str> {
    Url::parse(text)
        .map(|url| url.to_string())
        .map_err(Bad::rule)
}

#[test]
fn one_reading() {
    for (text, url) in [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM:443/a?b#c", "https://example.com/a?b"),
        ("https://example.com?a/b", "https://example.com/?a/b"),
        ("https://example.com/한", "https://example.com/%ED%95%9C"),
        (
            "https://example.com/#@evil.example.com",
            "https://example.com/",
        ),
    ] {
        assert_eq!(parse(text).as_deref(), Ok(url), "{text}");
    }
}

#[test]
fn tricks_are_refused() {
    for (text, rule) in [
        ("http://example.com/", "url-scheme"),
        ("file:///etc/passwd", "url-scheme"),
        ("https://example.com:8443/", "url-scheme"),
        ("https://user@example.com/", "host-user"),
        ("https://user:443@example.com/", "host-port"),
        ("https://user:pass@example.com:443/", "host-port"),
        ("https://127.0.0.1/", "host-ip-literal"),
        ("https://[::1]/", "host-ip-literal"),
        ("https://2130706433/", "host-ip-literal"),
        ("https://example.com./", "host-trailing-dot"),
        ("https://ex%61mple.com/", "host-percent"),
        ("https://éxample.com/", "host-percent"),
        ("https:///example.com/", "host-empty"),
        ("https://example.com\\@evil.example.com/", "url-form"),
        ("https://example.com/a b", "url-form"),
        ("https://example.com/\r\nHost: x", "url-form"),
        ("example.com", "url-form"),
        ("", "url-form"),
    ] {
        assert_eq!(parse(text), Err(rule), "{text}");
    }
    assert_eq!(
        parse(&format!("https://example.com/{}", "a".repeat(20_000))),
        Err("url-form")
    );
}

#[test]
fn references() {
    let base = Url::parse("https://example.com/a/b/c?d").unwrap();
    for (reference, url) in [
        ("", "https://example.com/a/b/c?d"),
        ("#x", "https://example.com/a/b/c?d"),
        ("?y", "https://example.com/a/b/c?y"),
        ("g", "https://example.com/a/b/g"),
        ("./g", "https://example.com/a/b/g"),
        ("../../../g", "https://example.com/g"),
        ("..", "https://example.com/a/"),
        ("/x/../y?z", "https://example.com/y?z"),
        ("//other.example.com/x", "https://other.example.com/x"),
        ("https://other.example.com", "https://other.example.com/"),
    ] {
        assert_eq!(
            base.join(reference).unwrap().to_string(),
            url,
            "{reference}"
        );
    }
    for reference in [
        "http://example.com/",
        "javascript:x",
        "//evil@x.example.com",
        "/a\\b",
    ] {
        assert!(base.join(reference).is_err(), "{reference}");
    }
}
