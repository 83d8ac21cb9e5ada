//! Bytes in, verdict out.

mod attacks;
mod attacks_chat;
mod attacks_form;
mod attacks_openai;
mod attacks_responses;
mod conformance;
mod conformance_openai;
mod gemini;
mod oracle;
mod refusals;
mod streams;
mod temperature;
mod usages;

use super::{Refused, Request, anthropic, openai};
use crate::contract::{Agent, AgentLimits, Harness, Model, Provider};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn model(name: &str, provider: Provider, id: &str, max_tokens: Option<u64>) -> Model {
    Model {
        name: name.to_owned(),
        provider,
        id: id.to_owned(),
        url: "https://127.0.0.1".to_owned(),
        auth: None,
        price: None,
        max_tokens,
        temperature: None,
    }
}

fn models() -> Vec<Model> {
    vec![
        model("hidden", Provider::Anthropic, "claude-hidden-1", None),
        model(
            "main",
            Provider::Anthropic,
            "claude-sonnet-4-5-20250929",
            Some(64_000),
        ),
        model("gpt", Provider::Openai, "gpt-5.1-codex", Some(32_000)),
        model("local", Provider::Ollama, "qwen3:8b", Some(4_096)),
        model("vllm", Provider::Compatible, "org/Model-7B", None),
    ]
}

fn agent() -> Agent {
    Agent {
        name: "worker".to_owned(),
        about: None,
        system: None,
        harness: Harness::Generic,
        command: Vec::new(),
        models: ["main", "gpt", "local", "vllm"].map(str::to_owned).to_vec(),
        tools: Vec::new(),
        skills: Vec::new(),
        tunnels: Vec::new(),
        http: Vec::new(),
        limits: AgentLimits::default(),
        env: BTreeMap::new(),
    }
}

type Read = fn(&[u8], &[Model], &Agent) -> Result<Request, Refused>;

const MESSAGES: Read = anthropic::messages;
const COUNT: Read = anthropic::count_tokens;
const CHAT: Read = openai::chat;
const RESPONSES: Read = openai::responses;
const EMBEDDINGS: Read = openai::embeddings;

fn bytes(read: Read, body: &[u8]) -> Result<Request, Refused> {
    read(body, &models(), &agent())
}

fn sent(read: Read, body: &Value) -> Result<Request, Refused> {
    bytes(read, body.to_string().as_bytes())
}

/// What goes upstream.
#[track_caller]
fn upstream(read: Read, body: &Value) -> Value {
    let request = sent(read, body).unwrap_or_else(|e| panic!("{} at {}: {e}", e.rule(), e.place));
    serde_json::from_slice(&request.body).unwrap()
}

/// A body with one field of it set; `at` is a JSON pointer, and its last step may be new or `-`.
fn with(mut body: Value, at: &str, value: Value) -> Value {
    let (parent, last) = at.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Object(map) => {
            map.insert(last.to_owned(), value);
        }
        Value::Array(list) if last == "-" => list.push(value),
        Value::Array(list) => list[last.parse::<usize>().unwrap()] = value,
        other => panic!("{parent} is {other}"),
    }
    body
}

#[track_caller]
fn refused(read: Read, body: &Value, rule: &str, place: &str) {
    match sent(read, body) {
        Ok(_) => panic!("passed: {body}"),
        Err(e) => assert_eq!((e.rule(), e.place.as_str()), (rule, place), "{e}: {body}"),
    }
}

/// Each value is refused at its place by its rule.
fn all(read: Read, base: fn() -> Value, cases: Vec<(&str, Value, &str)>) {
    assert!(sent(read, &base()).is_ok());
    for (at, value, rule) in cases {
        let body = with(base(), at, value);
        let error = sent(read, &body).expect_err(&body.to_string());
        assert_eq!(error.rule(), rule, "{at}: {error}: {body}");
        let parent = at.trim_end_matches("/-");
        assert!(error.place.starts_with(parent), "{at}: {}", error.place);
    }
}

/// A small body of Anthropic's API with one of everything.
fn small() -> Value {
    json!({
        "model": "main", "max_tokens": 100,
        "system": [{"type": "text", "text": "s"}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Read", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "r"}]}]},
        ],
        "tools": [{"name": "Read", "input_schema": {"type": "object"}}],
    })
}

fn chat() -> Value {
    json!({
        "model": "gpt", "max_completion_tokens": 100,
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c", "type": "function", "function": {"name": "Read", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "r"},
        ],
        "tools": [{"type": "function", "function": {"name": "Read", "parameters": {"type": "object"}}}],
    })
}

fn responses() -> Value {
    json!({
        "model": "gpt", "max_output_tokens": 100, "store": false,
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            {"type": "function_call", "call_id": "c", "name": "Read", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "r"},
        ],
        "tools": [{"type": "function", "name": "Read", "parameters": {"type": "object"}, "strict": false}],
    })
}
