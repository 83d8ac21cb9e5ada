use super::{described, of, served};
use serde_json::{Value, json};

fn names(list: &Value) -> Vec<&str> {
    let tools = list["result"]["tools"].as_array().unwrap();
    tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect()
}

const ALL: [&str; 7] = [
    "clone",
    "fetch",
    "get_export_actions",
    "get_issue",
    "get_issue_comments",
    "request_feature",
    "set_export_config",
];

#[tokio::test]
async fn the_granted_tools_are_listed_and_no_others() {
    let served = served(|_| ()).await;
    let list = served.ask("tools/list", json!({})).await;
    assert_eq!(names(&list), ALL);
    assert_eq!(list, served.ask("tools/list", json!({})).await);
    let tools = &list["result"]["tools"];
    assert_eq!(
        tools[0],
        json!({
            "name": "clone", "description": "does clone", "inputSchema": of(&["repository", "branch"]),
            "annotations": {"readOnlyHint": true, "destructiveHint": false},
        })
    );
    assert_eq!(tools[5]["annotations"]["readOnlyHint"], false);
    // What the spec binds is not the agent's to choose.
    assert_eq!(
        tools[3]["inputSchema"],
        json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false})
    );
}

#[tokio::test]
async fn the_gateways_own_tools_are_there_where_something_can_be_handed_in() {
    let served = served(|contract| {
        contract["exports"] = json!([]);
        contract["finish"]["submission"] = json!(false);
        contract["limits"]["depth"] = json!(1);
    })
    .await;
    let list = served.ask("tools/list", json!({})).await;
    assert!(!names(&list).contains(&"set_export_config"), "{list}");
    let (error, text) = served
        .told("set_export_config", json!({"summary": "s"}))
        .await;
    assert!(error && text.starts_with("tool-grant: "), "{text}");
    assert_eq!(served.recorded("\"submission\""), 0);
}

/// A server that lies about one tool does not take the others away.
#[tokio::test]
async fn a_tool_that_is_described_badly_is_missing_and_recorded() {
    let served = served(|_| ()).await;
    let bad = described("clone", json!({"$ref": "https://example.com/schema.json"}));
    served
        .double
        .tools
        .lock()
        .unwrap()
        .insert("git".to_owned(), vec![bad]);
    served.double.tools.lock().unwrap().remove("web");
    let list = served.ask("tools/list", json!({})).await;
    let expected: Vec<&str> = ALL
        .into_iter()
        .filter(|name| !matches!(*name, "clone" | "fetch"))
        .collect();
    assert_eq!(names(&list), expected);
    let (error, text) = served.told("clone", json!({"repository": "r"})).await;
    assert!(error && text.starts_with("tool-schema: "), "{text}");
    let (error, text) = served.told("fetch", json!({"url": "u"})).await;
    assert!(error && text.starts_with("upstream-late: "), "{text}");
    served
        .until("refusals", |s| s.recorded("tool-schema") == 2)
        .await;
    assert!(served.calls().is_empty());
    // Twice the same name: which of them would be called?
    let twice = vec![
        described("clone", of(&["repository"])),
        described("clone", of(&["branch"])),
    ];
    served
        .double
        .tools
        .lock()
        .unwrap()
        .insert("git".to_owned(), twice);
    let (error, text) = served.told("clone", json!({"repository": "r"})).await;
    assert!(error && text.starts_with("tool-server: "), "{text}");
}

#[tokio::test]
async fn a_schema_that_changes_is_read_anew() {
    let served = served(|_| ()).await;
    assert!(!served.told("clone", json!({"repository": "r"})).await.0);
    let other = described("clone", of(&["url"]));
    served
        .double
        .tools
        .lock()
        .unwrap()
        .insert("git".to_owned(), vec![other]);
    let (error, text) = served.told("clone", json!({"repository": "r"})).await;
    assert!(error && text.starts_with("tool-arguments: "), "{text}");
    assert!(!served.told("clone", json!({"url": "r"})).await.0);
}
