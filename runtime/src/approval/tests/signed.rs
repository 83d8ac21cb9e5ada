//! Requests that people answer by signatures, through the control port.

use super::keys::Key;
use super::{CANARY, ask, count, ended, start, subject, until};
use crate::approval::{Ask, MOST_OPEN, wait};
use crate::digest::sha256;
use crate::gateway::control::testing::Port;
use crate::gateway::testing::{Running, UID, member, running};
use crate::record::Event;
use crate::record::event::{Subject, ToolCalled};
use crate::state::State;
use crate::state::journal::Denied;
use crate::web::testing::web;
use serde_json::{Value, json};
use std::time::Duration;

const NAMESPACE: &str = "pure-agent-approval";

struct Case {
    key: Key,
    running: Running,
    port: Port,
}

/// A gateway whose approval `lead` is signed with the key, for the tool `fetch`.
async fn case(timeout: u64) -> Case {
    let key = Key::new("ed25519");
    let running = running(web(&[]), |contract| {
        contract["approvals"][1]["timeout"] = json!(timeout);
        contract["approvals"][1]["via"]["approvers"][0]["key"] = json!(key.public);
        member(&mut contract["agents"][0]["tools"], "tool", "fetch")["approval"] = json!("lead");
    })
    .await;
    let port = Port::open(&running).await;
    Case { key, running, port }
}

