use crate::mcp::message::Message;

fn rule(body: &str) -> &'static str {
    match Message::read(body.as_bytes()) {
        Ok(Message::Request(..)) => "request",
        Ok(Message::Notification(_)) => "notification",
        Ok(Message::Response) => "response",
        Err(fault) => fault.rule,
    }
}

#[test]
fn only_messages_of_the_protocol_are_read() {
    for (body, told) in [
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "request"),
        (
            r#"{"jsonrpc":"2.0","id":"a","method":"ping","params":{}}"#,
            "request",
        ),
        (r#"{"jsonrpc":"2.0","method":"ping"}"#, "notification"),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "response"),
        (r#"{"jsonrpc":"2.0","id":1,"error":{}}"#, "response"),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#,
            "mcp-form",
        ),
        (r#"{"jsonrpc":"2.0","result":{}}"#, "mcp-form"),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, "mcp-form"),
        (r#"{"id":1,"method":"ping"}"#, "mcp-form"),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "mcp-form"),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, "mcp-form"),
        (r#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, "mcp-form"),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, "mcp-form"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
            "mcp-form",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":null}"#,
            "mcp-form",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
            "mcp-form",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"x"}"#,
            "mcp-form",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"x"}"#,
            "mcp-json",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","\u006dethod":"x"}"#,
            "mcp-json",
        ),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, "mcp-batch"),
        ("[]", "mcp-batch"),
        ("7", "mcp-form"),
        ("", "mcp-json"),
        ("{} {}", "mcp-json"),
    ] {
        assert_eq!(rule(body), told, "{body}");
    }
}

#[test]
fn nothing_of_a_message_is_shown() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"a":"hidden"}}"#;
    let shown = format!("{:?}", Message::read(body.as_bytes()).unwrap());
    assert!(!shown.contains("hidden"), "{shown}");
}

/// Small in bytes, large in memory.
#[test]
fn a_message_has_a_bounded_number_of_values() {
    let with = |n: usize, value: &str| {
        let values = vec![value; n].join(",");
        rule(&format!(
            r#"{{"jsonrpc":"2.0","method":"m","params":{{"a":[{values}]}}}}"#
        ))
    };
    assert_eq!(with(16_000, "0"), "notification");
    assert_eq!(with(16_400, "0"), "mcp-values");
    assert_eq!(with(9_000, r#"{"":0}"#), "mcp-values");
    // What stands in a text counts for nothing, however its end is hidden.
    let text = r#"\"{,[\\\"{,["#.repeat(9_000);
    assert_eq!(with(1, &format!("\"{text}\"")), "notification");
    let ended = format!(r#""\\",{}"#, vec!["0"; 20_000].join(","));
    assert_eq!(with(1, &ended), "mcp-values");
}
