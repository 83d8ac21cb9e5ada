//! Exports: within one rule of every policy, and as often as it permits.

pub(super) mod overlap;
pub(super) mod rules;
mod submitted;
mod times;

use super::denial::{Refused, Wish, report};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::resolve::Unit;
use crate::spec::Export;
use rules::Complaint;
use std::collections::BTreeMap;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    for export in &unit.run.exports {
        permitted(unit, findings, export);
        from_base(findings, export);
        submitted::check(unit, export, findings);
    }
    times::check(unit, findings);
}

/// A wish, and the policies that refuse it.
type Asked = (Wish, Vec<(String, Refused)>);

/// Of the rules of a policy the one with the fewest complaints speaks for it.
fn permitted(unit: &Unit, findings: &mut Findings, export: &Export) {
    let mut by_wish: BTreeMap<(&str, String), Asked> = BTreeMap::new();
    for policy in &unit.policies {
        for Complaint {
            about,
            wish,
            refused,
        } in rules::complaints(policy, export)
        {
            by_wish
                .entry((about, wish.line.clone()))
                .or_insert_with(|| (wish, Vec::new()))
                .1
                .push((policy.name.value.clone(), refused));
        }
    }
    for (wish, refusals) in by_wish.into_values() {
        report(findings, &wish, refusals);
    }
}

/// A pull request from its own base is a push to it.
fn from_base(findings: &mut Findings, export: &Export) {
    let (Some(base), Some(branch)) = (&export.base, &export.branch) else {
        return;
    };
    if !overlap::meet(base.value.as_str(), branch.value.as_str()) {
        return;
    }
    findings.push(
        Finding::new(
            Code::BranchIsBase,
            branch.span,
            format!(
                "branches `{}` include the base `{}`",
                branch.value, base.value
            ),
        )
        .label("the export step writes to these")
        .related(base.span, "only reviewed changes belong here")
        .help("write a pattern beside the base: `branch \"agent/**\"`"),
    );
}

#[cfg(test)]
mod tests;
