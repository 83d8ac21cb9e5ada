//! How long the step has for what: one place, so that the sums fit into the time of its pod.
//!
//! Packing has a third of `limits.export`, this step the rest, counted from its own start; its pod lasts a minute longer,
//! because that counts from when a node has it. Each part ends before the one that needs what it leaves: people agree before what they agreed to is done, and
//! that before the result is kept.

use std::time::Duration;

/// Most time for the result, and for what the gateway still brings to an end before it keeps that.
const LAST: Duration = Duration::from_secs(60);
/// Most time for exports after the last person has agreed, or has not.
const AGREED: Duration = Duration::from_secs(80);

/// Parts of the step, each as the time from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timetable {
    /// Until then people may agree.
    pub approvals: Duration,
    /// Until then services are asked.
    pub effects: Duration,
    /// Then the step ends, whoever has not answered.
    pub all: Duration,
}

impl Timetable {
    /// Those of a run with this `limits.export`, in seconds.
    #[must_use]
    pub fn of(export: u64) -> Self {
        let all = export.saturating_sub(export / 3).max(1);
        let all = Duration::from_secs(all);
        let effects = all.saturating_sub((all / 4).min(LAST));
        Self {
            approvals: effects.saturating_sub((effects / 2).min(AGREED)),
            effects,
            all,
        }
    }

    /// How long the gateway brings to an end what is still on its way before it keeps the result: less than the step
    /// waits for that.
    #[must_use]
    pub fn settling(&self) -> Duration {
        self.all.saturating_sub(self.effects) * 3 / 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_leaves_time_for_the_next() {
        let seconds = |export| {
            let table = Timetable::of(export);
            [table.approvals, table.effects, table.all, table.settling()].map(|one| one.as_secs())
        };
        assert_eq!(seconds(1800), [1060, 1140, 1200, 45]);
        assert_eq!(seconds(60), [15, 30, 40, 7]);
        for export in [0, 1, 2, 3, 9, 24, 60, 90, 300, 3_600, u64::MAX] {
            let table = Timetable::of(export);
            assert!(!table.approvals.is_zero(), "{export}: {table:?}");
            assert!(table.approvals < table.effects, "{export}: {table:?}");
            assert!(
                table.effects + table.settling() < table.all,
                "{export}: {table:?}"
            );
        }
    }
}
