//! Attackers at Anthropic's API.

use super::{COUNT, MESSAGES, bytes, refused, sent, small, upstream, with};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PNG: &str = "iVBORw0KGgo=";

#[test]
fn what_reaches_outside_is_refused_at_the_top() {
    let fields = [
        (
            "mcp_servers",
            json!([{"type": "url", "url": "https://e.example", "name": "e"}]),
            "outside-server",
        ),
        ("mcp_servers", json!([]), "outside-server"),
        ("container", json!("container_1"), "container"),
        ("container", json!({"skills": []}), "container"),
        ("service_tier", json!("auto"), "service-tier"),
        ("speed", json!("fast"), "service-tier"),
        ("inference_geo", json!("us"), "geography"),
        (
            "fallbacks",
            json!([{"model": "claude-hidden-1"}]),
            "other-model",
        ),
        ("n", json!(2), "several-answers"),
        ("betas", json!(["files-api-2025-04-14"]), "unknown-field"),
        ("skills", json!([]), "unknown-field"),
        ("user_profile_id", json!("u"), "unknown-field"),
        ("", json!(1), "unknown-field"),
        ("Model", json!("claude-hidden-1"), "unknown-field"),
        ("MODEL", json!("claude-hidden-1"), "unknown-field"),
        ("model ", json!("claude-hidden-1"), "unknown-field"),
        ("mcp_servers\u{0}", json!([]), "unknown-field"),
        ("mcp\u{ff3f}servers", json!([]), "unknown-field"),
        ("\u{feff}tools", json!([]), "unknown-field"),
        ("ｔools", json!([]), "unknown-field"),
        ("__proto__", json!({"mcp_servers": []}), "unknown-field"),
    ];
    for read in [MESSAGES, COUNT] {
        for (field, value, rule) in &fields {
            let mut body = small();
            if read == COUNT {
                body.as_object_mut().unwrap().remove("max_tokens");
            }
            body.as_object_mut()
                .unwrap()
                .insert((*field).to_owned(), value.clone());
            let error = sent(read, &body).unwrap_err();
            assert_eq!(error.rule(), *rule, "{field}: {error}");
            assert!(error.place.starts_with('/'), "{field}: {}", error.place);
        }
    }
}

/// Where content blocks stand, and what stands there.
const LISTS: [&str; 3] = [
    "/messages/0/content",
    "/messages/2/content/0/content",
    "/system",
];

