//! A no in the shape of each protocol, so that its SDK shows the reason.

use super::Protocol;
use super::rule::{Kind, Refused};
use serde_json::json;

/// An answer that refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status: 400 malformed, 403 not granted, 429 used up.
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
    write(protocol, Kind::UsedUp, rule, "", sentence)
}

/// Any refusal; `place` is a JSON pointer or empty.
#[must_use]
pub fn write(protocol: Protocol, kind: Kind, rule: &str, place: &str, sentence: &str) -> Refusal {
    let status = match kind {
        Kind::Malformed => 400,
        Kind::NotGranted => 403,
        Kind::UsedUp => 429,
    };
    let at = if place.is_empty() {
        String::new()
    } else {
        format!(" at {place}")
    };
    let message = format!("pure-agent refused this request: {sentence} (rule {rule}{at})");
    let body = match protocol {
        Protocol::Messages => json!({
            "type": "error",
            "error": { "type": anthropic(kind), "message": message },
        }),
        Protocol::Chat | Protocol::Responses | Protocol::Embeddings => json!({
            "error": {
                "message": message,
                "type": openai(kind),
                "param": (!place.is_empty()).then_some(place),
                "code": rule,
            },
        }),
    };
    Refusal {
        status,
        body: body.to_string().into_bytes(),
    }
}

fn anthropic(kind: Kind) -> &'static str {
    match kind {
        Kind::Malformed => "invalid_request_error",
        Kind::NotGranted => "permission_error",
        Kind::UsedUp => "rate_limit_error",
    }
}

fn openai(kind: Kind) -> &'static str {
    match kind {
        Kind::Malformed => "invalid_request_error",
        Kind::NotGranted => "permission_error",
        Kind::UsedUp => "insufficient_quota",
    }
}