impl Case {
    /// The requests that wait, once there are so many.
    async fn waiting(&self, many: usize) -> Vec<Value> {
        for _ in 0..500 {
            let (_, found) = self.port.people("GET /v1/approvals", &Value::Null).await;
            let found = found["approvals"].as_array().unwrap().clone();
            if found.len() == many {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("there never were {many}");
    }

    /// Answers, as a person with this signature would.
    async fn answer(&self, id: &Value, verdict: &str, signature: &str) -> (u16, Value) {
        let what = format!("POST /v1/approvals/{}", id.as_str().unwrap());
        let body = json!({"verdict": verdict, "signature": signature});
        let (status, answer) = self.port.people(&what, &body).await;
        match status {
            200 => (status, answer["by"].clone()),
            _ => (status, answer["error"]["rule"].clone()),
        }
    }

    fn signed(&self, waiting: &Value, verdict: &str) -> String {
        self.key
            .sign(NAMESPACE, waiting["sign"][verdict].as_str().unwrap())
    }

    async fn call(&self, id: &str, arguments: &str) -> Result<(), Denied> {
        let call = ToolCalled {
            cycle: 0,
            agent: "coder".to_owned(),
            server: "web".to_owned(),
            tool: "fetch".to_owned(),
            arguments: sha256(arguments),
            approval: Some(id.to_owned()),
        };
        let called = self.running.gateway.journal.record(Event::ToolCalled(call));
        called?.await.map(drop).map_err(Denied::Unrecorded)
    }
}

fn event(line: &str) -> Event {
    let line: Value = serde_json::from_str(line).unwrap();
    serde_json::from_value(line["event"].clone()).unwrap()
}

fn refused(rule: &str) -> (u16, Value) {
    (409, json!(rule))
}

#[tokio::test]
async fn a_signature_lets_one_call_through() {
    let case = case(60).await;
    let waiting = start(&case.running.gateway, ask("lead", "a"));
    let found = case.waiting(1).await.remove(0);
    assert_eq!(found["shown"]["url"], CANARY);
    assert_eq!(found["approvers"], json!(["kim"]));
    assert_eq!(
        found["subject"],
        json!({"tool": {"server": "web", "name": "fetch"}})
    );
    let text: Value = serde_json::from_str(found["sign"]["approve"].as_str().unwrap()).unwrap();
    assert_eq!(
        text,
        json!({
            "verdict": "approve", "run": UID, "spec": "pure-agent", "id": found["id"],
            "subject": found["subject"], "arguments": sha256("a"), "nonce": text["nonce"],
            "expires": found["expires"],
        })
    );
    let signature = case.signed(&found, "approve");
    assert_eq!(
        case.answer(&found["id"], "approve", &signature).await,
        (200, json!("kim"))
    );
    let id = ended(waiting).await.unwrap();
    assert_eq!(json!(id), found["id"]);
    assert!(case.call(&id, "b").await.is_err(), "other arguments");
    case.call(&id, "a").await.unwrap();
    assert_eq!(
        case.call(&id, "a").await.unwrap_err().rule(),
        "approval-used"
    );
    let record = case.running.record();
    let events: Vec<Event> = record.lines().map(event).collect();
    let gateway = &case.running.gateway;
    let replayed = State::replay(&gateway.contract, &events).unwrap();
    assert_eq!(
        replayed,
        gateway.journal.read(Clone::clone),
        "a restart knows the same"
    );
    assert!(record.contains("approval-given") && record.contains("\"by\":\"kim\""));
    assert!(!record.contains(CANARY), "arguments in the record");
}

#[tokio::test]
async fn nothing_but_the_signed_statement_counts() {
    let case = case(60).await;
    let first = start(&case.running.gateway, ask("lead", "a"));
    let found = case.waiting(1).await.remove(0);
    let second = start(&case.running.gateway, ask("lead", "b"));
    let both = case.waiting(2).await;
    let other = both.iter().find(|one| one["id"] != found["id"]).unwrap();
    let id = &found["id"];
    let text = found["sign"]["approve"].as_str().unwrap();
    let stranger = Key::new("ed25519");
    let sign = |text: &str| case.key.sign(NAMESPACE, text);
    for (what, verdict, signature, rule) in [
        ("another verdict", "reject", sign(text), "signature-wrong"),
        (
            "a reject as consent",
            "approve",
            case.signed(&found, "reject"),
            "signature-wrong",
        ),
        (
            "another request",
            "approve",
            case.signed(other, "approve"),
            "signature-wrong",
        ),
        (
            "another run",
            "approve",
            sign(&text.replace(UID, "other-run")),
            "signature-wrong",
        ),
        (
            "another spec",
            "approve",
            sign(&text.replace("\"pure-agent\"", "\"other\"")),
            "signature-wrong",
        ),
        (
            "other arguments",
            "approve",
            sign(&text.replace(&sha256("a"), &sha256("b"))),
            "signature-wrong",
        ),
        (
            "a newline more",
            "approve",
            sign(&format!("{text}\n")),
            "signature-wrong",
        ),
        (
            "another namespace",
            "approve",
            case.key.sign("file", text),
            "signature-namespace",
        ),
        (
            "another key",
            "approve",
            stranger.sign(NAMESPACE, text),
            "signature-key",
        ),
        ("no signature", "approve", String::new(), "signature-form"),
    ] {
        let answer = case.answer(id, verdict, &signature).await;
        assert_eq!(answer, refused(rule), "{what}");
        assert!(!first.is_finished(), "{what}");
    }
    for body in [
        json!({"verdict": "approve"}),
        json!({"verdict": "maybe", "signature": sign(text)}),
        json!({"verdict": "approve", "signature": sign(text), "by": "root"}),
    ] {
        let what = format!("POST /v1/approvals/{}", id.as_str().unwrap());
        assert_eq!(case.port.people(&what, &body).await.0, 400, "{body}");
    }
    let good = sign(text);
    assert_eq!(
        case.answer(&json!("unknown"), "approve", &good).await,
        refused("approval-unknown")
    );
    assert_eq!(case.answer(id, "approve", &good).await.0, 200);
    assert_eq!(
        case.answer(id, "approve", &good).await,
        refused("approval-unknown"),
        "again"
    );
    assert!(ended(first).await.is_ok());
    assert!(!second.is_finished(), "the other request waits");
    let record = case.running.record();
    assert!(
        record.contains("\"rule\":\"signature-key\""),
        "attempts are recorded"
    );
}

#[tokio::test]
async fn what_a_person_refused_is_not_asked_again() {
    let case = case(60).await;
    let waiting = start(&case.running.gateway, ask("lead", "a"));
    let found = case.waiting(1).await.remove(0);
    let signature = case.signed(&found, "reject");
    assert_eq!(case.answer(&found["id"], "reject", &signature).await.0, 200);
    assert_eq!(ended(waiting).await, Err("approval-refused"));
    let id = found["id"].as_str().unwrap();
    assert_eq!(
        case.call(id, "a").await.unwrap_err().rule(),
        "approval-refused"
    );
    let again = start(&case.running.gateway, ask("lead", "a"));
    assert_eq!(ended(again).await, Err("approval-refused"));
    assert_eq!(count(&case.running, "approval-asked"), 1);
    let other = start(&case.running.gateway, ask("lead", "b"));
    case.waiting(1).await;
    other.abort();
}

#[tokio::test]
async fn the_same_question_is_asked_once() {
    let case = case(60).await;
    let gateway = &case.running.gateway;
    let all: Vec<_> = (0..8).map(|_| start(gateway, ask("lead", "a"))).collect();
    let found = case.waiting(1).await.remove(0);
    // Who stops waiting takes nothing from the others.
    let (gone, left) = all.split_at(4);
    for waiting in gone {
        waiting.abort();
    }
    let signature = case.signed(&found, "approve");
    assert_eq!(
        case.answer(&found["id"], "approve", &signature).await.0,
        200
    );
    until(|| left.iter().all(|waiting| waiting.is_finished())).await;
    for waiting in all.into_iter().skip(4) {
        assert_eq!(json!(ended(waiting).await.unwrap()), found["id"]);
    }
    assert_eq!(count(&case.running, "approval-asked"), 1);
    // Who had gone and comes again finds the answer, until it is used.
    let id = ended(start(gateway, ask("lead", "a"))).await.unwrap();
    assert_eq!(json!(id), found["id"]);
    case.call(&id, "a").await.unwrap();
    let next = start(gateway, ask("lead", "a"));
    let next_found = case.waiting(1).await.remove(0);
    assert_ne!(next_found["id"], found["id"]);
    next.abort();
}

#[tokio::test]
async fn an_answer_counts_also_when_nobody_waits_any_more() {
    let case = case(60).await;
    let waiting = start(&case.running.gateway, ask("lead", "a"));
    let found = case.waiting(1).await.remove(0);
    waiting.abort();
    let signature = case.signed(&found, "approve");
    assert_eq!(
        case.answer(&found["id"], "approve", &signature).await.0,
        200
    );
    let id = ended(start(&case.running.gateway, ask("lead", "a"))).await;
    assert_eq!(json!(id.unwrap()), found["id"]);
}

#[tokio::test]
async fn no_answer_in_time_is_a_refusal() {
    let case = case(3).await;
    let waiting = start(&case.running.gateway, ask("lead", "a"));
    let found = case.waiting(1).await.remove(0);
    let signature = case.signed(&found, "approve");
    assert_eq!(ended(waiting).await, Err("approval-expired"));
    let late = case.answer(&found["id"], "approve", &signature).await;
    assert_eq!(late, refused("approval-unknown"));
    let id = found["id"].as_str().unwrap();
    assert_eq!(
        case.call(id, "a").await.unwrap_err().rule(),
        "approval-refused"
    );
    assert_eq!(count(&case.running, "approval-refused"), 1);
    assert!(
        !case.running.record().contains("\"by\":"),
        "time has no name"
    );
}

#[tokio::test]
async fn the_end_of_the_cycle_ends_the_wait() {
    let case = case(60).await;
    let gateway = &case.running.gateway;
    let waiting = start(gateway, ask("lead", "a"));
    let export = Ask {
        cycle: None,
        subject: Subject::Export("pull-request".to_owned()),
        ..ask("lead", "a")
    };
    let exporting = start(gateway, export);
    case.waiting(2).await;
    let sealed = gateway.journal.record(Event::CycleSealed { cycle: 0 });
    sealed.unwrap().await.unwrap();
    assert_eq!(ended(waiting).await, Err("cycle-ended"));
    let late = start(gateway, ask("lead", "b"));
    assert_eq!(ended(late).await, Err("cycle-ended"));
    // An export waits on: it has no cycle.
    let found = case.waiting(1).await.remove(0);
    assert_eq!(found["subject"], json!({"export": "pull-request"}));
    let signature = case.signed(&found, "approve");
    assert_eq!(
        case.answer(&found["id"], "approve", &signature).await.0,
        200
    );
    assert!(ended(exporting).await.is_ok());
}

#[tokio::test]
async fn an_answer_never_comes_after_the_run() {
    let running = running(web(&[]), |contract| {
        contract["limits"]["deadline"] = json!(4);
        contract["approvals"][1]["timeout"] = json!(1_800);
    })
    .await;
    let gateway = &running.gateway;
    let waiting = start(gateway, ask("lead", "a"));
    until(|| !gateway.approvals.open().is_empty()).await;
    let (asked, _) = gateway.approvals.open().remove(0);
    assert_eq!(Some(asked.expires), gateway.journal.read(|s| s.deadline()));
    assert_eq!(ended(waiting).await, Err("approval-expired"));
    assert_eq!(
        ended(start(gateway, ask("lead", "b"))).await,
        Err("deadline")
    );
}

#[tokio::test]
async fn requests_are_bounded_and_known() {
    let case = case(60).await;
    let gateway = &case.running.gateway;
    assert_eq!(
        ended(start(gateway, ask("nobody", "a"))).await,
        Err("approval-unknown")
    );
    let long = Ask {
        shown: json!("x".repeat(64 * 1024)),
        ..ask("lead", "a")
    };
    assert_eq!(
        wait(gateway, long).await.unwrap_err().rule(),
        "approval-size"
    );
    let mut all = Vec::new();
    for n in 0..MOST_OPEN {
        all.push(start(gateway, ask("lead", &n.to_string())));
    }
    until(|| gateway.approvals.open().len() == MOST_OPEN).await;
    assert_eq!(
        ended(start(gateway, ask("lead", "more"))).await,
        Err("approval-many")
    );
    // The same as one that waits is no further one.
    let joined = start(gateway, ask("lead", "0"));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!joined.is_finished());
    assert_eq!(count(&case.running, "approval-asked"), MOST_OPEN);
    let shown = format!("{:?} {:?}", gateway.approvals, ask("lead", "a"));
    assert!(!shown.contains(CANARY), "{shown}");
    assert_eq!(ask("lead", "a").subject, subject());
    for waiting in all {
        waiting.abort();
    }
    joined.abort();
}

/// A signature is no answer where a service is asked.
#[tokio::test]
async fn a_service_is_not_answered_for_by_a_signature() {
    let case = case(60).await;
    let waiting = start(&case.running.gateway, ask("human", "a"));
    let found = case.waiting(1).await.remove(0);
    assert_eq!(
        (&found["via"], &found["sign"]),
        (&json!("gatekeeper"), &Value::Null)
    );
    let signature = case.key.sign(NAMESPACE, "x");
    assert_eq!(
        case.answer(&found["id"], "approve", &signature).await,
        refused("approval-way")
    );
    waiting.abort();
}
