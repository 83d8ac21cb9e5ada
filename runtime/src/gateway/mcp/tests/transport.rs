use super::{LINES, served};
use serde_json::json;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[tokio::test]
async fn other_methods_of_http_have_nothing_here() {
    let served = served(|_| ()).await;
    for method in ["GET", "DELETE", "PUT", "OPTIONS", "HEAD"] {
        let (status, head, _) = served
            .running
            .ask(&format!("{method} /mcp"), &LINES, b"")
            .await;
        assert_eq!(status, 405, "{method}");
        assert!(head.to_ascii_lowercase().contains("allow: post"), "{head}");
    }
    served
        .until("refusals", |s| s.recorded("mcp-http-method") == 5)
        .await;
}

#[tokio::test]
async fn no_browser_is_a_client() {
    let served = served(|_| ()).await;
    for origin in [
        "Origin: https://example.com",
        "Origin: null",
        "Origin: http://127.0.0.1:8080",
        "Origin:",
    ] {
        let lines = [LINES[0], LINES[1], LINES[2], origin];
        let (status, _, messages) = served.post(&lines, PING).await;
        assert_eq!(status, 403, "{origin}");
        assert_eq!(messages[0]["error"]["data"]["rule"], "mcp-origin");
    }
    served
        .until("refusals", |s| s.recorded("mcp-origin") == 4)
        .await;
}

#[tokio::test]
async fn bodies_are_json_and_say_so_once() {
    let served = served(|_| ()).await;
    for (kind, status) in [
        ("Content-Type: application/json", 200),
        ("Content-Type: Application/JSON; charset=utf-8", 200),
        ("Content-Type: text/plain", 415),
        ("Content-Type: application/json, text/plain", 415),
        ("Content-Type: application/x-www-form-urlencoded", 415),
        ("Content-Type: application/jsonx", 415),
        ("Content-Type:", 415),
        ("X-Content-Type: application/json", 415),
    ] {
        assert_eq!(
            served.post(&[kind, LINES[1], LINES[2]], PING).await.0,
            status,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn answers_have_a_kind_that_the_client_takes() {
    let served = served(|_| ()).await;
    for (accept, status, kind) in [
        ("Accept: application/json", 200, "application/json"),
        ("Accept: */*", 200, "application/json"),
        ("Accept: text/event-stream", 200, "text/event-stream"),
        (
            "Accept: application/json;q=0.9, text/event-stream",
            200,
            "application/json",
        ),
        ("X-Accept: none", 200, "application/json"),
        ("Accept: text/html", 406, "application/json"),
        ("Accept:", 406, "application/json"),
    ] {
        let (got, head, messages) = served.post(&[LINES[0], accept, LINES[2]], PING).await;
        assert_eq!(got, status, "{accept}");
        assert!(
            head.contains(&format!("content-type: {kind}")),
            "{accept}: {head}"
        );
        if status == 200 {
            assert_eq!(messages, [json!({"jsonrpc": "2.0", "id": 1, "result": {}})]);
        }
    }
}

#[tokio::test]
async fn bodies_that_two_could_read_differently_are_refused() {
    let served = served(|_| ()).await;
    let call = |arguments: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"clone","arguments":{arguments}}}}}"#
        )
    };
    let deep = format!(
        "{}{}",
        r#"{"repository":"#.repeat(200),
        "1".to_owned() + &"}".repeat(200)
    );
    for (body, rule) in [
        (format!("[{PING},{PING}]"), "mcp-batch"),
        (call(r#"{"repository":"a","repository":"b"}"#), "mcp-json"),
        (
            call(r#"{"repository":"a","rep\u006fsitory":"b"}"#),
            "mcp-json",
        ),
        (call(&deep), "mcp-json"),
        (format!("{PING}{PING}"), "mcp-json"),
        ("\u{feff}{}".to_owned(), "mcp-json"),
        (String::new(), "mcp-json"),
    ] {
        let (status, _, messages) = served.post(&LINES, &body).await;
        assert_eq!(
            (status, messages[0]["error"]["data"]["rule"].as_str()),
            (400, Some(rule)),
            "{body:.60}"
        );
        assert_eq!(messages[0]["id"], json!(null));
    }
    let huge = call(&json!({"repository": "x".repeat(2 << 20)}).to_string());
    let (status, _, _) = served.post(&LINES, &huge).await;
    assert!(matches!(status, 413 | 0), "{status}");
    assert!(served.calls().is_empty());
}

#[tokio::test]
async fn nobody_without_the_bearer_is_answered() {
    let served = served(|_| ()).await;
    for bearer in ["", "Authorization: Bearer other", "Mcp-Session-Id: session"] {
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: g\r\n{bearer}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
        );
        let head = head.replace("\r\n\r\nContent-Length", "\r\nContent-Length");
        let mut stream = tokio::net::TcpStream::connect(&served.running.address)
            .await
            .unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes())
            .await
            .unwrap();
        let mut answer = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer)
            .await
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
}
