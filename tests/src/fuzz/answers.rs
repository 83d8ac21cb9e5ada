//! What the gateway tells of an upstream's refusal, and when it asks again.

use super::{Target, hold, json};
use crate::random::Random;
use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderValue};
use pure_agent_runtime::gateway::models::{retry, told};
use pure_agent_runtime::model::Protocol;
use serde_json::Value;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

pub(super) const RETRY: Target = Target {
    name: "retry",
    seeds: waits,
    words: &[
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "60",
        "61",
        "+1",
        "9999",
        " GMT",
        "31 Feb",
    ],
    check: retry,
};

pub(super) const TOLD: Target = Target {
    name: "told",
    seeds: refusals,
    words: json::WORDS,
    check: told,
};

/// The credential that the upstream was asked with.
const SECRET: &str = "secret-of-the-model";

fn waits() -> Vec<Vec<u8>> {
    [
        "0",
        "7",
        " 60 ",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "18446744073709551615",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// Whatever an upstream asks for, the wait has an end.
fn retry(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    let Ok(value) = HeaderValue::from_bytes(bytes) else {
        return Ok(false);
    };
    let headers = HeaderMap::from_iter([(hyper::header::RETRY_AFTER, value)]);
    let status = *random.of(&[429, 500, 503, 529, 400, 404]);
    let waits = retry::after(status, &headers, u32::MAX);
    let again = status == 429 || status >= 500;
    hold(again || waits.is_none(), "asks again what stays refused")?;
    hold(
        waits.is_none_or(|wait| wait <= retry::LONGEST),
        "waits too long",
    )?;
    Ok(waits.is_some())
}

fn refusals() -> Vec<Vec<u8>> {
    [
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"no"}}"#,
        r#"{"error":{"message":"key secret-of-the-model is wrong","code":["secret-of-the-model"]}}"#,
        r#"{"error":{"message":"key secret-of-th\u0065-model is wrong"}}"#,
        r#"{"secret-of-the-model":{"a":{"b":"xsecret-of-the-modelsecret-of-the-modelx"}}}"#,
        r#"["secret-of-the-model"]"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn told(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    let mut response = hyper::Response::new(Bytes::copy_from_slice(bytes));
    *response.status_mut() = *random.of(&[
        hyper::StatusCode::BAD_REQUEST,
        hyper::StatusCode::FOUND,
        hyper::StatusCode::BAD_GATEWAY,
    ]);
    let kind = HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, kind);
    let value = HeaderValue::from_bytes(bytes.get(..64).unwrap_or(bytes));
    if let Ok(value) = value {
        response.headers_mut().insert("request-id", value);
    }
    let answer = told::refusal(Protocol::Messages, &response, Some(SECRET)).response();
    let shown = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).contains(SECRET);
    hold(
        !answer.headers().values().any(shown),
        "a field tells the credential",
    )?;
    let failed = answer.status().is_client_error() || answer.status().is_server_error();
    hold(failed, "a refusal that is none")?;
    let body = whole(answer.into_body())?;
    let value = serde_json::from_slice::<Value>(&body).map_err(|e| format!("no JSON: {e}"))?;
    hold(value.is_object(), "no object")?;
    // Written once more no character is escaped that could hide it.
    hold(
        !value.to_string().contains(SECRET),
        "the credential is told",
    )?;
    Ok(bytes.len() > 2 && body.len() + 64 > bytes.len())
}

/// A body that is there.
fn whole<B>(mut body: B) -> Result<Vec<u8>, String>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    let mut all = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    while !body.is_end_stream() {
        match Pin::new(&mut body).poll_frame(&mut context) {
            Poll::Ready(Some(Ok(frame))) => all.extend(frame.into_data().unwrap_or_default()),
            Poll::Ready(None) => break,
            Poll::Ready(Some(Err(_))) | Poll::Pending => return Err("no body".to_owned()),
        }
    }
    Ok(all)
}
