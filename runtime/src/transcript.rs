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

use serde_json::{Map, Value, json};

/// A call of a model, as it went upstream and as it was answered.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// Number of the cycle.
    pub cycle: u32,
    /// `chat`, `embeddings` …
    pub operation: &'c str,
    /// Name of the model in the spec.
    pub model: &'c str,
    /// Status of the answer.
    pub status: u16,
    /// Body of the request.
    pub request: &'c [u8],
    /// Body of the answer, or its beginning: JSON, or a stream of events.
    pub answer: &'c [u8],
    /// Whether `answer` is all of it.
    pub whole: bool,
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
fn lines(call: &Call<'_>) -> (Vec<Value>, Value) {
    let request = crate::strict::value(call.request).unwrap_or(Value::Null);
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
    let answer = crate::strict::value(call.answer);
    let answer =
        answer.unwrap_or_else(|_| String::from_utf8_lossy(call.answer).into_owned().into());
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
