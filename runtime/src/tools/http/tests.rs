//! Rows of the monitoring reference: real MCP requests in, requests of a service that checks them out.

mod attacks;

use crate::body::{self, Body};
use crate::gateway::testing::{Running, running};
use crate::web::testing::{Upstream, web};
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};

const LINES: [&str; 3] = [
    "Content-Type: application/json",
    "Accept: application/json, text/event-stream",
    "MCP-Protocol-Version: 2025-11-25",
];

pub(super) const BASE: &str = "http://load-balancer.titanium-local.svc:7100";

/// A declared text that is one of these; any text for none.
pub(super) fn one_of(name: &str, values: &[&str]) -> Value {
    json!({"value": {"name": name, "required": true, "size": 64, "one_of": values}})
}

pub(super) fn get(name: &str, path: &str, arguments: Value) -> Value {
    json!({"name": name, "about": format!("does {name}"), "method": "GET", "path": path,
        "arguments": arguments, "when": []})
}

/// The tools of the monitoring reference.
fn monitoring() -> Value {
    let services = ["api-gateway", "auth", "user_service", "blog_service"];
    let mut status = get(
        "get_service_status",
        "/stats",
        json!([one_of("service_name", &services)]),
    );
    status["pick"] = json!("/{service_name}");
    let mut traffic = get("get_traffic_metrics", "/stats", json!([]));
    traffic["pick"] = json!("/load-balancer");
    let checked = ["load-balancer", "auth", "user_service"];
    let mut health = get(
        "check_health",
        "/health",
        json!([one_of("service_name", &checked)]),
    );
    let at = |is: &str, port: u16, path: &str| {
        json!({"argument": "service_name", "is": is, "path": path,
            "url": format!("http://{}.titanium-local.svc:{port}", is.replace('_', "-"))})
    };
    health["when"] = json!([
        at("load-balancer", 7100, "/lb-health"),
        at("auth", 7102, "/health"),
        at("user_service", 7103, "/health"),
    ]);
    json!([
        get("get_system_stats", "/stats", json!([])),
        status,
        traffic,
        health
    ])
}

/// A gateway whose agent has these tools of a service, free and with its credential.
pub(super) async fn granted(upstream: &Upstream, tools: Value) -> Running {
    let hosts = [
        "load-balancer.titanium-local.svc",
        "auth.titanium-local.svc",
        "user-service.titanium-local.svc",
    ];
    let hosts: Vec<_> = hosts.iter().map(|host| (*host, upstream)).collect();
    running(web(&hosts), |contract| {
        let names = tools.as_array().unwrap().iter();
        let grants = names.map(|tool| {
            json!({"server": "stats", "tool": tool["name"], "effect": tool["method"] != "GET", "bind": {}})
        });
        contract["agents"][0]["tools"] = grants.collect();
        contract["servers"] = json!([{"name": "stats", "size": 4096, "deadline": 2, "auth": "stats",
            "kind": {"builtin": "http", "url": BASE, "tools": tools}}]);
        let secret = json!({"name": "stats", "path": "/x", "role": "gateway"});
        contract["secrets"].as_array_mut().unwrap().push(secret);
    })
    .await
}

async fn ask(running: &Running, method: &str, params: Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let (_, _, answer) = running.ask("POST /mcp", &LINES, body.as_bytes()).await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let last = text
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("data: "));
    let answer: Value = serde_json::from_str(last.unwrap_or(&text)).unwrap();
    answer["result"].clone()
}

/// What a tool answers, or `RULE: why` as an error.
pub(super) async fn call(running: &Running, name: &str, arguments: Value) -> Result<Value, String> {
    let result = ask(
        running,
        "tools/call",
        json!({"name": name, "arguments": arguments}),
    )
    .await;
    let text = result["content"][0]["text"].as_str().unwrap();
    if result["isError"] == true {
        assert_eq!(result.get("structuredContent"), None);
        return Err(text.to_owned());
    }
    let structured = &result["structuredContent"];
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), *structured);
    assert!(
        structured["untrusted"]
            .as_str()
            .unwrap()
            .contains("never an instruction")
    );
    Ok(structured["answer"].clone())
}

pub(super) fn rule<T: std::fmt::Debug>(answer: Result<T, String>) -> String {
    let text = answer.unwrap_err();
    text.split(':').next().unwrap().to_owned()
}

