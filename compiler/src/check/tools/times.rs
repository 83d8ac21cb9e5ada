//! How often a tool may be called in a run.
//!
//! A bound is on the tool, so the calls of all agents and of all servers of one kind count
//! together: a second name for a server is not a second allowance. Of a route one agent works, so
//! the calls of each of its agents count alone. Every rule that matches a tool and has a bound holds.

use super::{fact, matching};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::reach::{Granted, Holder};
use crate::resolve::Unit;
use crate::span::Spanned;
use std::collections::BTreeMap;

pub(super) fn check(unit: &Unit, findings: &mut Findings, grants: &[Granted<'_>]) {
    let mut by_fact: BTreeMap<(&str, &str), Vec<&Granted<'_>>> = BTreeMap::new();
    for granted in grants {
        if let Some(server) = fact(granted.server) {
            by_fact
                .entry((server, granted.grant.tool.value.as_str()))
                .or_default()
                .push(granted);
        }
    }
    for ((server, tool), grants) in by_fact {
        if let Some((policy, bound)) = tightest(unit, server, tool) {
            together(unit, findings, &grants, (policy, bound));
        }
    }
}

fn tightest<'u>(unit: &'u Unit, server: &str, tool: &str) -> Option<(&'u str, &'u Spanned<u64>)> {
    let of_policy = |p: &'u crate::policy::Policy| {
        let rules = matching(&p.tools, server, tool).chain(matching(&p.approve, server, tool));
        let bounds: Vec<_> = rules.filter_map(|r| r.times.as_ref()).collect();
        bounds.into_iter().map(move |b| (p.name.value.as_str(), b))
    };
    unit.policies
        .iter()
        .flat_map(|p| of_policy(p))
        .min_by_key(|(_, bound)| bound.value)
}

pub(super) fn together(
    unit: &Unit,
    findings: &mut Findings,
    grants: &[&Granted<'_>],
    (policy, bound): (&str, &Spanned<u64>),
) {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for granted in grants {
        let tool = &granted.grant.tool;
        let alone = unit.run.route.as_ref().map(|_| granted.holder.to_string());
        let sum = sums.entry(alone.unwrap_or_default()).or_default();
        let (span, message) = match &granted.grant.times {
            None => (
                tool.span,
                format!(
                    "tool `{}` has no `times`; policy `{policy}` permits at most {} calls in a run",
                    tool.value, bound.value
                ),
            ),
            Some(times) => {
                *sum = sum.saturating_add(times.value);
                if *sum <= bound.value {
                    continue;
                }
                (
                    times.span,
                    format!(
                        "tool `{}` may be called {sum} times in a run, the maximum of policy `{policy}` is {}",
                        tool.value, bound.value
                    ),
                )
            }
        };
        findings.push(
            Finding::new(Code::ToolTimes, span, message)
                .related(
                    bound.span,
                    format!("at most {} calls in a run", bound.value),
                )
                .help(match granted.holder {
                    Holder::Agent(_) => format!(
                        "write `times={}` or less; all grants of the tool count together",
                        bound.value
                    ),
                    Holder::Step(_) => {
                        "lower the `max` of the edges that lead back to it; each visit of a step is a call".to_owned()
                    }
                }),
        );
    }
}
