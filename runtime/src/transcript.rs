//! Transcripts: what an agent and its models said to each other, one file of JSON lines for each cycle.
//!
//! Written by the gateway from what passed through it, so an agent can neither leave out nor change a line. Known
//! credentials are taken out before a line is written. Names are those of OpenTelemetry's GenAI conventions where
//! they exist. A request repeats the whole conversation; each message is therefore written once, and a call names
//! its messages by their digests.
//!
//! A transcript is no part of the record: where it cannot be written, calls go on, and what is missing is counted.

mod redact;
#[cfg(test)]
mod tests;
mod write;

pub use redact::Redact;
pub use write::{Lost, Store};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::mem;
use std::sync::Arc;

/// A call of a model, as it went upstream and as it was answered.
#[derive(Debug, Clone)]
pub struct Call {
    /// Number of the cycle.
    pub cycle: u32,
    /// `chat`, `embeddings` …
    pub operation: &'static str,
    /// Name of the model in the spec.
    pub model: String,
    /// Status of the answer.
    pub status: u16,
    /// Body of the request.
    pub request: Bytes,
    /// Body of the answer, or its beginning: JSON, or a stream of events.
    pub answer: Vec<u8>,
    /// Whether `answer` is all of it.
    pub whole: bool,
}

/// A call of a model while its answer comes: it is written when this is dropped, however the call ended.
#[derive(Debug)]
pub struct Heard {
    store: Arc<Store>,
    bearer: String,
    call: Call,
}

/// Most bytes of an answer that are kept.
const MOST_ANSWER: usize = 16 << 20;

impl Heard {
    /// A request that goes upstream; `bearer` is the credential that the agent showed.
    #[must_use]
    pub fn new(
        store: &Arc<Store>,
        (cycle, operation): (u32, &'static str),
        model: &str,
        request: Bytes,
        bearer: &str,
    ) -> Self {
        store.begin(cycle);
        Self {
            store: Arc::clone(store),
            bearer: bearer.to_owned(),
            call: Call {
                cycle,
                operation,
                model: model.to_owned(),
                status: 0,
                request,
                answer: Vec::new(),
                whole: false,
            },
        }
    }

    /// The status of the answer.
    pub fn status(&mut self, status: u16) {
        self.call.status = status;
    }

    /// The next bytes of the answer.
    pub fn piece(&mut self, piece: &[u8]) {
        let room = MOST_ANSWER.saturating_sub(self.call.answer.len());
        let kept = piece.get(..room).unwrap_or(piece);
        self.call.answer.extend_from_slice(kept);
    }

    /// The answer has come to its end.
    pub fn end(&mut self) {
        self.call.whole = self.call.answer.len() < MOST_ANSWER;
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        let cycle = self.call.cycle;
        let call = Call {
            model: mem::take(&mut self.call.model),
            request: mem::take(&mut self.call.request),
            answer: mem::take(&mut self.call.answer),
            ..self.call
        };
        self.store.call(call, mem::take(&mut self.bearer));
        self.store.end(cycle);
    }
}

/// A call of a tool.
#[derive(Debug, Clone, Copy)]
pub struct ToolCall<'c> {
    /// Number of the cycle.
    pub cycle: u32,
    /// Name of the server.
    pub server: &'c str,
    /// Name of the tool.
    pub tool: &'c str,
    /// The arguments.
    pub arguments: &'c Value,
    /// What the tool answered.
    pub result: &'c Value,
}

/// Members of a request that hold one message each, in the order of the conversation.
const CONVERSATION: [&str; 3] = ["messages", "input", "contents"];

/// The lines of a model's call: its messages, which the store writes once each, and the call.
fn lines(call: &Call) -> (Vec<Value>, Value) {
    let request = crate::strict::value(&call.request).unwrap_or(Value::Null);
    let mut rest = match request {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    let mut messages = Vec::new();
    for name in CONVERSATION {
        match rest.remove(name) {
            Some(Value::Array(list)) => messages.extend(list),
            Some(other) => messages.push(other),
            None => {}
        }
    }
    let answer = crate::strict::value(&call.answer);
    let answer =
        answer.unwrap_or_else(|_| String::from_utf8_lossy(&call.answer).into_owned().into());
    let line = json!({
        "event": "gen_ai.client.inference.operation.details",
        "gen_ai.operation.name": call.operation,
        "gen_ai.request.model": call.model,
        "http.response.status_code": call.status,
        "request": rest,
        "answer": answer,
        "whole": call.whole,
    });
    (messages, line)
}

fn tool_line(call: &ToolCall<'_>) -> Value {
    json!({
        "event": "gen_ai.execute_tool",
        "gen_ai.operation.name": "execute_tool",
        "server": call.server,
        "gen_ai.tool.name": call.tool,
        "gen_ai.tool.call.arguments": call.arguments,
        "gen_ai.tool.call.result": call.result,
    })
}
