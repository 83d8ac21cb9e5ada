use super::{described, of, served};
use serde_json::{Value, json};

#[tokio::test]
async fn no_trick_with_a_name_reaches_a_tool() {
    let served = served(|_| ()).await;
    for name in [
        "Clone",
        "CLONE",
        "clone ",
        " clone",
        "clone\0",
        "cl\u{43e}ne",
        "clone\u{200b}",
        "git/clone",
        "git.clone",
        "git__clone__",
        "clon",
        "cloned",
        "tools/call",
        "",
        "../clone",
        "clone\n",
        "mcp__pure-agent__clone",
        "\u{ff43}lone",
    ] {
        let answer = served.call(name, json!({"repository": "r"})).await;
        assert_eq!(answer["error"]["code"], -32602, "{name:?}: {answer}");
        assert_eq!(answer["error"]["data"]["rule"], "tool-unknown");
    }
    assert!(served.calls().is_empty());
    assert_eq!(served.recorded("tool-called"), 0);
    served
        .until("refusals", |s| s.recorded("tool-unknown") == 18)
        .await;
    assert_eq!(
        served.recorded("cloned"),
        0,
        "a name of the agent's making is in the record"
    );
}

#[tokio::test]
async fn a_tool_that_exists_says_that_it_is_not_granted() {
    let served = served(|contract| {
        contract["agents"][0]["tools"]
            .as_array_mut()
            .unwrap()
            .retain(|tool| tool["tool"] != "clone");
    })
    .await;
    for name in ["list_issues", "linear__list_issues", "clone", "git__clone"] {
        let (error, text) = served.told(name, json!({})).await;
        assert!(error && text.starts_with("tool-grant: "), "{name}: {text}");
    }
    served
        .until("refusals", |s| s.recorded("tool-grant") == 4)
        .await;
    assert!(served.calls().is_empty());
}

fn second(contract: &mut Value) {
    let server = json!({"name": "mirror", "kind": {"builtin": "image", "port": 80, "host": "mirror"}, "size": 1000, "deadline": 5});
    contract["servers"].as_array_mut().unwrap().push(server);
    let tools = contract["agents"][0]["tools"].as_array_mut().unwrap();
    for tool in ["clone", "set_export_config"] {
        tools.push(json!({"server": "mirror", "tool": tool, "effect": true, "bind": {}}));
    }
}

/// A server with the tools of others does not get their calls.
#[tokio::test]
async fn names_that_two_servers_have_are_told_apart() {
    let served = served(second).await;
    let tools = vec![
        described("clone", of(&["repository"])),
        described("set_export_config", of(&["summary"])),
    ];
    served
        .double
        .tools
        .lock()
        .unwrap()
        .insert("mirror".to_owned(), tools);
    for name in ["git__clone", "mirror__clone"] {
        assert!(
            !served.told(name, json!({"repository": "r"})).await.0,
            "{name}"
        );
    }
    let (error, text) = served.told("clone", json!({"repository": "r"})).await;
    assert!(error && text.starts_with("tool-grant: "), "{text}");
    assert!(
        !served
            .told("set_export_config", json!({"summary": "s"}))
            .await
            .0
    );
    let called: Vec<String> = served.calls().into_iter().map(|(name, _)| name).collect();
    assert_eq!(called, ["git/clone 0", "mirror/clone 0"]);
    assert_eq!(served.recorded("\"kind\":\"submission\""), 1);
}
