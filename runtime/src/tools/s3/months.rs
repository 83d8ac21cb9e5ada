//! Which months a call is about.

use super::super::Failed;
use crate::contract::Partition;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month {
    year: u32,
    month: u32,
}

/// One date, or the first and the last.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    date: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
}

pub(super) fn schema() -> Value {
    let date = |says: &str| json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": says});
    json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "date": date("A day, `YYYY-MM-DD`: the files of its month. Alone."),
            "start_date": date("The first day of a range, with `end_date`."),
            "end_date": date("The last day of a range, with `start_date`."),
        },
    })
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.date, &self.start_date, &self.end_date) {
            (Some(date), ..) => f.write_str(date),
            (None, Some(start), Some(end)) => write!(f, "{start}..{end}"),
            (None, ..) => f.write_str("nothing"),
        }
    }
}

impl Asked {
    /// The months, the first one first.
    pub(super) fn months(&self, most: u32) -> Result<Vec<Month>, Failed> {
        let (start, end) = match (&self.date, &self.start_date, &self.end_date) {
            (Some(date), None, None) => (day("date", date)?, day("date", date)?),
            (None, Some(start), Some(end)) => (day("start_date", start)?, day("end_date", end)?),
            (Some(_), ..) => {
                return Err(dates(
                    "provide either `date` or `start_date` and `end_date`, not both",
                ));
            }
            (None, None, None) => {
                return Err(dates("provide `date`, or both `start_date` and `end_date`"));
            }
            (None, ..) => {
                return Err(dates(
                    "both `start_date` and `end_date` are required for a range",
                ));
            }
        };
        if start > end {
            return Err(dates("`start_date` must not be after `end_date`"));
        }
        let ((first, _), (last, _)) = (start, end);
        let count = last
            .number()
            .saturating_sub(first.number())
            .saturating_add(1);
        if count > most {
            return Err(dates(&format!(
                "the range has {count} months, more than {most}"
            )));
        }
        let months = (first.number()..=last.number()).map(Month::of);
        Ok(months.collect())
    }
}

impl Month {
    fn number(self) -> u32 {
        self.year
            .saturating_mul(12)
            .saturating_add(self.month.saturating_sub(1))
    }

    fn of(number: u32) -> Self {
        Self {
            year: number / 12,
            month: number % 12 + 1,
        }
    }

    /// The folder of the month.
    pub(super) fn folder(self, partition: Partition) -> String {
        let Self { year, month } = self;
        match partition {
            Partition::Plain => format!("year={year}/month={month}"),
            Partition::Padded => format!("year={year:04}/month={month:02}"),
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A day that the calendar has.
fn day(name: &str, text: &str) -> Result<(Month, u32), Failed> {
    let read = || {
        let mut parts = text.splitn(3, '-');
        let mut number = |digits: usize| {
            let part = parts.next()?;
            let plain = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| part.parse::<u32>().ok())?
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        (year > 0 && (1..=days).contains(&day)).then_some((Month { year, month }, day))
    };
    read().ok_or_else(|| dates(&format!("`{name}` must be a day, written YYYY-MM-DD")))
}

fn dates(message: &str) -> Failed {
    Failed::new("s3-dates", message)
}
