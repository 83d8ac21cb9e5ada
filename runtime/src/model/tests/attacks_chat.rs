//! Attackers at OpenAI's chat.

use super::{CHAT, all, chat};
use serde_json::json;

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
            ("/models", json!(["other"]), "unknown-field"),
            ("/plugins", json!([{"id": "web"}]), "unknown-field"),
            ("/provider", json!({}), "unknown-field"),
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
