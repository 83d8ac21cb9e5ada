//! The days on which a schedule starts runs.

use super::super::date::Date;
use super::field::Field;

/// The three fields that choose days.
pub(super) struct Days {
    pub(super) day: Field,
    pub(super) month: Field,
    pub(super) weekday: Field,
}

/// The scheduler gives up when it finds nothing in five years.
const HORIZON: u32 = 5 * 366;
/// Days and weekdays repeat after 28 years (no century without a leap day lies in these).
const YEARS_FROM: u16 = 2001;
const CYCLE: u32 = 28 * 365 + 7;

impl Days {
    /// The least number of days from one start to the next; `None` if the schedule never comes.
    pub(super) fn smallest_gap(&self) -> Option<u32> {
        // The cycle starts on a Monday, the first of January 2001.
        let start = Date::new(YEARS_FROM, 1, 1)?.days();
        let mut last: Option<u32> = None;
        let mut gap = None;
        for offset in 0..CYCLE + HORIZON {
            let Some(date) = Date::from_days(start + offset) else {
                break;
            };
            if !self.has(date) {
                continue;
            }
            if let Some(last) = last {
                gap = Some(gap.map_or(offset - last, |gap: u32| gap.min(offset - last)));
                if gap == Some(1) {
                    break;
                }
            }
            last = Some(offset);
        }
        gap
    }

    /// As the scheduler has it: with a `*` in either field both must match, otherwise one suffices.
    fn has(&self, date: Date) -> bool {
        let (_, month, day) = date.year_month_day();
        let day_fits = self.day.has(day);
        let weekday_fits = self.weekday.has(date.weekday());
        let fits = if self.day.star || self.weekday.star {
            day_fits && weekday_fits
        } else {
            day_fits || weekday_fits
        };
        self.month.has(month) && fits
    }
}
