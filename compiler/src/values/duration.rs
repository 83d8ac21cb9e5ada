//! Durations: `"30s"`, `"1h30m"`.

use std::fmt;

use super::{Parsed, Refusal, digits, serialize_as_text, shown};

/// A length of time in whole seconds: more than zero, at most 365 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    seconds: u64,
}

/// Largest unit first: the order in which a sum is written.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
const MAX: u64 = 365 * 86_400;
const HELP: &str = "write a whole number and a unit, s, m, h or d: \"30s\", \"10m\", \"1h30m\"";

impl Duration {
    /// Reads `"30s"`, `"10m"`, `"2h"`, `"3d"` or a sum with the units falling: `"1h30m"`.
    ///
    /// # Errors
    /// Refuses zero, more than 365 days, fractions, signs, spaces, other units, repeated or rising units.
    pub fn parse(text: &str) -> Parsed<Self> {
        let refuse = |why: &str| Refusal::new(format!("{} {why}", shown(text)), HELP);
        if text.is_empty() {
            return Err(Refusal::new("a duration is empty", HELP));
        }
        if let Some(number) = digits(text) {
            let help = format!("write the unit: \"{number}s\" or \"{number}m\"");
            return Err(Refusal::new(
                format!("{} has no unit of time", shown(text)),
                help,
            ));
        }
        let (mut rest, mut seconds, mut below) = (text, 0_u64, u64::MAX);
        while !rest.is_empty() {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (number, tail) = rest.split_at(end);
            let mut tail_chars = tail.chars();
            let unit = tail_chars
                .next()
                .and_then(|c| UNITS.iter().find(|(name, _)| *name == c));
            let Some((_, unit)) = unit.filter(|_| !number.is_empty()) else {
                return Err(refuse("is not a duration"));
            };
            if *unit >= below {
                let help = "write each unit once, the largest first: \"1h30m\"";
                return Err(Refusal::new(
                    format!("{} repeats or mixes its units", shown(text)),
                    help,
                ));
            }
            below = *unit;
            let part = digits(number).and_then(|n| n.checked_mul(*unit));
            seconds = part
                .and_then(|part| seconds.checked_add(part))
                .filter(|sum| *sum <= MAX)
                .ok_or_else(|| {
                    Refusal::new(
                        format!("{} is longer than 365 days", shown(text)),
                        "write at most \"365d\"",
                    )
                })?;
            rest = tail_chars.as_str();
        }
        Self::from_seconds(seconds).ok_or_else(|| refuse("is no time at all"))
    }

    /// A duration of so many seconds; `None` for zero and for more than 365 days.
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        (1..=MAX).contains(&seconds).then_some(Self { seconds })
    }

    /// The length in seconds, from 1 to 31 536 000.
    pub fn seconds(self) -> u64 {
        self.seconds
    }
}

impl fmt::Display for Duration {
    /// The sum of the largest units: `90m` shows as `1h30m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.seconds;
        for (name, unit) in UNITS {
            if rest >= unit {
                write!(f, "{}{name}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

serialize_as_text!(Duration);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows() {
        for (text, seconds, canonical) in [
            ("30s", 30, "30s"),
            ("90m", 5_400, "1h30m"),
            ("1h30m", 5_400, "1h30m"),
            ("24h", 86_400, "1d"),
            ("3d", 259_200, "3d"),
            ("1d0h1s", 86_401, "1d1s"),
            ("365d", MAX, "365d"),
            ("007s", 7, "7s"),
        ] {
            let value = Duration::parse(text).unwrap();
            assert_eq!(
                (value.seconds(), value.to_string().as_str()),
                (seconds, canonical)
            );
            assert_eq!(Duration::parse(canonical), Ok(value));
        }
        assert!(Duration::parse("59m").unwrap() < Duration::parse("1h").unwrap());
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "0s",
            "0d0h",
            "5",
            "s",
            "m5",
            "1.5h",
            "-1h",
            "+1h",
            " 1h",
            "1h ",
            "1h 30m",
            "1w",
            "1y",
            "1H",
            "1ms",
            "30m1h",
            "1h1h",
            "366d",
            "365d1s",
            "٣h",
            "１h",
            "1h30",
            "99999999999999999999d",
            "213503982334602d",
            "1µs",
            "\u{0}",
        ] {
            assert!(Duration::parse(text).is_err(), "{text:?}");
        }
        assert!(Duration::parse(&"9".repeat(100_000)).is_err());
        assert_eq!(
            Duration::parse("90").unwrap_err().help,
            "write the unit: \"90s\" or \"90m\""
        );
    }
}
