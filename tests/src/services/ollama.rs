//! A stand-in for Ollama, by the protocol that it shares with OpenAI: `POST /v1/chat/completions`, without a key.

use super::provider::{Asker, answer, check, refused};
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::Body;
use serde_json::{Value, json};

/// Models that it has pulled, and the most tokens that anybody may ask of each.
const MODELS: [(&str, u64); 2] = [("qwen2.5-coder:7b", 4_096), ("qwen3:8b", 2_048)];

/// Answers a request.
#[must_use]
pub fn serve(request: &Request<Bytes>) -> Response<Body> {
    let headers = ("content-type", "application/json");
    if let Err(why) = check(request, Asker::Gateway, headers, "") {
        return refused(&why);
    }
    let what = format!("{} {}", request.method(), request.uri().path());
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let model = MODELS.iter().find(|(name, _)| body["model"] == *name);
    let most = body["max_completion_tokens"]
        .as_u64()
        .or_else(|| body["max_tokens"].as_u64());
    let bounded = model.is_some_and(|(_, bound)| most.is_some_and(|most| most <= *bound));
    let unkeyed = !request.headers().contains_key("authorization");
    match what.as_str() {
        "POST /v1/chat/completions" if bounded && unkeyed => answer(200, &chat(&body)),
        _ => refused(&format!("there is no {what} for {body}")),
    }
}

fn chat(body: &Value) -> Value {
    let (message, reason) = match body["tools"].get(0) {
        Some(tool) if tool["function"]["name"] == "choose" => {
            let arguments = json!({"agent": wished(body)}).to_string();
            let function = json!({"name": "choose", "arguments": arguments});
            let call = json!({"id": "call_1", "type": "function", "function": function});
            let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
            (message, "tool_calls")
        }
        _ => (
            json!({"role": "assistant", "content": "hello from the cluster"}),
            "stop",
        ),
    };
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 13, "completion_tokens": 4, "total_tokens": 17},
    })
}

/// Whom a good judge would choose for the messages of the tests.
fn wished(body: &Value) -> &'static str {
    let messages = body["messages"].as_array().into_iter().flatten();
    let task = messages.filter(|one| one["role"] == "user");
    let task: String = task.map(|one| one["content"].to_string()).collect();
    match task {
        _ if task.contains("urgent") => "cloud",
        _ if task.contains("a job") => "worker",
        _ => "clerk",
    }
}
