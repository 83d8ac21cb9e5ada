//! Attackers at OpenAI's API.

use super::{CHAT, EMBEDDINGS, RESPONSES, bytes, chat, refused, responses, sent, with};
use serde_json::{Value, json};

fn all(read: super::Read, base: fn() -> Value, cases: Vec<(&str, Value, &str)>) {
    assert!(sent(read, &base()).is_ok());
    for (at, value, rule) in cases {
        let body = with(base(), at, value);
        let error = sent(read, &body).expect_err(&body.to_string());
        assert_eq!(error.rule(), rule, "{at}: {error}: {body}");
        let parent = at.trim_end_matches("/-");
        assert!(error.place.starts_with(parent), "{at}: {}", error.place);
    }
}

#[test]
fn chat_refuses_what_reaches_outside() {
    all(
        CHAT,
        chat,
        vec![
            ("/store", json!(true), "stored"),
            ("/store", json!("false"), "wrong-type"),
            ("/n", json!(2), "several-answers"),
            ("/n", json!(0), "several-answers"),
            ("/n", json!(1.0), "several-answers"),
            ("/n", json!("1"), "wrong-type"),
            ("/best_of", json!(3), "several-answers"),
            ("/web_search_options", json!({}), "hosted-tool"),
            (
                "/prediction",
                json!({"type": "content", "content": "x"}),
                "unbounded",
            ),
            ("/service_tier", json!("priority"), "service-tier"),
            ("/prompt_cache_retention", json!("24h"), "stored"),
            ("/modalities", json!(["text", "audio"]), "too-many"),
            ("/modalities", json!(["audio"]), "unknown-value"),
            (
                "/audio",
                json!({"voice": "x", "format": "wav"}),
                "unbounded",
            ),
            ("/functions", json!([]), "unknown-field"),
            ("/function_call", json!("auto"), "unknown-field"),
            ("/chat_template", json!("{{ x }}"), "unknown-field"),
            ("/chat_template_kwargs", json!({}), "unknown-field"),
            ("/guided_json", json!({}), "unknown-field"),
            ("/min_tokens", json!(5), "unknown-field"),
            ("/ignore_eos", json!(true), "unknown-field"),
            ("/Store", json!(true), "unknown-field"),
            ("/stream", json!("true"), "wrong-type"),
            (
                "/stream_options",
                json!({"include_usage": "no"}),
                "wrong-type",
            ),
            (
                "/stream_options",
                json!({"include_usage": false, "x": 1}),
                "unknown-field",
            ),
            ("/max_tokens", json!(5), "max-tokens"),
            ("/max_completion_tokens", json!(32_001), "max-tokens"),
            ("/max_completion_tokens", json!(0), "max-tokens"),
            ("/max_completion_tokens", json!(-1), "wrong-type"),
            ("/max_completion_tokens", json!(1e3), "wrong-type"),
            ("/user", json!({"id": "x"}), "wrong-type"),
            (
                "/messages/-",
                json!({"role": "function", "name": "x", "content": "x"}),
                "unknown-value",
            ),
            (
                "/messages/-",
                json!({"role": "User", "content": "x"}),
                "unknown-value",
            ),
            ("/messages/-", json!({"content": "x"}), "missing-field"),
            (
                "/messages/-",
                json!({"role": null, "content": "x"}),
                "wrong-type",
            ),
            ("/messages/2/audio", json!({"id": "audio_1"}), "stored"),
            (
                "/messages/2/function_call",
                json!({"name": "x"}),
                "unknown-field",
            ),
            (
                "/messages/2/annotations",
                json!([{"type": "url_citation"}]),
                "too-many",
            ),
            (
                "/messages/2/tool_calls/0/type",
                json!("custom"),
                "hosted-tool",
            ),
            (
                "/messages/2/tool_calls/0/function/name",
                json!("a b"),
                "tool-name",
            ),
            (
                "/messages/2/tool_calls/0/function/arguments",
                json!({}),
                "wrong-type",
            ),
        ],
    );
}

