//! The model that answers here: no network, no secret, the same words for the same question.
//!
//! It is for trials and tests of what stands around a model. Its answers are checked, metered and kept as those of
//! any other: whoever calls it sees what a call costs, and which limit ends it.

use super::endpoint::Endpoint;
use crate::body::{self, Body};
use crate::contract::Model;
use crate::model::Request;
use bytes::Bytes;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

/// Bytes of a request for which one token is counted.
const BYTES: usize = 4;
/// Id of every answer: the same question has the same answer, to the last byte.
const ID: &str = "stub";

/// What is said, and what it counts as.
struct Said {
    text: String,
    input: u64,
    output: u64,
    /// Whether the bound of the request cut it off.
    cut: bool,
}

/// What is answered to a request that has passed its check; `body` is what would go upstream.
pub(super) struct Stub {
    said: Said,
    model: String,
    stream: bool,
}

impl Stub {
    pub(super) fn new(model: &Model, request: &Request) -> Self {
        Self {
            said: said(&request.body, request.most_output),
            model: model.id.clone(),
            stream: request.stream,
        }
    }

    /// The answer, in the shape of the endpoint. Those that no stub speaks are refused before.
    pub(super) fn answer(&self, endpoint: Endpoint) -> Response<Body> {
        match (endpoint, self.stream) {
            (Endpoint::CountTokens, _) => whole(&json!({"input_tokens": self.said.input})),
            (Endpoint::Chat, false) => whole(&self.completion()),
            (Endpoint::Chat, true) => events(self.chunks()),
            (_, false) => whole(&self.message()),
            (_, true) => events(self.message_events()),
        }
    }

    fn stop(&self, cut: &'static str, end: &'static str) -> &'static str {
        if self.said.cut { cut } else { end }
    }

    fn message(&self) -> Value {
        json!({
            "id": ID, "type": "message", "role": "assistant", "model": self.model,
            "content": [{"type": "text", "text": self.said.text}],
            "stop_reason": self.stop("max_tokens", "end_turn"), "stop_sequence": null,
            "usage": {"input_tokens": self.said.input, "output_tokens": self.said.output},
        })
    }

    fn message_events(&self) -> String {
        let Said {
            text,
            input,
            output,
            ..
        } = &self.said;
        let start = json!({"type": "message_start", "message": {
            "id": ID, "type": "message", "role": "assistant", "model": self.model, "content": [],
            "stop_reason": null, "stop_sequence": null,
            "usage": {"input_tokens": input, "output_tokens": 0},
        }});
        let block = json!({"type": "text", "text": ""});
        let all = [
            start,
            json!({"type": "content_block_start", "index": 0, "content_block": block}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "message_delta", "usage": {"output_tokens": output},
                "delta": {"stop_reason": self.stop("max_tokens", "end_turn"), "stop_sequence": null}}),
            json!({"type": "message_stop"}),
        ];
        let event = |data: &Value| {
            let name = data.get("type").and_then(Value::as_str).unwrap_or_default();
            format!("event: {name}\ndata: {data}\n\n")
        };
        all.iter().map(event).collect()
    }

    fn usage(&self) -> Value {
        let Said { input, output, .. } = self.said;
        json!({"prompt_tokens": input, "completion_tokens": output,
            "total_tokens": input.saturating_add(output)})
    }

    fn completion(&self) -> Value {
        json!({
            "id": ID, "object": "chat.completion", "created": 0, "model": self.model,
            "choices": [{"index": 0, "finish_reason": self.stop("length", "stop"),
                "message": {"role": "assistant", "content": self.said.text}}],
            "usage": self.usage(),
        })
    }

    fn chunks(&self) -> String {
        let chunk = |choices: Value, usage: Value| {
            json!({"id": ID, "object": "chat.completion.chunk", "created": 0, "model": self.model,
                "choices": choices, "usage": usage})
        };
        let delta = json!({"role": "assistant", "content": self.said.text});
        let end = self.stop("length", "stop");
        let all = [
            chunk(
                json!([{"index": 0, "delta": delta, "finish_reason": null}]),
                Value::Null,
            ),
            chunk(
                json!([{"index": 0, "delta": {}, "finish_reason": end}]),
                Value::Null,
            ),
            chunk(json!([]), self.usage()),
        ];
        let all: String = all.iter().map(|data| format!("data: {data}\n\n")).collect();
        format!("{all}data: [DONE]\n\n")
    }
}

/// The words depend on the length of the question alone. There are never more than may be put out.
fn said(body: &[u8], most: u64) -> Said {
    let input = body.len().div_ceil(BYTES) as u64;
    let text = format!("This is a stub: it has read {input} tokens and thinks nothing of them.");
    let all = text.split(' ').count();
    let kept = usize::try_from(most).unwrap_or(usize::MAX).min(all);
    let words: Vec<&str> = text.split(' ').take(kept).collect();
    Said {
        text: words.join(" "),
        input,
        output: kept as u64,
        cut: kept < all,
    }
}

fn whole(value: &Value) -> Response<Body> {
    answer("application/json", value.to_string())
}

fn events(text: String) -> Response<Body> {
    answer("text/event-stream", text)
}

fn answer(kind: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(body::whole(Bytes::from(text)));
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