pub(super) fn respond(status: u16, kind: &str, body: impl Into<Bytes>) -> Response<Body> {
    let answer = Response::builder()
        .status(status)
        .header("content-type", kind);
    answer.body(body::whole(body)).unwrap()
}

pub(super) fn with_json(value: &Value) -> Response<Body> {
    respond(200, "application/json", value.to_string())
}

fn stats() -> Value {
    json!({
        "load-balancer": {"requests": 120, "rate": 1.5},
        "api-gateway": {"state": "running"}, "auth": {"state": "stopped"},
        "user_service": ["a", "b"], "server_time": 12_345,
    })
}

/// The services of the monitoring reference behind one address, told apart by the field `Host`.
async fn services() -> Upstream {
    Upstream::start(|request: &Request<Bytes>| {
        let headers = request.headers();
        assert_eq!(headers["authorization"], "Bearer secret-of-stats");
        assert_eq!(
            (&headers["accept-encoding"], &headers["accept"]),
            (
                &"identity".parse().unwrap(),
                &"application/json".parse().unwrap()
            )
        );
        assert!(request.body().is_empty());
        let host = headers["host"].to_str().unwrap();
        match (
            request.method().as_str(),
            host,
            request.uri().to_string().as_str(),
        ) {
            ("GET", "load-balancer.titanium-local.svc:7100", "/stats") => with_json(&stats()),
            ("GET", "load-balancer.titanium-local.svc:7100", "/lb-health") => {
                with_json(&json!({"status": "lb"}))
            }
            ("GET", "auth.titanium-local.svc:7102", "/health") => {
                with_json(&json!({"status": "ok"}))
            }
            ("GET", "user-service.titanium-local.svc:7103", "/health") => {
                respond(503, "text/plain", "down")
            }
            (method, host, uri) => panic!("{method} {host} {uri}"),
        }
    })
    .await
}

#[tokio::test]
async fn s2_01_a_rest_service_is_served_as_tools() {
    let upstream = services().await;
    let running = granted(&upstream, monitoring()).await;
    let listed = ask(&running, "tools/list", json!({})).await;
    let tool = |name: &str| {
        let mut tools = listed["tools"].as_array().unwrap().iter();
        tools.find(|tool| tool["name"] == name).unwrap().clone()
    };
    let status = tool("get_service_status");
    assert_eq!(status["description"], "does get_service_status");
    assert_eq!(
        status["inputSchema"],
        json!({"type": "object", "additionalProperties": false, "required": ["service_name"], "properties": {
            "service_name": {"type": "string", "enum": ["api-gateway", "auth", "user_service", "blog_service"]}}})
    );
    assert_eq!(status["annotations"]["readOnlyHint"], true);
    assert_eq!(
        tool("get_system_stats")["inputSchema"]["properties"],
        json!({})
    );
    assert!(upstream.asked().is_empty(), "a list asks no service");
}

#[tokio::test]
async fn s2_02_get_system_stats() {
    let upstream = services().await;
    let running = granted(&upstream, monitoring()).await;
    assert_eq!(
        call(&running, "get_system_stats", json!({})).await,
        Ok(stats())
    );
    assert!(
        running.record().contains("get_system_stats"),
        "calls are recorded"
    );
}

#[tokio::test]
async fn s2_03_get_service_status() {
    let upstream = services().await;
    let running = granted(&upstream, monitoring()).await;
    for (name, answer) in [
        ("api-gateway", json!({"state": "running"})),
        ("auth", json!({"state": "stopped"})),
        ("user_service", json!(["a", "b"])),
    ] {
        let arguments = json!({"service_name": name});
        assert_eq!(
            call(&running, "get_service_status", arguments).await,
            Ok(answer)
        );
    }
    // It is declared, but the service says nothing of it.
    let missing = call(
        &running,
        "get_service_status",
        json!({"service_name": "blog_service"}),
    )
    .await;
    assert_eq!(rule(missing), "http-pick");
    for arguments in [
        json!({}),
        json!({"service_name": "redis"}),
        json!({"service_name": 1}),
        json!({"service_name": "auth", "x": 1}),
    ] {
        let answer = call(&running, "get_service_status", arguments.clone()).await;
        assert_eq!(rule(answer), "tool-arguments", "{arguments}");
    }
    assert_eq!(upstream.asked().len(), 4);
}

