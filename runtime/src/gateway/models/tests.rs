//! Bytes on the agent's port, bytes at an upstream, lines in the record.

mod attacks;
mod budget;
mod endpoints;
mod leaving;
mod streams;
mod stubs;
mod upstreams;

use crate::body::{self, Body};
use crate::gateway::testing::{BEARER, Running, running};
use crate::state::{Amount, Total};
use crate::web::testing::{Upstream, web};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::io;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A model of each provider; secrets are `secret-of-PROVIDER`, the host of each is `PROVIDER.test`.
fn all(contract: &mut Value) {
    let names = ["anthropic", "openai", "ollama", "compatible", "gemini"];
    let models = names.map(|provider| {
        let url = match provider {
            "compatible" => "https://compatible.test/api/v1".to_owned(),
            _ => format!("https://{provider}.test"),
        };
        json!({
            "name": provider, "provider": provider, "id": format!("{provider}-id-1"), "url": url,
            "auth": provider, "max_tokens": 1000,
            "price": {"currency": "USD", "input": 1_000_000, "output": 2_000_000, "per": 1_000_000},
        })
    });
    contract["models"] = json!(models);
    contract["agents"][0]["models"] = json!(names);
    for name in names {
        let secret = json!({"name": name, "path": format!("/secrets/{name}"), "role": "gateway"});
        contract["secrets"].as_array_mut().unwrap().push(secret);
    }
}

/// A gateway whose models are all at one upstream.
async fn at(upstream: &Upstream) -> Running {
    with(upstream, |_| ()).await
}

async fn with(upstream: &Upstream, change: impl FnOnce(&mut Value)) -> Running {
    let names = ["anthropic", "openai", "ollama", "compatible", "gemini"];
    let hosts: Vec<String> = names.iter().map(|name| format!("{name}.test")).collect();
    let hosts: Vec<_> = hosts.iter().map(|host| (host.as_str(), upstream)).collect();
    running(web(&hosts), |contract| {
        all(contract);
        change(contract);
    })
    .await
}

/// An upstream that always says the same.
async fn saying(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Upstream {
    let body: Bytes = body.into();
    Upstream::start(move |_| response(status, kind, body.clone())).await
}

fn response(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(body::whole(body));
    *response.status_mut() = status.try_into().unwrap();
    response
        .headers_mut()
        .insert("content-type", kind.parse().unwrap());
    response
}

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// An answer whose body is written by `write`.
fn piped<F>(write: impl FnOnce(Sender<Bytes, io::Error>) -> F) -> Response<Body>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, body) = Channel::new(1);
    tokio::spawn(write(sender));
    let mut response = Response::new(body.boxed_unsync());
    response
        .headers_mut()
        .insert("content-type", EVENTS.parse().unwrap());
    response
}

fn message() -> Value {
    json!({"model": "anthropic", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]})
}

fn streamed(mut body: Value) -> Value {
    body["stream"] = json!(true);
    body
}

/// An answer of Anthropic: 10 tokens in, 5 out.
fn answered() -> Value {
    json!({
        "type": "message", "role": "assistant", "content": [{"type": "text", "text": "ho"}],
        "usage": {"input_tokens": 10, "output_tokens": 5},
    })
}

/// The same as a stream.
const ANSWER: [&str; 4] = [
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"ho\"}}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":5}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
];

/// Waits until nothing is set aside, and tells what was used: turns, tokens, millionths.
async fn used(running: &Running) -> (u128, u128, u128) {
    let start = Instant::now();
    loop {
        let (used, reserved) = running.gateway.journal.read(|state| {
            let budget = state.budget();
            (budget.used(), budget.reserved())
        });
        if reserved == Total::default() {
            return (used.turns, used.tokens, used.micros);
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{reserved:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What the record says was set aside, in order.
fn set_aside(running: &Running) -> Vec<Value> {
    let record = running.record();
    let lines = record
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let events = lines.map(|line: Value| line["event"].clone());
    events.filter(|event| event["kind"] == "reserved").collect()
}

/// An agent on its own connection, whose request was sent.
async fn sent(running: &Running, path: &str, body: &Value) -> TcpStream {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {BEARER}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(&running.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads until `end` has come.
async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&read).contains(end) {
        let came = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut piece)).await;
        let came = came.expect("nothing came").unwrap();
        assert!(came > 0, "it ended: {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&piece[..came]);
    }
    String::from_utf8(read).unwrap()
}

fn amount(event: &Value) -> Amount {
    let number = |name: &str| event[name].as_u64().unwrap();
    Amount {
        turns: number("turns"),
        tokens: number("tokens"),
        micros: number("micros"),
        traffic: number("traffic"),
    }
}

fn header<'r>(request: &'r Request<Bytes>, name: &str) -> Option<&'r str> {
    request.headers().get(name).map(|v| v.to_str().unwrap())
}
