use super::*;

#[test]
fn reads_and_counts() {
    for (text, per_day, minutes) in [
        ("* * * * *", 1_440, 1),
        ("0 3 * * *", 1, 1_440),
        ("0 3 * * 1-5", 1, 1_440),
        ("0 3 * * 1", 1, 7 * 1_440),
        ("*/15 * * * *", 96, 15),
        ("*/40 * * * *", 48, 20),
        ("0,5 9-17 * * MON-fri", 18, 5),
        ("59 23 * * *", 1, 1_440),
        ("0 0,23 * * *", 2, 60),
        ("0 0 1 * *", 1, 28 * 1_440),
        ("0 0 31 * *", 1, 31 * 1_440),
        ("0 0 1 1 ?", 1, 365 * 1_440),
        ("0 0 29 2 *", 1, 1_461 * 1_440),
        ("0 0 29 feb *", 1, 1_461 * 1_440),
        ("5/20 * * * *", 144 / 2, 20),
        ("0 0 30 2 1", 1, 7 * 1_440),
        ("0 0 13 * 5", 1, 1_440),
        ("0 0 */2 * 1", 1, 1_440),
        ("@hourly", 24, 60),
        ("@daily", 1, 1_440),
        ("@weekly", 1, 7 * 1_440),
        ("@every 1h30m", 16, 90),
        ("@every 90s", 960, 1),
        ("@every 48h", 1, 2_880),
    ] {
        let cron = Cron::parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
        assert_eq!(
            (cron.runs_per_day(), cron.min_interval_minutes()),
            (per_day, minutes),
            "{text}"
        );
        assert_eq!(cron.as_str(), text);
        assert!(fits_the_crd(cron.as_str()), "{text}");
    }
    assert_eq!(
        Cron::parse(" 0\t3  * * * ").unwrap().to_string(),
        "0 3 * * *"
    );
}

/// The characters that the CRD of Argo 4 admits, written out by hand.
fn fits_the_crd(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix("@every ") {
        return rest
            .chars()
            .all(|c| c.is_ascii_digit() || "hms".contains(c));
    }
    let fields: Vec<&str> = text.split(' ').collect();
    DESCRIPTORS.iter().any(|(name, _)| *name == text)
        || fields.len() == 5
            && fields.iter().all(|f| {
                !f.is_empty()
                    && f.chars()
                        .all(|c| c.is_ascii_alphanumeric() || "*,/?-".contains(c))
            })
}

#[test]
fn refuses() {
    for text in [
        "",
        " ",
        "*",
        "* * * *",
        "* * * * * *",
        "0 0 3 * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 0 *",
        "* * * 13 *",
        "* * * * 7",
        "* * * * 0-7",
        "* * L * *",
        "* * 1W * *",
        "* * * * 5#2",
        "* * * * 5L",
        "1, * * * *",
        ",1 * * * *",
        ", * * * *",
        "1,,2 * * * *",
        "*/0 * * * *",
        "*/-1 * * * *",
        "5-1 * * * *",
        "1-2-3 * * * *",
        "1/2/3 * * * *",
        "*-5 * * * *",
        "*5 * * * *",
        "/5 * * * *",
        "*/ * * * *",
        "+5 * * * *",
        "-5 * * * *",
        "005 * * * *",
        "٣ * * * *",
        "0 0 30 2 *",
        "0 0 31 feb,apr *",
        "0 0 31 6 ?",
        "* * * * mond",
        "* * * monday *",
        "jan * * * *",
        "*/60 * * * *",
        "99999999999999999999 * * * *",
        "*/99999999999 * * * *",
        "TZ=UTC * * * * *",
        "CRON_TZ=Asia/Tokyo 0 3 * * *",
        "@reboot",
        "@Daily",
        "@daily ",
        "@every",
        "@every1h",
        "@every 1d",
        "@every 30s",
        "@every 1ms",
        "@every -1h",
        "@every 1.5h",
        "@every 0s",
        "@every  1h",
        "@every 1h 1m",
        "@every 99999999999999999999h",
        "* * * * *\n",
        "* * * * *\u{a0}",
        "{{x}} * * * *",
        "* * * * * # x",
    ] {
        assert!(Cron::parse(text).is_err(), "{text:?}");
    }
    assert!(Cron::parse(&"*,".repeat(100_000)).is_err());
}

#[test]
fn says_what_to_write() {
    for (text, help) in [
        ("0 0 3 * * *", "write \"0 3 * * *\""),
        ("0 3 * * 7", "Sunday is 0"),
        ("TZ=UTC 0 3 * * *", "timezone \""),
        ("1, * * * *", "spare comma"),
    ] {
        let refusal = Cron::parse(text).unwrap_err();
        assert!(refusal.help.contains(help), "{text}: {refusal:?}");
    }
}
