//! The start gate, started as its init container starts it. What must be closed are ports of this machine
//! that stand in for the API server and the gateway's other ports.

use crate::emitted::{contract, init_command};
use pure_agent_runtime::digest::sha256;
use pure_agent_runtime::proof;
use pure_agent_tests::program::{Scratch, runtime};
use pure_agent_tests::standin::{Answer, Asked, Standin};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

const UID: &str = "34f30468-bff5-4185-9f89-33119f4650fd";
const BEARER: &str = "canary-bearer-0123456789-0123456789-abc";

struct Run {
    done: Output,
    reason: Option<String>,
    folder: Scratch,
    asked: Vec<Asked>,
}

impl Run {
    fn file(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.path().join(name)).ok()
    }

    /// No agent starts, for this reason, and nothing is left that it could use.
    fn refused(&self, what: &str, reason: &str) {
        let told = self.reason.as_deref().unwrap_or_default();
        // The router is told of an open network by a code of its own.
        let code = if told.starts_with("open,") { 3 } else { 1 };
        assert_eq!(
            self.done.status.code(),
            Some(code),
            "{what}: {:?}",
            self.done
        );
        assert!(told.contains(reason), "{what}: {told}");
        assert_eq!(self.file("bearer"), None, "{what}");
        let log = String::from_utf8_lossy(&self.done.stdout);
        assert!(!log.contains("canary"), "{what}: {log}");
        assert!(!log.contains(&proof::claim(UID, 1)), "{what}: {log}");
    }
}

/// A port of this machine where nothing listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn start(
    closed: &[String],
    api: Option<&str>,
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Run {
    let scratch = Scratch::new("start");
    let folder = Scratch::new("folder");
    let at = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();
    let mut value: Value = serde_json::from_str(&contract("pure-agent")).unwrap();
    value["network"]["closed"] = json!(closed);
    let text = value.to_string();
    std::fs::write(at("contract.json"), &text).unwrap();
    let gateway = Standin::start(answer);
    let mut words = init_command("pure-agent", "agent");
    assert_eq!(words.remove(0), "/pure-agent-runtime");
    for at_word in 1..words.len() {
        match words[at_word - 1].as_str() {
            "--contract" => words[at_word] = at("contract.json"),
            "--digest" => words[at_word] = sha256(&text),
            _ => {}
        }
    }
    let mut command = Command::new(runtime());
    command
        .args(&words)
        .args(["--gateway", "127.0.0.1", "--patience", "1"])
        .args(["--port", &gateway.address.port().to_string()])
        .arg("--folder")
        .arg(folder.path())
        .args(["--answer", &at("answer")])
        .env_clear()
        .envs([("PURE_AGENT_UID", UID), ("PURE_AGENT_CYCLE", "1")]);
    if let Some((host, port)) = api.and_then(|api| api.rsplit_once(':')) {
        command.envs([
            ("KUBERNETES_SERVICE_HOST", host),
            ("KUBERNETES_SERVICE_PORT", port),
        ]);
    }
    Run {
        done: command.output().unwrap(),
        reason: std::fs::read_to_string(at("answer")).ok(),
        folder,
        asked: gateway.asked(),
    }
}

fn good(_: &Asked) -> Answer {
    (200, json!({"bearer": BEARER}).to_string())
}

#[test]
fn an_agent_starts_where_everything_is_closed() {
    let run = start(&[nowhere()], Some(&nowhere()), good);
    assert_eq!(
        run.done.status.code(),
        Some(0),
        "{:?} {:?}",
        run.done,
        run.reason
    );
    assert_eq!(run.asked.len(), 1);
    let asked = &run.asked[0];
    assert_eq!(asked.what, "POST /v1/claim");
    let said: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(said, json!({"cycle": 1, "proof": proof::claim(UID, 1)}));
    assert_eq!(run.file("bearer").as_deref(), Some(BEARER.as_bytes()));
    let agent: Value = serde_json::from_slice(&run.file("agent.json").unwrap()).unwrap();
    let contract: Value = serde_json::from_str(&contract("pure-agent")).unwrap();
    let agents = contract["agents"].as_array().unwrap();
    let entry = agents.iter().find(|a| a["name"] == contract["entry"]);
    assert_eq!(Some(&agent), entry);
    assert_eq!(
        run.file("pure-agent-runtime"),
        std::fs::read(runtime()).ok()
    );
    for (name, mode) in [
        ("bearer", 0o444),
        ("agent.json", 0o444),
        ("pure-agent-runtime", 0o555),
    ] {
        let path = run.folder.path().join(name);
        let found = std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(found, mode, "{name}");
    }
    let log = String::from_utf8_lossy(&run.done.stdout);
    assert!(
        !log.contains(BEARER) && !log.contains(&proof::claim(UID, 1)),
        "{log}"
    );
}

