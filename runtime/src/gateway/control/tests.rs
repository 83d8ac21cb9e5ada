use super::testing::Port;
use crate::digest::sha256;
use crate::gateway::testing::{BEARER, Running, UID, running};
use crate::proof::{Key, Use};
use crate::record::Event;
use crate::record::event::{ApprovalAsked, Request, Reserved, Settled, Subject};
use crate::web::testing::web;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

async fn record(running: &Running, event: Event) {
    running
        .gateway
        .journal
        .record(event)
        .unwrap()
        .await
        .unwrap();
}

fn denied(rule: &str) -> Event {
    Event::RequestDenied(Request {
        cycle: None,
        agent: None,
        rule: rule.to_owned(),
        target: "GET /canary".to_owned(),
    })
}

/// Each door with each credential: it opens by those of its row in the table and by no other.
#[tokio::test]
async fn a_credential_opens_its_doors_and_no_other() {
    let running = running(web(&[]), |_| ()).await;
    let port = Port::open(&running).await;
    let key = &running.gateway.key;
    let (router, export, people) = (
        key.proof(UID, Use::Router),
        key.proof(UID, Use::Export),
        key.proof(UID, Use::People),
    );
    let strange = [
        key.proof(UID, Use::Marker),
        key.proof("other-run", Use::People),
        Key::new(vec![9; 32]).unwrap().proof(UID, Use::Router),
        BEARER.to_owned(),
        people.to_uppercase(),
        format!("{people}0"),
        String::from("x"),
    ];
    let doors: [(&str, &[&String], u16); 13] = [
        ("GET /v1/usage", &[&router, &export, &people], 200),
        ("GET /v1/submission", &[&export, &people], 409),
        ("GET /v1/submission/0", &[&export, &people], 409),
        ("GET /v1/submission/7", &[&export, &people], 404),
        ("GET /v1/approvals", &[&people], 200),
        ("POST /v1/approvals/x", &[&people], 400),
        ("GET /v1/record", &[&people], 200),
        ("GET /metrics", &[&people], 200),
        ("POST /v1/decision", &[&router], 400),
        ("POST /v1/cycles/00/seal", &[&router], 404),
        ("POST /v1/steps/00", &[&router], 404),
        ("GET /v1/nothing", &[&router, &export, &people], 404),
        ("DELETE /v1/record", &[&router, &export, &people], 404),
    ];
    for (what, opens, status) in doors {
        for credential in [&router, &export, &people] {
            let expected = if opens.contains(&credential) {
                status
            } else {
                401
            };
            let (found, answer) = port.raw(what, Some(credential), "").await;
            assert_eq!(found, expected, "{what}: {answer}");
        }
        for credential in &strange {
            let (found, _) = port.raw(what, Some(credential), "").await;
            assert_eq!(found, 401, "{what} with {credential}");
        }
        assert_eq!(port.raw(what, None, "").await.0, 401, "{what} without");
    }
    for what in ["GET /healthz", "GET /readyz"] {
        assert_eq!(port.raw(what, None, "").await.0, 200);
    }
    // The only credential that opens the stream reads it; the others are refused at once.
    for credential in strange.iter().chain([&router, &export]) {
        assert_eq!(
            port.raw("GET /v1/events", Some(credential), "").await.0,
            401
        );
    }
    let (status, _) = port.raw("POST /v1/cycles/0/seal", Some(&people), "").await;
    assert_eq!(status, 401, "people end no cycle");
    running.recorded("POST /v1/cycles/0/seal").await;
    let text = running.record();
    for secret in strange.iter().take(6).chain([&router, &export, &people]) {
        assert!(
            !text.contains(secret.as_str()),
            "a credential in the record"
        );
    }
}

