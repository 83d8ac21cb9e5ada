//! The cycles of a run, what was submitted in each, and what was decided after it.

use super::refusal::Refusal;
use crate::contract::Contract;
use crate::digest::{is_sha256, sha256};
use crate::proof::same;
use crate::record::event::{Decision, Next};
use std::collections::BTreeMap;

/// Most documents that are handed in in a cycle; the last one counts.
pub const MOST_SUBMISSIONS: u32 = 64;
/// Most bytes of these documents.
pub const MOST_SUBMITTED: u64 = 8 << 20;
/// Most bytes of a decision's reason.
const MOST_REASON: usize = 64;

/// How far a cycle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nobody has its bearer.
    Unclaimed,
    /// An agent has its bearer, or the gateway itself is at work.
    Claimed,
    /// Two claimed it; it has ended, and what was submitted in it is void.
    Contested,
    /// It has ended.
    Sealed,
}

/// A document that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Its JSON text.
    pub document: String,
    /// SHA-256 of that, in hexadecimal.
    pub digest: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Cycle {
    bearer: Option<String>,
    /// The gateway itself does the work.
    begun: bool,
    contested: bool,
    sealed: bool,
    submission: Option<Submission>,
    submissions: u32,
    submitted: u64,
    decision: Option<Decision>,
}

/// All cycles that were claimed or sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycles {
    depth: u32,
    most: u32,
    cycles: BTreeMap<u32, Cycle>,
}