#[test]
fn chat_refuses_parts_that_reach_outside() {
    let url = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let mut cases = Vec::new();
    for text in [
        "https://e.example/x.png",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "DATA:image/png;base64,AAAA",
        "data:text/html;base64,AAAA",
        "data:image/svg+xml;base64,AAAA",
        "data:image/png,AAAA",
        " data:image/png;base64,AAAA",
        "data:image/png;x=https://e.example;base64,AAAA",
        "",
        "data:",
        "gs://x/y",
        "file-abc",
    ] {
        cases.push(("/messages/1/content/-", url(text), "outside-source"));
    }
    for text in [
        "data:image/png;base64,",
        "data:image/png;base64,https://e",
        "data:image/png;base64,A A=",
        "data:image/png;base64,AA===",
    ] {
        cases.push(("/messages/1/content/-", url(text), "encoding"));
    }
    let audio = |data: &str, format: &str| json!({"type": "input_audio", "input_audio": {"data": data, "format": format}});
    cases.extend(vec![
        (
            "/messages/1/content/-",
            json!({"type": "image_url", "image_url": "data:image/png;base64,AAAA"}),
            "wrong-type",
        ),
        (
            "/messages/1/content/-",
            json!({"type": "file", "file": {"file_id": "f"}}),
            "stored",
        ),
        (
            "/messages/1/content/-",
            json!({"type": "video_url", "video_url": {"url": "https://e"}}),
            "outside-source",
        ),
        (
            "/messages/1/content/-",
            json!({"type": "audio_url", "audio_url": {"url": "https://e"}}),
            "content-type",
        ),
        (
            "/messages/1/content/-",
            json!({"type": "refusal", "refusal": "x"}),
            "content-type",
        ),
        (
            "/messages/1/content/-",
            json!({"type": "Text", "text": "x"}),
            "content-type",
        ),
        ("/messages/1/content/-", json!("x"), "wrong-type"),
        (
            "/messages/1/content/-",
            audio("AAAA", "opus"),
            "unknown-value",
        ),
        (
            "/messages/1/content/-",
            audio("https://e.example/", "wav"),
            "encoding",
        ),
        (
            "/messages/0/content",
            json!([url("data:image/png;base64,AAAA")]),
            "content-type",
        ),
        (
            "/messages/3/content",
            json!([url("data:image/png;base64,AAAA")]),
            "content-type",
        ),
        (
            "/messages/1/content/0/cache_control",
            json!({}),
            "unknown-field",
        ),
    ]);
    all(CHAT, chat, cases);
}

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
        "namespace",
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
fn responses_refuse_what_is_kept_or_fetched() {
    let mut cases = vec![
        ("/store", json!(true), "stored"),
        ("/previous_response_id", json!("resp_1"), "stored"),
        ("/conversation", json!("conv_1"), "stored"),
        ("/conversation", json!({"id": "conv_1"}), "stored"),
        ("/background", json!(true), "stored"),
        ("/prompt", json!({"id": "pmpt_1"}), "stored"),
        ("/service_tier", json!("flex"), "service-tier"),
        (
            "/context_management",
            json!([{"type": "compaction"}]),
            "unbounded",
        ),
        (
            "/include",
            json!(["web_search_call.action.sources"]),
            "unknown-value",
        ),
        (
            "/include",
            json!(["file_search_call.results"]),
            "unknown-value",
        ),
        (
            "/include",
            json!("reasoning.encrypted_content"),
            "wrong-type",
        ),
        ("/truncation", json!("AUTO"), "unknown-value"),
        ("/max_output_tokens", json!(32_001), "max-tokens"),
        ("/max_output_tokens", json!(0), "max-tokens"),
        ("/max_tokens", json!(5), "unknown-field"),
        ("/input", json!({"role": "user"}), "wrong-type"),
        ("/input", json!(null), "wrong-type"),
        ("/instructions", json!([]), "wrong-type"),
        ("/stream", json!("true"), "wrong-type"),
        (
            "/input/-",
            json!({"type": "item_reference", "id": "rs_1"}),
            "stored",
        ),
        (
            "/input/-",
            json!({"type": "compaction", "encrypted_content": "x"}),
            "stored",
        ),
        ("/input/-", json!({"id": "rs_1"}), "missing-field"),
        (
            "/input/-",
            json!({"type": null, "id": "rs_1"}),
            "wrong-type",
        ),
        (
            "/input/-",
            json!({"type": "Message", "role": "user", "content": "x"}),
            "content-type",
        ),
        (
            "/input/-",
            json!({"role": "tool", "content": "x"}),
            "unknown-value",
        ),
        (
            "/input/-",
            json!({"type": "mcp_call", "id": "x"}),
            "outside-server",
        ),
        (
            "/input/-",
            json!({"type": "mcp_approval_response", "approve": true}),
            "outside-server",
        ),
        ("/input/-", json!("x"), "wrong-type"),
    ];
    for kind in [
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "computer_call",
        "computer_call_output",
        "image_generation_call",
        "local_shell_call",
        "local_shell_call_output",
    ] {
        cases.push(("/input/-", json!({"type": kind, "id": "x"}), "hosted-tool"));
    }
    for list in ["/input/0/content/-", "/input/2/output"] {
        let wrap = |part: Value| {
            if list.ends_with('-') {
                part
            } else {
                json!([part])
            }
        };
        cases.extend(vec![
            (
                list,
                wrap(json!({"type": "input_image", "image_url": "https://e.example/x.png"})),
                "outside-source",
            ),
            (
                list,
                wrap(json!({"type": "input_image", "file_id": "f"})),
                "stored",
            ),
            (
                list,
                wrap(json!({"type": "input_image", "image_url": null, "file_id": null})),
                "wrong-type",
            ),
            (list, wrap(json!({"type": "input_image"})), "missing-field"),
            (
                list,
                wrap(json!({"type": "input_file", "file_url": "https://e.example/x.pdf"})),
                "outside-source",
            ),
            (
                list,
                wrap(json!({"type": "input_file", "file_id": "f"})),
                "stored",
            ),
            (
                list,
                wrap(json!({"type": "input_file", "filename": "x"})),
                "missing-field",
            ),
            (
                list,
                wrap(json!({"type": "input_file", "file_data": "https://e.example"})),
                "outside-source",
            ),
            (
                list,
                wrap(json!({"type": "input_audio", "input_audio": {}})),
                "content-type",
            ),
            (
                list,
                wrap(json!({"type": "text", "text": "x"})),
                "content-type",
            ),
        ]);
    }
    all(RESPONSES, responses, cases);
}

#[test]
fn references_by_id_do_not_go_upstream() {
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": []});
    let body = super::upstream(RESPONSES, &with(responses(), "/input/-", item));
    assert_eq!(
        body["input"][3],
        json!({"type": "reasoning", "summary": []})
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
