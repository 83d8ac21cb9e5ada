use super::super::{Call, Failed};
use crate::body;
use crate::gateway::testing::{Running, running};
use crate::web::testing::{Upstream, web};
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What Linear answers a question, by its operation and variables.
type Answers = fn(&str, &Value, &mut Vec<Value>) -> (u16, Value);

/// A Linear that checks the form of what it is asked; its memory is a list of issues that were made.
async fn linear(answers: Answers) -> (Upstream, Running) {
    let made = Arc::new(Mutex::new(Vec::new()));
    let upstream = Upstream::start(move |request: &Request<Bytes>| {
        assert_eq!(
            (request.method().as_str(), request.uri().path()),
            ("POST", "/graphql")
        );
        assert_eq!(request.headers()["authorization"], "secret-of-linear");
        assert_eq!(request.headers()["accept-encoding"], "identity");
        let asked: Value = serde_json::from_slice(request.body()).unwrap();
        let operation = asked["query"]
            .as_str()
            .unwrap()
            .split(['(', ' '])
            .nth(1)
            .unwrap();
        let (status, answer) = answers(operation, &asked["variables"], &mut made.lock().unwrap());
        let body = body::whole(answer.to_string());
        Response::builder().status(status).body(body).unwrap()
    })
    .await;
    let running = running(web(&[("api.linear.app", &upstream)]), |_| ()).await;
    (upstream, running)
}

async fn call(running: &Running, tool: &str, arguments: Value) -> Result<Value, Failed> {
    let Value::Object(arguments) = arguments else {
        panic!("no arguments");
    };
    let call = Call {
        server: "linear",
        tool,
        arguments,
        cycle: 0,
    };
    let output = running.gateway.tools.call(call).await?;
    let structured = output.structured.unwrap();
    let text = output.content[0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), structured);
    Ok(structured)
}

fn issue(team: &str) -> Value {
    json!({
        "id": "b0c8f0a2-0000-4000-8000-000000000001", "identifier": "DLD-7", "title": "A title",
        "description": "text", "priority": 2, "priorityLabel": "High", "url": "https://linear.app/x/DLD-7",
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-02T00:00:00Z", "dueDate": null, "estimate": 3,
        "team": {"key": team}, "state": {"name": "Todo", "type": "unstarted"},
        "labels": {"nodes": [{"id": "l", "name": "bug", "color": "#f00"}]},
        "assignee": {"id": "p", "name": "Kim", "email": "kim@example.com"},
    })
}

fn rule<T: std::fmt::Debug>(result: Result<T, Failed>) -> &'static str {
    result.unwrap_err().rule
}

#[tokio::test]
async fn reads_an_issue_of_the_team() {
    let (upstream, running) = linear(|operation, variables, _| {
        assert_eq!((operation, variables), ("Issue", &json!({"id": "DLD-7"})));
        (200, json!({"data": {"issue": issue("DLD")}}))
    })
    .await;
    let answer = call(&running, "get_issue", json!({"issue_id": "DLD-7"}))
        .await
        .unwrap();
    assert_eq!(
        answer["issue"],
        json!({
            "id": "b0c8f0a2-0000-4000-8000-000000000001", "identifier": "DLD-7", "title": "A title",
            "description": "text", "priority": 2, "priorityLabel": "High", "url": "https://linear.app/x/DLD-7",
            "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-02T00:00:00Z", "estimate": 3,
            "state": {"name": "Todo", "type": "unstarted"}, "labels": [{"id": "l", "name": "bug", "color": "#f00"}],
            "assignee": {"id": "p", "name": "Kim", "email": "kim@example.com"},
        })
    );
    assert_eq!(upstream.asked().len(), 1);
}