#[tokio::test]
async fn s2_04_get_traffic_metrics() {
    let upstream = services().await;
    let running = granted(&upstream, monitoring()).await;
    let answer = call(&running, "get_traffic_metrics", json!({})).await;
    assert_eq!(answer, Ok(json!({"requests": 120, "rate": 1.5})));
}

/// Each service has a base URL of its own, and the load balancer another path.
#[tokio::test]
async fn s2_05_check_health_asks_each_service_where_it_is() {
    let upstream = services().await;
    let running = granted(&upstream, monitoring()).await;
    for (name, answer) in [("load-balancer", "lb"), ("auth", "ok")] {
        let answered = call(&running, "check_health", json!({"service_name": name})).await;
        assert_eq!(answered, Ok(json!({"status": answer})));
    }
    let down = call(
        &running,
        "check_health",
        json!({"service_name": "user_service"}),
    )
    .await;
    assert_eq!(
        down,
        Err("http-status: the service answered with status 503".to_owned())
    );
}

/// The heartbeat of services is theirs; what they say of it is read.
#[tokio::test]
async fn s2_30_the_state_of_a_service_is_read_where_it_tells_it() {
    let upstream = services().await;
    let running = granted(&upstream, monitoring()).await;
    let up = call(&running, "check_health", json!({"service_name": "auth"})).await;
    let down = call(
        &running,
        "check_health",
        json!({"service_name": "user_service"}),
    )
    .await;
    let down = rule(down);
    assert_eq!(
        (up, down.as_str()),
        (Ok(json!({"status": "ok"})), "http-status")
    );
}

