use super::*;

#[test]
fn knows_what_admits_prose() {
    for (text, prose) in [
        ("[A-Z]+-[0-9]+", false),
        ("[0-9]+", false),
        ("[0-9.-]+", false),
        ("main|develop", false),
        ("[a-f0-9]{40}", false),
        ("[a-z-]{1,31}", false),
        ("[A-Za-z]+", false),
        ("", false),
        (".*", true),
        (".", true),
        ("\\s", true),
        ("a b", true),
        ("a\\n", true),
        ("[a-z -]", true),
        ("\\S+", true),
        ("[a-z-]+", true),
        ("[a-z_]{0,32}", true),
        ("([a-z]+_)*[a-z]+", true),
        ("(?:(?:a|-)+)", true),
        ("[a-z]+(?:-|/[a-z]+)*", true),
        ("[^0-9]", true),
        ("\\w+", true),
        ("(?s:.)", true),
        ("x|(y| )", true),
        ("a\u{a0}", true),
        ("a\u{200b}", true),
        ("\\x00", true),
    ] {
        if !text.is_empty() {
            assert_eq!(Regex::parse(text).unwrap().admits_prose(), prose, "{text}");
        }
    }
}

#[test]
fn bounds_lengths() {
    assert_eq!(Regex::parse("[a-z]{3}").unwrap().max_bytes(), Some(3));
    assert_eq!(Regex::parse("a|bcd").unwrap().max_bytes(), Some(3));
    assert_eq!(Regex::parse("[A-Z]+-[0-9]+").unwrap().max_bytes(), None);
}

#[test]
fn refuses() {
    for text in [
        "",
        "[",
        "(",
        ")",
        "a{",
        "a{2,1}",
        "*",
        "(?=a)",
        "(?!a)",
        "(?<=a)b",
        "(a)\\1",
        "\\p{Nope}",
        "^a",
        "a$",
        "a|^b",
        "\\ba",
        "\\Aa\\z",
        "[^\\s\\S]",
        "(?P<n>a)(?P<n>b)",
        "a{100000}",
        "((a{100}){100}){100}",
        "(((((a{9}){9}){9}){9}){9}){9}",
        "a{99999999999}",
        "(?u-u)\\xff",
        "\\w{4096}",
    ] {
        assert!(Regex::parse(text).is_err(), "{text:?}");
    }
    assert!(Regex::parse(&"(".repeat(500)).is_err());
    assert!(Regex::parse(&format!("{}a{}", "(".repeat(200), ")".repeat(200))).is_err());
    assert!(Regex::parse(&"a".repeat(513)).is_err());
}
