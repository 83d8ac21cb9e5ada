//! Attackers at Anthropic's API who reach outside.

use super::{COUNT, MESSAGES, refused, sent, small, with};
use serde_json::json;

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
        (
            "diagnostics",
            json!({"previous_message_id": "msg_1"}),
            "stored",
        ),
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
    for (read, count) in [(MESSAGES, false), (COUNT, true)] {
        for (field, value, rule) in &fields {
            let mut body = small();
            if count {
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
        let aside = json!({"role": "system", "content": [block]});
        let body = with(small(), "/messages/-", aside);
        refused(
            MESSAGES,
            &body,
            "content-type",
            "/messages/3/content/0/type",
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
