//! A stand-in for the gateway as an agent sees it: a prompt, models of each protocol, and a server of tools. Its models
//! first end without a submission, and submit once they are reminded.

use pure_agent_tests::standin::{Asked, Reply, Standin};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

pub(crate) const BEARER: &str = "canary-bearer-0123456789-0123456789-abc";
pub(crate) const PROMPT: &str = "Do the canary task.";
pub(crate) const REMINDER: &str = "Nothing was submitted yet: canary reminder.";
pub(crate) const TOOL: &str = "set_export_config";

/// What the agent did.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Arguments of the submission.
    pub(crate) submitted: Option<Value>,
    /// Requests with another credential, for another path, or without what belongs to them.
    pub(crate) wrong: Vec<String>,
}

pub(crate) struct Gateway {
    pub(crate) standin: Standin,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

impl Gateway {
    /// An agent of this run owes a submission, and is reminded so often.
    pub(crate) fn start(required: bool, reminders: u32, prompt: &str) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (kept, prompt) = (Arc::clone(&seen), prompt.to_owned());
        let standin = Standin::start(move |asked| {
            let mut seen = kept.lock().unwrap();
            let path = asked.what.split('?').next().unwrap_or_default();
            if path != "POST /v1/claim" && bearer(asked).as_deref() != Some(BEARER) {
                seen.wrong.push(format!("credential of {}", asked.what));
                return reply(401, &json!({}));
            }
            match path {
                "POST /v1/claim" => reply(200, &json!({"bearer": BEARER})),
                "GET /v1/prompt" => reply(200, &json!({"prompt": prompt})),
                "GET /v1/submission" => {
                    let submitted = seen.submitted.is_some();
                    let told = json!({"submitted": submitted, "required": required,
                        "reminders": reminders, "reminder": REMINDER});
                    reply(200, &told)
                }
                "POST /mcp" => tools(&body(asked), &mut seen),
                "GET /mcp" | "DELETE /mcp" => reply(405, &json!({})),
                "POST /v1/messages" => anthropic(&body(asked)),
                "POST /v1/responses" => responses(&body(asked)),
                "HEAD /" | "GET /v1/models" => reply(200, &json!({"object": "list", "data": []})),
                path if path.ends_with(":streamGenerateContent") => gemini(&body(asked)),
                _ => {
                    seen.wrong.push(asked.what.clone());
                    reply(404, &json!({"error": {"message": "nothing is there"}}))
                }
            }
        });
        Self { standin, seen }
    }

    pub(crate) fn address(&self) -> String {
        self.standin.address.to_string()
    }

    /// The bodies of the questions to models, as text.
    pub(crate) fn told(&self, path: &str) -> Vec<String> {
        let asked = self.standin.asked();
        let asked = asked.iter().filter(|asked| asked.what.contains(path));
        asked
            .map(|asked| String::from_utf8_lossy(&asked.body).into_owned())
            .collect()
    }
}

fn body(asked: &Asked) -> Value {
    serde_json::from_slice(&asked.body).unwrap_or_default()
}

fn bearer(asked: &Asked) -> Option<String> {
    let bearer = asked.header("authorization");
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
    let key = asked.header("x-goog-api-key").or(asked.header("x-api-key"));
    bearer.or(key).map(str::to_owned)
}

fn reply(status: u16, body: &Value) -> Reply {
    (status, body.to_string()).into()
}

fn stream(events: &[Value]) -> Reply {
    let event = |event: &Value| match event["type"].as_str() {
        Some(kind) => format!("event: {kind}\ndata: {event}\n\n"),
        None => format!("data: {event}\n\n"),
    };
    Reply {
        status: 200,
        kind: "text/event-stream",
        body: events.iter().map(event).collect(),
    }
}

fn arguments() -> Value {
    json!({"actions": ["none"], "summary": "canary summary"})
}

fn tools(asked: &Value, seen: &mut Seen) -> Reply {
    let result = match asked["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": asked["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "pure-agent", "version": "1"},
        }),
        Some("tools/list") => json!({"tools": [{
            "name": TOOL,
            "description": "Submits what leaves the run.",
            "inputSchema": {"type": "object", "required": ["actions", "summary"], "properties": {
                "actions": {"type": "array", "items": {"type": "string"}},
                "summary": {"type": "string"},
            }},
        }]}),
        Some("tools/call") => {
            if asked["params"]["name"] == TOOL {
                seen.submitted = Some(asked["params"]["arguments"].clone());
            }
            json!({"content": [{"type": "text", "text": "submitted"}]})
        }
        Some(method) if method.starts_with("notifications/") => {
            return Reply {
                status: 202,
                kind: "text/plain",
                body: String::new(),
            };
        }
        _ => json!({}),
    };
    reply(
        200,
        &json!({"jsonrpc": "2.0", "id": asked["id"], "result": result}),
    )
}

/// Whether a model calls the tool now: it was reminded, has the tool, and did not call it yet.
fn calls(text: &str) -> bool {
    text.contains(REMINDER) && !text.contains("call_canary")
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

fn anthropic(asked: &Value) -> Reply {
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
    stream(&[
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
        json!({"type": "content_block_delta", "index": 0, "delta": delta}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": usage}),
        json!({"type": "message_stop"}),
    ])
}

fn responses(asked: &Value) -> Reply {
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
    stream(&[
        json!({"type": "response.created", "response": response("in_progress")}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.completed", "response": response("completed")}),
    ])
}

fn gemini(asked: &Value) -> Reply {
    let offers = asked["tools"].as_array().into_iter().flatten();
    let name = offers
        .filter_map(|tool| offered(&tool["functionDeclarations"]))
        .next();
    let text = asked["contents"].to_string();
    let part = match name.filter(|_| text.contains(REMINDER) && !text.contains("functionResponse"))
    {
        Some(name) => json!({"functionCall": {"name": name, "args": arguments()}}),
        None => json!({"text": "I have ended."}),
    };
    stream(&[json!({
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
        "modelVersion": "canary",
    })])
}
