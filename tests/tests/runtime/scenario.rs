//! Whole runs but for their export: the real gateway, start gates and routers, and an agent that is this test.

use crate::place::{Gateway, Place, ask, raw, rule};
use serde_json::{Value, json};

/// What Argo would fill in, were it ever a parameter.
const TEMPLATES: &str = "{{=1+1}} {{workflow.name}} {{ inputs.parameters.x }} \
    {{=sprig.getHostByName('a.example.com')}} {% raw %} ${HOME} $(id) 한글";

/// A run that owes a submission, of so many cycles at most.
fn place(depth: u32) -> Place {
    Place::new(|contract| {
        contract["finish"] = json!({"submission": true, "reminders": 1});
        contract["limits"]["depth"] = json!(depth);
    })
}

/// The cycle begins; its agent's bearer.
fn claimed(place: &Place, gateway: &Gateway, cycle: u32) -> String {
    let (done, bearer) = place.start(gateway, &cycle.to_string());
    bearer.unwrap_or_else(|| panic!("cycle {cycle}: {done:?}"))
}

/// Hands in by the tool, as an agent does; whether it was accepted, and what was answered.
fn hand_in(gateway: &Gateway, bearer: &str, submission: &Value) -> (bool, String) {
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "set_export_config", "arguments": submission}});
    let body = call.to_string();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         MCP-Protocol-Version: 2025-11-25\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (status, text) = raw(&gateway.agent, request.as_bytes());
    let kept = text.contains("Kept.") && !text.contains("\"isError\":true");
    (status == 200 && kept, text)
}

fn prompt(gateway: &Gateway, bearer: &str) -> String {
    let (status, answer) = ask(&gateway.agent, "GET /v1/prompt", Some(bearer), "");
    assert_eq!(status, 200, "{answer}");
    answer["prompt"].as_str().unwrap().to_owned()
}

/// The reason of each decision in the record, in order.
fn reasons(place: &Place) -> Vec<String> {
    assert_eq!(place.verify().status.code(), Some(0));
    let lines = place.record();
    let events = lines
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let decided = events.filter_map(|line: Value| find(&line, "reason"));
    decided.collect()
}

/// The text of this member in the event of a decision.
fn find(line: &Value, name: &str) -> Option<String> {
    let event = &line["event"];
    let decided = event["next_depth"].is_number();
    decided.then(|| event[name].as_str().unwrap_or_default().to_owned())
}

/// `none-action`, `report-action`, `create-pr-action`: a terminal submission ends the run after its cycle.
#[test]
fn a_terminal_submission_of_each_kind_ends_the_run() {
    let pull_request = json!({"repository": "dlddu/tool", "path": "repo", "branch": "agent/test-branch",
        "base": "main", "title": "제목", "body": "본문"});
    for submission in [
        json!({"actions": ["none"], "summary": "작업 완료"}),
        json!({"actions": ["report"], "summary": "s", "report": "분석 리포트"}),
        json!({"actions": ["pull-request"], "summary": "s", "pull-request": pull_request}),
        json!({"actions": ["report", "upload"], "summary": "s", "report": "r"}),
    ] {
        let place = place(10);
        let gateway = place.gateway();
        let bearer = claimed(&place, &gateway, 0);
        let (accepted, text) = hand_in(&gateway, &bearer, &submission);
        assert!(accepted, "{submission}: {text}");
        assert_eq!(place.router(&gateway, "0", "Succeeded", "0"), "stop");
        assert_eq!(reasons(&place), ["submitted"], "{submission}");
    }
}

