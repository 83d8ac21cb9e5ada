//! What was submitted, for the export step: only what nobody can change any more.

use super::number;
use crate::gateway::Gateway;
use crate::gateway::answer::{Answer, Refusal};
use crate::state::{Phase, State};
use serde_json::{Value, json};

/// The submission of the last cycle: the one whose exports happen.
///
/// # Errors
/// `cycle-open` while an agent may still submit, `submission-none` where it did not.
pub(super) fn last(gateway: &Gateway) -> Result<Answer, Refusal> {
    let found = gateway.journal.read(|state| match latest(state) {
        Some(cycle) => sealed(state, cycle),
        None => Err(none()),
    })?;
    Ok(Answer::fine(&found))
}

/// The last cycle; where the run has steps, the last one in which something was submitted.
fn latest(state: &State) -> Option<u32> {
    let cycles = state.cycles();
    match state.walk() {
        Some(_) if cycles.closed() => cycles.last_submission().map(|(cycle, _)| cycle),
        Some(_) | None => cycles.latest(),
    }
}

/// The submission of one cycle.
///
/// # Errors
/// As [`last`].
pub(super) fn of(gateway: &Gateway, cycle: &str) -> Result<Answer, Refusal> {
    let cycle = number(cycle)?;
    let found = gateway.journal.read(|state| sealed(state, cycle))?;
    Ok(Answer::fine(&found))
}

fn sealed(state: &State, cycle: u32) -> Result<Value, Refusal> {
    let cycles = state.cycles();
    match cycles.phase(cycle) {
        Phase::Claimed => {
            return Err(Refusal::State(
                "cycle-open",
                "the cycle has not ended".to_owned(),
            ));
        }
        Phase::Unclaimed | Phase::Contested | Phase::Sealed => {}
    }
    let submission = cycles.submission(cycle).ok_or_else(none)?;
    Ok(json!({"cycle": cycle, "digest": submission.digest, "document": submission.document}))
}

fn none() -> Refusal {
    Refusal::Missing("submission-none", "nothing was submitted in that cycle")
}