impl Cycles {
    /// None yet.
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        let depth = contract.limits.depth;
        Self {
            depth,
            most: depth.saturating_add(contract.retry.infrastructure),
            cycles: BTreeMap::new(),
        }
    }

    /// How far a cycle is.
    #[must_use]
    pub fn phase(&self, cycle: u32) -> Phase {
        self.cycles
            .get(&cycle)
            .map_or(Phase::Unclaimed, Cycle::phase)
    }

    /// The cycle whose agent has this bearer, of which only the SHA-256 in hexadecimal is known here. None
    /// where the cycle has ended.
    #[must_use]
    pub fn of_bearer(&self, digest: &str) -> Option<u32> {
        let (number, cycle) = self.cycles.last_key_value()?;
        let bearer = cycle.bearer.as_deref()?;
        (cycle.phase() == Phase::Claimed && same(bearer, digest)).then_some(*number)
    }

    /// Whether a bearer was given out for a cycle, whatever came then.
    #[must_use]
    pub fn claimed(&self, cycle: u32) -> bool {
        self.cycles.get(&cycle).is_some_and(|c| c.bearer.is_some())
    }

    /// The last document handed in; none where a cycle is contested.
    #[must_use]
    pub fn submission(&self, cycle: u32) -> Option<&Submission> {
        let cycle = self.cycles.get(&cycle)?;
        cycle.submission.as_ref().filter(|_| !cycle.contested)
    }

    /// What was decided after a cycle.
    #[must_use]
    pub fn decision(&self, cycle: u32) -> Option<&Decision> {
        self.cycles.get(&cycle)?.decision.as_ref()
    }

    /// The latest document of the run, with its cycle.
    #[must_use]
    pub fn last_submission(&self) -> Option<(u32, &Submission)> {
        let mut cycles = self.cycles.keys().rev();
        cycles.find_map(|cycle| Some((*cycle, self.submission(*cycle)?)))
    }

    /// Number of the latest cycle that was claimed or sealed.
    #[must_use]
    pub fn latest(&self) -> Option<u32> {
        self.cycles.last_key_value().map(|(number, _)| *number)
    }

    /// Whether the router decided that the run stops.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.last_decision()
            .is_some_and(|d| d.decision == Next::Stop)
    }

    /// Whether an agent is at work in this cycle.
    pub(super) fn live(&self, cycle: u32) -> Result<(), Refusal> {
        match self.phase(cycle) {
            Phase::Claimed => Ok(()),
            Phase::Unclaimed => Err(Refusal::CycleUnclaimed),
            Phase::Contested | Phase::Sealed => Err(Refusal::CycleEnded),
        }
    }

    pub(super) fn check_claim(&self, cycle: u32, bearer: &str) -> Result<(), Refusal> {
        match self.phase(cycle) {
            Phase::Unclaimed => {}
            Phase::Claimed => return Err(Refusal::CycleClaimed),
            Phase::Contested | Phase::Sealed => return Err(Refusal::CycleEnded),
        }
        self.check_new(cycle)?;
        match is_sha256(bearer) {
            true => Ok(()),
            false => Err(Refusal::BearerDigest),
        }
    }

    /// One cycle at a time, each after the other.
    fn check_new(&self, cycle: u32) -> Result<(), Refusal> {
        if self.stopped() {
            return Err(Refusal::RunStopped);
        }
        if cycle >= self.most {
            return Err(Refusal::CycleNumber);
        }
        match self.cycles.last_key_value() {
            Some((latest, _)) if cycle <= *latest => Err(Refusal::CycleOrder),
            Some((_, before)) if !before.ended() => Err(Refusal::CycleOpen),
            Some(_) | None => Ok(()),
        }
    }

    /// The gateway's own work begins, or goes on after a restart.
    pub(super) fn check_begin(&self, cycle: u32) -> Result<(), Refusal> {
        match self.cycles.get(&cycle) {
            Some(found) if found.begun && !found.ended() => Ok(()),
            Some(_) => Err(Refusal::CycleEnded),
            None => self.check_new(cycle),
        }
    }

    pub(super) fn begin(&mut self, cycle: u32) {
        self.cycles.entry(cycle).or_default().begun = true;
    }

    pub(super) fn claim(&mut self, cycle: u32, bearer: &str) {
        self.cycles.entry(cycle).or_default().bearer = Some(bearer.to_owned());
    }

    /// A cycle of which no bearer was given out cannot be claimed twice.
    pub(super) fn check_contest(&self, cycle: u32) -> Result<(), Refusal> {
        match self.cycles.get(&cycle) {
            Some(found) if found.bearer.is_some() => Ok(()),
            Some(_) | None => Err(Refusal::CycleUnclaimed),
        }
    }

    /// After the seal there is nothing to revoke, and what was sealed stands.
    pub(super) fn contest(&mut self, cycle: u32) {
        if let Some(found) = self.cycles.get_mut(&cycle)
            && !found.sealed
        {
            found.contested = true;
        }
    }

    /// An agent decides how often it hands in something, and the record keeps it all.
    pub(super) fn check_submit(&self, cycle: u32, document: &str) -> Result<(), Refusal> {
        self.live(cycle)?;
        let found = self.cycles.get(&cycle).ok_or(Refusal::CycleUnclaimed)?;
        let bytes = found.submitted.saturating_add(document.len() as u64);
        match found.submissions >= MOST_SUBMISSIONS || bytes > MOST_SUBMITTED {
            true => Err(Refusal::SubmissionMany),
            false => Ok(()),
        }
    }

    pub(super) fn submit(&mut self, cycle: u32, document: &str) {
        if let Some(found) = self.cycles.get_mut(&cycle) {
            found.submissions = found.submissions.saturating_add(1);
            found.submitted = found.submitted.saturating_add(document.len() as u64);
            found.submission = Some(Submission {
                document: document.to_owned(),
                digest: sha256(document),
            });
        }
    }

    /// A cycle that nobody claimed can be sealed, so that nobody will; one that is sealed, again.
    pub(super) fn check_seal(&self, cycle: u32) -> Result<(), Refusal> {
        match self.cycles.get(&cycle) {
            Some(_) => Ok(()),
            None => self.check_new(cycle),
        }
    }

    pub(super) fn seal(&mut self, cycle: u32) {
        self.cycles.entry(cycle).or_default().sealed = true;
    }

    pub(super) fn check_decide(&self, decision: &Decision) -> Result<(), Refusal> {
        let Some(cycle) = self.cycles.get(&decision.cycle) else {
            return Err(Refusal::DecisionEarly);
        };
        match &cycle.decision {
            Some(before) if before == decision => return Ok(()),
            Some(_) => return Err(Refusal::DecisionOther),
            None if self.stopped() => return Err(Refusal::RunStopped),
            None => {}
        }
        if self.latest() != Some(decision.cycle) {
            return Err(Refusal::CycleOrder);
        }
        if !cycle.ended() {
            return Err(Refusal::DecisionEarly);
        }
        if !is_word(&decision.reason) {
            return Err(Refusal::DecisionReason);
        }
        self.check_depth(decision)?;
        let submitted = self.submission(decision.cycle).map(|s| &s.digest);
        match (&decision.submission_digest, decision.decision) {
            // Who stops or tries again may not know of a submission.
            (None, Next::Stop | Next::Retry) => Ok(()),
            (told, _) if told.as_ref() == submitted => Ok(()),
            _ => Err(Refusal::DecisionSubmission),
        }
    }

    fn check_depth(&self, decision: &Decision) -> Result<(), Refusal> {
        let depth = self.last_decision().map_or(0, |d| d.next_depth);
        let next = match decision.decision {
            Next::Stop => return Ok(()),
            Next::Retry => Some(depth),
            Next::Continue => depth.checked_add(1),
        };
        let follows = decision.depth == depth && Some(decision.next_depth) == next;
        match follows && decision.next_depth < self.depth {
            true => Ok(()),
            false => Err(Refusal::DecisionDepth),
        }
    }

    pub(super) fn decide(&mut self, decision: &Decision) {
        if let Some(cycle) = self.cycles.get_mut(&decision.cycle) {
            cycle.decision = Some(decision.clone());
        }
    }

    /// Nothing leaves the run while an agent is at work.
    pub(super) fn check_closed(&self) -> Result<(), Refusal> {
        match self.closed() {
            true => Ok(()),
            false => Err(Refusal::CycleOpen),
        }
    }

    /// Whether no agent is at work, in any cycle.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.cycles.values().all(|c| c.phase() != Phase::Claimed)
    }

    /// What the router decided last.
    #[must_use]
    pub fn last_decision(&self) -> Option<&Decision> {
        self.cycles.values().rev().find_map(|c| c.decision.as_ref())
    }
}

impl Cycle {
    fn ended(&self) -> bool {
        self.contested || self.sealed
    }

    fn phase(&self) -> Phase {
        match (
            self.contested,
            self.sealed,
            self.bearer.is_some() || self.begun,
        ) {
            (true, ..) => Phase::Contested,
            (false, true, _) => Phase::Sealed,
            (false, false, true) => Phase::Claimed,
            (false, false, false) => Phase::Unclaimed,
        }
    }
}

fn is_word(text: &str) -> bool {
    let known = |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=MOST_REASON).contains(&text.len()) && text.bytes().all(known)
}
