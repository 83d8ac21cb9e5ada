//! One field of a schedule.

use super::super::{Parsed, Refusal, digits, shown};

/// The name and range of a field, and the words that stand for numbers.
pub(super) struct Range {
    name: &'static str,
    min: u32,
    max: u32,
    /// Words for `min`, `min + 1` and so on.
    words: &'static [&'static str],
}

pub(super) const MINUTE: Range = Range {
    name: "minute",
    min: 0,
    max: 59,
    words: &[],
};
pub(super) const HOUR: Range = Range {
    name: "hour",
    min: 0,
    max: 23,
    words: &[],
};
pub(super) const DAY: Range = Range {
    name: "day",
    min: 1,
    max: 31,
    words: &[],
};
pub(super) const MONTH: Range = Range {
    name: "month",
    min: 1,
    max: 12,
    words: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
};
pub(super) const WEEKDAY: Range = Range {
    name: "weekday",
    min: 0,
    max: 6,
    words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

/// The values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    /// One bit for each value.
    bits: u64,
    /// Whether `*` or `?` stands in it with a step of one: then days and weekdays must both match.
    pub(super) star: bool,
}

impl Field {
    /// Reads a list of `*`, `N`, `N-M` and steps of these.
    pub(super) fn read(text: &str, range: &Range) -> Parsed<Self> {
        let mut field = Self {
            bits: 0,
            star: false,
        };
        for part in text.split(',') {
            let one = Self::read_part(part, range).ok_or_else(|| refusal(text, part, range))?;
            field.bits |= one.bits;
            field.star |= one.star;
        }
        Ok(field)
    }

    fn read_part(part: &str, range: &Range) -> Option<Self> {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, Some(number(step, &[], 0)?)),
            None => (part, None),
        };
        let all = matches!(span, "*" | "?");
        let (start, end) = if all {
            (range.min, range.max)
        } else if let Some((start, end)) = span.split_once('-') {
            (
                number(start, range.words, range.min)?,
                number(end, range.words, range.min)?,
            )
        } else {
            let start = number(span, range.words, range.min)?;
            // `5/15` means from 5 to the end.
            (start, if step.is_some() { range.max } else { start })
        };
        let step = step.unwrap_or(1);
        if step == 0 || step > range.max || start < range.min || end > range.max || start > end {
            return None;
        }
        let step_by = usize::try_from(step).ok()?;
        let bits = (start..=end)
            .step_by(step_by)
            .fold(0_u64, |bits, value| bits | 1 << value);
        Some(Self {
            bits,
            star: all && step == 1,
        })
    }

    pub(super) fn has(&self, value: u32) -> bool {
        self.bits & (1 << value) != 0
    }

    pub(super) fn count(&self) -> u32 {
        self.bits.count_ones()
    }

    /// The values, rising.
    pub(super) fn values(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |value| self.has(*value))
    }
}

fn number(text: &str, words: &[&str], min: u32) -> Option<u32> {
    let word = words
        .iter()
        .position(|word| word.eq_ignore_ascii_case(text));
    match word {
        Some(index) => u32::try_from(index).ok().map(|index| index + min),
        None => digits(text)
            .filter(|_| text.len() <= 2)
            .and_then(|n| u32::try_from(n).ok()),
    }
}

fn refusal(text: &str, part: &str, range: &Range) -> Refusal {
    let Range { name, min, max, .. } = range;
    let help = match part {
        "7" if *name == "weekday" => "Sunday is 0: write \"0\" or \"sun\"".to_owned(),
        "" => format!("leave out the spare comma, and write {min} to {max}"),
        _ => format!(
            "write {min} to {max}, a range `{min}-{max}`, a list `{min},{max}`, or a step `*/2`"
        ),
    };
    Refusal::new(format!("{} is no {name} of a schedule", shown(text)), help)
}