#[test]
fn blocks_that_reach_outside_are_refused_wherever_blocks_stand() {
    let url = json!({"type": "url", "url": "https://e.example/x.png"});
    let file = json!({"type": "file", "file_id": "file_1"});
    let blocks = [
        json!({"type": "image", "source": url}),
        json!({"type": "image", "source": file}),
        json!({"type": "document", "source": url}),
        json!({"type": "document", "source": file}),
        json!({"type": "document", "source": {"type": "content", "content": [{"type": "image", "source": url}]}}),
        json!({"type": "image", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}),
        json!({"type": "image", "source": {"type": "Base64", "media_type": "image/png", "data": PNG}}),
        json!({"type": "image", "source": {"media_type": "image/png", "data": PNG}}),
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG, "url": "https://e.example"}}),
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/svg+xml", "data": PNG}}),
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "https://e.example/x.png"}}),
        json!({"type": "document", "source": {"type": "base64", "media_type": "text/html", "data": PNG}}),
        json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x", "file_id": "file_1"}}),
        json!({"type": "document", "source": "https://e.example"}),
        json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}),
        json!({"type": "web_search_tool_result", "tool_use_id": "s", "content": []}),
        json!({"type": "web_fetch_tool_result", "tool_use_id": "s", "content": {}}),
        json!({"type": "code_execution_tool_result", "tool_use_id": "s", "content": {}}),
        json!({"type": "mcp_tool_use", "id": "m", "name": "n", "server_name": "s", "input": {}}),
        json!({"type": "mcp_tool_result", "tool_use_id": "m", "content": []}),
        json!({"type": "container_upload", "file_id": "file_1"}),
        json!({"type": "search_result", "source": "https://e.example", "title": "t", "content": []}),
        json!({"type": "tool_reference", "tool_name": "n"}),
        json!({"type": "Text", "text": "x"}),
        json!({"type": "text ", "text": "x"}),
        json!({"type": "tеxt", "text": "Cyrillic e"}),
        json!({"type": ["text"], "text": "x"}),
        json!({"type": null, "text": "x"}),
        json!({"text": "x"}),
        json!({"type": "text"}),
        json!({"type": "text", "text": ["x"]}),
        json!({"type": "text", "text": "x", "url": "https://e.example"}),
        json!({"type": "text", "text": "x", "cache_control": {"type": "persistent"}}),
        json!({"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "24h"}}),
        json!({"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "to": "x"}}),
        json!({"type": "text", "text": "x", "citations": [{"type": "web_search_result_location", "url": "https://e.example"}]}),
        json!("x"),
        json!(null),
        json!([[]]),
    ];
    for list in LISTS {
        assert!(sent(MESSAGES, &small()).is_ok());
        for block in &blocks {
            let body = with(small(), &format!("{list}/-"), block.clone());
            let error = sent(MESSAGES, &body).expect_err(&body.to_string());
            assert!(
                error.place.starts_with(&format!("{list}/1")),
                "{}: {body}",
                error.place
            );
        }
    }
}

#[test]
fn a_tool_result_holds_no_calls_and_no_thoughts() {
    for block in [
        json!({"type": "tool_use", "id": "t", "name": "n", "input": {}}),
        json!({"type": "tool_result", "tool_use_id": "t", "content": "x"}),
        json!({"type": "thinking", "thinking": "x", "signature": "x"}),
    ] {
        let body = with(small(), "/messages/2/content/0/content/-", block.clone());
        refused(
            MESSAGES,
            &body,
            "content-type",
            "/messages/2/content/0/content/1/type",
        );
        let body = with(small(), "/system/-", block);
        refused(MESSAGES, &body, "content-type", "/system/1/type");
    }
}

#[test]
fn only_tools_that_the_client_runs() {
    for (kind, rule) in [
        ("web_search_20250305", "hosted-tool"),
        ("web_fetch_20250910", "hosted-tool"),
        ("code_execution_20250825", "hosted-tool"),
        ("bash_20250124", "hosted-tool"),
        ("text_editor_20250728", "hosted-tool"),
        ("computer_20250124", "hosted-tool"),
        ("memory_20250818", "hosted-tool"),
        ("tool_search_tool_regex_20251119", "hosted-tool"),
        ("mcp_toolset", "outside-server"),
        ("Custom", "hosted-tool"),
        ("custom\u{0}", "hosted-tool"),
        ("", "hosted-tool"),
        ("function", "hosted-tool"),
    ] {
        let tool = json!({"type": kind, "name": "x", "input_schema": {}});
        refused(
            MESSAGES,
            &with(small(), "/tools/-", tool),
            rule,
            "/tools/1/type",
        );
    }
    for (tool, rule) in [
        (
            json!({"type": null, "name": "x", "input_schema": {}}),
            "wrong-type",
        ),
        (
            json!({"type": ["custom"], "name": "x", "input_schema": {}}),
            "wrong-type",
        ),
        (json!({"name": "x"}), "missing-field"),
        (json!({"name": "x", "input_schema": []}), "wrong-type"),
        (
            json!({"name": "x", "input_schema": {}, "mcp_server_name": "x"}),
            "unknown-field",
        ),
        (
            json!({"name": "x", "input_schema": {}, "allowed_callers": ["code_execution_20250825"]}),
            "hosted-tool",
        ),
        (
            json!({"name": "x", "input_schema": {}, "max_uses": 5}),
            "unknown-field",
        ),
        (
            json!({"name": "x", "input_schema": {"$ref": "https://e.example/s"}}),
            "schema-reference",
        ),
        (
            json!({"name": "x", "input_schema": {"anyOf": [{"$dynamicRef": "file:///x"}]}}),
            "schema-reference",
        ),
        (
            json!({"name": "x", "input_schema": {}, "name ": "y"}),
            "unknown-field",
        ),
    ] {
        let error =
            sent(MESSAGES, &with(small(), "/tools/-", tool.clone())).expect_err(&tool.to_string());
        assert_eq!(error.rule(), rule, "{tool}");
    }
    let local = json!({"name": "x", "input_schema": {"$ref": "#/$defs/a", "$schema": "http://json-schema.org/draft-07/schema#"}});
    assert!(sent(MESSAGES, &with(small(), "/tools/-", local)).is_ok());
}

#[test]
fn tool_names_are_plain_wherever_they_stand() {
    let long = "a".repeat(201);
    for name in [
        "",
        " ",
        "a b",
        "a\nb",
        "a/b",
        "é",
        "a\u{202e}b",
        "a\"",
        long.as_str(),
    ] {
        for at in ["/tools/0/name", "/messages/1/content/0/name"] {
            refused(MESSAGES, &with(small(), at, json!(name)), "tool-name", at);
        }
        let choice = json!({"type": "tool", "name": name});
        refused(
            MESSAGES,
            &with(small(), "/tool_choice", choice),
            "tool-name",
            "/tool_choice/name",
        );
    }
}

#[test]
fn values_of_another_type_are_refused() {
    let cases: Vec<(&str, Value, &str)> = vec![
        ("/stream", json!("true"), "wrong-type"),
        ("/stream", json!(1), "wrong-type"),
        ("/messages", json!("hi"), "wrong-type"),
        ("/messages", json!({"0": {}}), "wrong-type"),
        ("/messages", json!(null), "wrong-type"),
        ("/messages/0", json!([]), "wrong-type"),
        ("/messages/0/role", json!("system"), "unknown-value"),
        ("/messages/0/role", json!("User"), "unknown-value"),
        ("/messages/0/role", json!(null), "wrong-type"),
        ("/messages/0/content", json!(null), "wrong-type"),
        (
            "/messages/0/content",
            json!({"type": "text", "text": "x"}),
            "wrong-type",
        ),
        ("/messages/1/content/0/input", json!("{}"), "wrong-type"),
        (
            "/messages/1/content/0/caller",
            json!({"type": "code_execution_20250825", "tool_id": "x"}),
            "hosted-tool",
        ),
        ("/max_tokens", json!("100"), "wrong-type"),
        ("/max_tokens", json!(null), "wrong-type"),
        ("/max_tokens", json!(-1), "wrong-type"),
        ("/max_tokens", json!(1.5), "wrong-type"),
        ("/max_tokens", json!(1e18), "wrong-type"),
        ("/max_tokens", json!(u64::MAX), "wrong-type"),
        ("/max_tokens", json!([100]), "wrong-type"),
        ("/max_tokens", json!(0), "max-tokens"),
        ("/max_tokens", json!(64_001), "max-tokens"),
        ("/temperature", json!("1"), "wrong-type"),
        ("/tools", json!({}), "wrong-type"),
        ("/tool_choice", json!("auto"), "wrong-type"),
        (
            "/tool_choice",
            json!({"type": "web_search"}),
            "unknown-value",
        ),
        (
            "/system",
            json!({"type": "text", "text": "x"}),
            "wrong-type",
        ),
        ("/metadata", json!({"user_id": {"a": 1}}), "wrong-type"),
        ("/metadata", json!({"session": "x"}), "unknown-field"),
        ("/thinking", json!(true), "wrong-type"),
        ("/thinking", json!({"type": "enabled"}), "missing-field"),
        (
            "/thinking",
            json!({"type": "enabled", "budget_tokens": 64_001}),
            "max-tokens",
        ),
        (
            "/output_config",
            json!({"effort": "limitless"}),
            "unknown-value",
        ),
        (
            "/output_config",
            json!({"task_budget": {}}),
            "unknown-field",
        ),
        (
            "/context_management",
            json!({"edits": [{"type": "compact_20260112"}]}),
            "unbounded",
        ),
        (
            "/context_management",
            json!({"enabled": true}),
            "unknown-field",
        ),
        ("/model", json!(null), "wrong-type"),
        ("/model", json!(["main"]), "wrong-type"),
    ];
    for (at, value, rule) in cases {
        let body = with(small(), at, value);
        let error = sent(MESSAGES, &body).expect_err(&body.to_string());
        assert_eq!(error.rule(), rule, "{at}: {body}");
        assert!(error.place.starts_with(at), "{at}: {}", error.place);
    }
}

#[test]
fn models_are_named_exactly() {
    for name in [
        "hidden",
        "claude-hidden-1",
        "Main",
        "MAIN",
        " main",
        "main ",
        "main\u{0}",
        "main[1m]",
        "",
        "gpt ",
        "claude-sonnet-4-5",
        "CLAUDE-SONNET-4-5-20250929",
        "anthropic/main",
        "ｍain",
        "*",
        "../main",
    ] {
        refused(
            MESSAGES,
            &with(small(), "/model", json!(name)),
            "model",
            "/model",
        );
    }
    for name in ["gpt", "gpt-5.1-codex", "local", "org/Model-7B"] {
        refused(
            MESSAGES,
            &with(small(), "/model", json!(name)),
            "model-protocol",
            "/model",
        );
    }
    for name in ["main", "claude-sonnet-4-5-20250929"] {
        let body = with(small(), "/model", json!(name));
        assert_eq!(
            upstream(MESSAGES, &body)["model"],
            "claude-sonnet-4-5-20250929"
        );
        assert_eq!(sent(MESSAGES, &body).unwrap().model, 1);
    }
}

#[test]
fn what_two_readers_read_differently_is_refused() {
    let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
    let tools = format!(
        r#"{{"model":"main","max_tokens":1,"messages":[],"tools":[{{"name":"x","input_schema":{deep}}}]}}"#
    );
    for body in [
        r#"{"model":"main","model":"claude-hidden-1","max_tokens":1,"messages":[]}"#,
        r#"{"model":"main","mod\u0065l":"claude-hidden-1","max_tokens":1,"messages":[]}"#,
        r#"{"model":"main","max_tokens":1,"max_tokens":999999,"messages":[]}"#,
        r#"{"model":"main","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","type":"container_upload","text":"x"}]}]}"#,
        r#"{"model":"main","max_tokens":1,"messages":[],"temperature":1e999}"#,
        r#"{"model":"main","max_tokens":1,"messages":[],"temperature":NaN}"#,
        r#"{"model":"main","max_tokens":1,"messages":[]} {"model":"claude-hidden-1"}"#,
        "{\"model\":\"main\",\"max_tokens\":1,\"messages\":[],\"system\":\"\\ud800\"}",
        "\u{feff}{\"model\":\"main\",\"max_tokens\":1,\"messages\":[]}",
        "",
        "null x",
        tools.as_str(),
    ] {
        let error = bytes(MESSAGES, body.as_bytes()).expect_err(body);
        assert_eq!(error.rule(), "malformed", "{body}");
    }
    for body in ["[]", "null", "\"x\"", "1"] {
        assert_eq!(
            bytes(MESSAGES, body.as_bytes()).unwrap_err().rule(),
            "wrong-type"
        );
    }
    assert!(bytes(MESSAGES, b"{\"model\":\"\xff\"}").is_err());
}

#[test]
fn much_of_the_small_takes_bounded_time() {
    let message = r#"{"role":"user","content":""},"#;
    let text = |n: usize, one: &str| {
        let list = one.repeat(n);
        format!(
            r#"{{"model":"main","max_tokens":1,"messages":[{}]}}"#,
            list.trim_end_matches(',')
        )
    };
    let start = Instant::now();
    let error = bytes(MESSAGES, text(1_000_000, message).as_bytes()).unwrap_err();
    assert_eq!(error.rule(), "too-many");
    assert!(bytes(MESSAGES, text(100_000, message).as_bytes()).is_ok());
    let keys: String = (0..200_000).map(|n| format!(r#""k{n}":1,"#)).collect();
    let body = format!(r#"{{{keys}"model":"main"}}"#);
    assert_eq!(
        bytes(MESSAGES, body.as_bytes()).unwrap_err().rule(),
        "unknown-field"
    );
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_refusal_shows_little_of_a_strangers_text() {
    let key = "\u{1b}[2J\u{202e}".repeat(10_000);
    let mut body = small();
    body.as_object_mut().unwrap().insert(key.clone(), json!(1));
    let error = sent(MESSAGES, &body).unwrap_err();
    assert!(error.place.len() < 2_000 && error.sentence.len() < 2_000);
    let shown = format!("{}{}", error.place, error.sentence);
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
    let error = sent(MESSAGES, &with(small(), "/model", json!(key))).unwrap_err();
    assert!(error.sentence.len() < 2_000 && !error.sentence.contains('\u{1b}'));
}

#[test]
fn the_estimate_is_never_less_than_bytes_and_pictures() {
    let request = sent(MESSAGES, &small()).unwrap();
    assert!(request.input_estimate >= request.body.len() as u64);
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}});
    let pdf = json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}});
    for (block, least) in [(image, 5_000), (pdf, 1_000_000)] {
        for list in &LISTS[..2] {
            let more = sent(
                MESSAGES,
                &with(small(), &format!("{list}/-"), block.clone()),
            )
            .unwrap();
            assert!(
                more.input_estimate >= request.input_estimate + least,
                "{list}"
            );
        }
    }
    let thinking = json!({"type": "enabled", "budget_tokens": 5_000});
    let request = sent(MESSAGES, &with(small(), "/thinking", thinking)).unwrap();
    assert_eq!(request.most_output, 5_000);
}
