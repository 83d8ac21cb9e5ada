//! Sizes in bytes: `"100Ki"`, `"10Gi"`.

use std::fmt;

use super::{Parsed, Refusal, digits, serialize_as_text, shown};

/// A number of bytes, more than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    bytes: u64,
}

const BINARY: [(&str, u64); 4] = [
    ("Ti", 1 << 40),
    ("Gi", 1 << 30),
    ("Mi", 1 << 20),
    ("Ki", 1 << 10),
];
const DECIMAL: [(&str, u64); 4] = [
    ("T", 1_000_000_000_000),
    ("G", 1_000_000_000),
    ("M", 1_000_000),
    ("k", 1_000),
];
const HELP: &str = "write a whole number and a unit, Ki, Mi, Gi or Ti: \"512Mi\", \"10Gi\"";
/// Kubernetes keeps quantities as signed 64-bit numbers.
const MAX: u64 = i64::MAX as u64;

impl Size {
    /// Reads `"42"` (bytes), `"100Ki"`, `"10Gi"`, `"5M"`; the suffixes are Ki Mi Gi Ti and k M G T.
    ///
    /// # Errors
    /// Refuses zero, fractions, exponents, signs, spaces, other suffixes, and 2^63 bytes or more.
    pub fn parse(text: &str) -> Parsed<Self> {
        if text.is_empty() {
            return Err(Refusal::new("a size is empty", HELP));
        }
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let unit = BINARY
            .iter()
            .chain(&DECIMAL)
            .find(|(name, _)| *name == suffix)
            .map(|(_, unit)| *unit);
        let Some(unit) = unit
            .or(suffix.is_empty().then_some(1))
            .filter(|_| !number.is_empty())
        else {
            return Err(Refusal::new(
                format!("{} is not a size", shown(text)),
                suggestion(number, suffix),
            ));
        };
        let bytes = digits(number)
            .and_then(|n| n.checked_mul(unit))
            .filter(|bytes| *bytes <= MAX);
        let Some(bytes) = bytes else {
            return Err(Refusal::new(
                format!("{} is more bytes than Kubernetes can count", shown(text)),
                "write less than 2^63 bytes: \"8Ti\"",
            ));
        };
        Self::from_bytes(bytes)
            .ok_or_else(|| Refusal::new(format!("{} is no size at all", shown(text)), HELP))
    }

    /// A size of so many bytes; `None` for zero and from 2^63 on.
    pub fn from_bytes(bytes: u64) -> Option<Self> {
        (1..=MAX).contains(&bytes).then_some(Self { bytes })
    }

    /// The size in bytes, from 1 to 2^63 - 1.
    pub fn bytes(self) -> u64 {
        self.bytes
    }
}

/// The unit that was probably meant: `10GB` and `10gb` become `10Gi`.
fn suggestion(number: &str, suffix: &str) -> String {
    let letter = suffix.chars().next().map(|c| c.to_ascii_lowercase());
    let meant = match (letter, suffix.len()) {
        (Some('k'), 1..=3) => "Ki",
        (Some('m'), 1..=3) => "Mi",
        (Some('g'), 1..=3) => "Gi",
        (Some('t'), 1..=3) => "Ti",
        _ => return HELP.to_owned(),
    };
    if number.is_empty() || number.len() > 12 {
        return HELP.to_owned();
    }
    format!("write \"{number}{meant}\"")
}

impl fmt::Display for Size {
    /// The largest binary unit that divides it, or plain bytes: `5M` shows as `5000000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match BINARY
            .iter()
            .find(|(_, unit)| self.bytes.is_multiple_of(*unit))
        {
            Some((name, unit)) => write!(f, "{}{name}", self.bytes / unit),
            None => write!(f, "{}", self.bytes),
        }
    }
}

serialize_as_text!(Size);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows() {
        for (text, bytes, canonical) in [
            ("42", 42, "42"),
            ("1024", 1_024, "1Ki"),
            ("100Ki", 102_400, "100Ki"),
            ("1024Mi", 1 << 30, "1Gi"),
            ("1600Mi", 1_600 << 20, "1600Mi"),
            ("5M", 5_000_000, "5000000"),
            ("1k", 1_000, "1000"),
            ("2Ti", 2 << 40, "2Ti"),
            ("9223372036854775807", MAX, "9223372036854775807"),
        ] {
            let value = Size::parse(text).unwrap();
            assert_eq!(
                (value.bytes(), value.to_string().as_str()),
                (bytes, canonical)
            );
            assert_eq!(Size::parse(canonical), Ok(value));
        }
        assert!(Size::parse("1G").unwrap() < Size::parse("1Gi").unwrap());
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "0",
            "0Gi",
            "Gi",
            "1.5Gi",
            "-1Gi",
            "+1",
            " 1",
            "1 Gi",
            "1GB",
            "1Pi",
            "1Ei",
            "1K",
            "1m",
            "1e3",
            "1E3",
            "٣Gi",
            "1_000",
            "9223372036854775808",
            "8388608Ti",
            "99999999999999999999",
            "0x10",
            "1Gi\n",
        ] {
            assert!(Size::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Size::parse("10GB").unwrap_err().help, "write \"10Gi\"");
    }
}
