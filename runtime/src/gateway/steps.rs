//! The steps that the gateway itself does: it calls a tool, asks a person, or notes that an export is due.
//!
//! Each is done once. That one begins is on the disk before anything happens, that a call is let out before it is made, and
//! how it ended before anybody hears of it; whoever asks again, after whatever was lost, hears the same. A call of which
//! nobody knows how it ended has failed, and is not made again; unless it changes nothing outside.

#[cfg(test)]
mod tests;
mod work;

use super::Gateway;
use super::answer::{Answer, Refusal};
use crate::contract::graph::FAILED;
use crate::contract::{GraphStep, Visit, Work};
use crate::record::Event;
use crate::record::event::StepEnded;
use crate::router::step::Ended;
use crate::state::{self, Walk};
use std::sync::Arc;
use tokio::sync::Mutex;
pub(super) use work::Done;

/// The work under way.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// One at a time: whoever comes second hears how the first one ended.
    turn: Arc<Mutex<()>>,
}

/// A visit that the one who asks names, where the run stands there.
///
/// # Errors
/// `step-other`; `path` for a number that no visit has.
pub(super) fn visit(gateway: &Gateway, number: u32) -> Result<Visit, Refusal> {
    let Some(graph) = &gateway.contract.graph else {
        // A number that a run without steps has is that of a cycle.
        return Ok(Visit {
            step: 0,
            cycle: number,
        });
    };
    let visit = Visit::of(number).ok_or(Refusal::Path)?;
    match crate::graph::step(graph, visit.step) {
        Some(_) => Ok(visit),
        None => Err(Refusal::Path),
    }
}

/// Whether the run is, or would begin, at this step in this cycle.
///
/// # Errors
/// It is at another one, or at none.
pub(super) fn stands(state: &state::State, visit: Visit) -> Result<(), state::Refusal> {
    match state.walk().map(|walk| walk.number(visit.cycle)) {
        None => Ok(()),
        Some(None) => Err(state::Refusal::StepNone),
        Some(Some(step)) if step == visit.step => Ok(()),
        Some(Some(_)) => Err(state::Refusal::StepOther),
    }
}

/// The step of a cycle, in a run that has steps.
pub(super) fn step(gateway: &Gateway, cycle: u32) -> Option<&GraphStep> {
    let graph = gateway.contract.graph.as_ref()?;
    let number = gateway.journal.read(|state| state.walk()?.number(cycle))?;
    crate::graph::step(graph, number)
}

/// The step where the run is, in a run that has steps.
pub(super) fn current(gateway: &Gateway) -> Option<&GraphStep> {
    let graph = gateway.contract.graph.as_ref()?;
    let name = gateway
        .journal
        .read(|state| Some(state.walk()?.current()?.name.clone()))?;
    crate::graph::named(graph, &name)
}

/// Does the work of a visit, where it is the gateway's, and says how it ended. The work goes on when nobody waits.
pub(super) async fn answer(gateway: &Arc<Gateway>, number: u32) -> Result<Answer, Refusal> {
    let visit = visit(gateway, number)?;
    let mine = Arc::clone(gateway);
    let task = tokio::spawn(async move { once(&mine, visit).await });
    let outcome = task.await.map_err(|_gone| Refusal::Record)??;
    Ok(Answer::fine(&Ended { outcome }))
}

async fn once(gateway: &Arc<Gateway>, visit: Visit) -> Result<String, Refusal> {
    let _turn = Arc::clone(&gateway.steps.turn).lock_owned().await;
    let before = gateway.journal.read(|state| {
        stands(state, visit)?;
        let ended = state.walk().and_then(|walk| walk.ended(visit.cycle));
        Ok(ended.map(|ended| ended.outcome.clone()))
    });
    match before.map_err(no)? {
        Some(outcome) => Ok(outcome),
        None => begin(gateway, visit).await,
    }
}

fn no(refusal: state::Refusal) -> Refusal {
    Refusal::State(refusal.rule(), refusal.to_string())
}

async fn begin(gateway: &Arc<Gateway>, visit: Visit) -> Result<String, Refusal> {
    let cycle = visit.cycle;
    let begun = gateway.journal.decide(|state| {
        stands(state, visit)?;
        Ok(Event::StepBegun { cycle })
    })?;
    begun.await.map_err(|_untold| Refusal::Record)?;
    let step = step(gateway, cycle).ok_or_else(|| no(state::Refusal::StepNone))?;
    let called = |walk: &Walk| walk.called(cycle);
    let called = gateway
        .journal
        .read(|state| state.walk().is_some_and(called));
    let done = match called && matches!(step.work, Work::Call { effect: true, .. }) {
        true => lost(gateway, cycle, step),
        false => work::work(gateway, cycle, step).await,
    };
    let ended = StepEnded {
        cycle,
        outcome: done.outcome.to_owned(),
        result: done.result,
    };
    let outcome = ended.outcome.clone();
    let pending = gateway.journal.record(Event::StepEnded(ended))?;
    pending.await.map_err(|_untold| Refusal::Record)?;
    Ok(outcome)
}

/// A call that was let out before the gateway was lost.
fn lost(gateway: &Gateway, cycle: u32, step: &GraphStep) -> Done {
    let target = match &step.work {
        Work::Call { server, tool, .. } => format!("{server}/{tool}"),
        _ => step.name.clone(),
    };
    work::denied(gateway, cycle, "step-lost", target);
    Done {
        outcome: FAILED,
        result: None,
    }
}
