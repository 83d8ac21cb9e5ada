//! Clients that cancel, that go away, and that wait.

use super::{LINES, Served, messages, served};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

async fn cancel(served: &Served, lines: &[&str], id: Value) {
    let params = json!({"requestId": id, "reason": "enough"});
    let body = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
    assert_eq!(served.post(lines, &body.to_string()).await.0, 202);
}

/// What comes until the answer is there.
async fn rest(stream: &mut TcpStream) -> Vec<Value> {
    let mut got = Vec::new();
    for _ in 0..200 {
        let mut piece = [0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut piece)).await;
        let n = read.expect("an answer").unwrap();
        got.extend_from_slice(&piece[..n]);
        let text = String::from_utf8_lossy(&got);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let found = messages(body.as_bytes());
        if n == 0 || found.last().is_some_and(|last| last.get("id").is_some()) {
            return found;
        }
    }
    panic!("no answer");
}

const ALICE: &str = "Mcp-Session-Id: alice";
const BOB: &str = "Mcp-Session-Id: bob";

#[tokio::test]
async fn a_client_cancels_its_own_call_and_no_other() {
    let served = served(|_| ()).await;
    served.double.thinking.store(true, Ordering::SeqCst);
    let alice = [LINES[0], LINES[1], LINES[2], ALICE];
    let bob = [LINES[0], LINES[1], LINES[2], BOB];
    let mut of_alice = served.open(5, &alice, "fetch", json!({"url": "a"})).await;
    let mut of_bob = served.open(5, &bob, "fetch", json!({"url": "b"})).await;
    served
        .until("two questions", |s| s.recorded("approval-asked") == 2)
        .await;
    cancel(&served, &alice, json!("5")).await;
    cancel(&served, &alice, json!(6)).await;
    assert_eq!(served.recorded("mcp-cancelled"), 0);
    cancel(&served, &alice, json!(5)).await;
    let told = rest(&mut of_alice).await;
    assert_eq!(told.last().unwrap()["error"]["code"], -32800);
    // Consent that comes now is for the other one only.
    served.double.consents.add_permits(2);
    let told = rest(&mut of_bob).await;
    assert_eq!(told.last().unwrap()["result"]["isError"], false);
    assert_eq!(
        served.calls(),
        [("web/fetch 0".to_owned(), json!({"url": "b"}))]
    );
    served
        .until("a refusal", |s| s.recorded("mcp-cancelled") == 1)
        .await;
    assert_eq!(served.recorded("\"tool-called\""), 1);
}

#[tokio::test]
async fn a_call_that_is_made_is_cancelled_too() {
    let served = served(|_| ()).await;
    served.double.slow.store(true, Ordering::SeqCst);
    let mut stream = served
        .open(5, &LINES, "request_feature", json!({"title": "t"}))
        .await;
    served.until("a call", |s| s.calls().len() == 1).await;
    cancel(&served, &LINES, json!(5)).await;
    assert_eq!(
        rest(&mut stream).await.last().unwrap()["error"]["code"],
        -32800
    );
    served.double.permits.add_permits(1);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(served.double.ended.load(Ordering::SeqCst), 0);
}

/// As one document, and as a stream.
#[tokio::test]
async fn a_client_that_is_gone_gets_nothing_done() {
    for accept in ["Accept: application/json", LINES[1]] {
        let served = served(|_| ()).await;
        served.double.thinking.store(true, Ordering::SeqCst);
        let lines = [LINES[0], accept, LINES[2]];
        let stream = served.open(5, &lines, "fetch", json!({"url": "u"})).await;
        served
            .until("a question", |s| s.recorded("approval-asked") == 1)
            .await;
        drop(stream);
        tokio::time::sleep(Duration::from_millis(500)).await;
        served.double.consents.add_permits(1);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(served.calls().is_empty(), "{accept}");
        assert_eq!(served.recorded("\"tool-called\""), 0, "{accept}");
    }
}

#[tokio::test]
async fn an_effect_that_has_begun_is_not_torn_off() {
    let served = served(|_| ()).await;
    served.double.slow.store(true, Ordering::SeqCst);
    let effect = served
        .open(1, &LINES, "request_feature", json!({"title": "t"}))
        .await;
    let reading = served
        .open(2, &LINES, "clone", json!({"repository": "r"}))
        .await;
    served.until("two calls", |s| s.calls().len() == 2).await;
    drop((effect, reading));
    tokio::time::sleep(Duration::from_millis(500)).await;
    served.double.permits.add_permits(2);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(served.double.ended.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn who_waits_hears_that_it_is_alive() {
    let served = served(|_| ()).await;
    served.double.thinking.store(true, Ordering::SeqCst);
    let params =
        json!({"name": "fetch", "arguments": {"url": "u"}, "_meta": {"progressToken": "p"}});
    let body =
        json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": params}).to_string();
    let later = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        served.double.consents.add_permits(1);
    };
    let ((status, head, messages), ()) = tokio::join!(served.post(&LINES, &body), later);
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    let (last, beats) = messages.split_last().unwrap();
    assert_eq!(
        (&last["id"], &last["result"]["isError"]),
        (&json!(3), &json!(false))
    );
    assert!(beats.len() >= 2, "{beats:?}");
    for (beat, n) in beats.iter().zip(1..) {
        assert_eq!(beat["method"], "notifications/progress");
        assert_eq!(
            (
                &beat["params"]["progressToken"],
                &beat["params"]["progress"]
            ),
            (&json!("p"), &json!(n))
        );
    }
}

/// Who did not ask for progress is not sent any; who takes no stream gets one document.
#[tokio::test]
async fn waiting_is_as_the_client_can_read_it() {
    for (accept, kind) in [
        (LINES[1], "text/event-stream"),
        ("Accept: application/json", "application/json"),
    ] {
        let served = served(|_| ()).await;
        served.double.slow.store(true, Ordering::SeqCst);
        let body = json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "clone", "arguments": {"repository": "r"}}});
        let body = body.to_string();
        let lines = [LINES[0], accept, LINES[2]];
        let later = async {
            tokio::time::sleep(Duration::from_millis(400)).await;
            served.double.permits.add_permits(1);
        };
        let ((_, head, messages), ()) = tokio::join!(served.post(&lines, &body), later);
        assert!(head.contains(&format!("content-type: {kind}")), "{head}");
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert_eq!(messages[0]["result"]["isError"], false);
    }
}

#[tokio::test]
async fn an_agent_has_no_more_calls_waiting_than_there_is_room_for() {
    let served = served(|_| ()).await;
    served.double.thinking.store(true, Ordering::SeqCst);
    let mut streams = Vec::new();
    for id in 0..64 {
        streams.push(served.open(id, &LINES, "fetch", json!({"url": "u"})).await);
    }
    served
        .until("all questions", |s| s.recorded("approval-asked") == 64)
        .await;
    let answer = served.call("clone", json!({"repository": "r"})).await;
    assert_eq!(answer["error"]["data"]["rule"], "mcp-calls");
    drop(streams);
    let room = |s: &Served| {
        !s.running
            .gateway
            .mcp
            .running
            .cancel(&(0, String::new(), "1".to_owned()))
    };
    served.until("room again", room).await;
    assert!(!served.told("clone", json!({"repository": "r"})).await.0);
}