/// An identifier of the team leads to an issue that moved away, or Linear finds nothing: nobody learns which.
#[tokio::test]
async fn an_issue_of_another_team_is_not_there() {
    let (_upstream, running) = linear(|_, variables, _| match variables["id"].as_str().unwrap() {
        "DLD-1" => (200, json!({"data": {"issue": issue("OTHER")}})),
        "DLD-2" => (200, json!({"data": {"issue": null}})),
        "DLD-3" => (
            200,
            json!({"errors": [{"message": "Entity not found: Issue"}], "data": null}),
        ),
        "DLD-4" => (200, json!({"data": {"issue": issue("dld")}})),
        _ => {
            let mut anonymous = issue("DLD");
            anonymous["team"] = Value::Null;
            (200, json!({"data": {"issue": anonymous}}))
        }
    })
    .await;
    let mut told = Vec::new();
    for id in ["DLD-1", "DLD-2", "DLD-3", "DLD-4", "DLD-5"] {
        told.push(
            call(&running, "get_issue", json!({"issue_id": id}))
                .await
                .unwrap_err(),
        );
        let comments = call(&running, "get_issue_comments", json!({"issue_id": id})).await;
        assert_eq!(rule(comments), "linear-team", "{id}");
    }
    assert!(
        told.iter()
            .all(|failed| *failed == told[0] && failed.rule == "linear-team")
    );
}

#[tokio::test]
async fn comments_come_in_pages_up_to_a_bound() {
    let (upstream, running) = linear(|_, variables, _| {
        let after = variables["after"].as_str().map_or(0, |after| after.parse::<u32>().unwrap());
        let last = variables["id"] == "DLD-1" && after == 1;
        let comment = |n| {
            json!({"id": format!("c{after}-{n}"), "body": "b", "url": "u", "createdAt": "t", "updatedAt": "t",
                "user": null, "secret": "not passed on"})
        };
        let nodes: Vec<Value> = (0..50).map(comment).collect();
        let info = json!({"hasNextPage": !last, "endCursor": (after + 1).to_string()});
        let comments = json!({"nodes": nodes, "pageInfo": info});
        (200, json!({"data": {"issue": {"team": {"key": "DLD"}, "comments": comments}}}))
    })
    .await;
    let answer = call(&running, "get_issue_comments", json!({"issue_id": "DLD-1"}))
        .await
        .unwrap();
    assert_eq!(
        (
            answer["comments"].as_array().unwrap().len(),
            &answer["complete"]
        ),
        (100, &json!(true))
    );
    assert!(!answer.to_string().contains("not passed on"));
    // It never says that this was all.
    let answer = call(&running, "get_issue_comments", json!({"issue_id": "DLD-2"}))
        .await
        .unwrap();
    assert_eq!(
        (
            answer["comments"].as_array().unwrap().len(),
            &answer["complete"]
        ),
        (250, &json!(false))
    );
    assert_eq!(upstream.asked().len(), 7);
}

#[tokio::test]
async fn a_list_is_of_the_team() {
    let (upstream, running) = linear(|_, variables, _| {
        assert_eq!(variables["filter"]["team"], json!({"key": {"eq": "DLD"}}));
        let foreign = variables["first"] == 2;
        let nodes = json!([issue("DLD"), issue(if foreign { "OTHER" } else { "DLD" })]);
        (200, json!({"data": {"issues": {"nodes": nodes}}}))
    })
    .await;
    // What looks like a query stays a value.
    let query = "x\"}}) { viewer { email } } #";
    let answer = call(
        &running,
        "list_issues",
        json!({"query": query, "state": "Todo", "limit": 5}),
    )
    .await;
    assert_eq!(answer.unwrap()["issues"].as_array().unwrap().len(), 2);
    let asked: Value = serde_json::from_slice(upstream.asked()[0].body()).unwrap();
    assert!(!asked["query"].as_str().unwrap().contains("viewer"));
    assert_eq!(
        asked["variables"]["filter"]["or"][0]["title"]["containsIgnoreCase"],
        query
    );
    assert_eq!(
        rule(call(&running, "list_issues", json!({"limit": 2})).await),
        "linear-team"
    );
}