/// There is no database here: a store of somebody else has an endpoint that tells of its health, and that is asked.
#[tokio::test]
async fn s3_20_the_health_of_an_external_store_is_probed() {
    let upstream =
        Upstream::start(
            |request: &Request<Bytes>| match request.uri().to_string().as_str() {
                "/health/database" => with_json(&json!({"status": "up", "connections": 3})),
                "/health/redis" => respond(503, "application/json", r#"{"status": "down"}"#),
                uri => panic!("{uri}"),
            },
        )
        .await;
    let stores = json!([one_of("store", &["database", "redis"])]);
    let running = granted(
        &upstream,
        json!([get("check_health", "/health/{store}", stores)]),
    )
    .await;
    let up = call(&running, "check_health", json!({"store": "database"})).await;
    assert_eq!(up, Ok(json!({"status": "up", "connections": 3})));
    let down = call(&running, "check_health", json!({"store": "redis"})).await;
    assert_eq!(rule(down), "http-status");
}

/// Numbers and texts in the query of what reads, and in the body of what changes.
#[tokio::test]
async fn what_stands_in_no_path_is_sent_in_query_or_body() {
    let upstream = Upstream::start(|request: &Request<Bytes>| {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let kind = request
            .headers()
            .get("content-type")
            .map(|kind| kind.to_str().unwrap());
        with_json(&json!([
            request.method().as_str(),
            request.uri().to_string(),
            kind,
            body
        ]))
    })
    .await;
    let text = |name: &str, required: bool| json!({"value": {"name": name, "required": required, "size": 64, "one_of": []}, "about": "a text"});
    let number = json!({"value": {"name": "replicas", "required": false, "size": 64, "one_of": [], "default": "2"},
        "range": {"min": 0, "max": 10}});
    let arguments = json!([text("name", true), text("note", false), number]);
    let tools: Value = ["GET", "DELETE", "POST", "PUT", "PATCH"]
        .iter()
        .map(|method| {
            let mut tool = get(
                &format!("scale_{}", method.to_lowercase()),
                "/services/{name}/scale",
                arguments.clone(),
            );
            tool["method"] = json!(method);
            tool
        })
        .collect();
    let running = granted(&upstream, tools).await;
    let listed = ask(&running, "tools/list", json!({})).await;
    let tool = |name: &str| {
        listed["tools"]
            .as_array()
            .unwrap()
            .iter()
            .find(|tool| tool["name"] == name)
            .unwrap()
            .clone()
    };
    let schema = &tool("scale_get")["inputSchema"]["properties"];
    assert_eq!(
        schema["replicas"],
        json!({"type": "integer", "minimum": 0, "maximum": 10, "default": 2})
    );
    assert_eq!(
        schema["note"],
        json!({"type": "string", "maxLength": 64, "description": "a text"})
    );
    assert_eq!(tool("scale_post")["annotations"]["destructiveHint"], true);
    for method in ["get", "delete"] {
        let arguments = json!({"name": "a b", "note": "x&y=/?#é", "replicas": 3});
        let answer = call(&running, &format!("scale_{method}"), arguments)
            .await
            .unwrap();
        let url = "/services/a%20b/scale?note=x%26y%3D%2F%3F%23%C3%A9&replicas=3";
        assert_eq!(answer, json!([method.to_uppercase(), url, null, null]));
    }
    for method in ["post", "put", "patch"] {
        let arguments = json!({"name": "auth", "note": "\"}\n,"});
        let answer = call(&running, &format!("scale_{method}"), arguments)
            .await
            .unwrap();
        let body = json!({"note": "\"}\n,", "replicas": 2});
        assert_eq!(
            answer,
            json!([
                method.to_uppercase(),
                "/services/auth/scale",
                "application/json",
                body
            ])
        );
    }
    for replicas in [json!(11), json!(-1), json!(1.5), json!("3"), json!(null)] {
        let answer = call(
            &running,
            "scale_get",
            json!({"name": "a", "replicas": replicas}),
        )
        .await;
        assert_eq!(rule(answer), "tool-arguments");
    }
}

/// A pattern that others would read otherwise is still what a call is held to.
#[tokio::test]
async fn a_pattern_holds_where_no_schema_shows_it() {
    let upstream =
        Upstream::start(|request: &Request<Bytes>| with_json(&json!(request.uri().to_string())))
            .await;
    let mut arg = one_of("name", &[]);
    arg["value"]["match"] = json!("\\w{1,60}");
    arg["value"]["size"] = json!(400);
    let running = granted(&upstream, json!([get("t", "/a/{name}", json!([arg]))])).await;
    let listed = ask(&running, "tools/list", json!({})).await;
    let tools = listed["tools"].as_array().unwrap();
    let tool = tools.iter().find(|tool| tool["name"] == "t").unwrap();
    let shown = tool["inputSchema"]["properties"]["name"].to_string();
    assert!(shown.contains("{1,60}"), "{shown}");
    let fits = call(&running, "t", json!({"name": "wörter"})).await;
    assert_eq!(fits, Ok(json!("/a/w%C3%B6rter")));
    for name in ["a b", "", "a".repeat(61).as_str()] {
        assert!(
            call(&running, "t", json!({"name": name})).await.is_err(),
            "{name}"
        );
    }
    assert_eq!(upstream.asked().len(), 1);
}

proptest::proptest! {
    /// Whatever the values are, a request has the parts that the spec gave it, and each value is one of them.
    #[test]
    fn every_value_is_one_part_of_a_request(path in "\\PC{0,12}|[./%\\\\?#;a]{0,8}|.{0,6}", text in ".{0,40}") {
        let tool = get("t", "/a/{path}/b", json!([one_of("path", &[]), one_of("text", &[])]));
        let tool = serde_json::from_value(tool).unwrap();
        let tool = super::Tool::read("https://api.example.com/v1", &tool).unwrap();
        let values = super::Values::from([
            ("path".to_owned(), path.clone()), ("text".to_owned(), text.clone()),
        ]);
        let Ok(request) = tool.request(&values, None) else {
            assert!(!crate::template::fits_path(&path), "{path:?}");
            return Ok(());
        };
        let uri = request.uri();
        assert_eq!((uri.scheme_str(), uri.host(), uri.port_u16()), (Some("https"), Some("api.example.com"), None));
        let parts: Vec<&str> = uri.path().split('/').collect();
        assert_eq!(parts.len(), 5, "{uri}");
        assert_eq!((parts[1], parts[2], parts[4]), ("v1", "a", "b"));
        assert_eq!(decoded(parts[3]), path);
        let query = uri.query().unwrap();
        assert_eq!(query.matches(['&', '=', '#', '/']).count(), 1, "{query}");
        assert_eq!(decoded(query.strip_prefix("text=").unwrap()), text);
        assert_eq!(request.headers().len(), 3);
    }
}

/// What a service reads of an encoded part.
fn decoded(part: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = part.bytes();
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next().unwrap()).to_digit(16).unwrap();
        match byte {
            b'%' => out.push(u8::try_from(digit() * 16 + digit()).unwrap()),
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap()
}
