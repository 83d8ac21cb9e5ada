//! Attackers at OpenAI's API.

use super::{CHAT, EMBEDDINGS, RESPONSES, all, bytes, chat, refused, responses, sent, with};
use serde_json::{Value, json};

#[test]
fn only_tools_that_the_client_runs() {
    for kind in [
        "web_search",
        "web_search_preview",
        "file_search",
        "code_interpreter",
        "computer_use_preview",
        "image_generation",
        "local_shell",
        "shell",
        "apply_patch",
        "tool_search",
        "Namespace",
        "Function",
        "function ",
        "",
    ] {
        let tool = json!({"type": kind, "name": "x"});
        refused(
            CHAT,
            &with(chat(), "/tools/-", tool.clone()),
            "hosted-tool",
            "/tools/1/type",
        );
        refused(
            RESPONSES,
            &with(responses(), "/tools/-", tool),
            "hosted-tool",
            "/tools/1/type",
        );
        let choice = json!({"type": kind, "name": "x"});
        refused(
            RESPONSES,
            &with(responses(), "/tool_choice", choice.clone()),
            "hosted-tool",
            "/tool_choice/type",
        );
        refused(
            CHAT,
            &with(chat(), "/tool_choice", choice.clone()),
            "hosted-tool",
            "/tool_choice/type",
        );
        let choice = json!({"type": "allowed_tools", "mode": "auto", "tools": [choice]});
        refused(
            RESPONSES,
            &with(responses(), "/tool_choice", choice),
            "hosted-tool",
            "/tool_choice/tools/0/type",
        );
    }
    for (read, base) in [(CHAT, chat as fn() -> Value), (RESPONSES, responses)] {
        let mcp = json!({"type": "mcp", "server_url": "https://e.example", "server_label": "x"});
        refused(
            read,
            &with(base(), "/tools/-", mcp),
            "outside-server",
            "/tools/1/type",
        );
        refused(
            read,
            &with(base(), "/tools/-", json!({"name": "x"})),
            "missing-field",
            "/tools/1",
        );
    }
    let custom = json!({"type": "custom", "custom": {"name": "x"}});
    refused(
        CHAT,
        &with(chat(), "/tools/-", custom),
        "hosted-tool",
        "/tools/1/type",
    );
    let outside = json!({"type": "object", "properties": {"a": {"$ref": "https://e.example/a"}}});
    refused(
        CHAT,
        &with(chat(), "/tools/0/function/parameters", outside.clone()),
        "schema-reference",
        "/tools/0/function/parameters/properties/a/$ref",
    );
    refused(
        RESPONSES,
        &with(responses(), "/tools/0/parameters", outside),
        "schema-reference",
        "/tools/0/parameters/properties/a/$ref",
    );
}

#[test]
fn models_are_named_exactly_and_of_this_protocol() {
    for (read, base) in [(CHAT, chat as fn() -> Value), (RESPONSES, responses)] {
        for name in [
            "GPT",
            "gpt ",
            " gpt",
            "gpt-5.1-Codex",
            "gpt-5.1",
            "qwen3",
            "qwen3:8b\n",
            "org/model-7b",
            "",
        ] {
            refused(
                read,
                &with(base(), "/model", json!(name)),
                "model",
                "/model",
            );
        }
        for name in ["main", "claude-sonnet-4-5-20250929"] {
            refused(
                read,
                &with(base(), "/model", json!(name)),
                "model-protocol",
                "/model",
            );
        }
    }
}

#[test]
fn an_answer_without_a_bound_is_refused() {
    for (read, mut body, place) in [
        (CHAT, chat(), "/max_completion_tokens"),
        (RESPONSES, responses(), "/max_output_tokens"),
    ] {
        body["model"] = json!("vllm");
        body.as_object_mut().unwrap().remove(&place[1..]);
        refused(read, &body, "max-tokens", place);
        body[&place[1..]] = Value::Null;
        refused(read, &body, "max-tokens", place);
    }
}

#[test]
fn embeddings_take_text_or_tokens_only() {
    let base = || json!({"model": "gpt", "input": "x"});
    all(
        EMBEDDINGS,
        base,
        vec![
            ("/input", json!({"url": "https://e.example"}), "wrong-type"),
            ("/input", json!(null), "wrong-type"),
            ("/input", json!([{"type": "image_url"}]), "wrong-type"),
            ("/input", json!([-1]), "wrong-type"),
            ("/input", json!([[1, "x"]]), "wrong-type"),
            ("/input", json!([[[1]]]), "wrong-type"),
            ("/input", json!(vec!["x"; 100_001]), "too-many"),
            ("/encoding_format", json!("bytes"), "unknown-value"),
            ("/stream", json!(true), "unknown-field"),
            ("/store", json!(true), "unknown-field"),
            ("/messages", json!([]), "unknown-field"),
            ("/truncate_prompt_tokens", json!(5), "unknown-field"),
        ],
    );
}

#[test]
fn what_two_readers_read_differently_is_refused() {
    for (read, body) in [
        (CHAT, r#"{"model":"gpt","model":"main","messages":[]}"#),
        (CHAT, r#"{"model":"gpt","messages":[],"n":1,"\u006e":5}"#),
        (CHAT, r#"{"model":"gpt","messages":[],"temperature":1e999}"#),
        (
            RESPONSES,
            r#"{"model":"gpt","input":"x","store":false,"store":true}"#,
        ),
        (
            RESPONSES,
            r#"{"model":"gpt","input":[{"type":"message","type":"item_reference","role":"user","content":"x"}]}"#,
        ),
        (EMBEDDINGS, r#"{"model":"gpt","input":"x","input":"y"}"#),
    ] {
        assert_eq!(
            bytes(read, body.as_bytes()).expect_err(body).rule(),
            "malformed",
            "{body}"
        );
    }
}

#[test]
fn a_picture_of_few_bytes_counts_as_a_large_one() {
    let plain = sent(CHAT, &chat()).unwrap().input_estimate;
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
    let more = sent(CHAT, &with(chat(), "/messages/1/content/-", image))
        .unwrap()
        .input_estimate;
    assert!(more > plain + 50_000);
    let plain = sent(RESPONSES, &responses()).unwrap().input_estimate;
    let pdf = json!([{"type": "input_file", "file_data": "data:application/pdf;base64,AAAA"}]);
    let more = sent(RESPONSES, &with(responses(), "/input/2/output", pdf))
        .unwrap()
        .input_estimate;
    assert!(more > plain + 1_000_000);
}
