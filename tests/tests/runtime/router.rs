//! The router, started as its pod starts it, against a stand-in of the gateway's control port.

use crate::emitted::{command, contract};
use pure_agent_runtime::proof::{Key, Use};
use pure_agent_tests::program::{Scratch, runtime};
use pure_agent_tests::standin::{Answer, Asked, Standin};
use serde_json::{Value, json};
use std::process::{Command, Output};
use std::time::Instant;

const UID: &str = "34f30468-bff5-4185-9f89-33119f4650fd";
const KEY: [u8; 32] = [7; 32];

struct Run {
    done: Output,
    word: Option<String>,
    asked: Vec<Asked>,
}

impl Run {
    fn decision(&self) -> Value {
        let last = self.asked.last().expect("the gateway was asked");
        assert_eq!(last.what, "POST /v1/decision");
        serde_json::from_slice(&last.body).unwrap()
    }
}

/// Starts the router of the reference example; `told` fills in what Argo says, `answer` is the gateway.
fn router(
    told: &[(&str, &str)],
    change: impl Fn(&mut Vec<String>),
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Run {
    let scratch = Scratch::new("router");
    let at = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();
    std::fs::write(at("contract.json"), contract("pure-agent")).unwrap();
    std::fs::write(at("key"), KEY).unwrap();
    let gateway = Standin::start(answer);
    let mut words: Vec<String> = command("pure-agent", "router")
        .into_iter()
        .map(|word| match word.as_str() {
            "/etc/pure-agent/contract.json" => at("contract.json"),
            word => {
                let name = word.strip_prefix("{{inputs.parameters.");
                let name = name.and_then(|rest| rest.strip_suffix("}}"));
                name.map_or(word, |name| {
                    let found = told.iter().find(|(one, _)| *one == name);
                    found.map_or("", |(_, value)| value)
                })
                .to_owned()
            }
        })
        .collect();
    assert_eq!(words.remove(0), "/pure-agent-runtime");
    words.extend([
        "--key".to_owned(),
        at("key"),
        "--answer".to_owned(),
        at("answer"),
    ]);
    words.extend(["--patience".to_owned(), "2".to_owned()]);
    words.extend(["--gateway".to_owned(), gateway.address.to_string()]);
    change(&mut words);
    let done = Command::new(runtime())
        .args(&words)
        .env_clear()
        .env("PURE_AGENT_UID", UID)
        .output()
        .unwrap();
    Run {
        done,
        word: std::fs::read_to_string(at("answer")).ok(),
        asked: gateway.asked(),
    }
}

const GOOD: [(&str, &str); 3] = [("cycle", "0"), ("phase", "Succeeded"), ("exit-code", "0")];

fn known(more: Value) -> String {
    let mut known = json!({"cycle": 0, "depth": 0, "claimed": true, "exhausted": null,
        "submission": {"kind": "continue", "digest": "5".repeat(64)}, "reminders": 0, "retries": 0});
    for (key, value) in more.as_object().into_iter().flatten() {
        known[key] = value.clone();
    }
    known.to_string()
}

#[test]
fn a_decision_is_kept_before_argo_is_told() {
    let run = router(&GOOD, |_| (), |_| (200, known(json!({}))));
    assert_eq!(run.done.status.code(), Some(0), "{:?}", run.done);
    assert_eq!(run.word.as_deref(), Some("1"));
    let asked: Vec<_> = run.asked.iter().map(|asked| asked.what.as_str()).collect();
    assert_eq!(asked, ["POST /v1/cycles/0/seal", "POST /v1/decision"]);
    let bearer = Key::new(KEY.to_vec()).unwrap().proof(UID, Use::Router);
    for asked in &run.asked {
        let expected = format!("Bearer {bearer}");
        assert_eq!(asked.header("authorization"), Some(expected.as_str()));
    }
    let decision = run.decision();
    assert_eq!(
        decision,
        json!({"cycle": 0, "decision": "continue", "reason": "requested", "depth": 0, "next_depth": 1,
            "submission_digest": "5".repeat(64), "detail": null})
    );
    let log = String::from_utf8(run.done.stdout).unwrap();
    let line: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(
        (&line["event"], &line["decision"]),
        (&json!("decided"), &decision)
    );
    assert!(!log.contains(&bearer), "the log holds a credential");
}

#[test]
fn a_terminal_submission_ends_the_run() {
    let terminal = json!({"submission": {"kind": "terminal", "digest": "5".repeat(64)}});
    let run = router(&GOOD, |_| (), move |_| (200, known(terminal.clone())));
    assert_eq!(run.word.as_deref(), Some("stop"));
    assert_eq!(run.decision()["reason"], "submitted");
}

/// Whatever the gateway answers: Argo is told a word, and the word is `stop`.
#[test]
fn an_answer_that_is_not_understood_stops_the_run() {
    for (what, status, text) in [
        ("no JSON", 200, "continue".to_owned()),
        ("empty", 200, String::new()),
        ("unknown field", 200, known(json!({"please": "go on"}))),
        (
            "key twice",
            200,
            known(json!({})).replacen('{', "{\"depth\":0,", 1),
        ),
        ("another cycle", 200, known(json!({"cycle": 1}))),
        ("deeper than allowed", 200, known(json!({"depth": 99}))),
        ("refused", 403, known(json!({}))),
        ("somewhere else", 302, known(json!({}))),
        (
            "too long",
            200,
            format!("{}{}", known(json!({})), " ".repeat(100_000)),
        ),
    ] {
        let status_of = move |_: &Asked| (status, text.clone());
        let run = router(&GOOD, |_| (), status_of);
        assert_eq!(run.word.as_deref(), Some("stop"), "{what}: {:?}", run.done);
        assert_eq!(run.done.status.code(), Some(0), "{what}");
        let kept = run.decision();
        assert_eq!(
            (&kept["decision"], &kept["reason"]),
            (&json!("stop"), &json!("error")),
            "{what}"
        );
    }
}

#[test]
fn a_decision_that_is_not_kept_is_none() {
    let run = router(
        &GOOD,
        |_| (),
        |asked| {
            let status = if asked.what == "POST /v1/decision" {
                409
            } else {
                200
            };
            (status, known(json!({})))
        },
    );
    assert_eq!(run.word.as_deref(), Some("stop"));
    let log = String::from_utf8_lossy(&run.done.stdout).into_owned();
    assert!(
        log.contains("\"reason\":\"error\"") && log.contains("409"),
        "{log}"
    );
}

#[test]
fn a_gateway_that_is_gone_stops_the_run() {
    let start = Instant::now();
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nowhere.local_addr().unwrap().to_string();
    drop(nowhere);
    let change = |words: &mut Vec<String>| {
        let last = words.last_mut().unwrap();
        last.clone_from(&address);
    };
    let run = router(&GOOD, change, |_| (200, String::new()));
    assert_eq!(run.word.as_deref(), Some("stop"), "{:?}", run.done);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn what_argo_cannot_have_said_stops_the_run() {
    for told in [
        [("cycle", "{{inputs.parameters.cycle}}"), GOOD[1], GOOD[2]],
        [("cycle", "-1"), GOOD[1], GOOD[2]],
        [GOOD[0], ("phase", "Running"), GOOD[2]],
        [GOOD[0], GOOD[1], ("exit-code", "--help")],
        [GOOD[0], GOOD[1], ("exit-code", "")],
    ] {
        let run = router(&told, |_| (), |_| (200, known(json!({}))));
        assert_eq!(
            run.word.as_deref(),
            Some("stop"),
            "{told:?}: {:?}",
            run.done
        );
        assert!(run.asked.is_empty(), "{told:?}");
    }
}

#[test]
fn a_doubtful_start_opens_nothing() {
    type Change = dyn Fn(&mut Vec<String>);
    let changes: [(&str, &Change); 4] = [
        ("another digest", &|words| {
            let at = words.iter().position(|word| word == "--digest").unwrap();
            words[at + 1] = "0".repeat(64);
        }),
        ("no bundle", &|words| {
            let at = words.iter().position(|word| word == "--bundle").unwrap();
            words[at + 1] = "latest".to_owned();
        }),
        ("no key", &|words| {
            let at = words.iter().position(|word| word == "--key").unwrap();
            words[at + 1].push_str(".missing");
        }),
        ("an option that is not known", &|words| {
            words.push("--trust-me".to_owned())
        }),
    ];
    for (what, change) in changes {
        let run = router(&GOOD, change, |_| (200, known(json!({}))));
        assert_eq!(run.done.status.code(), Some(2), "{what}: {:?}", run.done);
        assert_eq!((run.word, run.asked.len()), (None, 0), "{what}");
    }
}
