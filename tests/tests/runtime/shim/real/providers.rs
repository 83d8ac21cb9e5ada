//! Providers of models, each with the one model that the run has.

use super::models;
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::Body;
use pure_agent_tests::services::provider::{Asker, check, events, named, refused};
use serde_json::{Value, json};

/// A provider: its protocol, and what it takes from the gateway.
#[derive(Clone, Copy)]
pub(super) struct Provider {
    /// As the contract names it.
    pub(super) name: &'static str,
    /// Where it is.
    pub(super) host: &'static str,
    /// Its model.
    pub(super) model: &'static str,
    /// The header of its credential, and what stands there before the key.
    credential: (&'static str, &'static str),
    /// The only thing that can be asked.
    pub(super) path: &'static str,
    schema: fn() -> Value,
    answer: fn(&Value) -> Vec<Value>,
}

pub(super) const ANTHROPIC: Provider = Provider {
    name: "anthropic",
    host: "api.anthropic.com",
    model: "claude-opus-4-1",
    credential: ("x-api-key", ""),
    path: "/v1/messages",
    schema: || {
        json!({"required": ["model", "max_tokens", "messages", "stream"], "properties": {
            "model": {"const": ANTHROPIC.model}, "max_tokens": bound(), "stream": {"const": true},
            "mcp_servers": false, "container": false, "metadata": false}})
    },
    answer: models::anthropic,
};

pub(super) const OPENAI: Provider = Provider {
    name: "openai",
    host: "api.openai.com",
    model: "gpt-5",
    credential: ("authorization", "Bearer "),
    path: "/v1/responses",
    schema: || {
        let kind =
            |kinds: &[&str]| json!({"required": ["type"], "properties": {"type": {"enum": kinds}}});
        let mut tool = kind(&["function", "custom", "namespace"]);
        tool["properties"]["tools"] = json!({"type": "array", "items": kind(&["function"])});
        json!({"required": ["model", "max_output_tokens", "store", "input", "stream"], "properties": {
            "model": {"const": OPENAI.model}, "max_output_tokens": bound(), "store": {"const": false},
            "stream": {"const": true}, "previous_response_id": false, "client_metadata": false,
            "tools": {"type": "array", "items": tool}}})
    },
    answer: models::responses,
};

pub(super) const GEMINI: Provider = Provider {
    name: "gemini",
    host: "generativelanguage.googleapis.com",
    model: "gemini-2.5-pro",
    credential: ("x-goog-api-key", ""),
    path: "/v1beta/models/gemini-2.5-pro:streamGenerateContent",
    schema: || {
        let tool =
            json!({"properties": {"functionDeclarations": true}, "additionalProperties": false});
        json!({"required": ["contents", "generationConfig"], "properties": {
            "generationConfig": {"required": ["maxOutputTokens"], "properties": {"maxOutputTokens": bound()}},
            "tools": {"type": "array", "items": tool}, "cachedContent": false}})
    },
    answer: models::gemini,
};

/// The answer of every provider has a bound.
fn bound() -> Value {
    json!({"type": "integer", "minimum": 1})
}

impl Provider {
    /// Answers a request that has this key, by a stream.
    pub(super) fn serve(self, request: &Request<Bytes>, key: &str) -> Response<Body> {
        if request.method() != "POST" || request.uri().path() != self.path {
            let what = format!("{} {}", request.method(), request.uri().path());
            return refused(&format!("there is no {what}"));
        }
        let (name, before) = self.credential;
        let value = format!("{before}{key}");
        let schema = (self.schema)().to_string();
        match check(request, Asker::Gateway, (name, &value), &schema) {
            Ok(body) => events((self.answer)(&body).iter().map(named).collect()),
            Err(why) => refused(&why),
        }
    }
}
