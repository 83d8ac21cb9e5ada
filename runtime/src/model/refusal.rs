//! A no in the shape of each protocol, so that its SDK shows the reason.

use super::Protocol;
use super::rule::{Kind, Refused};
use serde_json::{Value, json};

/// An answer that refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status: of a request that was read 400 malformed, 403 not granted, 429 used up.
    pub status: u16,
    /// JSON body.
    pub body: Vec<u8>,
}

/// The header `x-should-retry: false`, which keeps SDKs of both families from asking again: the answer to the same
/// request stays no.
pub const NO_RETRY: (&str, &str) = ("x-should-retry", "false");

/// The answer to a refused request.
#[must_use]
pub fn of(protocol: Protocol, refused: &Refused) -> Refusal {
    write(
        protocol,
        refused.rule.kind(),
        refused.rule(),
        &refused.place,
        &refused.sentence,
    )
}

/// The answer where a limit of the run is used up; `rule` is its stable word.
#[must_use]
pub fn used_up(protocol: Protocol, rule: &str, sentence: &str) -> Refusal {
    let refusal = write(protocol, Kind::UsedUp, rule, "", sentence);
    match protocol {
        Protocol::Generate => Refusal {
            body: never_again(&refusal.body, rule),
            ..refusal
        },
        _ => refusal,
    }
}

/// Google's clients ask again after any 429, unless they are told of a day's wait.
fn never_again(body: &[u8], rule: &str) -> Vec<u8> {
    let mut body: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(details) = body.pointer_mut("/error/details") {
        let wait =
            json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "86400s"});
        *details = json!([reason(rule), wait]);
    }
    body.to_string().into_bytes()
}

fn reason(rule: &str) -> Value {
    json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": rule,
        "domain": "pure-agent",
    })
}

/// Any refusal; `place` is a JSON pointer or empty.
#[must_use]
pub fn write(protocol: Protocol, kind: Kind, rule: &str, place: &str, sentence: &str) -> Refusal {
    let status = match kind {
        Kind::Malformed => 400,
        Kind::NotGranted => 403,
        Kind::UsedUp => 429,
    };
    shaped(protocol, status, rule, place, sentence)
}

/// A refusal with any status; `place` is a JSON pointer or empty.
#[must_use]
pub fn shaped(protocol: Protocol, status: u16, rule: &str, place: &str, sentence: &str) -> Refusal {
    let at = if place.is_empty() {
        String::new()
    } else {
        format!(" at {place}")
    };
    let message = format!("pure-agent refused this request: {sentence} (rule {rule}{at})");
    let body = match protocol {
        Protocol::Messages => json!({
            "type": "error",
            "error": { "type": anthropic(status), "message": message },
        }),
        Protocol::Chat | Protocol::Responses | Protocol::Embeddings => json!({
            "error": {
                "message": message,
                "type": openai(status),
                "param": (!place.is_empty()).then_some(place),
                "code": rule,
            },
        }),
        Protocol::Generate => json!({
            "error": {
                "code": status,
                "message": message,
                "status": google(status),
                "details": [reason(rule)],
            },
        }),
    };
    Refusal {
        status,
        body: body.to_string().into_bytes(),
    }
}

fn anthropic(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

fn openai(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "insufficient_quota",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

fn google(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        504 => "DEADLINE_EXCEEDED",
        501.. => "UNAVAILABLE",
        _ => "INVALID_ARGUMENT",
    }
}
