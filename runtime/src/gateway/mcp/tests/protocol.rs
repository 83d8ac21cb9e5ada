use super::{LINES, served};
use serde_json::{Value, json};

#[tokio::test]
async fn a_handshake_agrees_on_a_version() {
    let served = served(|_| ()).await;
    for (asked, agreed) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
    ] {
        let body = json!({"jsonrpc": "2.0", "id": "i", "method": "initialize", "params": {
            "protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "c", "version": "1"},
        }});
        let (status, head, messages) = served.post(&LINES[..2], &body.to_string()).await;
        assert_eq!(status, 200);
        assert!(
            head.contains("mcp-session-id: ") && head.contains("content-type: application/json")
        );
        assert_eq!(messages[0]["id"], "i");
        let result = &messages[0]["result"];
        assert_eq!(result["protocolVersion"], agreed);
        assert_eq!(result["capabilities"], json!({"tools": {}}));
        assert_eq!(result["serverInfo"]["name"], "pure-agent");
    }
    let answer = served.ask("initialize", json!({})).await;
    assert_eq!(answer["error"]["code"], -32602);
}

#[tokio::test]
async fn notifications_and_answers_are_taken_without_a_body() {
    let served = served(|_| ()).await;
    for body in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/unknown"}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{}}"#,
    ] {
        let (status, _, body) = served
            .running
            .ask("POST /mcp", &LINES, body.as_bytes())
            .await;
        assert_eq!((status, body), (202, Vec::new()));
    }
}

#[tokio::test]
async fn other_methods_are_not_served() {
    let served = served(|_| ()).await;
    assert_eq!(served.ask("ping", json!({})).await["result"], json!({}));
    for method in [
        "logging/setLevel",
        "resources/list",
        "prompts/list",
        "completion/complete",
        "sampling/createMessage",
        "tools/LIST",
        "server/discover",
        "tasks/list",
        "",
        "tools/call ",
    ] {
        let answer = served.ask(method, json!({})).await;
        assert_eq!(answer["error"]["code"], -32601, "{method}");
        assert_eq!(answer["error"]["data"]["rule"], "mcp-method", "{method}");
    }
    let answer = served.ask("tools/list", json!({"cursor": "x"})).await;
    assert_eq!(answer["error"]["code"], -32602);
    for params in [
        json!({}),
        json!({"name": 7}),
        json!({"name": "clone", "arguments": []}),
        json!({"name": "clone", "arguments": null}),
    ] {
        let answer = served.ask("tools/call", params.clone()).await;
        assert_eq!(answer["error"]["code"], -32602, "{params}");
    }
    assert!(served.calls().is_empty());
}

#[tokio::test]
async fn versions_are_checked_in_the_header() {
    let served = served(|_| ()).await;
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    for (version, status) in [
        ("2025-11-25", 200),
        ("2025-06-18", 200),
        ("2025-03-26", 200),
        ("2024-11-05", 400),
        ("1900-01-01", 400),
        ("", 400),
        ("2025-11-25 ", 200),
        ("2025-11-25, 2025-06-18", 400),
    ] {
        let line = format!("MCP-Protocol-Version: {version}");
        let (got, _, messages) = served.post(&[LINES[0], LINES[1], &line], ping).await;
        assert_eq!(got, status, "{version:?}");
        if status == 400 {
            let error = &messages[0]["error"];
            assert_eq!(error["code"], -32022, "{version:?}");
            assert_eq!(error["data"]["supported"][0], "2026-07-28");
        }
    }
    let twice = [
        LINES[0],
        LINES[1],
        LINES[2],
        "mcp-protocol-version: 2025-06-18",
    ];
    assert_eq!(served.post(&twice, ping).await.0, 400);
    // Of the first version, which did not have the field.
    assert_eq!(served.post(&LINES[..2], ping).await.0, 200);
}

