//! A webhook: the result so far, signed, under a key that never changes.
//!
//! Whoever receives it knows a second delivery by `idempotency-key`, and its sender by `x-pure-agent-signature`:
//! `sha256=` and HMAC-SHA-256, in hexadecimal, of the timestamp, a dot and the body.

use super::Refused;
use super::client::{Ask, Client, Payload, never};
use super::refused;
use super::result::Result as Document;
use crate::gateway::now;
use crate::proof::mac;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};

/// When it was sent, in seconds since 1970.
const TIMESTAMP: HeaderName = HeaderName::from_static("x-pure-agent-timestamp");
/// Who sent it.
const SIGNATURE: HeaderName = HeaderName::from_static("x-pure-agent-signature");
/// What it is known again by.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Posts the document; gives no address, because a URL may hold a credential.
///
/// # Errors
/// Another answer than 2xx.
pub async fn post(
    client: &Client,
    secret: &str,
    url: &str,
    key: &str,
    document: &Document,
) -> Result<String, Refused> {
    let body = document.text();
    let time = now().to_string();
    let signature = mac(secret.as_bytes(), &format!("{time}.{body}"));
    let value = |text: String| {
        HeaderValue::try_from(text)
            .map_err(|_untold| refused("request", "the request cannot be written"))
    };
    let ask = Ask::new(Method::POST, url)
        .with(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .with(USER_AGENT, HeaderValue::from_static("pure-agent"))
        .with(TIMESTAMP, value(time)?)
        .with(SIGNATURE, value(format!("sha256={signature}"))?)
        .with(KEY, value(key.to_owned())?)
        .carrying(Payload::Whole(body.into()));
    let got = client.send(&ask, never).await?;
    match got.status.is_success() {
        true => Ok(String::new()),
        false => Err(got.refusal("the webhook was not taken")),
    }
}
