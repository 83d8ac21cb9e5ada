//! Money: `"25 USD"`.

use std::cmp::Ordering;
use std::fmt;

use super::{Parsed, Refusal, digits, serialize_as_text, shown};

/// An amount in millionths of one currency; zero is allowed (a local model costs nothing).
///
/// Amounts of different currencies have no order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Money {
    micros: u64,
    currency: String,
}

const UNIT: u64 = 1_000_000;
/// A billion of any currency: sums of many amounts stay far from 2^64.
const MAX: u64 = 1_000_000_000 * UNIT;
const HELP: &str = "write an amount, one space and three capital letters: \"25 USD\", \"0.25 USD\"";

impl Money {
    /// Reads `"25 USD"` and `"0.25 USD"`: up to six decimals, one space, a currency of three capital letters.
    ///
    /// # Errors
    /// Refuses signs, symbols, missing or lower-case currencies, finer parts, more than a billion.
    pub fn parse(text: &str) -> Parsed<Self> {
        let Some((amount, currency)) = text.split_once(' ') else {
            let help = match micros(text) {
                Some(_) if text.len() < 20 => format!("write the currency: \"{text} USD\""),
                _ => HELP.to_owned(),
            };
            return Err(Refusal::new(
                format!("{} is not an amount of money", shown(text)),
                help,
            ));
        };
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(Refusal::new(
                format!("{} is not a currency", shown(currency)),
                HELP,
            ));
        }
        let Some(micros) = micros(amount) else {
            return Err(Refusal::new(
                format!("{} is not an amount of money", shown(text)),
                HELP,
            ));
        };
        if micros > MAX {
            return Err(Refusal::new(
                format!("{} is more than a billion", shown(text)),
                format!("write at most \"1000000000 {currency}\""),
            ));
        }
        Ok(Self {
            micros,
            currency: currency.to_owned(),
        })
    }

    /// The amount in millionths, at most 10^15.
    pub fn micros(&self) -> u64 {
        self.micros
    }

    /// The currency: three capital letters.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// Whether both amounts are of one currency, so that they can be compared.
    pub fn comparable(&self, other: &Self) -> bool {
        self.currency == other.currency
    }
}

/// `12.5` in millionths; numbers too large count as the largest.
fn micros(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    if whole.is_empty()
        || part.is_empty()
        || part.len() > 6
        || !whole.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let part = digits(&format!("{part:0<6}"))?;
    Some(
        digits(whole)
            .unwrap_or(u64::MAX)
            .saturating_mul(UNIT)
            .saturating_add(part),
    )
}

impl PartialOrd for Money {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.comparable(other)
            .then(|| self.micros.cmp(&other.micros))
    }
}

impl fmt::Display for Money {
    /// The shortest exact form with no decimals or at least two: `25 USD`, `0.50 USD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.micros / UNIT)?;
        let part = format!("{:06}", self.micros % UNIT);
        let part = part.trim_end_matches('0');
        if !part.is_empty() {
            write!(f, ".{part:0<2}")?;
        }
        write!(f, " {}", self.currency)
    }
}

serialize_as_text!(Money);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows() {
        for (text, micros, canonical) in [
            ("25 USD", 25_000_000, "25 USD"),
            ("15.00 USD", 15_000_000, "15 USD"),
            ("0.5 EUR", 500_000, "0.50 EUR"),
            ("0.000001 USD", 1, "0.000001 USD"),
            ("0 USD", 0, "0 USD"),
            ("1000000000 KRW", MAX, "1000000000 KRW"),
        ] {
            let value = Money::parse(text).unwrap();
            assert_eq!(
                (value.micros(), value.to_string().as_str()),
                (micros, canonical)
            );
            assert_eq!(Money::parse(canonical), Ok(value));
        }
    }

    #[test]
    fn currencies_do_not_mix() {
        let (dollar, euro) = (
            Money::parse("1 USD").unwrap(),
            Money::parse("2 EUR").unwrap(),
        );
        assert_eq!(dollar.partial_cmp(&euro), None);
        assert!(!dollar.comparable(&euro) && dollar != euro);
        assert!(dollar < Money::parse("1.000001 USD").unwrap());
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "25",
            "USD",
            " USD",
            "25USD",
            "25  USD",
            "25 usd",
            "25 US",
            "25 USDT",
            "$25",
            "-1 USD",
            "+1 USD",
            "1,000 USD",
            "1_000 USD",
            ".5 USD",
            "5. USD",
            "0.0000001 USD",
            "1e3 USD",
            "٣ USD",
            "25 ＵＳＤ",
            "1000000001 USD",
            "99999999999999999999 USD",
            "25 USD ",
            " 25 USD",
            "1.2.3 USD",
            "1.+5 USD",
        ] {
            assert!(Money::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(
            Money::parse("25").unwrap_err().help,
            "write the currency: \"25 USD\""
        );
    }
}
