//! Schedules: whether a policy lets runs start by themselves, and how often.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::resolve::Unit;
use crate::values::cron::Cron;
use crate::values::duration::Duration;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let Some(schedule) = &unit.run.schedule else {
        return;
    };
    let Ok(cron) = Cron::parse(&schedule.cron.value) else {
        return;
    };
    let Some(interval) = Duration::from_seconds(u64::from(cron.min_interval_minutes()) * 60) else {
        return;
    };
    let mut refused = Vec::new();
    let mut longest: Option<Duration> = None;
    for policy in &unit.policies {
        match &policy.schedule {
            None => refused.push((
                policy.name.span,
                "this policy permits no schedule".to_owned(),
            )),
            Some(every) if interval < every.value => {
                longest = longest.max(Some(every.value));
                refused.push((
                    every.span,
                    format!("at least {} between two starts", every.value),
                ));
            }
            Some(_) => {}
        }
    }
    if refused.is_empty() {
        return;
    }
    let (message, help) = match longest {
        Some(every)
            if refused
                .iter()
                .all(|(_, label)| label.starts_with("at least")) =>
        {
            (
                format!(
                    "schedule starts again after {interval}, sooner than the permitted {every}"
                ),
                format!(
                    "start less often, or ask the owner of the policy for `schedule every=\"{interval}\"`"
                ),
            )
        }
        _ => (
            "run starts by itself, which a policy does not permit".to_owned(),
            format!(
                "remove it, or ask the owner of the policy for `schedule every=\"{interval}\"`"
            ),
        ),
    };
    let mut finding = Finding::new(Code::ScheduleRefused, schedule.cron.span, message).help(help);
    for (span, label) in refused {
        finding = finding.related(span, label);
    }
    findings.push(finding);
}

#[cfg(test)]
mod tests {
    use crate::check::trial::Trial;

    fn trial(cron: &str, rule: &str) -> Trial {
        Trial::new()
            .in_run(&format!("schedule \"{cron}\" {{\n timezone \"UTC\"\n}}"))
            .in_policy(rule)
    }

    #[test]
    fn a_silent_policy_permits_no_schedule() {
        let (finding, related) = trial("@daily", "").only();
        assert_eq!(finding.code.number(), "PA0710");
        assert_eq!(related, ["\"base\""]);
    }

    #[test]
    fn the_shortest_distance_counts() {
        for (cron, every, permitted) in [
            ("0 * * * *", "1h", true),
            ("*/30 * * * *", "1h", false),
            // 59 past and full hour: a minute apart, although twice a day.
            ("59,0 3,4 * * *", "1h", false),
            ("0 0 1 * *", "28d", true),
            ("@every 30m", "1h", false),
        ] {
            let found = trial(cron, &format!("schedule every=\"{every}\"")).codes();
            assert_eq!(found.is_empty(), permitted, "{cron} {found:?}");
        }
    }

    #[test]
    fn a_disabled_schedule_is_bounded_too() {
        assert_eq!(
            trial("@daily", "").in_run("enabled #false").codes(),
            ["PA0710"]
        );
    }
}
