//! The choice of an agent, by processes: the step before the first cycle, the gateway, and the start gates of the pods
//! of each agent.

use crate::emitted::command;
use crate::place::{Place, UID, ask, people_bearer, router_bearer, try_ask};
use pure_agent_runtime::digest::sha256;
use pure_agent_runtime::proof::claim_as;
use pure_agent_tests::place::{Gateway, KEY};
use pure_agent_tests::program::{Scratch, runtime};
use pure_agent_tests::standin::{Answer, Asked, Standin};
use serde_json::{Value, json};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// Two agents, of which a model that the gateway answers itself chooses one; it never names one.
fn routed(contract: &mut Value) {
    let mut other = contract["agents"][0].clone();
    other["name"] = "other".into();
    contract["agents"].as_array_mut().unwrap().push(other);
    let stub = json!({"name": "chooser", "provider": "stub", "id": "stub-1", "url": ""});
    contract["models"].as_array_mut().unwrap().push(stub);
    contract["route"] = json!({
        "by": {"model": {"name": "chooser", "turns": 2, "tokens": 50_000, "deadline": 20}},
        "choices": [{"agent": "coder", "when": []}, {"agent": "other", "when": ["in doubt"]}],
    });
}

/// The same by the input `prompt`, whose value is `p`.
fn by_value(contract: &mut Value) {
    routed(contract);
    contract["route"] = json!({
        "by": {"input": {"name": "prompt"}},
        "choices": [{"agent": "coder", "when": []}, {"agent": "other", "when": ["p"]}],
    });
}

/// The step before the first cycle, and the word that Argo is told.
fn choose(place: &Place, control: &str) -> (Output, Option<String>) {
    let answer = place.at("choice");
    drop(std::fs::remove_file(&answer));
    let mut command = place.role("choose");
    command
        .args(["--patience", "1", "--gateway", control, "--key"])
        .arg(place.at("key"))
        .arg("--answer")
        .arg(&answer);
    let done = place.output(&mut command);
    (done, std::fs::read_to_string(answer).ok())
}

fn chosen(place: &Place, gateway: &Gateway) -> String {
    let (done, word) = choose(place, &gateway.control);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    word.unwrap()
}

/// The start gate of the pod of an agent.
fn start(place: &Place, gateway: &Gateway, agent: Option<&str>) -> Output {
    let folder = Scratch::new("run");
    let (host, port) = gateway.agent.rsplit_once(':').unwrap();
    let mut command = place.role("start");
    command
        .args([
            "--gateway",
            host,
            "--port",
            port,
            "--patience",
            "1",
            "--nothing-closed",
        ])
        .arg("--folder")
        .arg(folder.path())
        .arg("--answer")
        .arg(place.at("start-answer"))
        .env("PURE_AGENT_CYCLE", "0");
    if let Some(agent) = agent {
        command.env("PURE_AGENT_AGENT", agent);
    }
    let done = place.output(&mut command);
    if let Ok(bearer) = std::fs::read(folder.path().join("bearer")) {
        pure_agent_tests::canary::learn("the bearer of an agent", &bearer);
    }
    done
}

#[test]
fn s0_16_the_choice_is_told_as_one_word_and_its_agent_alone_starts() {
    let place = Place::new(by_value);
    let gateway = place.gateway();
    // Before the choice, nobody.
    assert_eq!(
        start(&place, &gateway, Some("other")).status.code(),
        Some(1)
    );
    assert_eq!(chosen(&place, &gateway), "other");
    for agent in [Some("coder"), Some("nobody"), None] {
        assert_eq!(
            start(&place, &gateway, agent).status.code(),
            Some(1),
            "{agent:?}"
        );
    }
    let done = start(&place, &gateway, Some("other"));
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    // The other one does not end its cycle.
    assert_eq!(
        start(&place, &gateway, Some("coder")).status.code(),
        Some(1)
    );
    let record = place.record();
    assert!(!record.contains("claim-contested"), "{record}");
    let claim = json!({"cycle": 0, "agent": "coder", "proof": claim_as(UID, 0, Some("coder"))});
    let (status, answer) = ask(&gateway.agent, "POST /v1/claim", None, &claim.to_string());
    assert_eq!(
        (status, &answer["error"]["rule"]),
        (409, &json!("route-agent"))
    );
    assert_eq!(place.verify().status.code(), Some(0));
}

/// Killed after the choice was made and before anybody was told: the next one tells it, and asks nobody.
#[test]
fn s0_16_a_gateway_that_is_killed_does_not_choose_again() {
    let place = Place::new(routed);
    let mut gateway = place.gateway();
    let (status, first) = ask(
        &gateway.control,
        "POST /v1/route",
        Some(&router_bearer()),
        "",
    );
    assert_eq!(
        (status, &first),
        (200, &json!({"agent": "coder", "reason": "fallback-answer"}))
    );
    gateway.child.kill().unwrap();
    gateway.child.wait().unwrap();
    let again = place.gateway();
    assert_eq!(chosen(&place, &again), "coder");
    assert_eq!(chosen(&place, &again), "coder");
    let record = place.record();
    assert_eq!(record.matches("\"route-chosen\"").count(), 1, "{record}");
    assert_eq!(record.matches("\"route-asked\"").count(), 2, "{record}");
    let (_, usage) = ask(&again.control, "GET /v1/usage", Some(&people_bearer()), "");
    assert_eq!(usage["route"]["turns"], json!(2), "{usage}");
    assert_eq!(place.verify().status.code(), Some(0));
}

