//! The control port: the router's questions, usage, and whether the gateway is alive.

use super::answer::{Answer, Refusal};
use super::http::Asked;
use super::{Gateway, leave, now};
use crate::proof::Use;
use crate::record::Event;
use crate::record::event;
use crate::router::decide::{Decision, Exhausted, Known, Reason, Submission, SubmissionKind};
use crate::state::amount::Bound;
use crate::state::{State, cycle};
use crate::strict;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most bytes of a body.
const MOST_BODY: usize = 64 * 1024;

/// Answers a request of this port.
pub async fn answer(gateway: Arc<Gateway>, mut asked: Asked) -> Answer {
    let gateway = &gateway;
    let path = asked.path.clone();
    let words: Vec<&str> = path.split('/').skip(1).collect();
    match (asked.method.as_str(), words.as_slice()) {
        _ if asked.query.is_some() => Err(Refusal::Target),
        // The kubelet asks these, and has no credential.
        ("GET", ["healthz" | "readyz"]) => healthy(gateway),
        (_, ["v1", "exports", ..]) => leave::ledger::answer(gateway, &mut asked).await,
        _ if !router(gateway, &asked) => Err(Refusal::Unknown),
        ("POST", ["v1", "cycles", cycle, "seal"]) => seal(gateway, cycle).await,
        ("POST", ["v1", "decision"]) => decision(gateway, &mut asked).await,
        ("GET", ["v1", "usage"]) => Ok(Answer::fine(&gateway.journal.read(usage))),
        _ => Err(Refusal::Path),
    }
    .into()
}

fn healthy(gateway: &Gateway) -> Result<Answer, Refusal> {
    match gateway.journal.failure() {
        None => Ok(Answer::fine(&json!({"ready": true}))),
        Some(_) => Err(Refusal::Record),
    }
}

fn router(gateway: &Gateway, asked: &Asked) -> bool {
    let shown = asked.bearer.as_deref().unwrap_or_default();
    gateway.key.verifies(&gateway.uid, Use::Router, shown)
}

/// Ends a cycle, and says what is known of it. The same question again has the same answer.
async fn seal(gateway: &Gateway, cycle: &str) -> Result<Answer, Refusal> {
    let number: u32 = cycle.parse().map_err(|_untold| Refusal::Path)?;
    if number.to_string() != cycle {
        return Err(Refusal::Path);
    }
    let sealed = Event::CycleSealed { cycle: number };
    let pending = gateway.journal.record(sealed)?;
    pending.await.map_err(|_untold| Refusal::Record)?;
    Ok(Answer::fine(&gateway.journal.read(|s| known(s, number))))
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

/// `continue` stands alone in its document; everything else ends the run.
fn kind(submission: &cycle::Submission) -> SubmissionKind {
    let document = serde_json::from_str::<Value>(&submission.document);
    match document {
        Ok(document) if document["actions"] == json!(["continue"]) => SubmissionKind::Continue,
        _ => SubmissionKind::Terminal,
    }
}

/// Keeps a decision. The same one again is no error, so that a router may ask twice.
async fn decision(gateway: &Gateway, asked: &mut Asked) -> Result<Answer, Refusal> {
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
        detail: _,
    } = decision;
    Some(event::Decision {
        cycle: (*cycle)?,
        decision: *next,
        reason: word(*reason)?,
        depth: *depth,
        next_depth: next_depth.unwrap_or(*depth),
        submission_digest: submission_digest.clone(),
    })
}

fn word(reason: Reason) -> Option<String> {
    let word = serde_json::to_value(reason).ok()?;
    word.as_str().map(str::to_owned)
}

/// What the run has used, in turns, tokens, millionths of the currency and bytes.
pub(super) fn usage(state: &State) -> Value {
    let used = state.budget().used();
    let (input, output) = state.tokens();
    let (allowed, denied) = state.requests();
    json!({
        "turns": used.turns, "tokens": used.tokens, "micros": used.micros, "traffic": used.traffic,
        "gen_ai.usage.input_tokens": input, "gen_ai.usage.output_tokens": output,
        "allowed": allowed, "denied": denied,
    })
}
