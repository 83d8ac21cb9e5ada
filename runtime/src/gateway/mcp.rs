//! `/mcp`: the one MCP server of an agent, whose tools are exactly the granted ones.
//!
//! Nothing is kept between requests: the bearer says which cycle asks, the record what it may still do. The session
//! that a handshake gives out is a name, not a credential: two clients of one pod count their requests alike, and by
//! it `notifications/cancelled` ends the calls of the one that sent it. It is not stored, so it outlives a restart.
//!
//! A call is granted, checked, agreed to where the spec wants that, recorded, and then made (`call`). A client that
//! goes away before the record ends it there; a call with an effect that has begun runs to its end.

mod beside;
mod call;
mod offer;
mod opening;
pub(super) mod own;
mod running;
mod stream;
mod submit;
mod transport;

#[cfg(test)]
mod tests;

use super::answer::{Answer, Refusal};
use super::http::Asked;
use super::{Gateway, agent};
use crate::body;
use crate::contract::Contract;
use crate::mcp::message::{self, Call, Fault, Id, Message};
use crate::mcp::version::Era;
use crate::record::Event;
use crate::record::event::Request;
#[cfg(test)]
pub(super) use beside::Later;
pub(super) use beside::{Beside, Parts};
use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderName, HeaderValue};
use opening::{discovered, finished, opened};
use running::Running;
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::{Arc, OnceLock};
use stream::Takes;
use tokio::sync::Semaphore;

/// Most bytes of a body: arguments of the most bytes they may have, and what is around them.
const MOST_BODY: usize = crate::mcp::arguments::MOST_BYTES + 64 * 1024;

/// What serving tools needs beside the rest of a gateway.
pub struct Mcp {
    beside: OnceLock<Arc<dyn Beside>>,
    running: Arc<Running>,
    room: Arc<Semaphore>,
    known: offer::Known,
}

impl fmt::Debug for Mcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mcp")
            .field("running", &self.running)
            .finish_non_exhaustive()
    }
}

impl Mcp {
    /// Nothing under way, and as much room as the contract gives.
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        let room = usize::try_from(contract.limits.concurrency).unwrap_or(1);
        Self {
            beside: OnceLock::new(),
            running: Arc::default(),
            room: Arc::new(Semaphore::new(room.clamp(1, 1024))),
            known: offer::Known::default(),
        }
    }

    /// Puts others in the place of the parts beside this one.
    #[cfg(test)]
    pub(super) fn stand_in(&self, beside: Arc<dyn Beside>) {
        assert!(self.beside.set(beside).is_ok());
    }

    fn beside(&self) -> &dyn Beside {
        self.beside.get().map_or(&Parts, |beside| &**beside)
    }
}

