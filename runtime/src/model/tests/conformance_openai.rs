//! What real clients of OpenAI's API send passes and keeps its meaning.

use super::{CHAT, EMBEDDINGS, RESPONSES, chat, responses, sent, upstream, with};
use serde_json::{Value, json};

/// As Codex sends it.
pub(super) fn codex() -> Value {
    json!({
        "model": "gpt-5.1-codex",
        "instructions": "You are Codex.",
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "<permissions>"}]},
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "한국어"},
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "**Looking**"}], "content": null,
                "encrypted_content": "gAAAAABo"},
            {"type": "function_call", "name": "exec_command", "arguments": "{\"cmd\":\"ls\"}", "call_id": "call_1"},
            {"type": "function_call_output", "call_id": "call_1", "output": "{\"output\":\"a\"}"},
            {"type": "function_call", "name": "get_issue", "namespace": "mcp__pure_agent", "arguments": "{}", "call_id": "call_4"},
            {"type": "function_call_output", "call_id": "call_4", "output": "x"},
            {"type": "custom_tool_call", "status": "completed", "call_id": "call_2", "name": "apply_patch",
                "input": "*** Begin Patch"},
            {"type": "custom_tool_call_output", "call_id": "call_2", "output": "Success"},
            {"type": "function_call_output", "call_id": "call_3", "output": [
                {"type": "input_text", "text": "x"}, {"type": "input_image", "image_url": "data:image/jpeg;base64,/9j/4A=="}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Done."}], "phase": "final_answer"},
        ],
        "tools": [
            {"type": "function", "name": "exec_command", "description": "Runs.", "strict": false, "parameters": {
                "type": "object", "properties": {"cmd": {"type": "string"}}, "required": ["cmd"], "additionalProperties": false}},
            {"type": "custom", "name": "apply_patch", "description": "Edits.", "format": {
                "type": "grammar", "syntax": "lark", "definition": "start: begin_patch"}},
            {"type": "namespace", "name": "mcp__pure_agent", "description": "Tools of a server.", "tools": [
                {"type": "function", "name": "get_issue", "description": "Reads.", "strict": false, "parameters": {
                    "type": "object", "properties": {}, "additionalProperties": false}}]},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": false,
        "reasoning": {"effort": "medium", "summary": "auto"},
        "store": false,
        "stream": true,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "0199a213-81c0-7800-8aa1-bbab2a035a53",
        "text": {"verbosity": "low", "format": {"type": "json_schema", "strict": true, "name": "codex_output_schema",
            "schema": {"type": "object"}}},
    })
}

#[test]
fn codex_passes_and_keeps_its_meaning() {
    let body = codex();
    let mut expected = body.clone();
    // Codex sets no bound; the contract does.
    expected["max_output_tokens"] = json!(32_000);
    assert_eq!(upstream(RESPONSES, &body), expected);
    let request = sent(RESPONSES, &body).unwrap();
    assert_eq!(
        (request.stream, request.model, request.most_output),
        (true, 2, 32_000)
    );
    let without = with(body, "/reasoning", Value::Null);
    assert_eq!(upstream(RESPONSES, &without)["reasoning"], Value::Null);
}

#[test]
fn responses_of_the_sdk_pass() {
    let mut body = responses();
    body.as_object_mut().unwrap().remove("store");
    body["previous_response_id"] = Value::Null;
    body["background"] = json!(false);
    body["user"] = json!("someone");
    body["metadata"] = json!({"a": "b"});
    body["input"][1]["id"] = json!("fc_1");
    body["input"][1]["status"] = json!("completed");
    let mut expected = responses();
    expected["model"] = json!("gpt-5.1-codex");
    expected["input"][1]["status"] = json!("completed");
    assert_eq!(upstream(RESPONSES, &body), expected);
    let simple = json!({"model": "gpt", "input": "hi"});
    let expected = json!({"model": "gpt-5.1-codex", "input": "hi", "max_output_tokens": 32_000, "store": false});
    assert_eq!(upstream(RESPONSES, &simple), expected);
    let replayed = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": "x", "annotations": [], "logprobs": []}]});
    assert!(sent(RESPONSES, &with(responses(), "/input/-", replayed)).is_ok());
    let choice = json!({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "Read"}]});
    assert!(sent(RESPONSES, &with(responses(), "/tool_choice", choice)).is_ok());
}

