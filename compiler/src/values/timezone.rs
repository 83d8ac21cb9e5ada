//! Time zones: `"Europe/Berlin"`, `"UTC"`.

use super::{Parsed, Refusal, shown, text_value};

text_value! {
    /// A zone's name as the IANA database writes it. Whether the cluster knows it is not checked.
    Timezone
}

/// The areas of the database; older names such as `EST` or `Japan` are refused as they do not say what they mean.
const AREAS: [&str; 11] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Etc",
    "Europe",
    "Indian",
    "Pacific",
];

impl Timezone {
    /// Reads `UTC` or `Area/City`, as in `America/Argentina/Ushuaia`.
    ///
    /// # Errors
    /// Refuses abbreviations, offsets, unknown areas, and characters that no zone has.
    pub fn parse(text: &str) -> Parsed<Self> {
        let mut parts = text.split('/');
        let area = parts.next().is_some_and(|area| AREAS.contains(&area));
        let places: Vec<&str> = parts.collect();
        let fits =
            area && (1..=2).contains(&places.len()) && places.iter().all(|place| is_place(place));
        if text == "UTC" || fits && text.len() <= 64 {
            return Ok(Self(text.to_owned()));
        }
        let help = if text.eq_ignore_ascii_case("utc")
            || matches!(text, "GMT" | "Z" | "Local" | "+00:00")
        {
            "write \"UTC\""
        } else {
            "write an area and a city, or UTC: \"Europe/Berlin\""
        };
        Err(Refusal::new(
            format!("{} is not a time zone", shown(text)),
            help,
        ))
    }
}

fn is_place(place: &str) -> bool {
    place.starts_with(|c: char| c.is_ascii_uppercase())
        && place
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        for text in [
            "UTC",
            "Europe/Berlin",
            "America/Argentina/Ushuaia",
            "Etc/GMT+9",
            "America/Port-au-Prince",
        ] {
            assert_eq!(Timezone::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "utc",
            "GMT",
            "EST",
            "CET",
            "Local",
            "+09:00",
            "UTC+9",
            "Europe",
            "Europe/",
            "/Berlin",
            "europe/berlin",
            "Europe/Berlin/",
            "Europe//Berlin",
            "Europe/../Berlin",
            "Europe/Berlin ",
            "Europe/Berlín",
            "Mars/Base",
            "Asia/Seoul\n",
            "Asia/{{x}}",
            "America/A/B/C",
        ] {
            assert!(Timezone::parse(text).is_err(), "{text:?}");
        }
        assert!(Timezone::parse(&format!("Asia/{}", "A".repeat(100))).is_err());
    }
}
