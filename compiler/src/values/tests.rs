use std::fmt::Debug;

use proptest::prelude::*;

use super::*;

#[test]
fn messages_never_repeat_what_could_move_a_terminal() {
    for text in ["\u{1b}[2J", "a\nb", "\u{202e}abc", "a\u{200b}b", "\u{7f}"] {
        let out = shown(text);
        assert!(
            !out.chars().any(|c| c.is_control() || is_invisible(c)),
            "{out}"
        );
    }
    assert!(shown(&"x".repeat(10_000)).chars().count() < 90);
}

#[test]
fn digits_are_ascii_and_unsigned() {
    for text in [
        "",
        "+1",
        "-1",
        " 1",
        "1 ",
        "٣",
        "１",
        "0x1",
        "1_0",
        "18446744073709551616",
    ] {
        assert_eq!(digits(text), None, "{text}");
    }
    assert_eq!(digits("007"), Some(7));
    assert_eq!(digits("18446744073709551615"), Some(u64::MAX));
}

/// What is refused says why and what to write; what is read shows a form that reads as the same value.
fn check<T: PartialEq + Debug + fmt::Display + serde::Serialize>(
    text: &str,
    parse: impl Fn(&str) -> Parsed<T>,
) {
    match parse(text) {
        Ok(value) => {
            let canonical = value.to_string();
            assert_eq!(
                parse(&canonical).as_ref(),
                Ok(&value),
                "{text:?} shows as {canonical:?}"
            );
            assert_eq!(
                serde_json::to_value(&value).unwrap(),
                serde_json::Value::String(canonical)
            );
        }
        Err(Refusal { message, help }) => {
            assert!(
                !message.is_empty() && message.len() < 1_000 && !message.ends_with('.'),
                "{message}"
            );
            assert!(
                !message.chars().any(|c| c.is_control() || is_invisible(c)),
                "{message:?}"
            );
            assert!(
                !help.chars().any(|c| c.is_control() || is_invisible(c)),
                "{help:?}"
            );
            assert!(!help.is_empty() && help.len() < 1_000, "{}", shown(&help));
        }
    }
}

fn check_all(text: &str) {
    check(text, branch::Branch::parse);
    check(text, cidr::Cidr::parse);
    check(text, cpu::Cpu::parse);
    check(text, cron::Cron::parse);
    check(text, date::Date::parse);
    check(text, duration::Duration::parse);
    check(text, file_name::FileName::parse);
    check(text, host::Host::parse);
    check(text, host::HostPattern::parse);
    check(text, image::Image::parse);
    check(text, money::Money::parse);
    check(text, name::DnsLabel::parse);
    check(text, name::DnsSubdomain::parse);
    check(text, name::EnvName::parse);
    check(text, name::LabelKey::parse);
    check(text, name::LabelValue::parse);
    check(text, name::Name::parse);
    check(text, name::SecretKey::parse);
    check(text, regex::Regex::parse);
    check(text, repo::HostedRepo::parse);
    check(text, repo::Repo::parse);
    check(text, s3::S3Place::parse);
    check(text, size::Size::parse);
    check(text, ssh_key::SshKey::parse);
    check(text, timezone::Timezone::parse);
    check(text, |text| url::Url::parse(text, url::Plaintext::Internal));
    for kind in [
        pattern::Kind::Name,
        pattern::Kind::Host,
        pattern::Kind::Path,
        pattern::Kind::File,
    ] {
        check(text, |text| pattern::Pattern::parse(kind, text));
    }
}

#[test]
fn huge_texts_are_answered_soon() {
    let start = std::time::Instant::now();
    for unit in [
        "a",
        "1",
        ".",
        "/",
        "*",
        "a.",
        "**/",
        "1h",
        "(",
        "[",
        "0 ",
        ",",
        "é",
        "\u{0}",
        "\u{202e}",
        "https://",
        "ssh-ed25519 ",
    ] {
        check_all(&unit.repeat(100_000));
    }
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        check_all(&text);
    }

    #[test]
    fn likely_texts(text in "([0-9]{1,20}|[a-z]{1,4}|[A-Z]{1,3}|[-./:*@_ ,+?\\[\\](){}]|xn--|https?://|s3://|Gi|h|m|@every |sha256:|::|\\PC){0,10}") {
        check_all(&text);
    }

    #[test]
    fn schedules(text in "[0-9*,/?-]{1,5}( [0-9*,/?-]{1,5}){4}") {
        check_all(&text);
    }

    #[test]
    fn blocks(address in any::<std::net::IpAddr>(), length in 0..130_u8) {
        check_all(&format!("{address}/{length}"));
    }
}