enum Stop {
    Refusal(Refusal),
    Fault(Fault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Answers the agent of `cycle`.
///
/// # Errors
/// A body that is not read. What the protocol refuses is an answer in its words.
pub(super) async fn answer(
    gateway: &Arc<Gateway>,
    cycle: u32,
    asked: Asked,
) -> Result<Answer, Refusal> {
    match exchange(gateway, cycle, asked).await {
        Ok(answer) => Ok(answer),
        Err(Stop::Refusal(refusal)) => Err(refusal),
        Err(Stop::Fault(fault)) => {
            denied(gateway, cycle, fault.rule, "POST /mcp".to_owned());
            Ok(faulty(&fault))
        }
    }
}

fn faulty(fault: &Fault) -> Answer {
    let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::BAD_REQUEST);
    let answer = Answer::json(status, fault.document().to_string());
    match status {
        StatusCode::METHOD_NOT_ALLOWED => answer.with(ALLOW, HeaderValue::from_static("POST")),
        _ => answer,
    }
}

async fn exchange(gateway: &Arc<Gateway>, cycle: u32, mut asked: Asked) -> Result<Answer, Stop> {
    let takes = transport::check(&asked)?;
    let session = transport::session(&asked.headers)?;
    let body = asked.read(MOST_BODY).await?;
    let told = transport::told(&asked.headers)?;
    match Message::read(&body)? {
        Message::Request(id, call) => {
            let asks = Asks {
                cycle,
                session,
                takes,
            };
            let era = match call.method.as_str() {
                // It opens a session, whatever the header says.
                "initialize" => Era::Handshake,
                _ => Era::of_request(told, &call).map_err(|fault| fault.to(&id))?,
            };
            let answered = request(gateway, asks, era, &id, call).await;
            answered.map_err(|fault| fault.to(&id).into())
        }
        Message::Notification(call) => {
            Era::of_notification(told)?;
            if call.method == "notifications/cancelled"
                && let Some(id) = call.params.get("requestId").and_then(Id::read)
            {
                gateway.mcp.running.cancel(&(cycle, session, id.text()));
            }
            Ok(accepted())
        }
        Message::Response => Ok(accepted()),
    }
}

fn accepted() -> Answer {
    Answer::new(StatusCode::ACCEPTED, "application/json", body::empty())
}

/// Who asks, and which answer is taken.
struct Asks {
    cycle: u32,
    session: String,
    takes: Takes,
}

async fn request(
    gateway: &Arc<Gateway>,
    asks: Asks,
    era: Era,
    id: &Id,
    call: Call,
) -> Result<Answer, Fault> {
    match (era, call.method.as_str()) {
        (Era::Handshake, "initialize") => {
            let session = agent::random().map_err(|_untold| unrecorded())?;
            let session = HeaderValue::try_from(session).map_err(|_untold| unrecorded())?;
            let opened = opened(&call.params)?;
            let answer = now(asks.takes, id.result(&opened)).await;
            Ok(answer.with(HeaderName::from_static(transport::SESSION), session))
        }
        (Era::Handshake, "ping") => Ok(now(asks.takes, id.result(&json!({}))).await),
        (Era::Each, "server/discover") => {
            let result = finished(era, true, discovered());
            Ok(now(asks.takes, id.result(&result)).await)
        }
        (_, "tools/list") => list(gateway, asks, era, id, &call.params).await,
        (_, "tools/call") => start(gateway, asks, era, id, call.params).await,
        _ => {
            // The newer transport wants the status to say so too.
            let status = if era == Era::Each { 404 } else { 200 };
            let message = "this method is not served";
            Err(Fault::new(
                status,
                message::METHOD_NOT_FOUND,
                "mcp-method",
                message,
            ))
        }
    }
}

fn unrecorded() -> Fault {
    let message = "it could not be recorded, so it was not done";
    Fault::new(500, message::INTERNAL, "record", message)
}

fn invalid(message: &str) -> Fault {
    Fault::new(200, message::INVALID_PARAMS, "mcp-params", message)
}

/// An answer that is there already.
async fn now(takes: Takes, message: Value) -> Answer {
    stream::answer(Box::pin(async { message }), takes).await
}

async fn list(
    gateway: &Arc<Gateway>,
    asks: Asks,
    era: Era,
    id: &Id,
    params: &Map<String, Value>,
) -> Result<Answer, Fault> {
    if params.contains_key("cursor") {
        return Err(invalid("the list has one page, so there is no cursor"));
    }
    let (gateway, id, cycle) = (Arc::clone(gateway), id.clone(), asks.cycle);
    let message = async move {
        let (tools, missing) = offer::list(&gateway).await;
        for (name, failed) in missing {
            denied(&gateway, cycle, failed.rule, format!("tools/list {name}"));
        }
        id.result(&finished(era, true, json!({"tools": tools})))
    };
    Ok(stream::answer(Box::pin(message), asks.takes).await)
}

/// Starts a call, and answers when it has ended or was cancelled.
async fn start(
    gateway: &Arc<Gateway>,
    asks: Asks,
    era: Era,
    id: &Id,
    mut params: Map<String, Value>,
) -> Result<Answer, Fault> {
    let Asks {
        cycle,
        session,
        mut takes,
    } = asks;
    let Some(Value::String(name)) = params.remove("name") else {
        return Err(invalid("`name` must be the name of a tool"));
    };
    let arguments = match params.remove("arguments") {
        None => Map::new(),
        Some(Value::Object(arguments)) => arguments,
        Some(_) => return Err(invalid("`arguments` must be an object")),
    };
    let token = params
        .get("_meta")
        .and_then(|meta| meta.get("progressToken"));
    takes.progress = token.filter(|token| Id::read(token).is_some()).cloned();
    let Some(ticket) = gateway.mcp.running.enter((cycle, session, id.text())) else {
        let message = "too many calls are under way";
        return Err(Fault::new(
            200,
            message::INVALID_REQUEST,
            "mcp-calls",
            message,
        ));
    };
    let (gateway, id) = (Arc::clone(gateway), id.clone());
    let message = async move {
        let watch = ticket.watch();
        let called = tokio::select! {
            biased;
            () = ticket.cancelled() => {
                let message = "the client cancelled the call";
                Err(Fault::new(200, message::CANCELLED, "mcp-cancelled", message))
            }
            result = call::call(&gateway, cycle, &name, arguments, watch) => result.ok_or_else(|| {
                let message = "there is no tool of this name";
                Fault::new(200, message::INVALID_PARAMS, "tool-unknown", message)
            }),
        };
        match called {
            Ok(result) => id.result(&finished(era, false, result)),
            Err(fault) => {
                denied(&gateway, cycle, fault.rule, "tools/call".to_owned());
                fault.to(&id).document()
            }
        }
    };
    Ok(stream::answer(Box::pin(message), takes).await)
}

fn request_of(gateway: &Gateway, cycle: u32, rule: &str, target: String) -> Request {
    Request {
        cycle: Some(cycle),
        agent: Some(gateway.agent_name()),
        rule: rule.to_owned(),
        target: target.chars().take(256).collect(),
    }
}

/// Every refusal is recorded; where that fails, the log has failed and everything is refused.
fn denied(gateway: &Gateway, cycle: u32, rule: &str, target: String) {
    let request = request_of(gateway, cycle, rule, target);
    drop(gateway.journal.record(Event::RequestDenied(request)));
}
