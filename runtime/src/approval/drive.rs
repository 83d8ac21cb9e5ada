//! A request from its record to its end, whoever waits for it.

use super::{Outcome, gatekeeper, no, refused, way};
use crate::contract::ApprovalVia;
use crate::gateway::answer::Refusal;
use crate::gateway::{Gateway, now};
use crate::record::Event;
use crate::record::event::{ApprovalAnswer, ApprovalAsked};
use crate::record::log::Pending;
use crate::state::Phase;
use crate::state::journal::Denied;
use crate::state::refusal;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// How often it is looked whether the time is over or the cycle has ended.
const LOOK: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 500 });

/// An answer to a request.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Consent, by whom.
    Given(String),
    /// A refusal, by whom.
    Refused(String),
    /// No answer, and why.
    Lapsed(Refusal),
}

/// Has a person asked once the request is on the disk, and records what comes of it.
pub(super) async fn drive(gateway: Arc<Gateway>, asked: ApprovalAsked, recorded: Pending) {
    if recorded.await.is_err() {
        gateway.approvals.settle(&asked.id, Err(Refusal::Record));
        return;
    }
    let verdict = tokio::select! {
        verdict = answer(&gateway, &asked) => verdict,
        why = end(&gateway, &asked) => Verdict::Lapsed(why),
    };
    // An answer at the control port may have been faster: then it is the one that counts.
    let _faster = close(&gateway, &asked, verdict).await;
}

/// What a service answers. A signature comes from elsewhere.
async fn answer(gateway: &Gateway, asked: &ApprovalAsked) -> Verdict {
    match way(gateway, &asked.approval).map(|way| &way.via) {
        Some(ApprovalVia::Gatekeeper { url, auth }) => {
            gatekeeper::ask(gateway, asked, url, auth).await
        }
        Some(ApprovalVia::Signature { .. }) | None => std::future::pending().await,
    }
}

/// The end of the time in which an answer counts.
async fn end(gateway: &Gateway, asked: &ApprovalAsked) -> Refusal {
    loop {
        if now() >= asked.expires {
            return no("approval-expired", "nobody answered in time");
        }
        if let Some(cycle) = asked.cycle {
            let phase = gateway.journal.read(|state| state.cycles().phase(cycle));
            if phase != Phase::Claimed {
                return no("cycle-ended", "the cycle has ended");
            }
        }
        sleep(LOOK).await;
    }
}

/// Records an answer and tells those who wait. One request has one answer, and it counts when it is on the disk.
///
/// # Errors
/// It was answered before, or nothing is recorded any more.
pub(super) async fn close(
    gateway: &Gateway,
    asked: &ApprovalAsked,
    verdict: Verdict,
) -> Result<(), Refusal> {
    let (by, given, outcome): (_, _, Outcome) = match verdict {
        Verdict::Given(by) => (Some(by), true, Ok(())),
        Verdict::Refused(by) => (Some(by), false, Err(refused())),
        Verdict::Lapsed(why) => (None, false, Err(why)),
    };
    let answer = ApprovalAnswer {
        id: asked.id.clone(),
        arguments: asked.arguments.clone(),
        nonce: asked.nonce.clone(),
        by,
    };
    let event = match given {
        true => Event::ApprovalGiven(answer),
        false => Event::ApprovalRefused(answer),
    };
    let recorded = match gateway.journal.record(event) {
        Ok(pending) => pending.await.map(drop).map_err(|_failed| Refusal::Record),
        // Whoever was faster tells how it ended.
        Err(Denied::Refusal(e @ refusal::Refusal::ApprovalAnswered)) => {
            return Err(Denied::Refusal(e).into());
        }
        Err(denied) => Err(denied.into()),
    };
    let outcome = recorded.clone().and(outcome);
    gateway.approvals.settle(&asked.id, outcome);
    recorded
}
