//! What real clients of Anthropic's API send passes and keeps its meaning.

use super::{COUNT, MESSAGES, agent, model, models, refused, sent, small, upstream, with};
use crate::contract::Provider;
use crate::model::anthropic::{self, beta};
use serde_json::{Value, json};

/// As Claude Code sends it.
pub(super) fn claude_code() -> Value {
    json!({
        "model": "claude-sonnet-4-5-20250929",
        "max_tokens": 32_000,
        "stream": true,
        "temperature": 1,
        "metadata": {"user_id": "user_0123_account__session_4567"},
        "thinking": {"type": "enabled", "budget_tokens": 31_999},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "output_config": {"effort": "high"},
        "system": [
            {"type": "text", "text": "You are Claude Code.", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "한국어 \u{1f980} \"quoted\"\n", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        ],
        "messages": [
            {"role": "user", "content": "plain text"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Let me look.", "signature": "EqQBCgIYAg=="},
                {"type": "redacted_thinking", "data": "EmwKAhgB"},
                {"type": "text", "text": "I read it.", "citations": null},
                {"type": "tool_use", "id": "toolu_01", "name": "mcp__github__get", "input": {
                    "type": "server_tool_use", "mcp_servers": [{"url": "https://x"}], "a": [1, 2.5, null, true]}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_01", "is_error": false, "content": [
                    {"type": "text", "text": "1→fn main() {}"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
                    {"type": "document", "title": "t", "source": {"type": "text", "media_type": "text/plain", "data": "d"}},
                ], "cache_control": {"type": "ephemeral"}},
                {"type": "tool_result", "tool_use_id": "toolu_02", "content": "error", "is_error": true},
                {"type": "tool_result", "tool_use_id": "toolu_03"},
                {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
                    "citations": {"enabled": true}},
            ]},
        ],
        "tools": [
            {"name": "Bash", "description": "Runs a command.", "eager_input_streaming": true, "input_schema": {
                "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
                "properties": {"command": {"type": "string"}, "n": {"type": "number", "exclusiveMinimum": 0}},
                "required": ["command"], "additionalProperties": false}},
            {"type": "custom", "name": "web_search", "description": "Runs at the client.", "input_schema": {"type": "object"},
                "cache_control": {"type": "ephemeral"}},
        ],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": false},
    })
}

#[test]
fn claude_code_passes_and_keeps_its_meaning() {
    let sent_body = claude_code();
    let mut expected = sent_body.clone();
    expected.as_object_mut().unwrap().remove("metadata");
    assert_eq!(upstream(MESSAGES, &sent_body), expected);
    let request = sent(MESSAGES, &sent_body).unwrap();
    assert!(request.stream);
    assert_eq!((request.model, request.most_output), (1, 32_000));
    assert_eq!(request.worst_case(), request.input_estimate + 32_000);
}

#[test]
fn the_sharing_of_caches_is_left_out() {
    let body = with(
        small(),
        "/system/0/cache_control",
        json!({"type": "ephemeral", "scope": "global"}),
    );
    let expected = json!({"type": "ephemeral"});
    assert_eq!(
        upstream(MESSAGES, &body)["system"][0]["cache_control"],
        expected
    );
}

