//! What providers of models have in common: who asks, and whether the request is one that they know.

use crate::world::pieces;
use bytes::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, Response};
use pure_agent_runtime::body::{self, Body};
use serde_json::{Value, json};
use std::time::Duration;

/// Who asks a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// An SDK, which sends headers of its own.
    Sdk,
    /// The gateway, which sends these and no other.
    Gateway,
}

/// Headers that the gateway sends upstream.
const HEADERS: [&str; 12] = [
    "accept",
    "accept-encoding",
    "anthropic-beta",
    "anthropic-version",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "user-agent",
    "x-api-key",
    "x-goog-api-key",
];

/// Pause before each piece of a stream.
const PAUSE: Duration = Duration::from_millis(60);

/// Refuses what a provider does not expect: another credential, another header, another body.
///
/// # Errors
/// What is not expected, as a sentence.
///
/// # Panics
/// If the schema is none.
pub fn check(
    request: &Request<Bytes>,
    asker: Asker,
    credential: (&str, &str),
    schema: &str,
) -> Result<Value, String> {
    let (name, value) = credential;
    let mut given = request.headers().get_all(name).iter();
    let first = given.next().and_then(|v| v.to_str().ok());
    if first != Some(value) || given.next().is_some() {
        return Err(format!("`{name}` is not the credential"));
    }
    let strange = |name: &&str| asker == Asker::Gateway && !HEADERS.contains(name);
    if let Some(strange) = request.headers().keys().map(|n| n.as_str()).find(strange) {
        return Err(format!("the header `{strange}` is not expected"));
    }
    if schema.is_empty() {
        return Ok(Value::Null);
    }
    if request
        .headers()
        .get(CONTENT_TYPE)
        .is_none_or(|v| v != "application/json")
    {
        return Err("the body is not JSON".to_owned());
    }
    let body: Value = serde_json::from_slice(request.body()).map_err(|e| e.to_string())?;
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong = validator.iter_errors(&body).next();
    wrong.map_or(Ok(()), |e| Err(format!("{}: {e}", e.instance_path())))?;
    Ok(body)
}

/// An answer in JSON.
///
/// # Panics
/// If the status is none.
#[must_use]
pub fn answer(status: u16, value: &Value) -> Response<Body> {
    let response = Response::builder().status(status);
    let response = response.header(CONTENT_TYPE, "application/json");
    response.body(body::whole(value.to_string())).unwrap()
}

/// No, in a form that both SDKs show.
#[must_use]
pub fn refused(why: &str) -> Response<Body> {
    let error = json!({"type": "invalid_request_error", "message": why});
    answer(400, &json!({"type": "error", "error": error}))
}

/// Server-sent events, one after the other.
///
/// # Panics
/// Outside a handler of a world.
#[must_use]
pub fn events(events: Vec<String>) -> Response<Body> {
    let response = Response::builder().header(CONTENT_TYPE, "text/event-stream");
    let events = events.into_iter().map(Bytes::from).collect();
    response.body(pieces(events, PAUSE)).unwrap()
}

/// An event with its name, as Anthropic and OpenAI's responses write it; without where it has no type.
#[must_use]
pub fn named(value: &Value) -> String {
    match value["type"].as_str() {
        Some(kind) => format!("event: {kind}\ndata: {value}\n\n"),
        None => format!("data: {value}\n\n"),
    }
}
