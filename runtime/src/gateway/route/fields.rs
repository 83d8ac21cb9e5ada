//! The fields of headers that pass. Whatever else is said stays here: credentials, cookies, other methods, hops.

use super::super::answer::{Answer, Refusal};
use crate::body::Body;
use crate::web::Coming;
use hyper::Response;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_ENCODING,
    CONTENT_LANGUAGE, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, LINK, RANGE, RETRY_AFTER,
    USER_AGENT,
};
use hyper::http::response::Parts;

/// What a host is told.
const UP: [HeaderName; 9] = [
    ACCEPT,
    ACCEPT_LANGUAGE,
    CONTENT_TYPE,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    RANGE,
    USER_AGENT,
];

/// What an agent is told.
const DOWN: [HeaderName; 10] = [
    ACCEPT_RANGES,
    CONTENT_DISPOSITION,
    CONTENT_LANGUAGE,
    CONTENT_RANGE,
    CONTENT_TYPE,
    ETAG,
    LAST_MODIFIED,
    LINK,
    RETRY_AFTER,
    HeaderName::from_static("x-ratelimit-remaining"),
];

/// The fields of a request as they go on.
///
/// # Errors
/// A body in an encoding: nobody here could look into it.
pub(super) fn request(asked: &HeaderMap) -> Result<HeaderMap, Refusal> {
    if encoded(asked) {
        let message = "the body must not be encoded";
        return Err(Refusal::Denied("http-encoding", message));
    }
    let mut headers = HeaderMap::new();
    for name in UP {
        for value in asked.get_all(&name) {
            headers.append(name.clone(), value.clone());
        }
    }
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Ok(headers)
}

/// An answer, if it is one that everybody can read.
///
/// # Errors
/// A body that is compressed although that was not asked for.
pub(super) fn readable(answer: Response<Coming>) -> Result<Response<Coming>, Refusal> {
    match encoded(answer.headers()) {
        true => {
            let message = "the host sent a compressed body, which was not asked for";
            Err(Refusal::Upstream("upstream-encoding", message.to_owned()))
        }
        false => Ok(answer),
    }
}

/// The answer to an agent.
pub(super) fn answer(head: &Parts, body: Body) -> Answer {
    let mut answer = Answer::new(head.status, "application/octet-stream", body);
    for name in DOWN {
        if let Some(value) = head.headers.get(&name) {
            answer = answer.with(name, value.clone());
        }
    }
    answer
}

fn encoded(headers: &HeaderMap) -> bool {
    let mut all = headers.get_all(CONTENT_ENCODING).iter();
    all.any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}
