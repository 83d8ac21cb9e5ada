//! A stand-in for Linear, whose issues are all of team `DLD`.

use super::linear::is_issue;
use super::provider::{Asker, answer, check, refused};
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::Body;
use serde_json::{Value, json};

const QUESTION: &str = r#"{
    "type": "object", "additionalProperties": false, "required": ["query", "variables"],
    "properties": { "query": { "type": "string" }, "variables": { "type": "object" } }
}"#;

/// Answers a question that has this key, by its operation.
pub fn serve(request: &Request<Bytes>, key: &str) -> Response<Body> {
    if request.uri() != "/graphql" && request.uri().path() != "/graphql" {
        return refused("there is one path");
    }
    let body = match check(request, Asker::Gateway, ("authorization", key), QUESTION) {
        Ok(body) => body,
        Err(why) => return refused(&why),
    };
    let query = body["query"].as_str().unwrap();
    let asked = |operation: &str| query.starts_with(operation);
    let name = body["variables"]["id"].as_str().unwrap_or_default();
    let known = is_issue(name);
    let data = match () {
        () if asked("query Comments") && known => {
            let page = json!({"hasNextPage": false, "endCursor": null});
            json!({"issue": {"team": {"key": "DLD"}, "comments": {"nodes": [comment(name)], "pageInfo": page}}})
        }
        () if asked("query") && known => json!({"issue": issue(name)}),
        () => json!({"issue": null}),
    };
    answer(200, &json!({"data": data}))
}

fn person() -> Value {
    json!({"id": "p", "name": "Kim", "email": "kim@example.com"})
}

fn comment(issue: &str) -> Value {
    json!({
        "id": "c", "body": "a remark", "url": format!("https://linear.app/x/{issue}#c"), "user": person(),
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-02T00:00:00Z",
    })
}

fn issue(name: &str) -> Value {
    json!({
        "id": "b0c8f0a2-0000-4000-8000-000000000001", "identifier": name, "title": "A title of an issue",
        "description": "text", "priority": 2, "priorityLabel": "High", "url": format!("https://linear.app/x/{name}"),
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-02T00:00:00Z", "dueDate": null, "estimate": 3,
        "team": {"key": "DLD"}, "state": {"name": "Todo", "type": "unstarted"},
        "labels": {"nodes": [{"id": "l", "name": "bug", "color": "#f00"}]}, "assignee": person(),
    })
}