fn each(method: &str, mut params: Value) -> String {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

const EACH: [&str; 3] = [LINES[0], LINES[1], "MCP-Protocol-Version: 2026-07-28"];

#[tokio::test]
async fn requests_of_2026_need_no_handshake() {
    let served = served(|_| ()).await;
    let ask = async |method: &str, more: &[&str], params: Value| {
        let told = format!("Mcp-Method: {method}");
        let lines: Vec<&str> = EACH
            .iter()
            .copied()
            .chain([told.as_str()])
            .chain(more.iter().copied())
            .collect();
        served.post(&lines, &each(method, params)).await
    };
    let (status, head, messages) = ask("server/discover", &[], json!({})).await;
    let result = &messages[0]["result"];
    assert_eq!((status, &result["resultType"]), (200, &json!("complete")));
    assert!(!head.contains("mcp-session-id"));
    assert_eq!(result["supportedVersions"][0], "2026-07-28");
    let (_, _, messages) = ask("tools/list", &[], json!({})).await;
    let result = &messages[0]["result"];
    assert_eq!(
        (&result["cacheScope"], &result["resultType"]),
        (&json!("private"), &json!("complete"))
    );
    assert!(result["ttlMs"].is_u64());
    let params = json!({"name": "clone", "arguments": {"repository": "github.com/dlddu/x"}});
    for name in ["Mcp-Name: clone", "Mcp-Name: =?base64?Y2xvbmU=?="] {
        let (status, _, messages) = ask("tools/call", &[name], params.clone()).await;
        assert_eq!(
            (status, &messages[0]["result"]["isError"]),
            (200, &json!(false))
        );
        assert_eq!(messages[0]["result"].get("ttlMs"), None);
    }
    for method in [
        "ping",
        "initialize2",
        "logging/setLevel",
        "subscriptions/listen",
    ] {
        let (status, _, messages) = ask(method, &[], json!({})).await;
        assert_eq!(
            (status, &messages[0]["error"]["code"]),
            (404, &json!(-32601)),
            "{method}"
        );
    }
}

/// The header is what a proxy would judge by, the body what is done.
#[tokio::test]
async fn a_header_that_differs_from_the_body_is_refused() {
    let served = served(|_| ()).await;
    let params = json!({"name": "request_feature", "arguments": {"title": "t"}});
    let body = each("tools/call", params);
    for lines in [
        vec!["Mcp-Method: tools/list", "Mcp-Name: request_feature"],
        vec!["Mcp-Method: tools/call", "Mcp-Name: clone"],
        vec!["Mcp-Method: tools/call", "Mcp-Name: Request_feature"],
        vec!["Mcp-Method: tools/call", "Mcp-Name: =?base64?Y2xvbmU=?="],
        vec!["Mcp-Method: tools/call", "Mcp-Name: =?base64?!?="],
        vec!["Mcp-Method: tools/call"],
        vec!["Mcp-Name: request_feature"],
        vec![
            "Mcp-Method: tools/call",
            "Mcp-Name: request_feature",
            "Mcp-Name: clone",
        ],
    ] {
        let lines: Vec<&str> = EACH.iter().copied().chain(lines).collect();
        let (status, _, messages) = served.post(&lines, &body).await;
        assert_eq!(status, 400, "{lines:?}");
        assert_eq!(
            messages[0]["error"]["data"]["rule"], "mcp-header",
            "{lines:?}"
        );
    }
    let good = ["Mcp-Method: tools/call", "Mcp-Name: request_feature"];
    for version in [
        "MCP-Protocol-Version: 2025-11-25",
        "MCP-Protocol-Version: 2026-07-29",
        "X-No: version",
    ] {
        let lines = [LINES[0], LINES[1], version, good[0], good[1]];
        let (status, _, messages) = served.post(&lines, &body).await;
        assert_eq!(
            (status, &messages[0]["error"]["code"]),
            (400, &json!(-32020)),
            "{version}"
        );
    }
    let plain = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    assert_eq!(served.post(&EACH, plain).await.0, 400);
    assert!(served.calls().is_empty());
}

#[tokio::test]
async fn another_version_in_the_body_is_answered_with_those_spoken() {
    let served = served(|_| ()).await;
    let body = each("tools/list", json!({})).replace("2026-07-28", "2030-01-01");
    let lines = [
        LINES[0],
        LINES[1],
        "MCP-Protocol-Version: 2030-01-01",
        "Mcp-Method: tools/list",
    ];
    let (status, _, messages) = served.post(&lines, &body).await;
    let error = &messages[0]["error"];
    assert_eq!((status, &error["code"]), (400, &json!(-32022)));
    assert_eq!(error["data"]["requested"], "2030-01-01");
    assert_eq!(error["data"]["supported"][1], "2025-11-25");
}
