//! How often exports may happen. The exports of a run that fall under one rule count together:
//! writing one twice is not a second allowance.

use super::rules::permits;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::Policy;
use crate::resolve::Unit;
use crate::spec::Export;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    for policy in &unit.policies {
        of_policy(policy, &unit.run.exports, findings);
    }
}

fn of_policy(policy: &Policy, exports: &[Export], findings: &mut Findings) {
    let mut left: Vec<u64> = policy
        .exports
        .iter()
        .map(|r| r.times.as_ref().map_or(1, |t| t.value))
        .collect();
    for export in exports {
        let times = export.times.as_ref().map_or(1, |t| t.value);
        let mut tight = None;
        let mut fits = false;
        for (rule, left) in policy.exports.iter().zip(&mut left) {
            if !permits(rule, export) {
                continue;
            }
            if *left >= times {
                *left -= times;
                fits = true;
                break;
            }
            tight = tight.or(Some((rule, *left)));
        }
        if let (Some((rule, left)), false) = (tight, fits) {
            let most = rule.times.as_ref().map_or(1, |t| t.value);
            let span = export.times.as_ref().map_or(export.kind.span, |t| t.span);
            let (kind, name) = (&export.kind.value, &policy.name.value);
            let message = match left == most {
                true => format!(
                    "export `{kind}` may happen {times} times in a run, the maximum of policy `{name}` is {most}"
                ),
                false => format!(
                    "export `{kind}` may happen {times} times more, the maximum of policy `{name}` for the whole run is {most}"
                ),
            };
            let bound = rule.times.as_ref().map_or(rule.span, |t| t.span);
            findings.push(
                Finding::new(Code::ExportTimes, span, message)
                    .related(bound, format!("at most {most} in a run"))
                    .help(format!("write `times {left}` or less, or remove an export; ask whoever owns policy `{name}` for `times`")),
            );
        }
    }
}
