//! What arrives at the bucket and at the issue, and what does not.

use super::*;
use crate::body::{Body, empty, whole};
use crate::gateway::control::testing::Port;
use crate::gateway::testing::{BEARER, Running, UID, running};
use crate::proof::Use;
use crate::web::testing::{Upstream, web};
use hyper::{Method, Request as Asked, Response};
use serde_json::Value;

const BUCKET: &str = "pure-agent-logs.s3.ap-northeast-2.amazonaws.com";

fn answer(status: u16, body: &Value) -> Response<Body> {
    let response = Response::builder().status(status);
    let response = response.header("content-type", "application/json");
    response.body(whole(body.to_string())).unwrap()
}

/// A model that repeats whatever the gateway shows it as its credential.
fn model(asked: &Asked<Bytes>) -> Response<Body> {
    let key = asked.headers().get("x-api-key").unwrap().to_str().unwrap();
    let usage = json!({"input_tokens": 3, "output_tokens": 4});
    let content = json!([{"type": "text", "text": format!("your key is {key}")}]);
    answer(
        200,
        &json!({"type": "message", "content": content, "usage": usage}),
    )
}

async fn s3(status: u16) -> Upstream {
    Upstream::start(move |asked| match *asked.method() {
        Method::HEAD => Response::builder().status(404).body(empty()).unwrap(),
        _ => Response::builder().status(status).body(empty()).unwrap(),
    })
    .await
}

/// An issue without comments, on which the first comment is made.
async fn linear() -> Upstream {
    let made = Mutex::new(Value::Null);
    let made = Arc::new(made);
    Upstream::start(move |asked| {
        let body: Value = serde_json::from_slice(asked.body()).unwrap();
        let query = body["query"].as_str().unwrap();
        let mut made = made.lock().unwrap();
        let issue = json!({"id": "issue-id", "identifier": "A-1", "url": "https://linear.app/A-1"});
        let data = if query.starts_with("query Start") {
            json!({"viewer": {"id": "me"}, "issue": issue})
        } else if query.starts_with("query Find") {
            json!({"comment": *made})
        } else {
            let input = &body["variables"]["input"];
            *made = json!({
                "id": input["id"], "body": input["body"], "url": "https://linear.app/c",
                "user": {"id": "me"}, "issue": {"id": input["issueId"]},
            });
            json!({"commentCreate": {"success": true, "comment": {"id": input["id"]}}})
        };
        answer(200, &json!({"data": data}))
    })
    .await
}

/// Seals cycle 0 as the router does.
async fn seal(running: &Running) -> u16 {
    let port = Port::open(running).await;
    let router = running.gateway.key.proof(UID, Use::Router);
    let path = "POST /v1/cycles/0/seal";
    port.raw(path, Some(&router), "").await.0
}

/// Says something to the model; one that shows the credential is not heard by the agent.
async fn speak(running: &Running) {
    let text = format!("my bearer is {BEARER}");
    let messages = json!([{"role": "user", "content": text}]);
    let body = json!({"model": "opus", "max_tokens": 10, "messages": messages});
    let (status, answer) = running.json("POST /v1/messages", &body).await;
    assert_eq!(status, 502, "{answer}");
}

#[tokio::test]
async fn the_transcript_of_a_cycle_is_uploaded_once_and_holds_no_credential() {
    let (model, bucket) = (Upstream::start(model).await, s3(200).await);
    let hosts = [("api.anthropic.com", &model), (BUCKET, &bucket)];
    let running = running(web(&hosts), |contract| {
        contract["record"]["session"] = Value::Null;
    })
    .await;
    speak(&running).await;
    assert_eq!(seal(&running).await, 200);
    assert_eq!(seal(&running).await, 200, "the same question again");
    running.gateway.keep.settled(Duration::from_secs(20)).await;
    running.recorded("s3://pure-agent-logs/transcripts").await;
    let asked = bucket.asked();
    let puts: Vec<_> = asked.iter().filter(|a| a.method() == Method::PUT).collect();
    assert_eq!(puts.len(), 1);
    let path = format!("/transcripts/{UID}/cycle-0.jsonl");
    assert_eq!(puts[0].uri().path(), path);
    let signed = puts[0].headers().get("authorization").unwrap();
    assert!(signed.to_str().unwrap().contains("AKIDTEST/"));
    let text = std::str::from_utf8(puts[0].body()).unwrap();
    assert!(text.contains("my bearer is [redacted]"), "{text}");
    assert!(text.contains("your key is [redacted]"), "{text}");
    for secret in ["secret-of-claude", BEARER] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// The work of an agent does not depend on a bucket.
#[tokio::test]
async fn a_bucket_that_refuses_is_recorded_and_stops_nothing() {
    let (model, bucket) = (Upstream::start(model).await, s3(403).await);
    let hosts = [("api.anthropic.com", &model), (BUCKET, &bucket)];
    let running = running(web(&hosts), |_| ()).await;
    speak(&running).await;
    assert_eq!(seal(&running).await, 200);
    running.gateway.keep.settled(Duration::from_secs(20)).await;
    running.recorded("upstream-denied").await;
}

#[tokio::test]
async fn the_run_is_named_on_its_issue_once() {
    let linear = linear().await;
    let running = running(web(&[("api.linear.app", &linear)]), |_| ()).await;
    session(&running.gateway);
    session(&running.gateway);
    running.gateway.keep.settled(Duration::from_secs(20)).await;
    // A gateway that starts again looks for the comment and finds it.
    let found = comment(
        &running.gateway,
        running.gateway.contract.record.session.as_ref().unwrap(),
    );
    let found = found.await.map_err(|refused| refused.why);
    assert_eq!(found.as_deref(), Ok("https://linear.app/c"));
    let asked = linear.asked();
    let bodies = asked.iter().map(|a| String::from_utf8_lossy(a.body()));
    let made: Vec<_> = bodies.filter(|b| b.contains("mutation Create")).collect();
    assert_eq!(made.len(), 1);
    assert!(made[0].contains(UID), "{}", made[0]);
}