#[tokio::test]
async fn a_submission_is_given_when_nobody_can_change_it() {
    let running = running(web(&[]), |_| ()).await;
    let port = Port::open(&running).await;
    let document = r#"{"actions":["none"],"summary":"s","version":1}"#;
    let submission = Event::Submission {
        cycle: 0,
        document: document.to_owned(),
    };
    record(&running, submission).await;
    let rule = |(status, answer): (u16, Value)| (status, answer["error"]["rule"].clone());
    for what in ["GET /v1/submission", "GET /v1/submission/0"] {
        let early = port.people(what, &Value::Null).await;
        assert_eq!(rule(early), (409, json!("cycle-open")));
    }
    record(&running, Event::CycleSealed { cycle: 0 }).await;
    let expected = json!({"cycle": 0, "digest": sha256(document), "document": document});
    for what in ["GET /v1/submission", "GET /v1/submission/0"] {
        let (status, found) = port.people(what, &Value::Null).await;
        assert_eq!((status, &found), (200, &expected), "{what}");
    }
    let claimed = Event::CycleClaimed {
        cycle: 1,
        bearer: sha256("b"),
    };
    record(&running, claimed).await;
    let open = port.people("GET /v1/submission", &Value::Null).await;
    assert_eq!(
        rule(open),
        (409, json!("cycle-open")),
        "another cycle is open"
    );
    record(&running, Event::CycleSealed { cycle: 1 }).await;
    let none = port.people("GET /v1/submission", &Value::Null).await;
    assert_eq!(
        rule(none),
        (404, json!("submission-none")),
        "the last counts"
    );
    for cycle in ["01", "+1", "-1", "x", "4294967296"] {
        let found = port
            .people(&format!("GET /v1/submission/{cycle}"), &Value::Null)
            .await;
        assert_eq!(rule(found), (404, json!("path")), "{cycle}");
    }
}

/// What was submitted before somebody else claimed the cycle is void.
#[tokio::test]
async fn a_contested_cycle_has_no_submission() {
    let running = running(web(&[]), |_| ()).await;
    let port = Port::open(&running).await;
    let submission = Event::Submission {
        cycle: 0,
        document: "{}".to_owned(),
    };
    record(&running, submission).await;
    record(&running, Event::ClaimContested { cycle: 0 }).await;
    let (status, answer) = port.people("GET /v1/submission", &Value::Null).await;
    assert_eq!(
        (status, &answer["error"]["rule"]),
        (404, &json!("submission-none"))
    );
}

#[tokio::test]
async fn usage_and_metrics_count_what_happened() {
    let running = running(web(&[]), |_| ()).await;
    let port = Port::open(&running).await;
    for reservation in [1, 2] {
        let reserved = Reserved {
            reservation,
            cycle: 0,
            agent: "coder".to_owned(),
            operation: None,
            model: None,
            turns: 1,
            tokens: 100,
            micros: 10,
            traffic: 7,
        };
        record(&running, Event::Reserved(reserved)).await;
    }
    let settled = Settled {
        reservation: 1,
        turns: 1,
        input_tokens: 30,
        output_tokens: 12,
        micros: 4,
        traffic: 5,
    };
    record(&running, Event::Settled(settled)).await;
    for rule in ["egress", "egress", "path", "\"} 1\nforged{x=\"", "Upper"] {
        record(&running, denied(rule)).await;
    }
    let asked = ApprovalAsked {
        id: "a".to_owned(),
        cycle: Some(0),
        approval: "lead".to_owned(),
        subject: Subject::Export("canary-subject".to_owned()),
        arguments: sha256("x"),
        nonce: "n".to_owned(),
        expires: u64::MAX,
    };
    record(&running, Event::ApprovalAsked(asked)).await;
    let (_, usage) = port.people("GET /v1/usage", &Value::Null).await;
    assert_eq!(usage["agents"]["coder"]["tokens"], 42);
    assert_eq!(
        (&usage["tokens"], &usage["denied"]),
        (&json!(42), &json!(5))
    );
    let people = running.gateway.key.proof(UID, Use::People);
    let (_, page) = port.raw("GET /metrics", Some(&people), "").await;
    for line in [
        "pure_agent_requests_denied_total{rule=\"egress\"} 2",
        "pure_agent_requests_denied_total{rule=\"other\"} 2",
        "pure_agent_requests_denied_total{rule=\"path\"} 1",
        "pure_agent_requests_allowed_total 0",
        "pure_agent_turns_total 1",
        "pure_agent_tokens_total 42",
        "pure_agent_settled_tokens_total{direction=\"output\"} 12",
        "pure_agent_cost_micros_total 4",
        "pure_agent_traffic_bytes_total 5",
        "pure_agent_reservations 1",
        "pure_agent_reserved{bound=\"tokens\"} 100",
        "pure_agent_cycles{phase=\"claimed\"} 1",
        "pure_agent_approvals{answer=\"waiting\"} 1",
        "# TYPE pure_agent_requests_denied_total counter",
        "# TYPE pure_agent_cycles gauge",
        "pure_agent_record_lines_total 11",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} in {page}");
    }
    assert_eq!(running.record().lines().count(), 11);
    assert!(
        !page.contains("canary") && !page.contains("forged"),
        "{page}"
    );
}