#[test]
fn no_agent_starts_where_something_is_open() {
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = open.local_addr().unwrap().to_string();
    let run = start(&[nowhere(), address.clone()], None, good);
    run.refused("an address of the contract", &address);
    assert!(
        run.asked.is_empty(),
        "a cycle was claimed behind an open door"
    );
    let run = start(&[nowhere()], Some(&address), good);
    run.refused("the API server", &address);
    let six = TcpListener::bind("[::1]:0").unwrap();
    let address = six.local_addr().unwrap();
    let run = start(&[address.to_string()], None, good);
    run.refused("an address of the other family", &address.to_string());
    let host = format!("::1:{}", address.port());
    start(&[], Some(&host), good).refused("the API server by IPv6", &address.to_string());
}

/// A policy holds a moment after the pod has started.
#[test]
fn what_closes_in_time_is_closed() {
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = open.local_addr().unwrap().to_string();
    let closes = std::thread::spawn(move || {
        let first = open.accept();
        drop(open);
        first.is_ok()
    });
    let run = start(&[address], None, good);
    assert_eq!(run.done.status.code(), Some(0), "{:?}", run.reason);
    assert!(closes.join().unwrap(), "the gate did not look");
}

#[test]
fn no_agent_starts_without_a_bearer_of_its_own() {
    let long = format!("{}-canary", "x".repeat(257));
    for (what, status, text) in [
        ("claimed before", 409, good(&empty()).1),
        ("a redirect", 307, good(&empty()).1),
        ("no JSON", 200, BEARER.to_owned()),
        (
            "two bearers",
            200,
            format!("{{\"bearer\":\"{BEARER}\",\"bearer\":\"{BEARER}\"}}"),
        ),
        (
            "more than a bearer",
            200,
            json!({"bearer": BEARER, "proxy": "x"}).to_string(),
        ),
        (
            "a short bearer",
            200,
            json!({"bearer": "canary"}).to_string(),
        ),
        ("a long bearer", 200, json!({"bearer": long}).to_string()),
        (
            "a header in it",
            200,
            json!({"bearer": format!("{BEARER}\r\nX-Canary: 1")}).to_string(),
        ),
        ("an endless answer", 200, " ".repeat(100_000)),
    ] {
        let run = start(&[], None, move |_| (status, text.clone()));
        run.refused(what, "cannot be claimed");
        assert_eq!(run.asked.len(), 1, "{what}");
    }
}

fn empty() -> Asked {
    Asked {
        what: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

/// What is in the folder already was not put there by this gate.
#[test]
fn files_that_are_there_before_are_not_written_over() {
    let gateway = Standin::start(good);
    let scratch = Scratch::new("before");
    let path = scratch.path().join("contract.json");
    let mut value: Value = serde_json::from_str(&contract("quickstart")).unwrap();
    value["network"]["closed"] = json!([]);
    let text = value.to_string();
    std::fs::write(&path, &text).unwrap();
    let outside = scratch.path().join("outside");
    std::os::unix::fs::symlink(&outside, scratch.path().join("bearer")).unwrap();
    let done = Command::new(runtime())
        .args([
            "start",
            "--gateway",
            "127.0.0.1",
            "--patience",
            "1",
            "--contract",
        ])
        .arg(&path)
        .args(["--digest", &sha256(&text), "--bundle", &"0".repeat(64)])
        .args(["--port", &gateway.address.port().to_string(), "--folder"])
        .arg(scratch.path())
        .arg("--answer")
        .arg(scratch.path().join("answer"))
        .env_clear()
        .envs([("PURE_AGENT_UID", UID), ("PURE_AGENT_CYCLE", "0")])
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(!outside.exists(), "the bearer was written through a link");
}
