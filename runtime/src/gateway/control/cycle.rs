//! What the router asks: the end of a cycle, and to keep what it decided.

use super::number;
use crate::gateway::answer::{Answer, Refusal};
use crate::gateway::http::Asked;
use crate::gateway::{Gateway, keep, now, steps};
use crate::graph;
use crate::record::Event;
use crate::record::event;
use crate::router::decide::{Decision, Exhausted, Known, Reason, Submission, SubmissionKind};
use crate::router::walk::Stand;
use crate::state::amount::Bound;
use crate::state::{State, cycle};
use crate::strict;
use crate::submission::Document;
use serde_json::json;
use std::sync::Arc;

/// Most bytes of a body.
const MOST_BODY: usize = 64 * 1024;

/// Ends a cycle, and says what is known of it. The same question again has the same answer.
pub(super) async fn seal(gateway: &Arc<Gateway>, cycle: &str) -> Result<Answer, Refusal> {
    let visit = steps::visit(gateway, number(cycle)?)?;
    let number = visit.cycle;
    let before = gateway.journal.read(|s| s.cycles().phase(number));
    let pending = gateway.journal.decide(|state| {
        steps::stands(state, visit)?;
        Ok(Event::CycleSealed { cycle: number })
    })?;
    pending.await.map_err(|_untold| Refusal::Record)?;
    if before != cycle::Phase::Sealed {
        keep::upload(gateway, number);
    }
    let mut known = gateway.journal.read(|s| known(s, number));
    known.stand = stand(gateway, number);
    Ok(Answer::fine(&known))
}

/// What is known of the step of a cycle, where the run has steps.
fn stand(gateway: &Gateway, cycle: u32) -> Option<Stand> {
    let step = steps::step(gateway, cycle)?;
    gateway.journal.read(|state| {
        let walk = state.walk()?;
        Some(Stand {
            step: walk.number(cycle)?,
            outcome: walk.outcome(cycle).map(str::to_owned),
            taken: walk.taken(&step.name, cycle),
            owes: graph::owes(&gateway.contract, step),
        })
    })
}

fn known(state: &State, cycle: u32) -> Known {
    let cycles = state.cycles();
    let count = |reason: &str| {
        let before = (0..cycle).filter_map(|before| cycles.decision(before));
        let count = before.filter(|d| d.reason == reason).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let before = (0..cycle).rev().find_map(|before| cycles.decision(before));
    let submission = cycles.submission(cycle);
    Known {
        cycle,
        depth: before.map_or(0, |decision| decision.next_depth),
        claimed: cycles.claimed(cycle),
        exhausted: exhausted(state),
        submission: submission.map(|submission| Submission {
            kind: kind(submission),
            digest: submission.digest.clone(),
        }),
        reminders: count("reminder"),
        retries: count("infrastructure"),
        stand: None,
    }
}

fn exhausted(state: &State) -> Option<Exhausted> {
    if state.deadline().is_none_or(|deadline| now() >= deadline) {
        return Some(Exhausted::Deadline);
    }
    match state.budget().used_up()? {
        Bound::Turns => Some(Exhausted::Turns),
        Bound::Cost => Some(Exhausted::Cost),
        Bound::Tokens | Bound::Traffic | Bound::Concurrency | Bound::Agents => {
            Some(Exhausted::Tokens)
        }
    }
}

/// What cannot be read asks for nothing more: it ends the run.
fn kind(submission: &cycle::Submission) -> SubmissionKind {
    Document::parse(&submission.document)
        .map_or(SubmissionKind::Terminal, |document| document.kind())
}

/// Keeps a decision. The same one again is no error, so that a router may ask twice.
pub(super) async fn decision(gateway: &Gateway, asked: &mut Asked) -> Result<Answer, Refusal> {
    let body = asked.read(MOST_BODY).await?;
    let decision: Decision = strict::read(&body).map_err(|_untold| Refusal::Malformed)?;
    let event = recorded(&decision).ok_or(Refusal::Malformed)?;
    let pending = gateway.journal.record(Event::RouterDecided(event))?;
    pending.await.map_err(|_untold| Refusal::Record)?;
    Ok(Answer::fine(&json!({"kept": true})))
}

/// A decision as the record has it; none for one that is about no cycle.
fn recorded(decision: &Decision) -> Option<event::Decision> {
    let Decision {
        cycle,
        decision: next,
        reason,
        depth,
        next_depth,
        submission_digest,
        passed,
        detail: _,
    } = decision;
    Some(event::Decision {
        cycle: (*cycle)?,
        decision: *next,
        reason: word(*reason)?,
        depth: *depth,
        next_depth: next_depth.unwrap_or(*depth),
        submission_digest: submission_digest.clone(),
        passed: passed.clone(),
    })
}

fn word(reason: Reason) -> Option<String> {
    let word = serde_json::to_value(reason).ok()?;
    word.as_str().map(str::to_owned)
}