#[test]
fn sdk_requests_pass() {
    for (at, value) in [
        ("/system", json!("You are short.")),
        ("/stop_sequences", json!(["END"])),
        ("/top_k", json!(5)),
        ("/top_p", json!(0.7)),
        ("/thinking", json!({"type": "adaptive"})),
        ("/thinking", json!({"type": "disabled"})),
        ("/tool_choice", json!({"type": "tool", "name": "Read"})),
        ("/tool_choice", json!({"type": "none"})),
        ("/cache_control", json!({"type": "ephemeral", "ttl": "5m"})),
        (
            "/output_format",
            json!({"type": "json_schema", "schema": {"type": "object"}}),
        ),
        (
            "/messages/-",
            json!({"role": "system", "content": "Agents: none."}),
        ),
        (
            "/messages/-",
            json!({"role": "system", "content": [{"type": "text", "text": "x"}]}),
        ),
        ("/max_tokens", json!(0)),
        ("/stream", json!(false)),
        ("/stream", json!(null)),
        (
            "/context_management",
            json!({"edits": [{"type": "clear_tool_uses_20250919",
            "trigger": {"type": "input_tokens", "value": 30000}, "keep": {"type": "tool_uses", "value": 3},
            "clear_at_least": {"type": "input_tokens", "value": 5000}, "exclude_tools": ["Read"], "clear_tool_inputs": true}]}),
        ),
        (
            "/context_management",
            json!({"edits": [{"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 2}}]}),
        ),
    ] {
        let body = with(small(), at, value);
        let mut expected = body.clone();
        expected["model"] = json!("claude-sonnet-4-5-20250929");
        assert_eq!(upstream(MESSAGES, &body), expected);
    }
}

#[test]
fn denied_fields_that_ask_for_nothing_are_left_out() {
    for field in ["mcp_servers", "container", "service_tier"] {
        let body = upstream(MESSAGES, &with(small(), &format!("/{field}"), Value::Null));
        assert_eq!(body.get(field), None);
    }
}

#[test]
fn counting_needs_no_bound_and_reserves_nothing() {
    let mut body = claude_code();
    for field in ["max_tokens", "stream", "temperature", "metadata"] {
        body.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(upstream(COUNT, &body), body);
    let request = sent(COUNT, &body).unwrap();
    assert_eq!((request.worst_case(), request.stream), (0, false));
    refused(
        COUNT,
        &with(body.clone(), "/stream", json!(true)),
        "unknown-field",
        "/stream",
    );
    refused(
        COUNT,
        &with(body, "/max_tokens", json!(5)),
        "unknown-field",
        "/max_tokens",
    );
}

#[test]
fn max_tokens_is_required_and_capped() {
    let mut body = small();
    body["max_tokens"] = json!(64_000);
    assert_eq!(sent(MESSAGES, &body).unwrap().most_output, 64_000);
    body["max_tokens"] = json!(64_001);
    let error = sent(MESSAGES, &body).unwrap_err();
    assert!(error.sentence.contains("64000 is allowed"), "{error}");
    body.as_object_mut().unwrap().remove("max_tokens");
    refused(MESSAGES, &body, "missing-field", "");
}

#[test]
fn betas_that_reach_nothing_pass_and_others_are_left_out() {
    for (header, expected) in [
        (
            "claude-code-20250219,oauth-2025-04-20, interleaved-thinking-2025-05-14",
            vec![
                "claude-code-20250219",
                "oauth-2025-04-20",
                "interleaved-thinking-2025-05-14",
            ],
        ),
        (
            "context-1m-2025-08-07,context-1m-2025-08-07",
            vec!["context-1m-2025-08-07"],
        ),
        (
            "mcp-client-2025-04-04,files-api-2025-04-14,code-execution-2025-08-25,skills-2025-10-02",
            vec![],
        ),
        (
            "web-fetch-2025-09-10,prompt-caching-2024-07-31,x",
            vec!["prompt-caching-2024-07-31"],
        ),
        (
            "Prompt-Caching-2024-07-31,prompt-caching-2024-07-31\u{0}",
            vec![],
        ),
        ("claude-code-20250219;mcp-client-2025-04-04", vec![]),
        ("claude-code-20250219\r\nx-api-key: 1", vec![]),
        ("", vec![]),
        (",,,", vec![]),
    ] {
        assert_eq!(beta(header), expected, "{header}");
    }
    assert_eq!(beta(&"claude-code-20250219,x,".repeat(100_000)).len(), 1);
}

#[test]
fn only_a_published_version_goes_upstream() {
    let name = |headers: &[&'static str]| {
        let version = anthropic::version(headers.iter().map(|header| header.as_bytes()));
        (version.name, version.bearer)
    };
    let own = ("2023-06-01", false);
    assert_eq!(name(&["2023-06-01"]), own);
    assert_eq!(name(&["2026-10-21"]), ("2026-10-21", true));
    for headers in [
        &[][..],
        &[""],
        &["2023-01-01"],
        &["2099-01-01"],
        &["2026-10-21, 2099-01-01"],
        &["2026-10-21 "],
        &["2026-10-21", "2026-10-21"],
        &["2026-10-21\r\nx-api-key: 1"],
    ] {
        assert_eq!(name(headers), own, "{headers:?}");
    }
}

#[test]
fn a_name_wins_over_an_id_and_the_agents_order_over_the_contracts() {
    let mut list = models();
    list.push(model(
        "claude-hidden-1",
        Provider::Anthropic,
        "other",
        Some(10_000),
    ));
    list.push(model(
        "twin",
        Provider::Anthropic,
        "claude-sonnet-4-5-20250929",
        Some(10_000),
    ));
    let mut agent = agent();
    agent.models = ["twin", "claude-hidden-1", "main", "gone"]
        .map(str::to_owned)
        .to_vec();
    for (asked, index) in [
        ("claude-hidden-1", 5),
        ("claude-sonnet-4-5-20250929", 6),
        ("main", 1),
        ("other", 5),
    ] {
        let body = with(small(), "/model", json!(asked)).to_string();
        assert_eq!(
            anthropic::messages(body.as_bytes(), &list, &agent)
                .unwrap()
                .model,
            index,
            "{asked}"
        );
    }
    let error = anthropic::messages(
        with(small(), "/model", json!("gone"))
            .to_string()
            .as_bytes(),
        &list,
        &agent,
    );
    assert_eq!(error.unwrap_err().rule(), "model");
    agent.models.clear();
    let error = anthropic::messages(small().to_string().as_bytes(), &list, &agent);
    assert_eq!(error.unwrap_err().rule(), "model");
}
