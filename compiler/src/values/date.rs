//! Days of the calendar: `"2027-03-31"`.

use std::fmt;

use super::{Parsed, Refusal, digits, serialize_as_text, shown};

/// A day of the Gregorian calendar from 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    days: u32,
}

const HELP: &str = "write year, month and day: \"2027-03-31\"";

impl Date {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// Refuses other forms, days that do not exist, and years before 1970.
    pub fn parse(text: &str) -> Parsed<Self> {
        let refuse = |why: &str| Refusal::new(format!("{} {why}", shown(text)), HELP);
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts.as_slice() else {
            return Err(refuse("is not a date"));
        };
        if (year.len(), month.len(), day.len()) != (4, 2, 2) {
            return Err(refuse("is not a date"));
        }
        let number = |part: &str| {
            digits(part)
                .and_then(|n| u16::try_from(n).ok())
                .ok_or_else(|| refuse("is not a date"))
        };
        let (year, month, day) = (number(year)?, number(month)?, number(day)?);
        Self::new(year, u32::from(month), u32::from(day))
            .ok_or_else(|| refuse("is no day of the calendar"))
    }

    /// The day of a year (1970 to 9999), month (1 to 12) and day (1 to 31), if there is one.
    pub fn new(year: u16, month: u32, day: u32) -> Option<Self> {
        if !(1970..=9999).contains(&year)
            || !(1..=12).contains(&month)
            || !(1..=days_of(year, month)).contains(&day)
        {
            return None;
        }
        let before = u32::from(year) - 1;
        // Leap days from year 1 to the year before, less those before 1970.
        let leaps = before / 4 - before / 100 + before / 400 - 477;
        let months: u32 = (1..month).map(|month| days_of(year, month)).sum();
        Some(Self {
            days: (before - 1969) * 365 + leaps + months + day - 1,
        })
    }

    /// The day so many days after the first of January 1970; `None` after the year 9999.
    pub fn from_days(days: u32) -> Option<Self> {
        (days <= Self::new(9999, 12, 31)?.days).then_some(Self { days })
    }

    /// Days since the first of January 1970.
    pub fn days(self) -> u32 {
        self.days
    }

    /// The weekday: 0 is Sunday, 6 is Saturday.
    pub fn weekday(self) -> u32 {
        (self.days + 4) % 7
    }

    /// Year, month from 1, day from 1.
    pub fn year_month_day(self) -> (u16, u32, u32) {
        // Counted from the first of March of the year 0, so that leap days end a year.
        let shifted = self.days + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        let year = era * 400 + year_of_era + u32::from(month <= 2);
        (u16::try_from(year).unwrap_or(u16::MAX), month, day)
    }
}

fn days_of(year: u16, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.year_month_day();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

serialize_as_text!(Date);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        for (text, days, weekday) in [
            ("1970-01-01", 0, 4),
            ("2000-02-29", 11_016, 2),
            ("2001-01-01", 11_323, 1),
            ("2024-02-29", 19_782, 4),
            ("2027-03-31", 20_908, 3),
            ("2100-03-01", 47_541, 1),
            ("9999-12-31", 2_932_896, 5),
        ] {
            let date = Date::parse(text).unwrap();
            assert_eq!(
                (date.days(), date.weekday(), date.to_string().as_str()),
                (days, weekday, text)
            );
        }
        assert!(Date::parse("2027-03-31").unwrap() < Date::parse("2027-04-01").unwrap());
    }

    #[test]
    fn every_day_comes_once_and_in_order() {
        let mut next = 0;
        for year in 1970..=2405 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(date) = Date::new(year, month, day) {
                        assert_eq!(
                            (date.days(), date.year_month_day()),
                            (next, (year, month, day))
                        );
                        next += 1;
                    }
                }
            }
        }
        assert_eq!(Date::from_days(2_932_897), None);
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "2027",
            "2027-3-31",
            "2027-03-32",
            "2027-02-29",
            "2100-02-29",
            "2027-00-01",
            "2027-13-01",
            "2027-01-00",
            "1969-12-31",
            "0000-01-01",
            "10000-01-01",
            "27-03-31",
            "2027/03/31",
            "31-03-2027",
            "2027-03-31T00:00:00Z",
            " 2027-03-31",
            "2027-03-31 ",
            "-2027-03-31",
            "+027-03-31",
            "2027-03-+1",
            "٢٠٢٧-٠٣-٣١",
            "2027-03-31\n",
            "2027‐03‐31",
        ] {
            assert!(Date::parse(text).is_err(), "{text:?}");
        }
    }
}
