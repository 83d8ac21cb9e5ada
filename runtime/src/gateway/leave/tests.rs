//! The way out, and who does not get there.

use super::super::testing::{BEARER, Running, UID, running};
use super::super::{control, http};
use super::{answer, left, until};
use crate::proof::{Key, Use};
use crate::record::Event;
use crate::web::testing::web;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

async fn ports(running: &Running) -> (String, String) {
    let life = Duration::from_secs(20);
    let export = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let control = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = |l: &TcpListener| l.local_addr().unwrap().to_string();
    let addresses = (at(&export), at(&control));
    let mine = Arc::clone(&running.gateway);
    tokio::spawn(http::serve(
        export,
        life,
        move |asked| answer(Arc::clone(&mine), asked),
        |_refusal| (),
    ));
    let mine = Arc::clone(&running.gateway);
    tokio::spawn(http::serve(
        control,
        life,
        move |asked| control::answer(Arc::clone(&mine), asked),
        |_refusal| (),
    ));
    addresses
}

fn proof(purpose: Use) -> String {
    Key::new(vec![7; 32]).unwrap().proof(UID, purpose)
}

/// Status and body of one request.
async fn ask(address: &str, what: &str, bearer: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let (field, length) = match what.starts_with("CONNECT") {
        true => ("Proxy-Authorization", String::new()),
        false => (
            "Authorization",
            format!("Content-Length: {}\r\n", body.len()),
        ),
    };
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{what} HTTP/1.1\r\nHost: gateway\r\n{field}: Bearer {bearer}\r\n{length}\r\n{body}"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    // A refusal is whole when its last brace is there; a tunnel has no body.
    while !answer.ends_with(b"}") && !answer.starts_with(b"HTTP/1.1 200 OK\r\n\r\n") {
        let read = stream.read(&mut piece);
        match tokio::time::timeout(Duration::from_secs(5), read).await {
            Ok(Ok(count)) if count > 0 => answer.extend_from_slice(&piece[..count]),
            _ => break,
        }
        if what.starts_with("CONNECT") && answer.starts_with(b"HTTP/1.1 200") {
            break;
        }
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).and_then(|s| s.parse().ok());
    let body = text.split("\r\n\r\n").nth(1).unwrap_or_default();
    (
        status.unwrap_or(0),
        serde_json::from_str(body).unwrap_or(Value::Null),
    )
}

async fn sealed(change: impl FnOnce(&mut Value)) -> Running {
    let running = running(web(&[]), change).await;
    let sealed = Event::CycleSealed { cycle: 0 };
    running
        .gateway
        .journal
        .record(sealed)
        .unwrap()
        .await
        .unwrap();
    running
}

#[tokio::test]
async fn only_the_export_step_leaves_and_only_to_its_hosts() {
    let running = sealed(|_| ()).await;
    let (export, _) = ports(&running).await;
    let mine = proof(Use::Export);
    for host in [
        "api.linear.app:443",
        "uploads.linear.app:443",
        "api.github.com:443",
    ] {
        let (status, _) = ask(&export, &format!("CONNECT {host}"), &mine, &Value::Null).await;
        assert_eq!(status, 200, "{host}");
    }
    for (what, rule) in [
        ("CONNECT api.linear.app:80", "egress"),
        ("CONNECT api.anthropic.com:443", "egress"),
        ("CONNECT packages.example.com:443", "egress"),
        ("CONNECT linear.app:443", "egress"),
        ("CONNECT x.api.linear.app:443", "egress"),
        ("CONNECT api.linear.app.:443", "host-trailing-dot"),
        ("CONNECT 169.254.169.254:80", "host-address"),
        ("GET /v1/exports", "path"),
    ] {
        let (status, body) = ask(&export, what, &mine, &Value::Null).await;
        assert!(status >= 400, "{what}");
        let found = body["error"]["rule"].as_str().unwrap().to_owned();
        assert!(
            found == rule || rule == "host-address" && found.starts_with("host"),
            "{what} {found}"
        );
    }
    for bearer in [
        BEARER,
        &proof(Use::Router),
        &proof(Use::Marker),
        "",
        &mine[1..],
    ] {
        let asked = ask(&export, "CONNECT api.linear.app:443", bearer, &Value::Null).await;
        assert!(matches!(asked.0, 400 | 401), "{asked:?}");
    }
    let record = running.record();
    assert!(record.contains("\"api.linear.app:443\"") && record.contains("request-denied"));
}

#[tokio::test]
async fn nothing_leaves_while_an_agent_works() {
    let working = running(web(&[]), |_| ()).await;
    let (export, control) = ports(&working).await;
    let mine = proof(Use::Export);
    let (status, body) = ask(&export, "CONNECT api.linear.app:443", &mine, &Value::Null).await;
    assert_eq!(
        (status, &body["error"]["rule"]),
        (409, &json!("cycle-open"))
    );
    let planned =
        json!({"planned": {"name": "report", "key": "a".repeat(64), "content": "b".repeat(64)}});
    let (status, _) = ask(&control, "POST /v1/exports", &mine, &planned).await;
    assert_eq!(status, 409);
    // The step ends what a lost router left open.
    let (status, _) = ask(&control, "POST /v1/exports/end", &mine, &Value::Null).await;
    assert_eq!(status, 200);
    let (status, _) = ask(&export, "CONNECT api.linear.app:443", &mine, &Value::Null).await;
    assert_eq!(status, 200);
    let limits = &working.gateway.contract.limits;
    assert_eq!(until(limits, 1_000), 1_000 + 18_000 + 1_800 + 2_400 + 600);
    assert_eq!(until(limits, u64::MAX), u64::MAX);
    assert!((22_700..=22_800).contains(&left(&working.gateway)));
}

#[tokio::test]
async fn the_ledger_keeps_what_was_planned_and_done() {
    let running = sealed(|_| ()).await;
    let (_, control) = ports(&running).await;
    let mine = proof(Use::Export);
    let (key, other) = ("a".repeat(64), "b".repeat(64));
    let plan = |name: &str, key: &str, content: &str| json!({"planned": {"name": name, "key": key, "content": content}});
    let done = |name: &str, key: &str, url: &str| json!({"done": {"name": name, "key": key, "outcome": {"done": {"url": url}}}});
    for (entry, rule) in [
        (done("report", &key, "https://x"), "export-unplanned"),
        (plan("else", &key, &key), "export-unknown"),
        (plan("report", "x", &key), "export-key"),
        (plan("report", &key, &key), ""),
        (plan("report", &key, &key), ""),
        (plan("report", &other, &key), "export-other"),
        (plan("report", &key, &other), "export-other"),
        (done("report", &other, "https://x"), "export-other"),
        (done("report", &key, "https://x"), ""),
        (done("report", &key, "https://x"), ""),
        (done("report", &key, "https://y"), "export-done"),
        (json!({"planned": {}}), "body-form"),
    ] {
        let (status, body) = ask(&control, "POST /v1/exports", &mine, &entry).await;
        let found = body["error"]["rule"].as_str().unwrap_or_default();
        assert_eq!((found, status == 200), (rule, rule.is_empty()), "{entry}");
    }
    let (_, known) = ask(&control, "GET /v1/exports", &mine, &Value::Null).await;
    assert_eq!(known["exports"][0]["outcome"]["done"]["url"], "https://x");
    assert_eq!(known["inputs"]["issue"], "A-1");
    for bearer in [BEARER, &proof(Use::Router)] {
        let (status, _) = ask(&control, "GET /v1/exports", bearer, &Value::Null).await;
        assert_eq!(status, 401);
    }
}
