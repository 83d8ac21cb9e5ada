//! What left the run: a ledger by which an export step that starts again knows what was done.
//!
//! A planned export keeps its key and content, and what is done once stays done.

use super::refusal::Refusal;
use super::walk::Walk;
use crate::contract::{Contract, ExportWhen};
use crate::digest::is_sha256;
use crate::record::event::{ExportDone, ExportPlanned, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// The exports of a contract, and how far each is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exports {
    names: Vec<String>,
    by_step: BTreeSet<String>,
    planned: BTreeMap<String, (ExportPlanned, Option<Outcome>)>,
    result: Option<String>,
}

impl Exports {
    /// None planned.
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        let exports = contract.exports.iter();
        let by_step = exports.filter(|export| export.when == ExportWhen::Step);
        Self {
            names: contract.exports.iter().map(|e| e.name.clone()).collect(),
            by_step: by_step.map(|e| e.name.clone()).collect(),
            planned: BTreeMap::new(),
            result: None,
        }
    }

    /// What was planned, by name, and how it ended.
    pub fn all(&self) -> impl Iterator<Item = (&ExportPlanned, Option<&Outcome>)> {
        self.planned.values().map(|(one, end)| (one, end.as_ref()))
    }

    /// The last result document.
    #[must_use]
    pub fn result(&self) -> Option<&str> {
        self.result.as_deref()
    }

    /// An export that steps make due is done only where the run has visited one of them.
    pub(super) fn check_due(&self, name: &str, walk: Option<&Walk>) -> Result<(), Refusal> {
        let due = walk.is_some_and(|walk| walk.exports(name));
        match self.by_step.contains(name) && !due {
            true => Err(Refusal::ExportStep),
            false => Ok(()),
        }
    }

    fn known(&self, name: &str, key: &str) -> Result<(), Refusal> {
        match self.names.iter().any(|known| known == name) {
            false => Err(Refusal::ExportUnknown),
            true if !is_sha256(key) => Err(Refusal::ExportKey),
            true => Ok(()),
        }
    }

    pub(super) fn check_plan(&self, plan: &ExportPlanned) -> Result<(), Refusal> {
        self.known(&plan.name, &plan.key)?;
        if !is_sha256(&plan.content) {
            return Err(Refusal::ExportKey);
        }
        match self.planned.get(&plan.name) {
            Some((before, _)) if before != plan => Err(Refusal::ExportOther),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn plan(&mut self, plan: &ExportPlanned) {
        let entry = self.planned.entry(plan.name.clone());
        entry.or_insert_with(|| (plan.clone(), None));
    }

    /// What is refused was mostly never planned. What failed may end otherwise at the next attempt.
    pub(super) fn check_done(&self, done: &ExportDone) -> Result<(), Refusal> {
        self.known(&done.name, &done.key)?;
        match (self.planned.get(&done.name), &done.outcome) {
            (None, Outcome::Done { .. }) => Err(Refusal::ExportUnplanned),
            (Some((plan, _)), _) if plan.key != done.key => Err(Refusal::ExportOther),
            (Some((_, Some(before @ Outcome::Done { .. }))), now) if before != now => {
                Err(Refusal::ExportDone)
            }
            (Some(_) | None, _) => Ok(()),
        }
    }

    pub(super) fn done(&mut self, done: &ExportDone) {
        if let Some((_, end)) = self.planned.get_mut(&done.name) {
            *end = Some(done.outcome.clone());
        }
    }

    pub(super) fn end(&mut self, document: &str) {
        self.result = Some(document.to_owned());
    }
}