#[test]
fn chats_of_the_sdk_pass_and_keep_their_meaning() {
    let mut body = chat();
    body["temperature"] = json!(0.2);
    body["stop"] = json!(["END"]);
    body["n"] = json!(1);
    body["seed"] = json!(-7);
    body["logit_bias"] = json!({"50256": -100});
    body["parallel_tool_calls"] = json!(true);
    body["reasoning_effort"] = json!("low");
    body["tool_choice"] = json!({"type": "function", "function": {"name": "Read"}});
    body["response_format"] = json!({"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": {"type": "object"}}});
    body["messages"][1]["content"] = json!([
        {"type": "text", "text": "hi"},
        {"type": "image_url", "image_url": {"url": "data:image/webp;base64,UklGRg==", "detail": "low"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}]);
    body["messages"][2]["refusal"] = Value::Null;
    let mut expected = body.clone();
    expected["model"] = json!("gpt-5.1-codex");
    expected["store"] = json!(false);
    body["user"] = json!("someone");
    body["messages"][2]["annotations"] = json!([]);
    body["messages"][2]["audio"] = Value::Null;
    body["messages"][2]["tool_calls"][0]["index"] = json!(0);
    assert_eq!(upstream(CHAT, &body), expected);
}

#[test]
fn the_bound_of_a_chat_has_the_name_that_the_provider_knows() {
    for (model, asked, name, most) in [
        ("gpt", json!({"max_tokens": 5}), "max_completion_tokens", 5),
        (
            "gpt",
            json!({"max_completion_tokens": 5, "max_tokens": null}),
            "max_completion_tokens",
            5,
        ),
        ("gpt", json!({}), "max_completion_tokens", 32_000),
        (
            "local",
            json!({"max_completion_tokens": 5}),
            "max_tokens",
            5,
        ),
        ("local", json!({}), "max_tokens", 4_096),
        (
            "vllm",
            json!({"max_completion_tokens": 900_000}),
            "max_tokens",
            900_000,
        ),
    ] {
        let mut body = json!({"model": model, "messages": [{"role": "user", "content": "x"}]});
        body.as_object_mut()
            .unwrap()
            .extend(asked.as_object().unwrap().clone());
        let up = upstream(CHAT, &body);
        assert_eq!(sent(CHAT, &body).unwrap().most_output, most);
        let names: Vec<&str> = ["max_tokens", "max_completion_tokens"]
            .into_iter()
            .filter(|n| up.get(n).is_some())
            .collect();
        assert_eq!((names, &up[name]), (vec![name], &json!(most)), "{model}");
        assert_eq!(
            up.get("store"),
            (model == "gpt").then_some(&Value::Bool(false))
        );
    }
}

#[test]
fn usage_is_asked_for_and_told_only_to_who_asked() {
    for (options, asked) in [
        (None, false),
        (Some(Value::Null), false),
        (Some(json!({})), false),
        (Some(json!({"include_usage": false})), false),
        (
            Some(json!({"include_usage": null, "include_obfuscation": false})),
            false,
        ),
        (Some(json!({"include_usage": true})), true),
    ] {
        let mut body = with(chat(), "/stream", json!(true));
        if let Some(options) = &options {
            body["stream_options"] = options.clone();
        }
        let request = sent(CHAT, &body).unwrap();
        assert_eq!((request.stream, request.usage_asked), (true, asked));
        let up = upstream(CHAT, &body);
        assert_eq!(up["stream_options"]["include_usage"], true, "{options:?}");
    }
    assert_eq!(upstream(CHAT, &chat()).get("stream_options"), None);
}

#[test]
fn embeddings_pass() {
    for input in [
        json!("x"),
        json!(["a", "b"]),
        json!([1, 2, 3]),
        json!([[1, 2], [3]]),
    ] {
        let body =
            json!({"model": "gpt", "input": input, "encoding_format": "base64", "dimensions": 256});
        let mut expected = body.clone();
        expected["model"] = json!("gpt-5.1-codex");
        assert_eq!(
            upstream(EMBEDDINGS, &with(body.clone(), "/user", json!("u"))),
            expected
        );
        assert_eq!(sent(EMBEDDINGS, &body).unwrap().most_output, 0);
    }
}
