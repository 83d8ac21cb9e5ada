//! Requests that a service answers.

use super::{CANARY, ask, count, ended, start};
use crate::body;
use crate::body::Body;
use crate::digest::sha256;
use crate::gateway::testing::{Running, UID, running};
use crate::web::testing::{Upstream, web};
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const HOST: &str = "gatekeeper.example.com";

/// A service that gives each answer in turn, the last one again and again: a status and a body, in which `ECHO` is
/// what it was sent and `MINE` the id that was.
async fn service(answers: &[(u16, &str)]) -> (Upstream, Running) {
    service_for(answers, 600).await
}

async fn service_for(answers: &[(u16, &str)], timeout: u64) -> (Upstream, Running) {
    let answers: Arc<Vec<(u16, String)>> =
        Arc::new(answers.iter().map(|(s, b)| (*s, (*b).to_owned())).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let upstream = Upstream::start(move |request: &Request<Bytes>| {
        let at = next.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
        let (status, body) = &answers[at];
        let sent: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let body = body
            .replace("ECHO", &sent["context"].to_string())
            .replace("MINE", sent["externalId"].as_str().unwrap_or_default());
        answer(*status, body)
    })
    .await;
    let running = running(web(&[(HOST, &upstream)]), |contract| {
        contract["approvals"][0]["timeout"] = json!(timeout);
        contract["approvals"][0]["via"]["url"] = json!(format!("http://{HOST}"));
    })
    .await;
    (upstream, running)
}

fn answer(status: u16, body: String) -> Response<Body> {
    let answer = Response::builder().status(status);
    let answer = answer.header("location", "http://gatekeeper.example.com/api/requests/g-1");
    answer.body(body::whole(body)).unwrap()
}

const MADE: (u16, &str) = (
    201,
    r#"{"id":"g-1","externalId":"MINE","context":ECHO,"status":"PENDING"}"#,
);
const PENDING: (u16, &str) = (200, r#"{"id":"g-1","status":"PENDING"}"#);
const APPROVED: (u16, &str) = (200, r#"{"id":"g-1","status":"APPROVED"}"#);

#[tokio::test]
async fn a_service_is_asked_once_and_polled_until_it_answers() {
    let (upstream, running) = service(&[MADE, PENDING, PENDING, APPROVED]).await;
    let id = ended(start(&running.gateway, ask("human", "a")))
        .await
        .unwrap();
    let asked = upstream.asked();
    assert_eq!(asked.len(), 4);
    for request in &asked {
        assert_eq!(request.headers()["x-api-key"], "secret-of-gatekeeper");
    }
    let made = &asked[0];
    assert_eq!(
        (made.method().as_str(), made.uri().path()),
        ("POST", "/api/requests")
    );
    let body: Value = serde_json::from_slice(made.body()).unwrap();
    assert_eq!(body["externalId"], id);
    assert_eq!(body["requesterName"], "pure-agent");
    let context: Value = serde_json::from_str(body["context"].as_str().unwrap()).unwrap();
    assert_eq!(
        (
            &context["run"],
            &context["arguments"],
            &context["shown"]["url"]
        ),
        (&json!(UID), &json!(sha256("a")), &json!(CANARY))
    );
    assert_eq!(
        (asked[3].method().as_str(), asked[3].uri().path()),
        ("GET", "/api/requests/g-1")
    );
    let record = running.record();
    assert!(record.contains("approval-given"));
    for hidden in [CANARY, "secret-of-gatekeeper"] {
        assert!(!record.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn a_service_that_stumbles_is_asked_again() {
    let broken = (503, "");
    let (upstream, running) = service(&[
        broken,
        (429, ""),
        MADE,
        broken,
        (500, "{}"),
        PENDING,
        APPROVED,
    ])
    .await;
    assert!(
        ended(start(&running.gateway, ask("human", "a")))
            .await
            .is_ok()
    );
    let made: Vec<_> = upstream
        .asked()
        .into_iter()
        .filter(|r| r.method() == "POST")
        .collect();
    assert_eq!(made.len(), 3);
    // Whichever of them arrived, it is one request.
    assert!(made.iter().all(|request| request.body() == made[0].body()));
}

#[tokio::test]
async fn what_a_service_says_otherwise_is_no_consent() {
    let rejected = (200, r#"{"id":"g-1","status":"REJECTED"}"#);
    for (what, answers, rule) in [
        ("rejected", vec![MADE, rejected], "approval-refused"),
        (
            "expired",
            vec![MADE, (200, r#"{"id":"g-1","status":"EXPIRED"}"#)],
            "approval-expired",
        ),
        (
            "consent to another request",
            vec![MADE, (200, r#"{"id":"g-2","status":"APPROVED"}"#)],
            "approval-other",
        ),
        (
            "consent without an id",
            vec![MADE, (200, r#"{"status":"APPROVED"}"#)],
            "approval-other",
        ),
        (
            "consent to another context",
            vec![
                MADE,
                (200, r#"{"id":"g-1","status":"APPROVED","context":"{}"}"#),
            ],
            "approval-other",
        ),
        (
            "consent to another question",
            vec![
                MADE,
                (200, r#"{"id":"g-1","status":"APPROVED","externalId":"x"}"#),
            ],
            "approval-other",
        ),
        (
            "a request for something else",
            vec![(201, r#"{"id":"g-1","externalId":"other"}"#), APPROVED],
            "approval-other",
        ),
        (
            "a status that stands twice",
            vec![
                MADE,
                (
                    200,
                    r#"{"id":"g-1","status":"REJECTED","status":"APPROVED"}"#,
                ),
            ],
            "approval-service",
        ),
        (
            "no status",
            vec![MADE, (200, r#"{"id":"g-1"}"#)],
            "approval-service",
        ),
        (
            "an id that is a path",
            vec![(201, r#"{"id":"../admin"}"#), APPROVED],
            "approval-service",
        ),
        ("no id", vec![(201, "{}"), APPROVED], "approval-service"),
        ("no JSON", vec![(200, "APPROVED")], "approval-service"),
        ("not let in", vec![(401, "{}")], "approval-service"),
        ("elsewhere", vec![(302, "{}"), APPROVED], "approval-service"),
        ("forgotten", vec![MADE, (404, "{}")], "approval-service"),
    ] {
        let (_upstream, running) = service(&answers).await;
        let found = ended(start(&running.gateway, ask("human", "a"))).await;
        assert_eq!(found, Err(rule), "{what}");
        assert_eq!(count(&running, "approval-refused"), 1, "{what}");
        assert_eq!(count(&running, "approval-given"), 0, "{what}");
    }
}

/// In another case of letters it is another word.
#[tokio::test]
async fn a_service_that_never_decides_is_given_up() {
    for last in [
        (200, r#"{"id":"g-1","status":"Approved"}"#),
        (502, ""),
        PENDING,
    ] {
        let (_upstream, running) = service_for(&[MADE, last], 1).await;
        let found = ended(start(&running.gateway, ask("human", "a"))).await;
        assert_eq!(found, Err("approval-expired"), "{last:?}");
    }
}

/// Trouble of a service is no person's refusal: the question may be put again.
#[tokio::test]
async fn after_trouble_a_question_may_be_put_again() {
    let (_upstream, running) = service(&[(401, "{}"), MADE, APPROVED]).await;
    let first = ended(start(&running.gateway, ask("human", "a"))).await;
    assert_eq!(first, Err("approval-service"));
    let second = ended(start(&running.gateway, ask("human", "a"))).await;
    assert!(second.is_ok(), "{second:?}");
    let (_upstream, running) = service(&[
        MADE,
        (200, r#"{"id":"g-1","status":"REJECTED"}"#),
        MADE,
        APPROVED,
    ])
    .await;
    for _ in 0..2 {
        let refused = ended(start(&running.gateway, ask("human", "a"))).await;
        assert_eq!(refused, Err("approval-refused"));
    }
}

/// A service that is not there is no reason to go on without it.
#[tokio::test]
async fn without_the_service_there_is_no_consent() {
    let running = running(web(&[]), |contract| {
        contract["approvals"][0]["timeout"] = json!(1);
    })
    .await;
    let found = ended(start(&running.gateway, ask("human", "a"))).await;
    assert_eq!(found, Err("approval-expired"));
}