/// `continue-then-stop`, and what Argo would fill in goes through two cycles as it was written.
#[test]
fn a_run_goes_on_and_its_texts_are_never_read_as_templates() {
    let place = place(10);
    let gateway = place.gateway();
    for cycle in 0..2 {
        let bearer = claimed(&place, &gateway, cycle);
        if cycle > 0 {
            let told = prompt(&gateway, &bearer);
            assert!(
                told.contains(&format!("\n{TEMPLATES} {}\n", cycle - 1)),
                "{told}"
            );
        }
        let more = json!({"actions": ["continue"], "summary": format!("{TEMPLATES} {cycle}")});
        let (accepted, text) = hand_in(&gateway, &bearer, &more);
        assert!(accepted, "{text}");
        // All that Argo is told is a number.
        let word = place.router(&gateway, &cycle.to_string(), "Succeeded", "0");
        assert_eq!(word, (cycle + 1).to_string());
    }
    let bearer = claimed(&place, &gateway, 2);
    assert!(prompt(&gateway, &bearer).contains(&format!("\n{TEMPLATES} 1\n")));
    let done = json!({"actions": ["none"], "summary": TEMPLATES});
    assert!(hand_in(&gateway, &bearer, &done).0);
    assert_eq!(place.router(&gateway, "2", "Succeeded", "0"), "stop");
    assert_eq!(reasons(&place), ["requested", "requested", "submitted"]);
}

/// `depth-limit`: whatever an agent asks for, depth is a bound.
#[test]
fn who_always_asks_for_more_stops_at_the_depth() {
    for depth in [1, 2, 4] {
        let place = place(depth);
        let gateway = place.gateway();
        for cycle in 0..depth {
            let bearer = claimed(&place, &gateway, cycle);
            let more = json!({"actions": ["continue"], "summary": "more"});
            let (accepted, text) = hand_in(&gateway, &bearer, &more);
            // Where the spec has one cycle, nobody can even ask for another.
            assert_eq!(accepted, depth > 1, "{cycle} of {depth}: {text}");
            let word = place.router(&gateway, &cycle.to_string(), "Succeeded", "0");
            let last = cycle + 1 == depth;
            let wanted = if last {
                "stop".to_owned()
            } else {
                (cycle + 1).to_string()
            };
            assert_eq!(word, wanted, "{cycle} of {depth}");
        }
        let (done, bearer) = place.start(&gateway, &depth.to_string());
        assert_eq!(
            (done.status.code(), bearer),
            (Some(1), None),
            "a cycle more"
        );
        assert_eq!(reasons(&place).last().unwrap(), "depth");
    }
}

/// Who submits nothing is reminded, and then the run is over, and not as one that did its work.
#[test]
fn no_submission_has_an_outcome_of_its_own() {
    let place = place(10);
    let gateway = place.gateway();
    let first = claimed(&place, &gateway, 0);
    assert!(!prompt(&gateway, &first).contains("Nothing was submitted"));
    assert_eq!(place.router(&gateway, "0", "Succeeded", "0"), "1");
    let second = claimed(&place, &gateway, 1);
    assert!(prompt(&gateway, &second).contains("Nothing was submitted"));
    assert_eq!(place.router(&gateway, "1", "Succeeded", "0"), "stop");
    assert_eq!(reasons(&place), ["reminder", "incomplete"]);
}

/// Rows of the old table that were taken for a wish: a submission of another shape is none.
#[test]
fn a_malformed_submission_is_refused_and_never_a_wish() {
    let place = place(10);
    let gateway = place.gateway();
    let bearer = claimed(&place, &gateway, 0);
    for actions in [
        json!("continue"),
        json!("discontinued"),
        json!({"continue": true}),
        json!(null),
        json!(1),
        json!([]),
        json!(["continue", "report"]),
        json!(["continue", "none"]),
        json!(["none", "none"]),
        json!(["Continue"]),
        json!([["continue"]]),
    ] {
        let given = json!({"actions": actions, "summary": "s", "report": "r"});
        let (accepted, text) = hand_in(&gateway, &bearer, &given);
        assert!(
            !accepted && text.contains("nothing was handed in"),
            "{actions}: {text}"
        );
    }
    for given in [json!([]), json!("x"), json!(null), json!(1)] {
        let (accepted, text) = hand_in(&gateway, &bearer, &given);
        assert!(!accepted && text.contains("error"), "{given}: {text}");
    }
    assert!(!place.record().contains("\"kind\":\"submission\""));
    let late = ask(&gateway.agent, "POST /v1/submission", Some(&bearer), "{}");
    assert_ne!(late.0, 200, "{}", rule(&late).1);
    assert_eq!(
        place.router(&gateway, "0", "Succeeded", "0"),
        "1",
        "a reminder"
    );
}
