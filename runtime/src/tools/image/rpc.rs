//! JSON-RPC over Streamable HTTP, as a client.

use super::super::Failed;
use super::{Image, Session};
use crate::body::{self, Body, Unread};
use crate::model::sse::Parser;
use crate::strict;
use crate::web::{self, Coming};
use http_body_util::BodyExt as _;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue,
    USER_AGENT,
};
use hyper::{Method, Request, Response};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// Most bytes of a session's id.
const MOST_SESSION: usize = 256;
const SESSION: &str = "mcp-session-id";

/// The result of a request.
pub(super) struct Answered {
    pub(super) result: Value,
    /// The session that the server names.
    pub(super) session: Option<HeaderValue>,
}

/// Why there is none.
pub(super) enum Trouble {
    /// The server does not know the session, so it did nothing.
    Session,
    Failed(Failed),
}

impl From<Failed> for Trouble {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

impl Image {
    /// A request, and the answer to it.
    pub(super) async fn ask(
        &self,
        session: Option<&Session>,
        method: &str,
        params: &Value,
        most: usize,
    ) -> Result<Answered, Trouble> {
        let id = self.last.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let request = self.message(session, &message)?;
        let answer = self
            .web
            .send(request, self.deadline)
            .await
            .map_err(Failed::from)?;
        match answer.status().as_u16() {
            200 => {}
            404 if session.is_some_and(|session| session.id.is_some()) => {
                return Err(Trouble::Session);
            }
            401 | 403 => return Err(refused().into()),
            _ => return Err(odd().into()),
        }
        let named = named(answer.headers())?;
        let message = self.read(answer, id, most).await?;
        let result = result(message)?;
        Ok(Answered {
            result,
            session: named,
        })
    }

    /// A notification.
    pub(super) async fn tell(&self, session: &Session, method: &str) -> Result<(), Failed> {
        let message = json!({"jsonrpc": "2.0", "method": method});
        let request = self.message(Some(session), &message)?;
        let answer = self.web.ask(request, 64 * 1024, self.deadline).await?;
        match answer.status().is_success() {
            true => Ok(()),
            false => Err(odd()),
        }
    }

    fn message(&self, session: Option<&Session>, message: &Value) -> Result<Request<Body>, Failed> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .header(ACCEPT_ENCODING, "identity")
            .header(USER_AGENT, "pure-agent")
            .body(body::whole(message.to_string()));
        let mut request = request.map_err(|_untold| odd())?;
        let headers = request.headers_mut();
        if let Some(credential) = &self.credential {
            headers.insert(AUTHORIZATION, credential.clone());
        }
        if let Some(session) = session {
            headers.insert(
                "mcp-protocol-version",
                HeaderValue::from_static(session.version),
            );
            if let Some(id) = &session.id {
                headers.insert(SESSION, id.clone());
            }
        }
        Ok(request)
    }

    /// The message of this id, from a document or a stream.
    async fn read(&self, answer: Response<Coming>, id: u64, most: usize) -> Result<Value, Failed> {
        let kind = answer
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let kind = kind
            .and_then(|kind| kind.split(';').next())
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if answer.headers().contains_key(CONTENT_ENCODING) {
            return Err(odd());
        }
        let body = answer.into_body();
        match kind.as_str() {
            "application/json" => {
                let body = body::read(body, most, self.deadline)
                    .await
                    .map_err(unread)?;
                let message = strict::value(&body).map_err(|_untold| odd())?;
                mine(&message, id).then_some(message).ok_or_else(odd)
            }
            "text/event-stream" => stream(body, id, most).await,
            _ => Err(odd()),
        }
    }
}

/// The first message of this id. What else comes is let go: nothing was offered that a server could ask for.
async fn stream(mut body: Coming, id: u64, most: usize) -> Result<Value, Failed> {
    let (mut parser, mut left) = (Parser::new(most), most);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_untold| unread(Unread::Broken))?;
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        left = left
            .checked_sub(piece.len())
            .ok_or_else(|| unread(Unread::TooLong))?;
        let blocks = parser
            .push(&piece)
            .map_err(|_untold| unread(Unread::TooLong))?;
        for event in blocks.into_iter().filter_map(|block| block.event) {
            // An event without data begins a stream that can be taken up again; this one is not.
            if event.data.is_empty() {
                continue;
            }
            let message = strict::value(event.data.as_bytes()).map_err(|_untold| odd())?;
            if mine(&message, id) {
                return Ok(message);
            }
        }
    }
    Err(unread(Unread::Broken))
}

fn mine(message: &Value, id: u64) -> bool {
    let answer = message.get("result").is_some() != message.get("error").is_some();
    let version = message.get("jsonrpc").and_then(Value::as_str);
    answer && version == Some("2.0") && message.get("id").and_then(Value::as_u64) == Some(id)
}

/// The words of a server's error are not passed on: they were written for nobody here.
fn result(mut message: Value) -> Result<Value, Failed> {
    match message.get_mut("result").map(Value::take) {
        Some(result) if result.is_object() => Ok(result),
        Some(_) => Err(odd()),
        None => match message.pointer("/error/code").and_then(Value::as_i64) {
            Some(-32602) => Err(Failed::new(
                "mcp-arguments",
                "the server does not accept the arguments",
            )),
            _ => Err(Failed::new("mcp-error", "the server refuses the request")),
        },
    }
}

fn named(headers: &HeaderMap) -> Result<Option<HeaderValue>, Failed> {
    let Some(id) = headers.get(SESSION) else {
        return Ok(None);
    };
    let plain = id
        .as_bytes()
        .iter()
        .all(|byte| (0x21..=0x7e).contains(byte));
    match plain && (1..=MOST_SESSION).contains(&id.len()) {
        true => Ok(Some(id.clone())),
        false => Err(odd()),
    }
}

pub(super) fn odd() -> Failed {
    Failed::new(
        "mcp-answer",
        "the server answered what is not the protocol of tools",
    )
}

fn refused() -> Failed {
    Failed::new(
        "mcp-credential",
        "the server does not accept the credential of the spec",
    )
}

fn unread(unread: Unread) -> Failed {
    web::Refused::Body(unread).into()
}
