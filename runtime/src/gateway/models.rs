//! Models: each call is checked, set aside, asked upstream, and counted.
//!
//! - `endpoint` knows what is served and where it is upstream, `list` tells the agent its models;
//! - `reserve` sets aside what a call uses at most;
//! - `upstream` makes the request anew, with the credential that the agent does not see;
//! - `call` asks, again where that helps (`retry`), and settles by what the answer used;
//! - `stub` answers instead of an upstream, where the contract says so;
//! - `own` asks for the gateway itself, which no agent hears of;
//! - `forward` hands a stream on while it is read; `told` says what else of an answer the agent sees.
//!
//! Turns: a call that a model answered is one, also if the answer broke off; so is one that upstream refused for what
//! was asked (4xx but 429). One that upstream could not answer (429, 5xx), or that never reached it, is none.

mod call;
mod endpoint;
mod forward;
mod lasting;
mod list;
pub(super) mod own;
mod reserve;
pub mod retry;
mod stub;
#[cfg(test)]
mod tests;
pub mod told;
mod upstream;

use super::Gateway;
use super::answer::{Answer, Refusal};
use super::connect::request;
use super::http::Asked;
use super::now;
use crate::body::Unread;
use crate::contract::{Agent, Provider};
use crate::model::{self, Protocol, Refused, refusal};
use crate::record::{self, Event};
use crate::state::State;
use crate::web;
use bytes::Bytes;
use call::Call;
use endpoint::Endpoint;
use hyper::StatusCode;
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue, RETRY_AFTER};
use lasting::Lasting;
use reserve::{For, Held, WAIT, reserve};
use std::sync::Arc;
use std::time::Duration;
use stub::Stub;
use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use upstream::Upstream;

/// Most bytes of a request.
const MOST_BODY: usize = 32 << 20;
/// Kibibytes of requests that are held at once.
const ROOM: u32 = 256 << 10;
/// Bytes above which a body is read by a thread that may take its time.
const LONG: usize = 256 << 10;
/// Seconds.
const YEAR: u64 = 365 * 24 * 60 * 60;
/// Seconds after which one who found no place may ask again.
const AGAIN: &str = "5";

/// Calls that wait: for their turn, for others to settle, for memory.
#[derive(Debug)]
pub struct Models {
    turn: Mutex<()>,
    freed: Notify,
    room: Arc<Semaphore>,
}

impl Default for Models {
    fn default() -> Self {
        Self {
            turn: Mutex::default(),
            freed: Notify::new(),
            room: Arc::new(Semaphore::new(ROOM as usize)),
        }
    }
}

impl Models {
    /// Something that was set aside was given back.
    pub fn freed(&self) {
        self.freed.notify_one();
    }
}

