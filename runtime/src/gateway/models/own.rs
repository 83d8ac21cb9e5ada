//! A call that the gateway makes for itself: to choose the agent of a run.
//!
//! It goes the way of an agent's calls: the same table judges what is asked, the same limits and the record stand
//! before it, the same code asks upstream and counts. Only who hears the answer is another.

use super::call::Call;
use super::endpoint::Endpoint;
use super::reserve::{For, reserve};
use super::stub::Stub;
use super::upstream::Upstream;
use super::{Gateway, No, begin, denied, left};
use crate::body;
use crate::contract::{Agent, AgentLimits, Harness, Model, Provider};
use crate::gateway::answer::Refusal;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::HeaderMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most bytes of an answer.
const MOST_ANSWER: usize = 64 << 10;
/// Kibibytes of memory that are held for one: the inputs of a run have no more than 64.
const ROOM: u32 = 512;
/// Where the transcript has it: no cycle has begun.
const CYCLE: u32 = 0;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gateway) enum Unanswered {
    /// A limit is used up, or stands in front of the call; with its rule.
    Limit(&'static str),
    /// The model did not answer, or refused.
    Upstream,
    /// Nobody could answer: it may be other in a while.
    Away,
    /// It could not be recorded, so nothing was asked.
    Record,
}

/// How a model is asked in one go.
pub(in crate::gateway) fn speaks(model: &Model) -> crate::model::Protocol {
    endpoint(model).protocol()
}

fn endpoint(model: &Model) -> Endpoint {
    match model.provider {
        Provider::Anthropic | Provider::Stub => Endpoint::Messages,
        Provider::Openai | Provider::Ollama | Provider::Compatible => Endpoint::Chat,
        Provider::Gemini => Endpoint::Generate,
    }
}

/// Asks a model of the contract, on the account of the route.
///
/// # Errors
/// See [`Unanswered`]; what was refused is in the record.
pub(in crate::gateway) async fn ask(
    gateway: &Arc<Gateway>,
    model: &Model,
    body: &[u8],
) -> Result<Bytes, Unanswered> {
    match called(gateway, model, body).await {
        Ok(answer) => answer,
        Err(no) => {
            denied(gateway, None, "/v1/route", &no);
            Err(match &no {
                No::UsedUp(rule, _) | No::Full(rule) => Unanswered::Limit(rule),
                No::Plain(Refusal::Deadline) => Unanswered::Limit("deadline"),
                No::Plain(Refusal::Record) => Unanswered::Record,
                No::Plain(_) | No::Model(_) | No::Busy | No::Upstream(..) | No::Silent(_) => {
                    Unanswered::Upstream
                }
            })
        }
    }
}

/// The answer, or why the model gave none, which the call has recorded.
async fn called(
    gateway: &Arc<Gateway>,
    model: &Model,
    body: &[u8],
) -> Result<Result<Bytes, Unanswered>, No> {
    if gateway.over() {
        return Err(No::Plain(Refusal::Deadline));
    }
    let endpoint = endpoint(model);
    let room = Arc::clone(&gateway.models.room);
    let place = tokio::time::timeout(super::WAIT, room.acquire_many_owned(ROOM)).await;
    let Ok(Ok(place)) = place else {
        return Err(No::Busy);
    };
    let models = &gateway.contract.models;
    let request = endpoint.read(Some(&model.name), body, models, &asker(model));
    let request = request.map_err(No::Model)?;
    let headers = HeaderMap::new();
    let upstream = Upstream::new(gateway, (endpoint, None), model, &headers, false)?;
    let wanted = For {
        cycle: None,
        endpoint,
        model,
        request: &request,
    };
    let held = reserve(gateway, &wanted).await?;
    let stub = (model.provider == Provider::Stub).then(|| Stub::new(model, &request));
    let index = request.model;
    let body = Bytes::from(request.body);
    let heard = gateway
        .keep
        .hear((CYCLE, endpoint.operation()), &model.name, &body);
    let call = Call {
        gateway: Arc::clone(gateway),
        cycle: None,
        path: "/v1/route".to_owned(),
        endpoint,
        model: index,
        hides_usage: false,
        upstream: upstream.with(body),
        stub,
        heard,
        place,
    };
    let answer = begin(call, held).await?.response();
    if answer.status() != StatusCode::OK {
        return Ok(Err(match answer.status().is_server_error() {
            true => Unanswered::Away,
            false => Unanswered::Upstream,
        }));
    }
    let read = body::read(answer.into_body(), MOST_ANSWER, left(gateway)).await;
    // What is too long today is so tomorrow.
    Ok(read.map_err(|_untold| Unanswered::Upstream))
}

/// Who asks: nobody of the spec, with the one model.
fn asker(model: &Model) -> Agent {
    Agent {
        name: String::new(),
        about: None,
        system: None,
        harness: Harness::Generic,
        command: Vec::new(),
        models: vec![model.name.clone()],
        tools: Vec::new(),
        skills: Vec::new(),
        tunnels: Vec::new(),
        http: Vec::new(),
        limits: AgentLimits::default(),
        env: BTreeMap::new(),
    }
}