/// Killed while a model is asked, again and again: what was set aside counts, so the bounds of the choice hold over all
/// restarts, and in the end there is the fallback without a further question.
#[test]
fn s4_34_restarts_do_not_renew_the_bounds_of_a_choice() {
    let place = Place::new(|contract| {
        routed(contract);
        // Nobody is there, which is tried for some seconds.
        let models = contract["models"].as_array_mut().unwrap();
        models.pop();
        models.push(json!({"name": "chooser", "provider": "ollama", "id": "m",
            "url": "http://127.0.0.1:9", "max_tokens": 100}));
    });
    for asked in 1..=2 {
        let mut gateway = place.gateway();
        let control = gateway.control.clone();
        let waits = std::thread::spawn(move || {
            let bearer = router_bearer();
            let answer = try_ask(&control, "POST /v1/route", Some(&bearer), "");
            answer.map_or(0, |(status, _)| status)
        });
        let since = Instant::now();
        while place.record().matches("\"route-asked\"").count() < asked {
            assert!(
                since.elapsed() < Duration::from_secs(20),
                "{}",
                place.record()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        gateway.child.kill().unwrap();
        gateway.child.wait().unwrap();
        assert_ne!(waits.join().unwrap(), 200, "it was answered before");
    }
    let gateway = place.gateway();
    let (_, usage) = ask(
        &gateway.control,
        "GET /v1/usage",
        Some(&people_bearer()),
        "",
    );
    assert_eq!(usage["route"]["turns"], json!(2), "{usage}");
    let (_, choice) = ask(
        &gateway.control,
        "POST /v1/route",
        Some(&router_bearer()),
        "",
    );
    assert_eq!(
        choice,
        json!({"agent": "coder", "reason": "fallback-turns"})
    );
    assert_eq!(place.record().matches("\"route-asked\"").count(), 2);
    assert_eq!(place.verify().status.code(), Some(0));
}

/// Whatever the gateway answers: Argo is told a name of the contract's list, or nothing.
#[test]
fn s0_16_an_answer_that_is_no_name_of_the_list_is_not_told() {
    let place = Place::new(routed);
    for (what, status, text) in [
        ("no JSON", 200, "other".to_owned()),
        ("empty", 200, String::new()),
        (
            "another agent",
            200,
            json!({"agent": "root", "reason": "model"}).to_string(),
        ),
        (
            "a placeholder",
            200,
            json!({"agent": "{{workflow.uid}}", "reason": "model"}).to_string(),
        ),
        (
            "two lines",
            200,
            json!({"agent": "other\ncoder", "reason": "model"}).to_string(),
        ),
        (
            "more fields",
            200,
            json!({"agent": "other", "reason": "model", "image": "x"}).to_string(),
        ),
        (
            "a key twice",
            200,
            r#"{"agent":"root","agent":"other","reason":"model"}"#.to_owned(),
        ),
        (
            "refused",
            403,
            json!({"agent": "other", "reason": "model"}).to_string(),
        ),
        (
            "somewhere else",
            302,
            json!({"agent": "other", "reason": "model"}).to_string(),
        ),
        (
            "too long",
            200,
            format!(
                "{{\"agent\":\"other\",\"reason\":\"{}\"}}",
                "x".repeat(9000)
            ),
        ),
    ] {
        let gateway = Standin::start(move |_: &Asked| -> Answer { (status, text.clone()) });
        let (done, word) = choose(&place, &gateway.address.to_string());
        assert_eq!(done.status.code(), Some(1), "{what}: {done:?}");
        assert_eq!(word, None, "{what}");
    }
    let gateway = Standin::start(|_| {
        (
            200,
            json!({"agent": "other", "reason": "model"}).to_string(),
        )
    });
    let (done, word) = choose(&place, &gateway.address.to_string());
    assert_eq!(
        (done.status.code(), word.as_deref()),
        (Some(0), Some("other"))
    );
    let asked = gateway.asked();
    assert_eq!(asked[0].what, "POST /v1/route");
}

/// The command of the example's pod is one that the runtime takes.
#[test]
fn the_step_is_started_as_its_pod_starts_it() {
    let scratch = Scratch::new("choose");
    let at = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();
    let text = crate::emitted::contract("routed");
    std::fs::write(at("contract.json"), &text).unwrap();
    std::fs::write(at("key"), KEY).unwrap();
    let gateway = Standin::start(|_| {
        (
            200,
            json!({"agent": "infra", "reason": "model"}).to_string(),
        )
    });
    let mut words = command("routed", "route");
    assert_eq!(words.remove(0), "/pure-agent-runtime");
    let contract = words
        .iter_mut()
        .find(|word| word.ends_with("contract.json"));
    *contract.unwrap() = at("contract.json");
    assert!(words.contains(&sha256(&text)));
    let done = Command::new(runtime())
        .args(&words)
        .args(["--key", &at("key"), "--answer", &at("answer")])
        .args(["--gateway", &gateway.address.to_string()])
        .env_clear()
        .env("PURE_AGENT_UID", UID)
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(std::fs::read_to_string(at("answer")).unwrap(), "infra");
}
