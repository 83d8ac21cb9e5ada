//! Services outside a run: each validates what it is asked, and keeps what it is given.

pub mod acme;
pub mod anthropic;
pub mod chat;
pub mod control;
pub mod gatekeeper;
pub mod github;
pub mod hook;
pub mod issues;
pub mod linear;
pub mod ollama;
pub mod outside;
pub mod provider;
pub mod rates;
pub mod repositories;
pub mod s3;
pub mod secrets;

use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::Body;
use pure_agent_runtime::{body, digest, proof};
use serde_json::Value;

/// What a service answers.
pub trait Serves: Send + 'static {
    /// Does what is asked, and answers.
    fn answer(&mut self, request: &Request<Bytes>) -> Response<Body>;
}

/// An answer in JSON.
fn json(status: u16, value: &Value) -> Response<Body> {
    provider::answer(status, value)
}

/// A field of a header; empty where it is not.
fn field<'r>(request: &'r Request<Bytes>, name: &str) -> &'r str {
    let value = request.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}
