//! What models answer: they first end without a submission, and submit once they are reminded.

use super::REMINDED;
use serde_json::{Value, json};

/// The tool that submits.
const TOOL: &str = "set_export_config";

fn arguments() -> Value {
    json!({"actions": ["none"], "summary": "canary summary"})
}

/// Whether a model calls the tool now: it was reminded, has the tool, and did not call it yet.
fn calls(text: &str) -> bool {
    text.contains(REMINDED) && !text.contains("call_canary")
}

/// The name by which a harness offers the tool to its model.
fn offered(tools: &Value) -> Option<String> {
    let names = tools
        .as_array()?
        .iter()
        .filter_map(|tool| tool["name"].as_str());
    names
        .filter(|name| name.ends_with(TOOL))
        .map(str::to_owned)
        .next()
}

pub(super) fn anthropic(asked: &Value) -> Vec<Value> {
    let tool = offered(&asked["tools"]).filter(|_| calls(&asked["messages"].to_string()));
    let (block, delta, reason) = match &tool {
        Some(name) => (
            json!({"type": "tool_use", "id": "call_canary", "name": name, "input": {}}),
            json!({"type": "input_json_delta", "partial_json": arguments().to_string()}),
            "tool_use",
        ),
        None => (
            json!({"type": "text", "text": ""}),
            json!({"type": "text_delta", "text": "I have ended."}),
            "end_turn",
        ),
    };
    let usage = json!({"input_tokens": 1, "output_tokens": 1});
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"],
        "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage});
    vec![
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
        json!({"type": "content_block_delta", "index": 0, "delta": delta}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": usage}),
        json!({"type": "message_stop"}),
    ]
}

pub(super) fn responses(asked: &Value) -> Vec<Value> {
    let tools = asked["tools"].as_array().cloned().unwrap_or_default();
    // Codex offers the tools of a server within a name space.
    let space = tools
        .iter()
        .find(|tool| tool["type"] == "namespace" && offered(&tool["tools"]).is_some());
    let name = match space {
        Some(space) => offered(&space["tools"]),
        None => offered(&asked["tools"]),
    };
    let item = match name.filter(|_| calls(&asked["input"].to_string())) {
        Some(name) => {
            let mut call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_canary", "name": name,
                "arguments": arguments().to_string(), "status": "completed"});
            if let Some(space) = space {
                call["namespace"] = space["name"].clone();
            }
            call
        }
        None => {
            json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "I have ended.", "annotations": []}]})
        }
    };
    let usage = json!({"input_tokens": 1, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 2});
    let response = |status: &str| {
        json!({"id": "resp_1", "object": "response", "status": status,
        "output": [], "usage": usage})
    };
    vec![
        json!({"type": "response.created", "response": response("in_progress")}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.completed", "response": response("completed")}),
    ]
}

pub(super) fn gemini(asked: &Value) -> Vec<Value> {
    let offers = asked["tools"].as_array().into_iter().flatten();
    let name = offers
        .filter_map(|tool| offered(&tool["functionDeclarations"]))
        .next();
    let text = asked["contents"].to_string();
    let part = match name.filter(|_| text.contains(REMINDED) && !text.contains("functionResponse"))
    {
        Some(name) => json!({"functionCall": {"name": name, "args": arguments()}}),
        None => json!({"text": "I have ended."}),
    };
    vec![json!({
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
        "modelVersion": "canary",
    })]
}
