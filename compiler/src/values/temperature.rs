//! Temperatures of models: `0.3`.

use std::fmt;

use super::{Parsed, Refusal, digits, serialize_as_text, shown};

/// How freely a model draws its answers, in thousandths, from 0 to 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Temperature {
    thousandths: u16,
}

/// The most that any provider takes, in thousandths.
const MAX: u64 = 2_000;
const HELP: &str = "write a number from 0 to 2 with at most three decimals: 0.3";

impl Temperature {
    /// Reads `0`, `0.3` and `1.25`: digits, and up to three decimals. No binary fraction is made of it.
    ///
    /// # Errors
    /// Refuses signs, exponents, `_`, finer parts than a thousandth, more than 2.
    pub fn parse(text: &str) -> Parsed<Self> {
        let refuse = |why: &str| Refusal::new(format!("{} {why}", shown(text)), HELP);
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let part = match part.len() {
            0..=3 => digits(part).and_then(|_| digits(&format!("{part:0<3}"))),
            _ if digits(part).is_some() => return Err(refuse("is finer than a thousandth")),
            _ => None,
        };
        let Some((whole, part)) = digits(whole).zip(part) else {
            return Err(refuse("is not a temperature"));
        };
        let thousandths = whole.saturating_mul(1_000).saturating_add(part);
        match u16::try_from(thousandths) {
            Ok(thousandths) if u64::from(thousandths) <= MAX => Ok(Self { thousandths }),
            _ => Err(refuse("is more than 2")),
        }
    }

    /// The temperature of so many thousandths, at most 2000.
    #[must_use]
    pub fn from_thousandths(thousandths: u16) -> Option<Self> {
        (u64::from(thousandths) <= MAX).then_some(Self { thousandths })
    }

    /// In thousandths, from 0 to 2000.
    pub fn thousandths(self) -> u16 {
        self.thousandths
    }
}

impl fmt::Display for Temperature {
    /// The shortest exact form: `0.3`, `1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.thousandths / 1_000)?;
        let part = format!("{:03}", self.thousandths % 1_000);
        match part.trim_end_matches('0') {
            "" => Ok(()),
            part => write!(f, ".{part}"),
        }
    }
}

serialize_as_text!(Temperature);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows() {
        for (text, thousandths, canonical) in [
            ("0", 0, "0"),
            ("0.0", 0, "0"),
            ("0.3", 300, "0.3"),
            ("0.30", 300, "0.3"),
            ("0.001", 1, "0.001"),
            ("1", 1_000, "1"),
            ("1.25", 1_250, "1.25"),
            ("2.000", 2_000, "2"),
        ] {
            let value = Temperature::parse(text).unwrap();
            let shown = value.to_string();
            assert_eq!(
                (value.thousandths(), shown.as_str()),
                (thousandths, canonical)
            );
            assert_eq!(Temperature::parse(canonical), Ok(value));
            assert_eq!(Temperature::from_thousandths(thousandths), Some(value));
        }
        assert_eq!(Temperature::from_thousandths(2_001), None);
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            ".",
            ".3",
            "0.",
            "-0.3",
            "-0",
            "+0.3",
            "3e-1",
            "0.3e0",
            "0_1",
            "0.3_0",
            "0x1",
            "0.0001",
            "2.001",
            "3",
            "99999999999999999999",
            "0,3",
            "0.3.1",
            " 0.3",
            "٣",
            "inf",
        ] {
            assert!(Temperature::parse(text).is_err(), "{text:?}");
        }
    }
}
