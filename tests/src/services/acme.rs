//! The services of the company whose runs the examples `agent-platform`, `agent-service` and `jobrunner` are.

use super::hook::Hook;
use super::provider::refused;
use super::s3::S3;
use super::{Serves, field, json};
use crate::canary::canary;
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::Body;
use serde_json::{Value, json as value};

/// Their names.
pub const HOSTS: [&str; 7] = [
    "acme-agent-logs.s3.ap-northeast-2.amazonaws.com",
    "acme-agent-reports.s3.ap-northeast-2.amazonaws.com",
    "chat.example.com",
    "hooks.example.com",
    "inventory.example.com",
    "messenger.example.com",
    "prices.example.com",
];

/// What they keep.
#[derive(Default)]
pub struct Acme {
    logs: S3,
    reports: S3,
    hook: Hook,
}

impl Acme {
    /// Answers as this host.
    ///
    /// # Panics
    /// On what the service does not expect.
    pub fn answer(&mut self, host: &str, request: &Request<Bytes>) -> Response<Body> {
        let [logs, reports, chat, hooks, inventory, messenger, prices] = HOSTS;
        match host {
            _ if host == logs => self.logs.answer(request),
            _ if host == reports => self.reports.answer(request),
            _ if host == hooks => self.hook.answer(request),
            _ if host == chat => of_key("front", request, said),
            _ if host == messenger => of_key("messenger", request, said),
            _ if host == inventory => of_key("inventory", request, stock),
            _ if host == prices => of_key("prices", request, price),
            _ => panic!("{host} is none of them"),
        }
    }
}

/// Answers whoever has the bearer.
fn of_key(
    key: &str,
    request: &Request<Bytes>,
    then: fn(&str, &Value) -> Option<Value>,
) -> Response<Body> {
    if field(request, "authorization") != format!("Bearer {}", canary(key)) {
        return json(401, &value!({}));
    }
    let body = serde_json::from_slice(request.body()).unwrap_or_default();
    let what = format!("{} {}", request.method(), request.uri().path());
    match then(&what, &body) {
        Some(answer) => json(200, &answer),
        None => refused(&format!("there is no {what}")),
    }
}

/// What is said to a user, or in a chat.
fn said(what: &str, body: &Value) -> Option<Value> {
    let to = what
        .strip_prefix("PUT /v1/users/")
        .and_then(|rest| rest.strip_suffix("/status"))
        .or_else(|| {
            what.strip_prefix("POST /v1/users/")?
                .strip_suffix("/messages")
        })
        .or_else(|| {
            what.strip_prefix("POST /v1/chats/")?
                .strip_suffix("/messages")
        })?;
    // The text, and nothing else: who it is for stands in the address.
    let text = body["text"]
        .as_str()
        .filter(|_| body.as_object().is_some_and(|o| o.len() == 1))?;
    Some(value!({"to": to, "bytes": text.len()}))
}

/// The inventory of an account.
fn stock(what: &str, body: &Value) -> Option<Value> {
    match what {
        "GET /v1/health/database" => Some(value!({"status": "ok"})),
        "GET /v1/health/redis" => Some(value!({"status": "slow"})),
        _ if what.starts_with("GET /v1/accounts/") && what.ends_with("/resources") => {
            let open = value!({"name": "logs-2019", "public": true});
            let closed = value!({"name": "billing", "public": false});
            Some(value!({"resources": [open, closed], "next": null}))
        }
        _ if what.starts_with("POST /v1/accounts/") && what.ends_with("/tags") => {
            let known = ["billing", "logs-2019"].contains(&body["resource"].as_str()?);
            known.then(|| value!({"tagged": body["resource"]}))
        }
        _ => None,
    }
}

/// The closing prices of a day.
fn price(what: &str, _: &Value) -> Option<Value> {
    let day = what.strip_prefix("GET /v1/daily/")?;
    Some(value!({"day": day, "close": {"KOSPI": "2600.10"}}))
}
