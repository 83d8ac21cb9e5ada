//! Amounts in the words of the language: `10Gi`, `2h30m`, `4_000_000`, `25 USD`.

use crate::values::duration::Duration;
use crate::values::size::Size;
use pure_agent_runtime::contract::{Bound, Money};

/// Seconds.
pub(super) fn time(seconds: u64) -> String {
    Duration::from_seconds(seconds).map_or_else(|| format!("{seconds}s"), |d| d.to_string())
}

/// Bytes.
pub(super) fn size(bytes: u64) -> String {
    Size::from_bytes(bytes).map_or_else(|| bytes.to_string(), |s| s.to_string())
}

/// A number with its thousands apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// Money, exactly; no decimals or at least two.
pub(super) fn money(money: &Money) -> String {
    price(money.micros, &money.currency)
}

/// Millionths of a currency.
pub(super) fn price(micros: u64, currency: &str) -> String {
    let (whole, part) = (number(micros / 1_000_000), micros % 1_000_000);
    if part == 0 {
        return format!("{whole} {currency}");
    }
    let digits = format!("{part:06}");
    let kept = digits.trim_end_matches('0').len().max(2);
    let shown: String = digits.chars().take(kept).collect();
    format!("{whole}.{shown} {currency}")
}

/// Thousandths of a CPU.
pub(super) fn cpu(millis: u64) -> String {
    if millis.is_multiple_of(1_000) {
        format!("{} CPU", millis / 1_000)
    } else {
        format!("{millis}m CPU")
    }
}

/// `once`, `at most 3 times`.
pub(super) fn times(times: u64) -> String {
    match times {
        1 => "once".to_owned(),
        n => format!("at most {} times", number(n)),
    }
}

/// `1 run`, `2 runs`.
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// Text of the spec on one line, in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// An input or a constant.
pub(super) fn bound(bound: &Bound) -> String {
    match bound {
        Bound::Input(input) => format!("input {input}"),
        Bound::Value(value) => quoted(value),
    }
}

/// An image with the beginning of its digest; objects and JSON have all of it.
pub(super) fn image(image: &str) -> String {
    const SHOWN: usize = 12;
    match image.split_once("@sha256:") {
        Some((name, digest)) => {
            let start: String = digest.chars().take(SHOWN).collect();
            format!("{name}@sha256:{start}…")
        }
        None => image.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_thousands_apart() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1_000"),
            (4_000_000, "4_000_000"),
        ] {
            assert_eq!(number(n), text);
        }
        assert_eq!(number(u64::MAX), "18_446_744_073_709_551_615");
    }

    #[test]
    fn money_is_exact() {
        for (micros, text) in [
            (0, "0 USD"),
            (25_000_000, "25 USD"),
            (500_000, "0.50 USD"),
            (262_505_000, "262.505 USD"),
            (1, "0.000001 USD"),
            (1_234_000_000, "1_234 USD"),
        ] {
            assert_eq!(price(micros, "USD"), text);
        }
    }

    #[test]
    fn times_and_sizes_outside_the_language_are_still_shown() {
        assert_eq!(time(0), "0s");
        assert_eq!(time(23_940), "6h39m");
        assert_eq!(time(u64::MAX), format!("{}s", u64::MAX));
        assert_eq!(size(0), "0");
        assert_eq!(size(u64::MAX), u64::MAX.to_string());
    }

    #[test]
    fn texts_stay_on_one_line() {
        assert_eq!(
            quoted("a\nb\u{1b}[2J\u{202e}"),
            r#""a\nb\u{1b}[2J\u{202e}""#
        );
    }
}
