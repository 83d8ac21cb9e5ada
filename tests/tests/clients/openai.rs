//! A stand-in for OpenAI.

use crate::provider::{Asker, answer, check, events, named, refused};
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::Body;
use serde_json::{Value, json};

/// The model that it has.
pub(crate) const MODEL: &str = "gpt-5";
/// Its model for embeddings.
pub(crate) const EMBEDDER: &str = "text-embedding-3-small";

const CHAT: &str = include_str!("../../clients/schemas/chat.json");
const RESPONSES: &str = include_str!("../../clients/schemas/responses.json");
const EMBEDDINGS: &str = include_str!("../../clients/schemas/embeddings.json");

/// Two vectors, each of 0.5 and -0.25 as little-endian floats.
const VECTOR: &str = "AAAAPwAAgL4=";

/// Answers a request that has this key.
pub(crate) fn serve(request: &Request<Bytes>, asker: Asker, key: &str) -> Response<Body> {
    let what = format!("{} {}", request.method(), request.uri().path());
    let schema = match what.as_str() {
        "POST /v1/chat/completions" => CHAT,
        "POST /v1/responses" => RESPONSES,
        "POST /v1/embeddings" => EMBEDDINGS,
        _ => "",
    };
    let credential = format!("Bearer {key}");
    let body = match check(request, asker, ("authorization", &credential), schema) {
        Ok(body) => body,
        Err(why) => return refused(&why),
    };
    let streams = body["stream"] == true;
    match what.as_str() {
        "POST /v1/chat/completions" if streams => chat_stream(&body),
        "POST /v1/chat/completions" => answer(200, &chat(&body)),
        "POST /v1/responses" if streams => response_stream(),
        "POST /v1/responses" => answer(200, &response("completed", "hello")),
        "POST /v1/embeddings" => answer(200, &embeddings(&body)),
        "GET /v1/models" => answer(
            200,
            &json!({"object": "list", "data": [model(MODEL), model(EMBEDDER)]}),
        ),
        _ => refused(&format!("there is no {what}")),
    }
}

fn model(id: &str) -> Value {
    json!({"id": id, "object": "model", "created": 1_700_000_000, "owned_by": "test"})
}

fn chat(body: &Value) -> Value {
    let messages = body["messages"].as_array().unwrap();
    let result = messages.last().unwrap()["role"] == "tool";
    let (message, reason) = match body["tools"].get(0) {
        Some(tool) if !result => {
            let function =
                json!({"name": tool["function"]["name"], "arguments": "{\"city\":\"Seoul\"}"});
            let call = json!({"id": "call_1", "type": "function", "function": function});
            (
                json!({"role": "assistant", "content": null, "tool_calls": [call]}),
                "tool_calls",
            )
        }
        _ => {
            let text = format!("hello after {}", messages.len());
            (json!({"role": "assistant", "content": text}), "stop")
        }
    };
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": null}],
        "usage": usage(),
    })
}

fn usage() -> Value {
    json!({"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16})
}

fn chat_stream(body: &Value) -> Response<Body> {
    let asked = body["stream_options"]["include_usage"] == true;
    let chunk = |choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000,
            "model": MODEL, "choices": choices,
        });
        if asked {
            chunk["usage"] = usage;
        }
        format!("data: {chunk}\n\n")
    };
    let choice = |delta: Value, reason: Value| json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
    let mut all = Vec::new();
    for word in ["hel", "lo ", "in ", "pie", "ces"] {
        let delta = json!({"role": "assistant", "content": word});
        all.push(chunk(choice(delta, Value::Null), Value::Null));
    }
    all.push(chunk(choice(json!({}), json!("stop")), Value::Null));
    if asked {
        all.push(chunk(json!([]), usage()));
    }
    all.push("data: [DONE]\n\n".to_owned());
    events(all)
}

fn response(status: &str, text: &str) -> Value {
    let part = json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
    let item = json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]});
    let done = status == "completed";
    json!({
        "id": "resp_1", "object": "response", "created_at": 1_700_000_000, "status": status, "model": MODEL,
        "error": null, "incomplete_details": null, "instructions": null, "metadata": {}, "parallel_tool_calls": true,
        "output": if done { json!([item]) } else { json!([]) },
        "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0, "store": false,
        "usage": if done {
            json!({
                "input_tokens": 11, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 5,
                "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 16,
            })
        } else { Value::Null },
    })
}

fn response_stream() -> Response<Body> {
    let at = json!({"item_id": "msg_1", "output_index": 0, "content_index": 0});
    let mut all =
        vec![json!({"type": "response.created", "response": response("in_progress", "")})];
    let part = json!({"type": "output_text", "text": "", "annotations": []});
    let item = json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []});
    all.push(json!({"type": "response.output_item.added", "output_index": 0, "item": item}));
    all.push(with(
        &at,
        json!({"type": "response.content_part.added", "part": part}),
    ));
    for word in ["hel", "lo"] {
        let delta = json!({"type": "response.output_text.delta", "delta": word, "logprobs": []});
        all.push(with(&at, delta));
    }
    let text = json!({"type": "response.output_text.done", "text": "hello", "logprobs": []});
    all.push(with(&at, text));
    all.push(json!({"type": "response.completed", "response": response("completed", "hello")}));
    for (number, event) in all.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    events(all.iter().map(named).collect())
}

fn with(at: &Value, mut event: Value) -> Value {
    let more = at.as_object().unwrap().clone();
    event.as_object_mut().unwrap().extend(more);
    event
}

fn embeddings(body: &Value) -> Value {
    let vector = match body["encoding_format"].as_str() {
        Some("base64") => json!(VECTOR),
        _ => json!([0.5, -0.25]),
    };
    let count = body["input"].as_array().unwrap().len();
    let one = |index| json!({"object": "embedding", "index": index, "embedding": vector});
    json!({
        "object": "list", "model": EMBEDDER, "data": (0..count).map(one).collect::<Vec<_>>(),
        "usage": {"prompt_tokens": 2, "total_tokens": 2},
    })
}
