use super::{LINES, Served, described, of, served, served_at};
use crate::body;
use crate::gateway::testing::member;
use crate::mcp::arguments;
use crate::record::Event;
use crate::tools::{Failed, Output};
use crate::web::testing::{Upstream, web};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_call_is_recorded_by_the_digest_of_what_is_sent() {
    let served = served(|_| ()).await;
    let (error, text) = served.told("get_issue", json!({})).await;
    assert_eq!((error, text.as_str()), (false, r#"{"issue_id":"A-1"}"#));
    let sent = json!({"issue_id": "A-1"});
    assert_eq!(
        served.calls(),
        [("linear/get_issue 0".to_owned(), sent.clone())]
    );
    let digest = arguments::digest(sent.as_object().unwrap());
    assert_eq!(served.recorded(&format!("\"arguments\":\"{digest}\"")), 1);
    assert_eq!(served.recorded("A-1"), 0);
}

#[tokio::test]
async fn a_bound_argument_is_not_overridden() {
    let served = served(|_| ()).await;
    for arguments in [
        json!({"issue_id": "B-2"}),
        json!({"issue_id": "A-1"}),
        json!({"Issue_ID": "B-2"}),
        json!({"i\u{17f}sue_id": "B-2"}),
        json!({"issue_id": null}),
        json!({"issueId": "B-2"}),
    ] {
        let (error, text) = served.told("get_issue", arguments.clone()).await;
        assert!(
            error && text.starts_with("tool-bound: "),
            "{arguments}: {text}"
        );
    }
    assert!(served.calls().is_empty());
    served
        .until("six refusals", |s| s.recorded("tool-bound") == 6)
        .await;
    assert_eq!(served.recorded("B-2"), 0);
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_refused() {
    let served = served(|_| ()).await;
    let deep = (0..70).fold(json!("x"), |inner, _| json!([inner]));
    for (arguments, rule) in [
        (json!({}), "tool-arguments"),
        (json!({"repository": 7}), "tool-arguments"),
        (json!({"repository": "r", "other": "o"}), "tool-arguments"),
        (json!({"repository": deep}), "arguments-depth"),
        (json!({"repository": "x".repeat(1 << 20)}), "arguments-size"),
    ] {
        let (error, text) = served.told("clone", arguments).await;
        assert!(
            error && text.starts_with(&format!("{rule}: ")),
            "{text:.200}"
        );
    }
    assert!(served.calls().is_empty());
}

/// The last call is won by one, however many come at once; a restart does not give it back.
#[tokio::test]
async fn no_call_is_made_more_often_than_granted() {
    let served = served(|_| ()).await;
    let mut streams = Vec::new();
    for id in 0..10 {
        let arguments = json!({"title": format!("t{id}")});
        streams.push(served.open(id, &LINES, "request_feature", arguments).await);
    }
    served
        .until("ten answers", |s| {
            s.calls().len() + s.recorded("tool-times") == 10
        })
        .await;
    assert_eq!(
        (served.calls().len(), served.recorded("\"tool-called\"")),
        (3, 3)
    );
    let (error, text) = served
        .told("request_feature", json!({"title": "more"}))
        .await;
    assert!(error && text.starts_with("tool-times: "), "{text}");
    let events = events(&served);
    let state = crate::state::State::replay(&served.running.gateway.contract, &events).unwrap();
    assert_eq!(state.tools().calls("coder", "linear", "request_feature"), 3);
}

fn events(served: &Served) -> Vec<Event> {
    let lines: Vec<Value> = served
        .running
        .record()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    lines
        .into_iter()
        .map(|mut line| serde_json::from_value(line["event"].take()).unwrap())
        .collect()
}

#[tokio::test]
async fn a_person_agrees_to_exactly_what_is_called() {
    let served = served(|_| ()).await;
    let (error, text) = served
        .told("fetch", json!({"url": "https://docs.example.com/"}))
        .await;
    assert!(!error, "{text}");
    let asked = served.double.asked.lock().unwrap().clone();
    let arguments = json!({"url": "https://docs.example.com/"});
    assert_eq!(
        asked,
        [json!({"server": "web", "tool": "fetch", "arguments": arguments})]
    );
    assert_eq!(served.recorded("\"approval\":\"approval-1\""), 1);
    // Each call asks again: a consent is good for one.
    assert!(!served.told("fetch", arguments).await.0);
    assert_eq!(served.double.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn nobody_is_asked_about_a_call_that_cannot_be() {
    let served = served(|contract| {
        member(&mut contract["agents"][0]["tools"], "tool", "fetch")["times"] = json!(0);
    })
    .await;
    for arguments in [json!({"url": "u"}), json!({"uri": "u"})] {
        assert!(served.told("fetch", arguments).await.0);
    }
    assert!(served.double.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_sealed_cycle_calls_nothing_also_if_consent_comes_later() {
    let served = served(|_| ()).await;
    served.double.thinking.store(true, Ordering::SeqCst);
    let stream = served.open(7, &LINES, "fetch", json!({"url": "u"})).await;
    served
        .until("a question", |s| s.recorded("approval-asked") == 1)
        .await;
    let seal = Event::CycleSealed { cycle: 0 };
    served
        .running
        .gateway
        .journal
        .record(seal)
        .unwrap()
        .await
        .unwrap();
    served.double.consents.add_permits(1);
    served
        .until("a refusal", |s| s.recorded("\"rule\":\"cycle-ended\"") == 1)
        .await;
    assert!(served.calls().is_empty());
    assert_eq!(served.recorded("\"tool-called\""), 0);
    drop(stream);
    let (status, _, _) = served
        .post(&LINES, r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
        .await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn an_answer_is_bounded_and_never_cut() {
    let served = served(|contract| contract["servers"][0]["size"] = json!(1000)).await;
    let answer =
        |text: String| *served.double.answer.lock().unwrap() = Some(Ok(Output::text(text)));
    let around = json!({"content": [{"type": "text", "text": ""}], "isError": false})
        .to_string()
        .len();
    answer("x".repeat(1000 - around));
    assert!(!served.told("clone", json!({"repository": "r"})).await.0);
    answer("x".repeat(1001 - around));
    let (error, text) = served.told("clone", json!({"repository": "r"})).await;
    assert!(
        error && text.starts_with("tool-size: ") && text.len() < 100,
        "{text}"
    );
}

#[tokio::test]
async fn answers_in_unknown_shapes_are_not_passed_on() {
    let served = served(|_| ()).await;
    let answer = |content: Value| {
        let content = content.as_array().unwrap().clone();
        let output = Output {
            content,
            structured: None,
            error: false,
        };
        *served.double.answer.lock().unwrap() = Some(Ok(output));
    };
    for block in [
        json!({"type": "tool_use"}),
        json!({"type": "text", "text": 7}),
        json!({}),
        json!("text"),
        json!({"type": "image", "data": "x"}),
    ] {
        answer(json!([block]));
        let (error, text) = served.told("clone", json!({"repository": "r"})).await;
        assert!(
            error && text.starts_with("tool-answer: "),
            "{block}: {text}"
        );
    }
    answer(
        json!([{"type": "text", "text": "t", "_meta": {"x": 1}, "annotations": {"audience": ["user"]}}]),
    );
    let result = served.call("clone", json!({"repository": "r"})).await;
    assert_eq!(
        result["result"]["content"],
        json!([{"type": "text", "text": "t"}])
    );
}

#[tokio::test]
async fn an_answer_is_what_the_tool_declares() {
    let served = served(|_| ()).await;
    let mut tool = described("clone", of(&["repository"]));
    tool.output = Some(
        json!({"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]}),
    );
    served
        .double
        .tools
        .lock()
        .unwrap()
        .insert("git".to_owned(), vec![tool]);
    for (structured, fine) in [
        (Some(json!({"url": "u"})), true),
        (Some(json!({"url": 1})), false),
        (Some(json!([])), false),
        (None, false),
    ] {
        let output = Output {
            structured: structured.clone(),
            ..Output::text("t")
        };
        *served.double.answer.lock().unwrap() = Some(Ok(output));
        let result = served.call("clone", json!({"repository": "r"})).await;
        assert_eq!(result["result"]["isError"], json!(!fine), "{structured:?}");
        if fine {
            assert_eq!(result["result"]["structuredContent"], json!({"url": "u"}));
        }
    }
}

#[tokio::test]
async fn a_failure_of_a_tool_is_a_result() {
    let served = served(|contract| contract["servers"][0]["deadline"] = json!(1)).await;
    let failure = Failed {
        rule: "git-unknown",
        message: "there is no such repository".to_owned(),
    };
    *served.double.answer.lock().unwrap() = Some(Err(failure));
    let (error, text) = served.told("clone", json!({"repository": "r"})).await;
    assert_eq!(
        (error, text.as_str()),
        (true, "git-unknown: there is no such repository")
    );
    served.double.slow.store(true, Ordering::SeqCst);
    let start = Instant::now();
    let (error, text) = served.told("clone", json!({"repository": "r"})).await;
    assert!(error && text.starts_with("tool-late: "), "{text}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn no_more_calls_are_under_way_than_the_spec_permits() {
    let served = served(|contract| {
        contract["limits"]["concurrency"] = json!(2);
        contract["servers"][0]["deadline"] = json!(2);
    })
    .await;
    served.double.slow.store(true, Ordering::SeqCst);
    let mut streams = Vec::new();
    for id in 0..6 {
        streams.push(
            served
                .open(id, &LINES, "clone", json!({"repository": "r"}))
                .await,
        );
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(served.calls().len(), 2);
    served.double.permits.add_permits(6);
    served
        .until("all", |s| s.double.ended.load(Ordering::SeqCst) == 6)
        .await;
}

/// Who waits for a person until the run is over has waited for nothing.
#[tokio::test]
async fn a_run_that_is_over_calls_nothing() {
    let served = served(|contract| contract["limits"]["deadline"] = json!(2)).await;
    served.double.thinking.store(true, Ordering::SeqCst);
    let stream = served.open(7, &LINES, "fetch", json!({"url": "u"})).await;
    let asked = |s: &Served| s.recorded("approval-asked") == 1;
    served.until("a question", asked).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    served.double.consents.add_permits(1);
    let refused = |s: &Served| s.recorded("\"rule\":\"deadline\"") == 1;
    served.until("a refusal", refused).await;
    assert!(served.calls().is_empty());
    drop(stream);
}

/// Two at once share a question; its consent is good for one call, and the other one asks anew.
#[tokio::test]
async fn the_same_call_twice_at_once_needs_two_consents() {
    let gatekeeper = Upstream::start(|request| {
        let made = request.method() == "POST";
        let status = if made { "PENDING" } else { "APPROVED" };
        let answer = json!({"id": "g-1", "status": status});
        let answer = hyper::Response::builder().body(body::whole(answer.to_string()));
        answer.unwrap()
    })
    .await;
    let host = "gatekeeper.example.com";
    let served = served_at(web(&[(host, &gatekeeper)]), |contract| {
        contract["approvals"][0]["via"]["url"] = json!(format!("http://{host}"));
    })
    .await;
    served.double.really.store(true, Ordering::SeqCst);
    let url = json!({"url": "https://docs.example.com/"});
    let one = served.told("fetch", url.clone());
    let (one, two) = tokio::join!(one, served.told("fetch", url));
    assert!(!one.0 && !two.0, "{one:?} {two:?}");
    assert_eq!(
        (served.calls().len(), served.recorded("approval-asked")),
        (2, 2)
    );
    assert_eq!(served.recorded("approval-given"), 2);
}

/// A service that shows what it was asked with.
#[tokio::test]
async fn an_answer_with_the_credential_of_its_server_is_not_passed_on() {
    let served = served(|_| ()).await;
    let server = served
        .running
        .gateway
        .contract
        .servers
        .iter()
        .find(|s| s.name == "linear");
    let name = server.unwrap().auth.clone().unwrap();
    let text = format!("you are secret-of-{name}");
    *served.double.answer.lock().unwrap() = Some(Ok(Output::text(text)));
    let (error, text) = served.told("get_issue", json!({})).await;
    assert!(
        error && text.starts_with("upstream-echo: ") && !text.contains("secret-of"),
        "{text}"
    );
    served
        .until("a refusal", |s| s.recorded("upstream-echo") == 1)
        .await;
}
