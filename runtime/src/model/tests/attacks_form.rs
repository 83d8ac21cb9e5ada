//! Attackers at Anthropic's API who confuse readers.

use super::{MESSAGES, bytes, refused, sent, small, upstream, with};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

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
        ("/messages/0/role", json!("tool"), "unknown-value"),
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
