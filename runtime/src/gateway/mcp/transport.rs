//! The part of a request that is HTTP: who may send it, in which form, and which answer is taken.

use super::stream::Takes;
use crate::gateway::http::Asked;
use crate::mcp::message::{Fault, INVALID_REQUEST};
use crate::mcp::version::Told;
use hyper::Method;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, ORIGIN};

/// The name that a client has for its session.
pub(super) const SESSION: &str = "mcp-session-id";
/// Most bytes of that name.
const MOST_SESSION: usize = 128;

fn refused(status: u16, rule: &'static str, message: &str) -> Fault {
    Fault::new(status, INVALID_REQUEST, rule, message)
}

/// What the header of a request says; its body has not been read.
///
/// # Errors
/// Another method than `POST`, a browser, another kind of body, a client that takes no answer of ours.
pub(super) fn check(asked: &Asked) -> Result<Takes, Fault> {
    if asked.method != Method::POST {
        let message =
            "messages come by POST; there is no stream of the server's own, no session to end";
        return Err(refused(405, "mcp-http-method", message));
    }
    let headers = &asked.headers;
    if headers.contains_key(ORIGIN) {
        let message = "no browser is served here";
        return Err(refused(403, "mcp-origin", message));
    }
    let mut kinds = list(headers, CONTENT_TYPE.as_str());
    if !matches!((kinds.next(), kinds.next()), (Some(kind), None) if kind == "application/json") {
        let message = "the body must be application/json";
        return Err(refused(415, "mcp-content-type", message));
    }
    takes(headers)
}

fn takes(headers: &HeaderMap) -> Result<Takes, Fault> {
    let mut takes = Takes {
        // Who says nothing takes everything, but a stream is only for those who know of it.
        json: !headers.contains_key(ACCEPT),
        stream: false,
        progress: None,
    };
    for kind in list(headers, ACCEPT.as_str()) {
        takes.json |= matches!(kind.as_str(), "*/*" | "application/*" | "application/json");
        takes.stream |= kind == "text/event-stream";
    }
    match takes.json || takes.stream {
        true => Ok(takes),
        false => {
            let message = "answers are application/json or text/event-stream";
            Err(refused(406, "mcp-accept", message))
        }
    }
}

/// The kinds in a field, without parameters, in lower case.
fn list(headers: &HeaderMap, name: &str) -> impl Iterator<Item = String> {
    let fields = headers.get_all(name).into_iter();
    let kinds: Vec<String> = fields
        .flat_map(|field| field.to_str().unwrap_or("?").split(','))
        .map(|kind| kind.split(';').next().unwrap_or_default().trim())
        .map(str::to_ascii_lowercase)
        .collect();
    kinds.into_iter()
}

/// What the header repeats of the body.
///
/// # Errors
/// A field that stands twice, or is no text.
pub(super) fn told(headers: &HeaderMap) -> Result<Told<'_>, Fault> {
    Ok(Told {
        version: one(headers, "mcp-protocol-version")?,
        method: one(headers, "mcp-method")?,
        name: one(headers, "mcp-name")?,
    })
}

/// The name of the client's session; empty where it has none.
///
/// # Errors
/// One that is too long.
pub(super) fn session(headers: &HeaderMap) -> Result<String, Fault> {
    let session = one(headers, SESSION)?.unwrap_or_default();
    match session.len() <= MOST_SESSION {
        true => Ok(session.to_owned()),
        false => Err(refused(
            400,
            "mcp-header",
            "the name of the session is too long",
        )),
    }
}

fn one<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Fault> {
    let mut all = headers.get_all(name).iter();
    let twice = || {
        refused(
            400,
            "mcp-header",
            "a field of the header stands twice, or is no text",
        )
    };
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(only), None) => only.to_str().map(Some).map_err(|_untold| twice()),
        (Some(_), Some(_)) => Err(twice()),
    }
}
