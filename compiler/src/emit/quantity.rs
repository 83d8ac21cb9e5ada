//! Amounts as Kubernetes writes them.
//!
//! The API server rewrites `1024Ki` as `1Mi`; admission compares text, so only the form that it would
//! keep is emitted.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Bytes.
#[must_use]
pub fn bytes(amount: u64) -> Quantity {
    if amount > 0 && amount.is_multiple_of(1024) {
        scaled(amount, 1024, &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
    } else {
        scaled(amount, 1000, &["", "k", "M", "G", "T", "P", "E"])
    }
}

/// Thousandths, such as of a CPU.
#[must_use]
pub fn millis(amount: u64) -> Quantity {
    scaled(amount, 1000, &["m", "", "k", "M", "G", "T", "P"])
}

/// A count.
#[must_use]
pub fn count(amount: u64) -> Quantity {
    scaled(amount, 1000, &["", "k", "M", "G", "T", "P", "E"])
}

/// The largest suffix that leaves an integer.
fn scaled(amount: u64, step: u64, suffixes: &[&str]) -> Quantity {
    if amount == 0 {
        return Quantity("0".to_owned());
    }
    let mut amount = amount;
    let mut suffix = "";
    for (at, next) in suffixes.iter().enumerate() {
        if at > 0 && !amount.is_multiple_of(step) {
            break;
        }
        if at > 0 {
            amount /= step;
        }
        suffix = next;
    }
    Quantity(format!("{amount}{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_form_that_the_api_server_keeps() {
        let cases = [
            (0, "0"),
            (1, "1"),
            (1023, "1023"),
            (1024, "1Ki"),
            (1_677_721_600, "1600Mi"),
            (10 << 30, "10Gi"),
            (64_000_000, "62500Ki"),
            (1_000_000, "1M"),
            (1500, "1500"),
        ];
        for (amount, text) in cases {
            assert_eq!(bytes(amount).0, text, "{amount}");
        }
        let cases = [
            (0, "0"),
            (1, "1m"),
            (250, "250m"),
            (1000, "1"),
            (1500, "1500m"),
            (2_000_000, "2k"),
        ];
        for (amount, text) in cases {
            assert_eq!(millis(amount).0, text, "{amount}");
        }
    }
}
