//! A stand-in for Linear, with one issue of team `DLD`.

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
    let known = body["variables"]["id"] == "A-1";
    let data = match () {
        () if asked("query Comments") && known => {
            let page = json!({"hasNextPage": false, "endCursor": null});
            json!({"issue": {"team": {"key": "DLD"}, "comments": {"nodes": [comment()], "pageInfo": page}}})
        }
        () if asked("query") && known => json!({"issue": issue()}),
        () => json!({"issue": null}),
    };
    answer(200, &json!({"data": data}))
}

fn person() -> Value {
    json!({"id": "p", "name": "Kim", "email": "kim@example.com"})
}

fn comment() -> Value {
    json!({
        "id": "c", "body": "a remark", "url": "https://linear.app/x/A-1#c", "user": person(),
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-02T00:00:00Z",
    })
}

fn issue() -> Value {
    json!({
        "id": "b0c8f0a2-0000-4000-8000-000000000001", "identifier": "A-1", "title": "A title of an issue",
        "description": "text", "priority": 2, "priorityLabel": "High", "url": "https://linear.app/x/A-1",
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-02T00:00:00Z", "dueDate": null, "estimate": 3,
        "team": {"key": "DLD"}, "state": {"name": "Todo", "type": "unstarted"},
        "labels": {"nodes": [{"id": "l", "name": "bug", "color": "#f00"}]}, "assignee": person(),
    })
}
