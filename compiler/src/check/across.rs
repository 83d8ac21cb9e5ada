//! What only all specs of a workspace together tell: whether a waiver covers anything, whether a rule
//! is needed, whether a spec names the key of another's run.
//!
//! Specs are added one at a time and nothing of them is kept but names and places.

use super::names::Meeting;
use super::unused::Rules;
use super::waivers::Waivers;
use crate::diag::Findings;
use crate::policy::Policy;
use crate::resolve::Unit;
use crate::span::Sources;
use crate::values::date::Date;
use std::rc::Rc;

/// Collects over the specs of a workspace.
#[derive(Debug)]
pub struct Across {
    waivers: Waivers,
    rules: Rules,
    names: Meeting,
}

impl Across {
    /// `as_of` is today's date, by which waivers expire; without it none does. `required` are the
    /// policies that bound every spec from outside (`require`, `--policy`).
    #[must_use]
    pub fn new(as_of: Option<Date>, required: &[Rc<Policy>]) -> Self {
        Self {
            waivers: Waivers::new(as_of, required),
            rules: Rules::new(required),
            names: Meeting::default(),
        }
    }

    /// Adds a spec and marks what its policies accept among its findings, which are those of
    /// [`check`](super::check).
    pub fn add(&mut self, unit: &Unit, sources: &Sources, findings: &mut Findings) {
        self.waivers.apply(unit, findings);
        self.rules.add(unit, sources);
        self.names.add(unit);
    }

    /// What is found in the end. `whole`: every spec of the workspace was added; otherwise only that
    /// is told which further specs cannot change.
    #[must_use]
    pub fn finish(mut self, whole: bool) -> Findings {
        let mut findings = self.names.finish();
        if whole {
            findings.extend(self.rules.finish());
        }
        self.waivers.apply_to_all(&mut findings);
        findings.extend(self.waivers.finish(whole));
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::Across;
    use crate::check::trial::Trial;

    /// A policy that a spec brings from its own folder, with a rule that nobody needs.
    fn trial() -> Trial {
        let own = include_str!("../../../golden/pages/base/policy.kdl")
            .replace("policy \"base\" {", "policy \"own\" {\n    env \"LANG\"");
        Trial::new()
            .run("version 1", "version 1\nuse \"own.kdl\"")
            .file("own.kdl", &own)
    }

    fn found(trial: &Trial, whole: bool) -> Vec<(&'static str, Option<String>)> {
        let mut out = trial.outcome();
        let base = out.units[0]
            .policies
            .iter()
            .filter(|p| p.name.value == "base");
        let mut across = Across::new(None, &base.cloned().collect::<Vec<_>>());
        for unit in &out.units {
            across.add(unit, &out.sources, &mut out.findings);
        }
        let end = across.finish(whole);
        end.iter()
            .map(|f| (f.code.number(), f.waived.clone()))
            .collect()
    }

    #[test]
    fn a_rule_is_judged_when_all_specs_are_known() {
        assert_eq!(found(&trial(), true), [("PA0802", None)]);
        assert_eq!(found(&trial(), false), []);
    }

    #[test]
    fn what_is_found_in_the_end_can_be_waived_too() {
        let waived =
            trial().in_policy("waive \"PA0802\" {\n reason \"soon\"\n until \"2099-12-31\"\n}");
        assert_eq!(found(&waived, true), [("PA0802", Some("soon".to_owned()))]);
    }
}
