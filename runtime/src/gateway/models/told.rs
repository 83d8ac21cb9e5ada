//! What an agent is told of an upstream's answer: little, and no credential.

use super::super::answer::Answer;
use super::call::{Kind, kind};
use crate::model::{Protocol, refusal};
use crate::strict;
use bytes::Bytes;
use hyper::header::{CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::Value;

/// Fields of an answer that go on: by them a call is found again at the provider.
pub(super) const FINE: [&str; 2] = ["request-id", "x-request-id"];
/// Fields of an answer that refuses.
const REFUSED: [&str; 4] = [
    "request-id",
    "x-request-id",
    "retry-after",
    "x-should-retry",
];
/// Most bytes of such a field.
const MOST: usize = 256;
/// What stands in the place of a credential.
const REDACTED: &str = "[redacted]";

/// The fields of `names` that may go on.
pub(super) fn fields(
    headers: &HeaderMap,
    secret: Option<&str>,
    names: &[&'static str],
) -> Vec<(HeaderName, HeaderValue)> {
    let shown = |name: &'static str| {
        let value = headers.get(name)?;
        let text = value.to_str().ok().filter(|text| text.len() <= MOST)?;
        let leaks = secret.is_some_and(|secret| text.contains(secret));
        (!leaks).then(|| (HeaderName::from_static(name), value.clone()))
    };
    names.iter().copied().filter_map(shown).collect()
}

/// An answer with more fields.
pub(super) fn with(answer: Answer, fields: Vec<(HeaderName, HeaderValue)>) -> Answer {
    let add = |answer: Answer, (name, value)| answer.with(name, value);
    fields.into_iter().fold(answer, add)
}

/// An answer that refuses: the provider's own words where they are JSON, without the credential; else only its
/// status.
#[must_use]
pub fn refusal(protocol: Protocol, response: &Response<Bytes>, secret: Option<&str>) -> Answer {
    let status = response.status();
    // Redirects are not followed, and what is no error is none that a client knows.
    let failed = status.is_client_error() || status.is_server_error();
    let status = if failed {
        status
    } else {
        StatusCode::BAD_GATEWAY
    };
    let body = match words(response, secret).filter(|_| failed) {
        Some(words) => words.to_string().into_bytes(),
        None => {
            let said = response.status().as_u16();
            let sentence =
                format!("the provider answered with {said}, and no reason that can be read");
            refusal::shaped(protocol, status.as_u16(), "upstream-status", "", &sentence).body
        }
    };
    let answer = Answer::json(status, body);
    with(answer, fields(response.headers(), secret, &REFUSED))
}

/// The provider's words.
fn words(response: &Response<Bytes>, secret: Option<&str>) -> Option<Value> {
    let headers = response.headers();
    if !matches!(kind(headers), Kind::Json) || headers.contains_key(CONTENT_ENCODING) {
        return None;
    }
    let mut words = strict::value(response.body()).ok()?;
    if let Some(secret) = secret {
        redact(&mut words, secret);
    }
    words.is_object().then_some(words)
}

/// Takes a credential out of every text, however it was escaped.
fn redact(value: &mut Value, secret: &str) {
    match value {
        Value::String(text) if text.contains(secret) => *text = text.replace(secret, REDACTED),
        Value::Array(list) => list.iter_mut().for_each(|value| redact(value, secret)),
        Value::Object(map) => {
            let named = map.keys().any(|key| key.contains(secret));
            if named {
                *value = Value::String(REDACTED.to_owned());
                return;
            }
            map.values_mut().for_each(|value| redact(value, secret));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