/// The first answer is lost, the second request finds what the first made, and so does a later call.
#[tokio::test]
async fn a_feature_is_requested_once() {
    let (_upstream, running) = linear(|operation, variables, made| match operation {
        "Team" => (200, json!({"data": {"teams": {"nodes": [{"id": "team-id", "key": "DLD"}]}}})),
        "Create" => {
            let input = &variables["input"];
            assert_eq!((&input["teamId"], &input["priority"]), (&json!("team-id"), &json!(1)));
            assert_eq!(input["description"], "## Reason\n\nbecause");
            if made.iter().any(|issue| issue["id"] == input["id"]) {
                return (200, json!({"errors": [{"message": "Entity already exists"}]}));
            }
            made.push(json!({"id": input["id"], "identifier": "DLD-9", "title": input["title"], "url": "u",
                "team": {"key": "DLD"}}));
            (502, json!("lost"))
        }
        "Created" => match made.iter().find(|issue| issue["id"] == variables["id"]) {
            Some(issue) => (200, json!({"data": {"issue": issue}})),
            None => (200, json!({"errors": [{"message": "Entity not found: Issue"}]})),
        },
        other => panic!("{other}"),
    })
    .await;
    let wish = json!({"title": "A tool", "reason": "because", "priority": "urgent"});
    let first = call(&running, "request_feature", wish.clone())
        .await
        .unwrap();
    let id = first["issue"]["id"].as_str().unwrap();
    assert_eq!(
        (id.len(), &id[14..15], &first["issue"]["identifier"]),
        (36, "4", &json!("DLD-9"))
    );
    let again = call(&running, "request_feature", wish).await.unwrap();
    assert_eq!(again, first);
    let other = json!({"title": "A tool", "reason": "because", "priority": "urgent ", "x": 1});
    assert_eq!(
        rule(call(&running, "request_feature", other).await),
        "tool-arguments"
    );
}

/// Somebody made an issue of that id before, or Linear answers with another one.
#[tokio::test]
async fn another_issue_is_never_taken_for_ours() {
    let (_upstream, running) = linear(|operation, variables, _| match operation {
        "Team" => (200, json!({"data": {"teams": {"nodes": [{"id": "t", "key": "DLD"}]}}})),
        "Create" if variables["input"]["title"] == "Other id" => {
            let issue = json!({"id": "x", "identifier": "DLD-1", "title": "Other id", "url": "u",
                "team": {"key": "DLD"}});
            (200, json!({"data": {"issueCreate": {"success": true, "issue": issue}}}))
        }
        "Create" => (400, json!({"errors": [{"message": "no"}]})),
        _ => {
            let issue = json!({"id": variables["id"], "identifier": "DLD-1", "title": "Mine", "url": "u",
                "team": {"key": "DLD"}});
            (200, json!({"data": {"issue": issue}}))
        }
    })
    .await;
    let wish = |title| json!({"title": title, "reason": "because"});
    assert_eq!(
        rule(call(&running, "request_feature", wish("Other id")).await),
        "linear-answer"
    );
    assert_eq!(
        rule(call(&running, "request_feature", wish("Theirs")).await),
        "linear-clash"
    );
}

#[tokio::test]
async fn faults_are_told_in_our_words() {
    let (_upstream, running) = linear(|_, variables, _| match variables["id"].as_str().unwrap() {
        "A" => (
            401,
            json!({"errors": [{"message": "secret-of-linear is wrong"}]}),
        ),
        "B" => (
            400,
            json!({"errors": [{"message": "m", "extensions": {"code": "RATELIMITED"}}]}),
        ),
        "C" => (503, json!({})),
        "D" => (302, json!({})),
        "E" => (
            200,
            json!({"data": {"issue": {"team": {"key": "DLD"}, "id": 5}}}),
        ),
        "F" => (200, json!({"data": {"issue": "x".repeat(2 << 20)}})),
        _ => (200, json!([])),
    })
    .await;
    for (id, word) in [
        ("A", "linear-credential"),
        ("B", "linear-rate"),
        ("C", "linear-down"),
        ("D", "linear-answer"),
        ("E", "linear-answer"),
        ("F", "body-length"),
        ("G", "linear-answer"),
    ] {
        let failed = call(&running, "get_issue", json!({"issue_id": id}))
            .await
            .unwrap_err();
        assert_eq!(failed.rule, word, "{id}");
        assert!(!failed.message.contains("secret"), "{}", failed.message);
    }
    assert!(!format!("{:?}", running.gateway.tools).contains("secret-of-linear"));
    assert_eq!(
        rule(call(&running, "delete_issue", json!({})).await),
        "tool-unknown"
    );
}
