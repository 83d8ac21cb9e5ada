//! Waivers: findings that the owner of a policy accepts, with a reason and an end.
//!
//! A waiver lifts nothing that another owner denies: only codes that are
//! [waivable](Code::waivable) can be accepted, and a path that a policy rules out only by the same
//! policy. Where policies are required from outside, a waiver in a policy that a spec brings itself
//! does not count: its author would accept his own findings.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::{Policy, Waiver};
use crate::resolve::Unit;
use crate::span::Span;
use crate::values::date::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The waivers that were met while specs were checked.
#[derive(Debug)]
pub(super) struct Waivers {
    as_of: Option<Date>,
    required: BTreeSet<Span>,
    met: BTreeMap<Span, (Rc<Policy>, Waiver)>,
    used: BTreeSet<Span>,
    runs: BTreeSet<String>,
}

impl Waivers {
    /// `as_of` is today; without it no waiver expires. `required` are the policies that are required
    /// from outside.
    pub(super) fn new(as_of: Option<Date>, required: &[Rc<Policy>]) -> Self {
        Self {
            as_of,
            required: required.iter().map(|p| p.name.span).collect(),
            met: BTreeMap::new(),
            used: BTreeSet::new(),
            runs: BTreeSet::new(),
        }
    }

    /// Marks the findings of one spec that its policies accept.
    pub(super) fn apply(&mut self, unit: &Unit, findings: &mut Findings) {
        let run = unit.run.name.value.as_str();
        self.runs.insert(run.to_owned());
        for policy in &unit.policies {
            for waiver in &policy.waivers {
                self.met
                    .insert(waiver.span, (Rc::clone(policy), waiver.clone()));
                let for_this = waiver.run.as_ref().is_none_or(|r| r.value == run);
                if for_this {
                    self.mark(policy, waiver, findings);
                }
            }
        }
    }

    /// Marks findings that are about no single spec.
    pub(super) fn apply_to_all(&mut self, findings: &mut Findings) {
        let met: Vec<_> = self.met.values().cloned().collect();
        for (policy, waiver) in met.iter().filter(|(_, w)| w.run.is_none()) {
            self.mark(policy, waiver, findings);
        }
    }

    fn mark(&mut self, policy: &Policy, waiver: &Waiver, findings: &mut Findings) {
        if self.expired(waiver) || self.refused(policy, waiver).is_some() {
            return;
        }
        for finding in findings.iter_mut().filter(|f| covers(policy, waiver, f)) {
            self.used.insert(waiver.span);
            finding
                .waived
                .get_or_insert_with(|| waiver.reason.value.clone());
        }
    }

    /// What is wrong with the waivers themselves, once all specs have been checked.
    ///
    /// `whole`: all specs of the workspace were. A waiver without `run=` may be there for a spec that
    /// was not.
    pub(super) fn finish(&self, whole: bool) -> Findings {
        let mut findings = Findings::default();
        for (policy, waiver) in self.met.values() {
            if let Some(finding) = self.refused(policy, waiver) {
                findings.push(finding);
            } else if self.expired(waiver) {
                findings.push(expired(waiver));
            } else if !self.used.contains(&waiver.span) {
                let decided = waiver
                    .run
                    .as_ref()
                    .is_some_and(|r| self.runs.contains(&r.value));
                if whole || decided {
                    findings.push(unused(waiver));
                }
            }
        }
        findings
    }

    fn expired(&self, waiver: &Waiver) -> bool {
        let until = Date::parse(&waiver.until.value).ok();
        self.as_of
            .zip(until)
            .is_some_and(|(today, until)| until < today)
    }

    /// Why a waiver does not count at all.
    fn refused(&self, policy: &Policy, waiver: &Waiver) -> Option<Finding> {
        let code = Code::parse(&waiver.code.value)?;
        let finding =
            |message: String| Finding::new(Code::WaiverRefused, waiver.code.span, message);
        if !code.waivable() {
            return Some(
                finding(format!(
                    "`{}` cannot be waived: {}",
                    code.number(),
                    code.title()
                ))
                .help("remove it; a mistake is corrected, and a bound is changed by its owner"),
            );
        }
        if !self.required.is_empty() && !self.required.contains(&policy.name.span) {
            return Some(
                finding(format!(
                    "waiver in policy `{}`, which a spec brings itself",
                    policy.name.value
                ))
                .help("ask the owner of a required policy to write it there"),
            );
        }
        None
    }
}

fn covers(policy: &Policy, waiver: &Waiver, finding: &Finding) -> bool {
    if finding.code.number() != waiver.code.value {
        return false;
    }
    // What a policy rules out is lifted by nobody else.
    finding.code != Code::FlowAsserted
        || policy
            .asserts
            .iter()
            .any(|a| finding.related.iter().any(|r| r.span == a.span))
}

fn expired(waiver: &Waiver) -> Finding {
    let (code, until) = (&waiver.code.value, &waiver.until);
    Finding::new(
        Code::WaiverExpired,
        until.span,
        format!("waiver for `{code}` has expired on {}", until.value),
    )
    .related(waiver.reason.span, "the reason that was given")
    .help("correct what it covers and remove it, or look at it again and write a new day")
}

fn unused(waiver: &Waiver) -> Finding {
    let code = &waiver.code.value;
    let message = match &waiver.run {
        Some(run) => format!("waiver for `{code}` covers nothing in run `{}`", run.value),
        None => format!("waiver for `{code}` covers nothing"),
    };
    Finding::new(Code::WaiverUnused, waiver.code.span, message)
        .help("remove it: it would hide the next finding of this kind")
}

#[cfg(test)]
mod tests;
