use super::{check, follow, owes, step, verdicts};
use crate::contract::{Contract, Goal};
use serde_json::{Value, json};

/// A run with a step of each kind: an agent that finds out, a person, a call, an export.
pub(crate) fn stepped() -> Value {
    let agent = |name: &str| {
        json!({"name": name, "harness": "generic", "command": [], "models": [], "tools": [],
               "tunnels": [], "http": [], "limits": {}, "env": {}})
    };
    let input =
        |name: &str, of: Value| json!({"name": name, "required": true, "size": 64, "one_of": of});
    let to = |step: &str| json!({"to": {"step": step}});
    json!({
        "version": 1, "spec": "s", "namespace": "n", "inputs": [input("service", json!([]))],
        "agents": [agent("analyst"), agent("triage")], "entry": "triage", "models": [],
        "servers": [{"name": "linear", "size": 4096, "deadline": 5,
                     "kind": {"builtin": "linear", "team": "ABC"}}],
        "approvals": [{"name": "operator", "timeout": 60, "via": {"via": "gatekeeper", "url": "https://g.example.com", "auth": "gate"}}],
        "limits": {"depth": 12, "deadline": 1000, "cycle": 10, "export": 10, "turns": 10, "tokens": 1000,
                   "traffic": 1000, "concurrency": 3},
        "finish": {"submission": false, "reminders": 1},
        "exports": [{"name": "webhook", "when": "step", "auth": "hook", "times": 1,
                     "action": {"kind": "webhook", "url": "https://h.example.com"}}],
        "record": {"usage": true}, "retry": {"infrastructure": 1, "backoff": 1}, "secrets": [],
        "network": {"closed": [], "private": []},
        "graph": {"steps": [
            {"name": "detect", "work": {"work": "agent", "agent": "triage", "answers": []},
             "on": {"healthy": {"to": "end"}, "fault": to("cause"), "failed": {"to": "fail"}}},
            {"name": "cause", "work": {"work": "agent", "agent": "analyst",
                "answers": [input("issue", json!(["A-1", "A-2"]))]},
             "on": {"ok": to("human"), "failed": {"to": "fail"}}},
            {"name": "human", "work": {"work": "approval", "approval": "operator", "of": "execute"},
             "on": {"approved": to("execute"), "rejected": to("told"), "expired": to("told")}},
            {"name": "execute", "work": {"work": "call", "server": "linear", "tool": "get_issue", "effect": true,
                "after": 0, "arguments": {"issue_id": {"answer": {"step": "cause", "field": "issue"}}}},
             "on": {"ok": to("told"),
                    "failed": {"to": {"step": "cause"}, "most": {"times": 2, "then": "fail"}}}},
            {"name": "told", "work": {"work": "export", "export": "webhook"}, "on": {"ok": {"to": "end"}}},
        ]},
    })
}

pub(crate) fn contract(value: &Value) -> Contract {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn a_graph_leads_where_it_should() {
    let contract = contract(&stepped());
    assert_eq!(check(&contract), Ok(()));
    let graph = contract.graph.as_ref().unwrap();
    let execute = step(graph, 3).unwrap();
    let cause = Goal::Step("cause".to_owned());
    assert_eq!(follow(execute, "failed", 1), Some(&cause));
    assert_eq!(follow(execute, "failed", 2), Some(&Goal::Fail));
    assert_eq!(follow(execute, "approved", 0), None);
    assert_eq!(step(graph, 5), None);
    let owing = |at| owes(&contract, step(graph, at).unwrap());
    assert!(owing(0) && owing(1) && !owing(4));
    assert_eq!(verdicts(step(graph, 0).unwrap()), ["fault", "healthy"]);
}

/// Each mistake that a compiler could make is found before anything runs.
#[test]
fn a_graph_that_leads_nowhere_is_refused() {
    let steps = |at: usize, what: &str| format!("/graph/steps/{at}/{what}");
    let rows = [
        (steps(0, "name"), json!("end"), "a name that no step has"),
        (steps(0, "name"), json!("cause"), "stands twice"),
        (
            steps(0, "on/healthy/to"),
            json!({"step": "nowhere"}),
            "a step that is not there",
        ),
        (
            steps(3, "on/failed/most/then"),
            json!({"step": "nowhere"}),
            "a step that is not there",
        ),
        (
            steps(3, "on/failed/most/times"),
            json!(0),
            "whose bound is none",
        ),
        (
            steps(3, "on/failed/most/times"),
            json!(99),
            "whose bound is none",
        ),
        (
            steps(0, "on"),
            json!({"ok": {"to": "end"}}),
            "each of its outcomes",
        ),
        (
            steps(0, "on"),
            json!({"failed": {"to": "end"}}),
            "each of its outcomes",
        ),
        (
            steps(0, "on"),
            json!({"failed": {"to": "end"}, "only": {"to": "end"}}),
            "each of its outcomes",
        ),
        (
            steps(0, "on"),
            json!({"failed": {"to": "end"}, "ok": {"to": "end"}, "a": {"to": "end"}}),
            "each of its outcomes",
        ),
        (
            steps(2, "on"),
            json!({"approved": {"to": "end"}}),
            "each of its outcomes",
        ),
        (
            steps(3, "on"),
            json!({"ok": {"to": "end"}}),
            "each of its outcomes",
        ),
        (
            steps(4, "on"),
            json!({"ok": {"to": "end"}, "failed": {"to": "end"}}),
            "each of its outcomes",
        ),
        (
            steps(0, "work/agent"),
            json!("nobody"),
            "what the contract does not have",
        ),
        (
            steps(2, "work/of"),
            json!("cause"),
            "what the contract does not have",
        ),
        (
            steps(2, "work/approval"),
            json!("nobody"),
            "what the contract does not have",
        ),
        (
            steps(3, "work/server"),
            json!("none"),
            "what the contract does not have",
        ),
        (
            steps(3, "work/arguments/issue_id"),
            json!({"input": "none"}),
            "what the contract does not have",
        ),
        (
            steps(3, "work/arguments/issue_id"),
            json!({"answer": {"step": "cause", "field": "x"}}),
            "what the contract does not have",
        ),
        (
            steps(3, "work/arguments/issue_id"),
            json!({"answer": {"step": "human", "field": "x"}}),
            "what the contract does not have",
        ),
        (
            steps(4, "work/export"),
            json!("none"),
            "what the contract does not have",
        ),
        (
            "/exports/0/when".to_owned(),
            json!("always"),
            "what the contract does not have",
        ),
        ("/graph/steps".to_owned(), json!([]), "1 to 32 steps"),
    ];
    for (at, value, expected) in rows {
        let mut changed = stepped();
        *changed.pointer_mut(&at).unwrap() = value;
        let why = check(&contract(&changed)).unwrap_err();
        assert!(why.contains(expected), "{at}: {why}");
    }
}
