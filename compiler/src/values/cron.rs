//! Schedules: `"0 3 * * 1-5"`, `"@daily"`, `"@every 6h"`.
//!
//! The rules are those of Argo's scheduler (the standard parser of robfig/cron, version 3) and of the characters
//! that its newer CRDs admit, and stricter where that parser is silent about a likely mistake: `1,`, `*-5`,
//! a date that never comes.

use std::fmt;

use super::duration::Duration;
use super::{Parsed, Refusal, serialize_as_text, shown};

mod calendar;
mod field;

use calendar::Days;
use field::Field;

/// When a run starts by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cron {
    text: String,
    runs_per_day: u32,
    min_interval_minutes: u32,
}

const HELP: &str = "write minute, hour, day, month and weekday: \"0 3 * * 1-5\", or \"@daily\"";
/// Descriptors and the five fields that they stand for.
const DESCRIPTORS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Cron {
    /// Reads five fields, a descriptor, or `@every` and a duration in hours, minutes and seconds.
    ///
    /// # Errors
    /// Refuses what Argo would refuse, a time zone inside the schedule, `@every` under a minute, and what
    /// never comes, as the 30th of February.
    pub fn parse(text: &str) -> Parsed<Self> {
        let refuse = |why: &str, help: &str| {
            Err(Refusal::new(
                format!("schedule {} {why}", shown(text)),
                help,
            ))
        };
        if !text.is_ascii() || text.len() > 256 {
            return refuse("is not a schedule", HELP);
        }
        if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
            return refuse(
                "holds a time zone",
                "write the zone on its own line: timezone \"Europe/Berlin\"",
            );
        }
        if let Some(rest) = text.strip_prefix("@every") {
            return every(text, rest);
        }
        if text.starts_with('@') {
            return match DESCRIPTORS.iter().find(|(name, _)| *name == text) {
                Some((_, fields)) => Ok(Self {
                    text: text.to_owned(),
                    ..Self::fields(fields)?
                }),
                None => refuse(
                    "is no descriptor",
                    "write \"@hourly\", \"@daily\", \"@weekly\", \"@monthly\", \"@yearly\" or \"@every 6h\"",
                ),
            };
        }
        Self::fields(text)
    }

    fn fields(text: &str) -> Parsed<Self> {
        let refuse = |why: String, help: &str| {
            Err(Refusal::new(
                format!("schedule {} {why}", shown(text)),
                help,
            ))
        };
        let parts: Vec<&str> = text
            .split([' ', '\t'])
            .filter(|part| !part.is_empty())
            .collect();
        let [minute, hour, day, month, weekday] = parts.as_slice() else {
            let help = match parts.as_slice() {
                [_, rest @ ..] if rest.len() == 5 => {
                    format!("there are no seconds: write {:?}", rest.join(" "))
                }
                _ => HELP.to_owned(),
            };
            return refuse(format!("has {} fields, not 5", parts.len()), &help);
        };
        let minute = Field::read(minute, &field::MINUTE)?;
        let hour = Field::read(hour, &field::HOUR)?;
        let days = Days {
            day: Field::read(day, &field::DAY)?,
            month: Field::read(month, &field::MONTH)?,
            weekday: Field::read(weekday, &field::WEEKDAY)?,
        };
        let Some(day_gap) = days.smallest_gap() else {
            return refuse(
                "never comes".to_owned(),
                "no month of these has such a day: write \"0 3 1 * *\"",
            );
        };
        Ok(Self {
            text: parts.join(" "),
            runs_per_day: minute.count() * hour.count(),
            min_interval_minutes: smallest_interval(&minute, &hour, day_gap),
        })
    }

    /// The schedule with single spaces.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Most starts within any 24 hours, but for the hour that a change of clocks repeats.
    pub fn runs_per_day(&self) -> u32 {
        self.runs_per_day
    }

    /// The shortest time between two starts in whole minutes, rounded down, but for a change of clocks.
    pub fn min_interval_minutes(&self) -> u32 {
        self.min_interval_minutes
    }
}

/// `@every 1h30m`: the scheduler counts from its own start, so only the distance is known.
fn every(text: &str, rest: &str) -> Parsed<Cron> {
    let help = "write one space and hours, minutes or seconds: \"@every 6h\"";
    let refuse = |why: &str| {
        Err(Refusal::new(
            format!("schedule {} {why}", shown(text)),
            help,
        ))
    };
    let Some(length) = rest
        .strip_prefix(' ')
        .filter(|length| !length.contains('d'))
    else {
        return refuse("is not a schedule");
    };
    let Ok(length) = Duration::parse(length) else {
        return refuse("is not a schedule");
    };
    let seconds = length.seconds();
    if seconds < 60 {
        return refuse("starts a run more than once a minute");
    }
    // 365 days at most: both numbers fit by far.
    let runs = u32::try_from(86_400_u64.div_ceil(seconds)).unwrap_or(u32::MAX);
    let minutes = u32::try_from(seconds / 60).unwrap_or(u32::MAX);
    Ok(Cron {
        text: text.to_owned(),
        runs_per_day: runs,
        min_interval_minutes: minutes,
    })
}

fn smallest_interval(minute: &Field, hour: &Field, day_gap: u32) -> u32 {
    let times: Vec<u32> = hour
        .values()
        .flat_map(|h| minute.values().map(move |m| h * 60 + m))
        .collect();
    let within = times.windows(2).filter_map(|pair| match pair {
        [a, b] => Some(b - a),
        _ => None,
    });
    let (first, last) = (
        times.first().copied().unwrap_or(0),
        times.last().copied().unwrap_or(0),
    );
    within
        .chain([day_gap * 1_440 + first - last])
        .min()
        .unwrap_or(0)
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

serialize_as_text!(Cron);

#[cfg(test)]
mod tests;
