//! The agent's port: a claim by the start gate, and what the agent of the cycle may ask.

use super::Gateway;
use super::answer::{Answer, Refusal};
use super::connect::connect;
use super::http::Asked;
use crate::digest::sha256;
use crate::proof;
use crate::record::Event;
use crate::record::event::Request;
use crate::start::claim::{Claim, Claimed};
use crate::state;
use crate::state::journal::Denied;
use crate::strict;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::Arc;

/// Random bytes of a bearer.
const RANDOM: usize = 32;

/// Answers a request of this port.
pub async fn answer(gateway: Arc<Gateway>, asked: Asked) -> Answer {
    let target = format!("{} {}", asked.method, asked.path);
    let answered = match (asked.method.as_str(), asked.path.as_str()) {
        _ if gateway.over() => Err(Refusal::Deadline),
        ("POST", "/v1/claim") => claim(&gateway, &asked).await,
        ("GET", "/v1/inputs") => known(&gateway, &asked)
            .await
            .map(|_cycle| Answer::fine(&gateway.inputs)),
        ("CONNECT", _) => match known(&gateway, &asked).await {
            Ok(cycle) => connect(Arc::clone(&gateway), cycle, asked).await,
            Err(refusal) => Err(refusal),
        },
        _ => known(&gateway, &asked).await.and(Err(Refusal::Path)),
    };
    if let Err(refusal) = &answered {
        denied(&gateway, &target, refusal);
    }
    answered.into()
}

/// The cycle whose agent asks.
async fn known(gateway: &Gateway, asked: &Asked) -> Result<u32, Refusal> {
    let bearer = asked.bearer.as_deref().ok_or(Refusal::Unknown)?;
    let digest = sha256(bearer);
    let cycle = gateway
        .journal
        .read(|state| state.cycles().of_bearer(&digest));
    cycle.ok_or(Refusal::Unknown)
}

/// Gives out the bearer of a cycle, once. Whoever claims again with a good proof ends the cycle: somebody else
/// knew it.
async fn claim(gateway: &Gateway, asked: &Asked) -> Result<Answer, Refusal> {
    let Claim { cycle, proof } = strict::read(&asked.body).map_err(|_untold| Refusal::Malformed)?;
    if !proof::same(&proof::claim(&gateway.uid, cycle), &proof) {
        return Err(Refusal::Unknown);
    }
    let bearer = random()?;
    let claimed = Event::CycleClaimed {
        cycle,
        bearer: sha256(&bearer),
    };
    match gateway.journal.record(claimed) {
        Ok(pending) => {
            pending.await.map_err(|_untold| Refusal::Record)?;
            Ok(Answer::fine(&Claimed { bearer }))
        }
        Err(Denied::Refusal(state::Refusal::CycleClaimed | state::Refusal::CycleEnded)) => {
            Err(contest(gateway, cycle).await)
        }
        Err(denied) => Err(denied.into()),
    }
}

async fn contest(gateway: &Gateway, cycle: u32) -> Refusal {
    match gateway.journal.record(Event::ClaimContested { cycle }) {
        Ok(pending) => match pending.await {
            Ok(_) => Refusal::State("claim-contested", "the cycle was claimed before".to_owned()),
            Err(_) => Refusal::Record,
        },
        Err(denied) => denied.into(),
    }
}

fn random() -> Result<String, Refusal> {
    let mut bytes = [0_u8; RANDOM];
    let got = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    match got {
        Ok(RANDOM) => Ok(URL_SAFE_NO_PAD.encode(bytes)),
        _ => Err(Refusal::Record),
    }
}

/// Every refusal is recorded; where that fails, the log has failed and everything is refused.
fn denied(gateway: &Gateway, target: &str, refusal: &Refusal) {
    let request = Request {
        cycle: None,
        agent: None,
        rule: refusal.rule().to_owned(),
        target: target.chars().take(256).collect(),
    };
    drop(gateway.journal.record(Event::RequestDenied(request)));
}
