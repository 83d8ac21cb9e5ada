mod attacks;

use super::super::{Call, Failed, Output};
use crate::body;
use crate::gateway::testing::{Running, running};
use crate::web::testing::{Upstream, web};
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const HOST: &str = "search.server.pure-agent";

fn respond(status: u16, kind: &str, body: impl Into<Bytes>) -> Response<body::Body> {
    let answer = Response::builder()
        .status(status)
        .header("content-type", kind);
    answer.body(body::whole(body)).unwrap()
}

fn result(message: &Value, result: Value) -> Response<body::Body> {
    let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
    respond(200, "application/json", answer.to_string())
}

fn tool(name: &str) -> Value {
    json!({"name": name, "description": "finds", "inputSchema": {"type": "object"}})
}

/// A server of good manners but for what `odd` answers; it names sessions `s1`, `s2` and so on.
async fn server<F>(odd: F) -> (Upstream, Running)
where
    F: Fn(&Value) -> Option<Response<body::Body>> + Clone + Send + Sync + 'static,
{
    let sessions = Arc::new(AtomicU32::new(0));
    let upstream = Upstream::start(move |request: &Request<Bytes>| {
        assert_eq!(
            (request.method().as_str(), request.uri().path()),
            ("POST", "/mcp")
        );
        assert_eq!(
            request.headers()["authorization"],
            "Bearer secret-of-search"
        );
        assert_eq!(
            request.headers()["accept"],
            "application/json, text/event-stream"
        );
        let message: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(message["jsonrpc"], "2.0");
        if let Some(answer) = odd(&message) {
            return answer;
        }
        if message["method"] == "initialize" {
            assert_eq!(message["params"]["protocolVersion"], "2025-11-25");
            let number = sessions.fetch_add(1, Ordering::SeqCst) + 1;
            let mut answer = result(
                &message,
                json!({"protocolVersion": "2025-06-18", "capabilities": {}}),
            );
            answer
                .headers_mut()
                .insert("mcp-session-id", format!("s{number}").parse().unwrap());
            return answer;
        }
        let now = format!("s{}", sessions.load(Ordering::SeqCst));
        if request.headers()["mcp-session-id"] != now.as_str() {
            return respond(404, "text/plain", "");
        }
        assert_eq!(request.headers()["mcp-protocol-version"], "2025-06-18");
        match message["method"].as_str().unwrap() {
            "notifications/initialized" => respond(202, "text/plain", ""),
            "tools/list" => result(&message, json!({"tools": [tool("find"), tool("restart")]})),
            "tools/call" if message["params"]["name"] == "restart" => {
                sessions.fetch_add(1, Ordering::SeqCst);
                result(&message, json!({"content": []}))
            }
            "tools/call" => {
                let text = message["params"]["arguments"].to_string();
                result(
                    &message,
                    json!({"content": [{"type": "text", "text": text, "_meta": {"x": 1}}]}),
                )
            }
            other => panic!("{other}"),
        }
    })
    .await;
    let running = running(web(&[(HOST, &upstream)]), |contract| {
        let kind = json!({"builtin": "image", "host": HOST, "port": 8000});
        let server = json!({"name": "search", "kind": kind, "auth": "search", "size": 10_000, "deadline": 5});
        contract["servers"].as_array_mut().unwrap().push(server);
        let secret = json!({"name": "search", "path": "/run/search", "role": "gateway"});
        contract["secrets"].as_array_mut().unwrap().push(secret);
    })
    .await;
    (upstream, running)
}

async fn call(running: &Running, tool: &str) -> Result<Output, Failed> {
    let Value::Object(arguments) = json!({"a": 1}) else {
        panic!("no object");
    };
    let call = Call {
        server: "search",
        tool,
        arguments,
        cycle: 0,
    };
    running.gateway.tools.call(call).await
}

#[tokio::test]
async fn a_server_is_asked_in_one_session() {
    let (upstream, running) = server(|_| None).await;
    let tools = running.gateway.tools.list("search").await.unwrap();
    assert_eq!(
        tools
            .iter()
            .map(|tool| tool.name.as_str())
            .collect::<Vec<_>>(),
        ["find", "restart"]
    );
    let output = call(&running, "find").await.unwrap();
    // What is not known of a block is not passed on.
    assert_eq!(
        output.content,
        [json!({"type": "text", "text": "{\"a\":1}"})]
    );
    assert!(!output.error);
    call(&running, "find").await.unwrap();
    assert_eq!(upstream.asked().len(), 5);
    assert_eq!(
        call(&running, "other").await.unwrap_err().rule,
        "tool-unknown"
    );
    assert_eq!(upstream.asked().len(), 5);
    assert!(!format!("{:?}", running.gateway.tools).contains("secret-of-search"));
}

#[tokio::test]
async fn a_server_that_was_restarted_gets_a_new_session() {
    let (upstream, running) = server(|_| None).await;
    call(&running, "restart").await.unwrap();
    let output = call(&running, "find").await.unwrap();
    assert_eq!(output.content[0]["text"], "{\"a\":1}");
    let calls = |asked: &Request<Bytes>| String::from_utf8_lossy(asked.body()).contains("\"find\"");
    assert_eq!(
        upstream.asked().iter().filter(|asked| calls(asked)).count(),
        2
    );
    // One that forgets each session is not asked for ever.
    let forgets = |message: &Value| {
        (message["method"] == "tools/list").then(|| respond(404, "text/plain", ""))
    };
    let (upstream, running) = server(forgets).await;
    assert_eq!(
        running.gateway.tools.list("search").await.unwrap_err().rule,
        "mcp-session"
    );
    assert_eq!(upstream.asked().len(), 6);
}

#[tokio::test]
async fn answers_may_stream() {
    let (_upstream, running) = server(|message| {
        (message["method"] == "tools/call").then(|| {
            let noise = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}});
            let asks = json!({"jsonrpc": "2.0", "id": message["id"], "method": "sampling/createMessage", "params": {}});
            let other = json!({"jsonrpc": "2.0", "id": 999, "result": {"content": [{"type": "text", "text": "no"}]}});
            let mine = json!({"jsonrpc": "2.0", "id": message["id"], "result":
                {"content": [{"type": "text", "text": "yes"}], "structuredContent": {"a": 1}, "isError": true}});
            let events = format!("id: 1\ndata:\n\ndata: {noise}\n\n: x\n\ndata: {asks}\n\ndata: {other}\n\ndata: {mine}\n\n");
            respond(200, "text/event-stream", events)
        })
    })
    .await;
    let output = call(&running, "find").await.unwrap();
    assert_eq!(
        (&output.content[0]["text"], output.structured, output.error),
        (&json!("yes"), Some(json!({"a": 1})), true)
    );
}
