//! A stand-in for Anthropic.

use super::provider::{Asker, answer, check, events, named, refused};
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::Body;
use serde_json::{Value, json};

/// The model that it has.
pub const MODEL: &str = "claude-opus-4-1";

const MESSAGES: &str = include_str!("../../clients/schemas/messages.json");
const COUNT: &str = include_str!("../../clients/schemas/count_tokens.json");

/// Answers a request that has this key.
pub fn serve(request: &Request<Bytes>, asker: Asker, key: &str) -> Response<Body> {
    let what = format!("{} {}", request.method(), request.uri().path());
    let schema = match what.as_str() {
        "POST /v1/messages" => MESSAGES,
        "POST /v1/messages/count_tokens" => COUNT,
        _ => "",
    };
    let version = request.headers().get("anthropic-version");
    let version = version.and_then(|v| v.to_str().ok());
    let bearer = format!("Bearer {key}");
    let credential = match version {
        Some("2023-06-01") => ("x-api-key", key),
        // SDKs of this version show a key as a bearer.
        Some("2026-10-21") => ("authorization", bearer.as_str()),
        _ => return refused("`anthropic-version` is not one that there is"),
    };
    let body = match check(request, asker, credential, schema) {
        Ok(body) => body,
        Err(why) => return refused(&why),
    };
    match what.as_str() {
        "POST /v1/messages" if body["stream"] == true => stream(),
        "POST /v1/messages" => answer(200, &message(&body)),
        "POST /v1/messages/count_tokens" => answer(200, &json!({"input_tokens": 17})),
        "GET /v1/models" => answer(
            200,
            &json!({"data": [model()], "first_id": MODEL, "last_id": MODEL, "has_more": false}),
        ),
        "GET /v1/models/claude-opus-4-1" => answer(200, &model()),
        _ => refused(&format!("there is no {what}")),
    }
}

fn model() -> Value {
    json!({"type": "model", "id": MODEL, "display_name": MODEL, "created_at": "2026-01-01T00:00:00Z"})
}

fn frame(content: &Value, stop: Option<&str>, output: u32) -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": content,
        "stop_reason": stop, "stop_sequence": null,
        "usage": {"input_tokens": 17, "output_tokens": output},
    })
}

/// A call of the first tool where one is offered, until its result is there; else a greeting.
fn message(body: &Value) -> Value {
    let messages = body["messages"].as_array().unwrap();
    let last = &messages.last().unwrap()["content"];
    let result = last
        .get(0)
        .is_some_and(|block| block["type"] == "tool_result");
    match body["tools"].get(0) {
        Some(tool) if !result => {
            let name = &tool["name"];
            let input = match tool["name"] == "choose" {
                true => json!({"agent": wished(last)}),
                false => json!({"city": "Seoul"}),
            };
            let call = json!({"type": "tool_use", "id": "toolu_1", "name": name, "input": input});
            frame(
                &json!([{"type": "text", "text": "I look."}, call]),
                Some("tool_use"),
                9,
            )
        }
        _ => {
            let text = format!("hello after {}", messages.len());
            frame(
                &json!([{"type": "text", "text": text}]),
                Some("end_turn"),
                5,
            )
        }
    }
}

/// What a task asks for after `route:`: this model does as it is told.
fn wished(task: &Value) -> String {
    let text = task.as_str().unwrap_or_default();
    let (_, rest) = text.split_once("route: ").unwrap_or_default();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    rest.chars().take_while(|c| word(*c)).collect()
}

fn stream() -> Response<Body> {
    let empty = json!({"type": "text", "text": ""});
    let mut all = vec![
        json!({"type": "message_start", "message": frame(&json!([]), None, 1)}),
        json!({"type": "content_block_start", "index": 0, "content_block": empty}),
        json!({"type": "ping"}),
    ];
    for word in ["hel", "lo ", "in ", "pie", "ces"] {
        let delta = json!({"type": "text_delta", "text": word});
        all.push(json!({"type": "content_block_delta", "index": 0, "delta": delta}));
    }
    let delta = json!({"stop_reason": "end_turn", "stop_sequence": null});
    all.push(json!({"type": "content_block_stop", "index": 0}));
    all.push(json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 6}}));
    all.push(json!({"type": "message_stop"}));
    events(all.iter().map(named).collect())
}