/// Why a call has no answer.
enum No {
    /// As anywhere else.
    Plain(Refusal),
    /// The body is refused.
    Model(Refused),
    /// A limit is used up; with its rule and a sentence.
    UsedUp(&'static str, String),
    /// Calls under way stand in front of the limit of this rule.
    Full(&'static str),
    /// Too many wait.
    Busy,
    /// What the contract says, or what upstream answered, cannot be used.
    Upstream(&'static str, &'static str),
    /// Upstream did not answer.
    Silent(web::Refused),
}

/// How a request speaks, by its path; none where it is not for a model.
pub(super) fn protocol(asked: &Asked) -> Option<Protocol> {
    let words: Vec<&str> = asked.path.split('/').skip(1).take(2).collect();
    match words.as_slice() {
        ["v1", "messages"] => Some(Protocol::Messages),
        ["v1", "models"] if asked.headers.contains_key("anthropic-version") => {
            Some(Protocol::Messages)
        }
        ["v1", "chat" | "models"] => Some(Protocol::Chat),
        ["v1", "responses"] => Some(Protocol::Responses),
        ["v1", "embeddings"] => Some(Protocol::Embeddings),
        ["v1beta", ..] => Some(Protocol::Generate),
        _ => None,
    }
}

/// A refusal in the shape of a protocol. The answer to the same request stays no, but where time or the disk was
/// at fault.
pub(super) fn no(protocol: Protocol, refusal: &Refusal) -> Answer {
    let status = refusal.status();
    let (rule, sentence) = (refusal.rule(), refusal.message());
    let shaped = refusal::shaped(protocol, status.as_u16(), rule, "", sentence);
    let stays = !matches!(refusal, Refusal::Unread(Unread::Late) | Refusal::Record);
    let answer = Answer::json(status, shaped.body);
    if stays { final_no(answer) } else { answer }
}

/// Answers the agent of `cycle`.
///
/// # Errors
/// What is not served, or not granted; other refusals are answers in the shape of the protocol, and recorded.
pub(super) async fn answer(
    gateway: &Arc<Gateway>,
    cycle: u32,
    mut asked: Asked,
) -> Result<Answer, Refusal> {
    if asked.method == "GET" {
        return list::answer(gateway, &asked);
    }
    let (endpoint, named) = endpoint::find(&asked)?;
    match call(gateway, cycle, &mut asked, (endpoint, named)).await {
        Ok(answer) => Ok(answer),
        Err(No::Plain(refusal)) => Err(refusal),
        Err(no) => {
            denied(gateway, Some(cycle), &asked.path, &no);
            Ok(no.answer(endpoint.protocol()))
        }
    }
}

/// Records a refusal of which nobody else hears; without a cycle it is one of the gateway's own call.
fn denied(gateway: &Gateway, cycle: Option<u32>, path: &str, no: &No) {
    let target = format!("POST {}", path.chars().take(256).collect::<String>());
    let denied = match cycle {
        Some(cycle) => request(gateway, cycle, no.rule(), target),
        None => record::event::Request {
            cycle: None,
            agent: None,
            rule: no.rule().to_owned(),
            target,
        },
    };
    drop(gateway.journal.record(Event::RequestDenied(denied)));
}

async fn call(
    gateway: &Arc<Gateway>,
    cycle: u32,
    asked: &mut Asked,
    (endpoint, named): endpoint::Found,
) -> Result<Answer, No> {
    let (body, place) = body(gateway, asked).await?;
    let request = check(gateway, endpoint, named, body).await?;
    let index = request.model;
    let model = gateway.contract.models.get(index);
    let model = model.ok_or(No::Plain(Refusal::Path))?;
    let query = asked.query.as_deref();
    let upstream = Upstream::new(
        gateway,
        (endpoint, query),
        model,
        &asked.headers,
        request.stream,
    )?;
    let hides_usage = Call::hides_usage(endpoint, &request);
    let wanted = For {
        cycle: Some(cycle),
        endpoint,
        model,
        request: &request,
    };
    let held = reserve(gateway, &wanted).await?;
    let stub = (model.provider == Provider::Stub).then(|| Stub::new(model, &request));
    // From here on the call does not end when the agent leaves.
    let body = Bytes::from(request.body);
    let heard = gateway
        .keep
        .hear((cycle, endpoint.operation()), &model.name, &body);
    let call = Call {
        gateway: Arc::clone(gateway),
        cycle: Some(cycle),
        path: asked.path.clone(),
        endpoint,
        model: index,
        hides_usage,
        upstream: upstream.with(body),
        stub,
        heard,
        place,
    };
    begin(call, held).await
}

/// Runs a call until it is answered; it comes to its end whoever leaves.
async fn begin(call: Call, held: Held) -> Result<Answer, No> {
    let (client, mut answer) = oneshot::channel();
    let mut run = Lasting::new(call.run(held, client));
    let told = tokio::select! {
        biased;
        () = &mut run => answer.try_recv().ok(),
        told = &mut answer => told.ok(),
    };
    told.ok_or(No::Plain(Refusal::Record))
}

/// Reads the body, once there is memory for it.
async fn body(gateway: &Gateway, asked: &mut Asked) -> Result<(Bytes, OwnedSemaphorePermit), No> {
    let told = asked.headers.get(CONTENT_LENGTH);
    let told = told
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse().ok());
    let most: usize = told.unwrap_or(MOST_BODY);
    if most > MOST_BODY {
        return Err(No::Plain(Unread::TooLong.into()));
    }
    let kibibytes = u32::try_from(most.div_ceil(1024)).unwrap_or(ROOM);
    let room = Arc::clone(&gateway.models.room);
    let place = timeout(WAIT, room.acquire_many_owned(kibibytes)).await;
    let Ok(Ok(place)) = place else {
        return Err(No::Busy);
    };
    let body = asked.read(most).await.map_err(No::Plain)?;
    Ok((body, place))
}

/// Checks a body. A long one is read elsewhere: meanwhile others are served.
async fn check(
    gateway: &Arc<Gateway>,
    endpoint: Endpoint,
    named: Option<String>,
    body: Bytes,
) -> Result<model::Request, No> {
    let long = body.len() > LONG;
    let gateway = Arc::clone(gateway);
    let read = move || {
        let agent = agent(&gateway).map_err(No::Plain)?;
        let models = &gateway.contract.models;
        let request = endpoint.read(named.as_deref(), &body, models, agent);
        request.map_err(No::Model)
    };
    match long {
        true => match tokio::task::spawn_blocking(read).await {
            Ok(request) => request,
            Err(_) => Err(No::Busy),
        },
        false => read(),
    }
}

/// The agent of the run.
fn agent(gateway: &Gateway) -> Result<&Agent, Refusal> {
    gateway.agent().ok_or(Refusal::Path)
}

/// What is left of the run's time; never so much that clocks overflow.
fn left(gateway: &Gateway) -> Duration {
    let deadline = gateway.journal.read(State::deadline).unwrap_or(0);
    Duration::from_secs(deadline.saturating_sub(now()).min(YEAR))
}

/// An answer after which no SDK asks again.
fn final_no(answer: Answer) -> Answer {
    let (name, value) = refusal::NO_RETRY;
    answer.with(
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )
}

impl No {
    /// The rule, as a stable word.
    fn rule(&self) -> &'static str {
        match self {
            Self::Plain(refusal) => refusal.rule(),
            Self::Model(refused) => refused.rule(),
            Self::UsedUp(rule, _) | Self::Full(rule) | Self::Upstream(rule, _) => rule,
            Self::Busy => "busy",
            Self::Silent(refused) => refused.rule(),
        }
    }

    /// The answer, in the shape of a protocol.
    fn answer(&self, protocol: Protocol) -> Answer {
        let json = |refusal: refusal::Refusal| {
            let status = StatusCode::from_u16(refusal.status);
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Answer::json(status, refusal.body)
        };
        let shaped = |status, sentence: &str| {
            json(refusal::shaped(protocol, status, self.rule(), "", sentence))
        };
        match self {
            Self::Plain(refusal) => no(protocol, refusal),
            Self::Model(refused) => final_no(json(refusal::of(protocol, refused))),
            Self::UsedUp(rule, sentence) => {
                final_no(json(refusal::used_up(protocol, rule, sentence)))
            }
            Self::Full(rule) => {
                let sentence = format!("calls under way use all of the limit of {rule}");
                shaped(429, &sentence).with(RETRY_AFTER, HeaderValue::from_static(AGAIN))
            }
            Self::Busy => shaped(429, "too much waits at once")
                .with(RETRY_AFTER, HeaderValue::from_static(AGAIN)),
            Self::Upstream(_, sentence) => final_no(shaped(502, sentence)),
            Self::Silent(refused) => shaped(502, &refused.to_string()),
        }
    }
}
