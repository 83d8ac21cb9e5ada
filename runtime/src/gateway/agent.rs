//! The agent's port: a claim by the start gate, and what the agent of the cycle may ask.

use super::answer::{Answer, Refusal};
use super::connect::connect;
use super::http::Asked;
use super::{Gateway, files, git, keep, mcp, models, prompt, route, steps};
use crate::contract::{Visit, Work};
use crate::digest::sha256;
use crate::graph;
use crate::proof;
use crate::record::Event;
use crate::record::event::Request;
use crate::start::claim::{Claim, Claimed};
use crate::state;
use crate::state::journal::Denied;
use crate::strict;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::Method;
use std::sync::Arc;

/// Random bytes of a bearer.
const RANDOM: usize = 32;

/// Most bytes of a claim.
const MOST_CLAIM: usize = 4 * 1024;

/// Answers a request of this port.
pub async fn answer(gateway: Arc<Gateway>, asked: Asked) -> Answer {
    let target = format!("{} {}", asked.method, asked.path);
    let protocol = models::protocol(&asked);
    let answered = match gateway.over() {
        true => Err(Refusal::Deadline),
        false => route(&gateway, asked).await,
    };
    match answered {
        Ok(answer) => answer,
        Err(refusal) => {
            denied(&gateway, &target, &refusal);
            // An SDK shows a reason only in the shape of its protocol.
            match protocol {
                Some(protocol) => models::no(protocol, &refusal),
                None => refusal.into(),
            }
        }
    }
}

/// Records a request that was refused for its shape; what it asked for is not known.
pub fn refused(gateway: &Gateway, refusal: &Refusal) {
    denied(gateway, "-", refusal);
}

async fn route(gateway: &Arc<Gateway>, mut asked: Asked) -> Result<Answer, Refusal> {
    let path = asked.path.clone();
    let words: Vec<&str> = path.split('/').skip(1).collect();
    let method = asked.method.clone();
    let takes_query = matches!(
        words.as_slice(),
        ["v1", "messages" | "models", ..] | ["v1beta", ..] | ["http" | "git", ..]
    );
    if asked.query.is_some() && !takes_query {
        return Err(Refusal::Target);
    }
    if (method.as_str(), words.as_slice()) == ("POST", &["v1", "claim"]) {
        return Box::pin(claim(gateway, &mut asked)).await;
    }
    let cycle = known(gateway, &asked)?;
    gateway
        .keep
        .knows(cycle, asked.bearer.as_deref().unwrap_or_default());
    // Each in a box: together they would make the largest of them the size of every request.
    match (method.as_str(), words.as_slice()) {
        ("CONNECT", _) => Box::pin(connect(Arc::clone(gateway), cycle, asked)).await,
        ("GET", ["v1", "inputs"]) => Ok(Answer::fine(&gateway.inputs)),
        ("GET", ["v1", "prompt" | "submission"]) => {
            Box::pin(prompt::answer(gateway, cycle, asked)).await
        }
        (_, ["mcp"]) => Box::pin(mcp::answer(gateway, cycle, asked)).await,
        (_, ["http", ..]) => Box::pin(route::answer(gateway, cycle, asked)).await,
        (_, ["files", ..]) => Box::pin(files::answer(gateway, cycle, asked)).await,
        (_, ["git", ..]) => Box::pin(git::answer(gateway, cycle, asked)).await,
        (_, ["v1" | "v1beta", ..]) => models::answer(gateway, cycle, asked).await,
        _ => Err(Refusal::Path),
    }
}

/// The cycle whose agent asks.
fn known(gateway: &Gateway, asked: &Asked) -> Result<u32, Refusal> {
    let unknown = match asked.method {
        Method::CONNECT => Refusal::UnknownProxy,
        _ => Refusal::Unknown,
    };
    let Some(bearer) = asked.bearer.as_deref() else {
        return Err(unknown);
    };
    let digest = sha256(bearer);
    let cycle = gateway
        .journal
        .read(|state| state.cycles().of_bearer(&digest));
    cycle.ok_or(unknown)
}

/// Gives out the bearer of a cycle, once. Whoever claims again with a good proof ends the cycle: somebody else
/// knew it.
async fn claim(gateway: &Arc<Gateway>, asked: &mut Asked) -> Result<Answer, Refusal> {
    let body = asked.read(MOST_CLAIM).await?;
    let Claim {
        cycle,
        agent,
        proof,
    } = strict::read(&body).map_err(|_untold| Refusal::Malformed)?;
    if !proof::same(
        &proof::claim_as(&gateway.uid, cycle, agent.as_deref()),
        &proof,
    ) {
        return Err(Refusal::Unknown);
    }
    let visit = steps::visit(gateway, cycle)?;
    expected(gateway, agent.as_deref(), visit)?;
    let (cycle, bearer) = (visit.cycle, random()?);
    let claimed = Event::CycleClaimed {
        cycle,
        bearer: sha256(&bearer),
    };
    // A visit of another step takes nothing away from the one where the run is.
    let claimed = gateway.journal.decide(|state| {
        steps::stands(state, visit)?;
        Ok(claimed)
    });
    match claimed {
        Ok(pending) => {
            pending.await.map_err(|_untold| Refusal::Record)?;
            keep::session(gateway);
            Ok(Answer::fine(&Claimed { bearer }))
        }
        Err(Denied::Refusal(state::Refusal::CycleClaimed | state::Refusal::CycleEnded)) => {
            Err(contest(gateway, cycle).await)
        }
        Err(denied) => Err(denied.into()),
    }
}

/// Refuses the pod of an agent that was not chosen, or is not the step's. It takes nothing away from the one that is.
fn expected(gateway: &Gateway, agent: Option<&str>, visit: Visit) -> Result<(), Refusal> {
    let no = |refusal: state::Refusal| Refusal::State(refusal.rule(), refusal.to_string());
    if let Some(graph) = &gateway.contract.graph {
        let work = graph::step(graph, visit.step).map(|step| &step.work);
        return match (work, agent) {
            (Some(Work::Agent { agent: mine, .. }), Some(agent)) if mine == agent => Ok(()),
            _ => Err(no(state::Refusal::StepOther)),
        };
    }
    match (&gateway.contract.route, agent) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(no(state::Refusal::RouteNone)),
        (Some(_), agent) => match gateway.agent() {
            None => Err(no(state::Refusal::RouteOpen)),
            Some(chosen) if agent == Some(chosen.name.as_str()) => Ok(()),
            Some(_) => Err(no(state::Refusal::RouteAgent)),
        },
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

/// Random bytes as text: letters, digits, `-` and `_`.
pub(crate) fn random() -> Result<String, Refusal> {
    let mut bytes = [0_u8; RANDOM];
    let got = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    match got {
        Ok(RANDOM) => Ok(URL_SAFE_NO_PAD.encode(bytes)),
        _ => Err(Refusal::Record),
    }
}

/// Every refusal is recorded; where that fails, the log has failed and everything is refused.
pub(super) fn denied(gateway: &Gateway, target: &str, refusal: &Refusal) {
    let request = Request {
        cycle: None,
        agent: None,
        rule: refusal.rule().to_owned(),
        target: target.chars().take(256).collect(),
    };
    drop(gateway.journal.record(Event::RequestDenied(request)));
}
