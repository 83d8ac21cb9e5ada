//! Processor shares: `"1"`, `"500m"`, `"1.5"`.

use std::fmt;

use super::{Parsed, Refusal, digits, serialize_as_text, shown};

/// A share of processors in thousandths, more than zero, at most 10 000 processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cpu {
    millis: u64,
}

const MAX: u64 = 10_000_000;
const HELP: &str = "write processors or thousandths of one: \"1\", \"1.5\" or \"500m\"";

impl Cpu {
    /// Reads `"2"`, `"1.5"` (up to three decimals) and `"500m"`.
    ///
    /// # Errors
    /// Refuses zero, signs, spaces, exponents, finer parts than a thousandth, more than 10 000 processors.
    pub fn parse(text: &str) -> Parsed<Self> {
        let refuse = |why: &str| Refusal::new(format!("{} {why}", shown(text)), HELP);
        if text.is_empty() {
            return Err(Refusal::new("a processor share is empty", HELP));
        }
        let millis = match (text.strip_suffix('m'), text.split_once('.')) {
            (Some(number), _) => whole(number),
            (None, None) => whole(text).map(|n| n.saturating_mul(1_000)),
            (None, Some((number, part))) => {
                let part = match part.len() {
                    0 => None,
                    1 => digits(part).map(|n| n * 100),
                    2 => digits(part).map(|n| n * 10),
                    3 => digits(part),
                    _ => return Err(refuse("is finer than a thousandth of a processor")),
                };
                whole(number)
                    .zip(part)
                    .map(|(n, part)| n.saturating_mul(1_000).saturating_add(part))
            }
        };
        match millis {
            None => Err(refuse("is not a processor share")),
            Some(0) => Err(refuse("is no processor at all")),
            Some(millis) if millis > MAX => Err(refuse("is more than 10000 processors")),
            Some(millis) => Ok(Self { millis }),
        }
    }

    /// The share in thousandths of a processor, from 1 to 10 000 000.
    pub fn millis(self) -> u64 {
        self.millis
    }
}

/// Digits; a number too large for 64 bits counts as the largest.
fn whole(text: &str) -> Option<u64> {
    let all_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all_digits.then(|| digits(text).unwrap_or(u64::MAX))
}

impl fmt::Display for Cpu {
    /// Whole processors where possible, thousandths otherwise: `1.5` shows as `1500m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.millis.is_multiple_of(1_000) {
            write!(f, "{}", self.millis / 1_000)
        } else {
            write!(f, "{}m", self.millis)
        }
    }
}

serialize_as_text!(Cpu);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows() {
        for (text, millis, canonical) in [
            ("1", 1_000, "1"),
            ("500m", 500, "500m"),
            ("1.5", 1_500, "1500m"),
            ("0.25", 250, "250m"),
            ("2.000", 2_000, "2"),
            ("2000m", 2_000, "2"),
            ("10000", MAX, "10000"),
        ] {
            let value = Cpu::parse(text).unwrap();
            assert_eq!(
                (value.millis(), value.to_string().as_str()),
                (millis, canonical)
            );
            assert_eq!(Cpu::parse(canonical), Ok(value));
        }
        assert!(Cpu::parse("999m").unwrap() < Cpu::parse("1").unwrap());
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "0",
            "0m",
            "0.0",
            "m",
            ".",
            ".5",
            "1.",
            "1.5m",
            "1.0001",
            "-1",
            "+1",
            " 1",
            "1 ",
            "1e3",
            "1k",
            "٣",
            "10001",
            "10000001m",
            "99999999999999999999",
            "99999999999999999999m",
            "1.2.3",
            "1.é",
            "1.éé",
        ] {
            assert!(Cpu::parse(text).is_err(), "{text:?}");
        }
    }
}