/// However many rules somebody makes up, there are few labels.
#[tokio::test]
async fn labels_are_bounded() {
    let running = running(web(&[]), |_| ()).await;
    let port = Port::open(&running).await;
    for n in 0..600 {
        record(&running, denied(&format!("rule-{n}"))).await;
    }
    let people = running.gateway.key.proof(UID, Use::People);
    let (_, page) = port.raw("GET /metrics", Some(&people), "").await;
    let labels = page
        .lines()
        .filter(|line| line.contains("denied_total{"))
        .count();
    assert!((250..=257).contains(&labels), "{labels}");
    assert!(
        page.contains("pure_agent_requests_denied_total{rule=\"other\"} 344"),
        "{page}"
    );
}

#[tokio::test]
async fn the_record_is_given_as_it_is() {
    let running = running(web(&[]), |_| ()).await;
    let port = Port::open(&running).await;
    // More than one piece, and a line that is longer than one.
    for size in [10, 200_000, 30] {
        let event = Event::Submission {
            cycle: 0,
            document: "x".repeat(size),
        };
        record(&running, event).await;
    }
    let people = running.gateway.key.proof(UID, Use::People);
    let mut stream = port.send("GET /v1/record", Some(&people), &[], "").await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(body(&answer), running.record());
}

/// The body of an answer in chunks.
fn body(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer).into_owned();
    let (head, mut rest) = text.split_once("\r\n\r\n").unwrap();
    assert!(
        head.to_ascii_lowercase()
            .contains("transfer-encoding: chunked"),
        "{head}"
    );
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        let Some((piece, next)) = after.split_at_checked(size) else {
            break;
        };
        body += piece;
        rest = next.strip_prefix("\r\n").unwrap_or(next);
    }
    body
}

#[tokio::test]
async fn events_go_on_after_the_last_one_that_was_seen() {
    let running = running(web(&[]), |_| ()).await;
    let port = Port::open(&running).await;
    let people = running.gateway.key.proof(UID, Use::People);
    record(&running, denied("one")).await;
    let lines = ["Last-Event-ID: 2"];
    let mut stream = port.send("GET /v1/events", Some(&people), &lines, "").await;
    let mut seen = Vec::new();
    until(&mut stream, &mut seen, "\"one\"").await;
    record(&running, denied("two")).await;
    until(&mut stream, &mut seen, "\"two\"").await;
    let text = String::from_utf8_lossy(&seen).into_owned();
    assert!(text.contains("content-type: text/event-stream"), "{text}");
    assert!(
        !text.contains("run-opened") && !text.contains("id: 2\n"),
        "{text}"
    );
    assert!(text.contains("id: 3\ndata: {\"seq\":3,"), "{text}");
    assert!(text.contains("id: 4\ndata: {\"seq\":4,"), "{text}");
    for id in ["x", "-1", "1 2", ""] {
        let line = format!("Last-Event-ID: {id}");
        let mut refused = port
            .send("GET /v1/events", Some(&people), &[&line], "")
            .await;
        let mut answer = String::new();
        refused.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("last-event-id"), "{id}: {answer}");
    }
}

async fn until(stream: &mut tokio::net::TcpStream, seen: &mut Vec<u8>, what: &str) {
    let mut piece = [0; 4096];
    for _ in 0..100 {
        if String::from_utf8_lossy(seen).contains(what) {
            return;
        }
        let read = timeout(Duration::from_secs(5), stream.read(&mut piece)).await;
        let count = read.expect("an event in time").unwrap();
        assert!(count > 0, "the stream ended");
        seen.extend_from_slice(&piece[..count]);
    }
    panic!("no {what}");
}

#[tokio::test]
async fn few_follow_the_record_at_once() {
    let running = running(web(&[]), |_| ()).await;
    let port = Port::open(&running).await;
    let people = running.gateway.key.proof(UID, Use::People);
    let mut open = Vec::new();
    for _ in 0..super::READERS {
        let mut stream = port.send("GET /v1/events", Some(&people), &[], "").await;
        until(&mut stream, &mut Vec::new(), "run-opened").await;
        open.push(stream);
    }
    let (status, answer) = port.raw("GET /v1/record", Some(&people), "").await;
    assert_eq!(status, 409);
    assert!(answer.contains("record-readers"), "{answer}");
    drop(open);
    for _ in 0..100 {
        // Who has gone is noticed with the next line.
        record(&running, denied("noise")).await;
        if port.raw("GET /v1/record", Some(&people), "").await.0 == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no place became free");
}
