//! The gateway as a process, with the real start gate and the real router as its clients.

use crate::emitted::contract;
use pure_agent_runtime::open::hex;
use pure_agent_runtime::proof::{self, Key, Use};
use pure_agent_tests::program::{Scratch, runtime};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const UID: &str = "34f30468-bff5-4185-9f89-33119f4650fd";
const KEY: [u8; 32] = [7; 32];
/// `{"issue":"A-1","prompt":"p"}`
const INPUTS: &str = "eyJpc3N1ZSI6IkEtMSIsInByb21wdCI6InAifQ";

/// A run's files, and what its gateway is started with.
struct Place {
    scratch: Scratch,
    digest: String,
}

struct Gateway {
    child: Child,
    agent: String,
    control: String,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Place {
    fn new(change: impl Fn(&mut Value)) -> Self {
        let scratch = Scratch::new("gateway");
        let mut value: Value = serde_json::from_str(&contract("pure-agent")).unwrap();
        value["network"]["closed"] = json!([]);
        change(&mut value);
        let text = value.to_string();
        std::fs::write(scratch.path().join("contract.json"), &text).unwrap();
        std::fs::write(scratch.path().join("key"), KEY).unwrap();
        let digest = hex(&Sha256::digest(text.as_bytes()));
        Self { scratch, digest }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// A role of this run, with the options that all have.
    fn role(&self, role: &str) -> Command {
        let mut command = Command::new(runtime());
        command
            .args([role, "--digest", &self.digest, "--bundle", &"b".repeat(64)])
            .arg("--contract")
            .arg(self.at("contract.json"))
            .env_clear()
            .env("PURE_AGENT_UID", UID);
        command
    }

    fn gateway_command(&self) -> Command {
        let mut command = self.role("gateway");
        command
            .args([
                "--listen",
                "127.0.0.1",
                "--agent-port",
                "0",
                "--control-port",
                "0",
            ])
            .arg("--key")
            .arg(self.at("key"))
            .arg("--record")
            .arg(self.scratch.path())
            .env("PURE_AGENT_INPUTS", INPUTS);
        command
    }

    fn gateway(&self) -> Gateway {
        let mut child = self
            .gateway_command()
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(said["event"], "listening", "{line}");
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        Gateway {
            child,
            agent: text("agent"),
            control: text("control"),
        }
    }

    fn start(&self, gateway: &Gateway, cycle: &str) -> (Output, Option<String>) {
        let folder = Scratch::new("run");
        let (host, port) = gateway.agent.rsplit_once(':').unwrap();
        let done = self
            .role("start")
            .args([
                "--gateway",
                host,
                "--port",
                port,
                "--patience",
                "1",
                "--folder",
            ])
            .arg(folder.path())
            .arg("--answer")
            .arg(self.at("start-answer"))
            .env("PURE_AGENT_CYCLE", cycle)
            .output()
            .unwrap();
        (
            done,
            std::fs::read_to_string(folder.path().join("bearer")).ok(),
        )
    }

    /// The word that Argo is told.
    fn router(&self, gateway: &Gateway, cycle: &str, phase: &str, code: &str) -> String {
        let answer = self.at("answer");
        let done = self
            .role("router")
            .args([
                "--cycle",
                cycle,
                "--phase",
                phase,
                "--exit-code",
                code,
                "--start-code",
                "0",
            ])
            .args(["--pod-reason", "", "--end-reason", "", "--patience", "1"])
            .args(["--gateway", &gateway.control, "--key"])
            .arg(self.at("key"))
            .arg("--answer")
            .arg(&answer)
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        std::fs::read_to_string(answer).unwrap()
    }

    fn verify(&self) -> Output {
        Command::new(runtime())
            .args(["record", "verify"])
            .arg(self.at("record.jsonl"))
            .output()
            .unwrap()
    }

    fn record(&self) -> String {
        std::fs::read_to_string(self.at("record.jsonl")).unwrap()
    }
}

/// Sends bytes, reads to the end; gives the status and the body.
fn raw(address: &str, bytes: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // A connection that is reset after its answer has given it.
    drop(stream.read_to_end(&mut answer));
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

fn ask(address: &str, what: &str, bearer: Option<&str>, body: &str) -> (u16, Value) {
    let bearer = bearer.map_or_else(String::new, |b| format!("Authorization: Bearer {b}\r\n"));
    let size = body.len();
    let (status, body) = raw(
        address,
        format!("{what} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n{bearer}Content-Length: {size}\r\n\r\n{body}").as_bytes(),
    );
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn rule(answer: &(u16, Value)) -> (u16, &str) {
    (
        answer.0,
        answer.1["error"]["rule"].as_str().unwrap_or_default(),
    )
}

fn router_bearer() -> String {
    Key::new(KEY.to_vec()).unwrap().proof(UID, Use::Router)
}

#[test]
fn a_run_goes_from_claim_to_decision_and_its_record_is_whole() {
    let place =
        Place::new(|contract| contract["finish"] = json!({"submission": true, "reminders": 1}));
    let gateway = place.gateway();
    let (done, bearer) = place.start(&gateway, "0");
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let bearer = bearer.expect("a bearer");
    let inputs = ask(&gateway.agent, "GET /v1/inputs", Some(&bearer), "");
    assert_eq!(inputs, (200, json!({"issue": "A-1", "prompt": "p"})));
    // Nothing was submitted: a reminder, then the end.
    assert_eq!(place.router(&gateway, "0", "Succeeded", "0"), "1");
    assert_eq!(
        place.router(&gateway, "0", "Succeeded", "0"),
        "1",
        "asked again"
    );
    let late = ask(&gateway.agent, "GET /v1/inputs", Some(&bearer), "");
    assert_eq!(
        rule(&late),
        (401, "credential"),
        "a bearer of a sealed cycle"
    );
    let (done, second) = place.start(&gateway, "1");
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_ne!(second.as_ref(), Some(&bearer));
    assert_eq!(place.router(&gateway, "1", "Failed", "1"), "stop");
    let (done, none) = place.start(&gateway, "2");
    assert_eq!(
        (done.status.code(), none),
        (Some(1), None),
        "a cycle after the end"
    );
    let verified = place.verify();
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    let record = place.record();
    for secret in [
        &bearer,
        &second.unwrap(),
        &router_bearer(),
        &proof::claim(UID, 0),
    ] {
        assert!(
            !record.contains(secret.as_str()),
            "the record holds a credential"
        );
    }
}

/// Everything that was answered holds after a kill.
#[test]
fn a_gateway_that_is_killed_goes_on_where_it_was() {
    let place =
        Place::new(|contract| contract["finish"] = json!({"submission": true, "reminders": 3}));
    let mut words = Vec::new();
    let mut gateway = place.gateway();
    for cycle in ["0", "1", "2"] {
        let (done, bearer) = place.start(&gateway, cycle);
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        gateway.child.kill().unwrap();
        drop(gateway);
        gateway = place.gateway();
        let inputs = ask(&gateway.agent, "GET /v1/inputs", bearer.as_deref(), "");
        assert_eq!(inputs.0, 200, "cycle {cycle}: {inputs:?}");
        words.push(place.router(&gateway, cycle, "Succeeded", "0"));
        gateway.child.kill().unwrap();
        drop(gateway);
        gateway = place.gateway();
    }
    assert_eq!(
        words,
        ["1", "2", "stop"],
        "the depth of the contract is three"
    );
    assert_eq!(place.verify().status.code(), Some(0));
}

/// Somebody else knew the proof: nobody goes on.
#[test]
fn a_second_claim_ends_the_cycle() {
    let place = Place::new(|_| ());
    let gateway = place.gateway();
    let (_, bearer) = place.start(&gateway, "0");
    let bearer = bearer.unwrap();
    let claim = json!({"cycle": 0, "proof": proof::claim(UID, 0)}).to_string();
    let second = ask(&gateway.agent, "POST /v1/claim", None, &claim);
    assert_eq!(rule(&second), (409, "claim-contested"));
    let first = ask(&gateway.agent, "GET /v1/inputs", Some(&bearer), "");
    assert_eq!(rule(&first), (401, "credential"));
    assert!(place.record().contains("claim-contested"));
}

#[test]
fn a_credential_opens_its_own_door_and_no_other() {
    let place = Place::new(|_| ());
    let gateway = place.gateway();
    let (_, bearer) = place.start(&gateway, "0");
    let bearer = bearer.unwrap();
    let key = Key::new(KEY.to_vec()).unwrap();
    let other = Key::new(vec![8; 32]).unwrap();
    let export = key.proof(UID, Use::Export);
    let claim = |cycle: u32, proof: &str| json!({"cycle": cycle, "proof": proof}).to_string();
    let (agent, control) = (gateway.agent.as_str(), gateway.control.as_str());
    let router = router_bearer();
    for (what, port, line, shown, body) in [
        ("nobody", agent, "GET /v1/inputs", None, String::new()),
        (
            "the router at the agent's port",
            agent,
            "GET /v1/inputs",
            Some(&router),
            String::new(),
        ),
        (
            "the export at the agent's port",
            agent,
            "GET /v1/inputs",
            Some(&export),
            String::new(),
        ),
        (
            "a bearer in another case",
            agent,
            "GET /v1/inputs",
            Some(&bearer.to_uppercase()),
            String::new(),
        ),
        (
            "a bearer and more",
            agent,
            "GET /v1/inputs",
            Some(&format!("{bearer}a")),
            String::new(),
        ),
        (
            "nobody at the control port",
            control,
            "GET /v1/usage",
            None,
            String::new(),
        ),
        (
            "the agent at the control port",
            control,
            "POST /v1/cycles/0/seal",
            Some(&bearer),
            String::new(),
        ),
        (
            "the export as router",
            control,
            "POST /v1/cycles/0/seal",
            Some(&export),
            String::new(),
        ),
        (
            "another run's router",
            control,
            "GET /v1/usage",
            Some(&key.proof("x", Use::Router)),
            String::new(),
        ),
        (
            "another key",
            control,
            "GET /v1/usage",
            Some(&other.proof(UID, Use::Router)),
            String::new(),
        ),
        (
            "a claim of another cycle",
            agent,
            "POST /v1/claim",
            None,
            claim(1, &proof::claim(UID, 0)),
        ),
        (
            "a claim of another run",
            agent,
            "POST /v1/claim",
            None,
            claim(1, &proof::claim("x", 1)),
        ),
        (
            "an empty proof",
            agent,
            "POST /v1/claim",
            None,
            claim(1, ""),
        ),
    ] {
        let answer = ask(port, line, shown.map(String::as_str), &body);
        assert_eq!(rule(&answer), (401, "credential"), "{what}");
    }
    assert_eq!(ask(control, "GET /v1/usage", Some(&router), "").0, 200);
    assert_eq!(ask(agent, "GET /v1/inputs", Some(&bearer), "").0, 200);
    let early = ask(
        agent,
        "POST /v1/claim",
        None,
        &claim(1, &proof::claim(UID, 1)),
    );
    assert_eq!(
        rule(&early),
        (409, "cycle-open"),
        "the next cycle while this one lives"
    );
}

/// What two readers could read differently is refused before anything is looked at.
#[test]
fn requests_that_could_be_two_are_refused() {
    let place = Place::new(|_| ());
    let gateway = place.gateway();
    let router = router_bearer();
    let head = format!("Host: g\r\nConnection: close\r\nAuthorization: Bearer {router}\r\n");
    let get = "GET /v1/usage HTTP/1.1\r\n";
    for (what, bytes) in [
        (
            "two lengths",
            format!("{get}{head}Content-Length: 0\r\nContent-Length: 5\r\n\r\nabcde"),
        ),
        (
            "two equal lengths",
            format!("{get}{head}Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
        ),
        (
            "a length list",
            format!("{get}{head}Content-Length: 0, 0\r\n\r\n"),
        ),
        (
            "length and chunks",
            format!("{get}{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "chunks in disguise",
            format!("{get}{head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "chunks twice",
            format!("{get}{head}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "a signed length",
            format!("{get}{head}Content-Length: +0\r\n\r\n"),
        ),
        (
            "a space before the colon",
            format!("{get}{head}Content-Length : 0\r\n\r\n"),
        ),
        ("a folded line", format!("{get}{head}X: a\r\n b\r\n\r\n")),
        (
            "a bare carriage return",
            format!("{get}{head}X: a\rb\r\n\r\n"),
        ),
        ("a null byte", format!("{get}{head}X: a\0b\r\n\r\n")),
        ("two hosts", format!("{get}{head}Host: h\r\n\r\n")),
        (
            "two credentials",
            format!("{get}{head}Authorization: Bearer {router}\r\n\r\n"),
        ),
        (
            "an absolute target",
            format!("GET http://g/v1/usage HTTP/1.1\r\n{head}\r\n"),
        ),
        (
            "a query",
            format!(
                "GET /v1/usage?token={router} HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n"
            ),
        ),
        (
            "an escape",
            format!("GET /v1/%75sage HTTP/1.1\r\n{head}\r\n"),
        ),
        ("dots", format!("GET /v1/x/../usage HTTP/1.1\r\n{head}\r\n")),
        (
            "two slashes",
            format!("GET /v1//usage HTTP/1.1\r\n{head}\r\n"),
        ),
        (
            "an upgrade",
            format!("{get}{head}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"),
        ),
        ("HTTP/1.0", format!("GET /v1/usage HTTP/1.0\r\n{head}\r\n")),
        (
            "HTTP/2 by prior knowledge",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        ),
        (
            "a header without end",
            format!("{get}{head}X: {}\r\n\r\n", "a".repeat(100_000)),
        ),
        (
            "a thousand fields",
            format!("{get}{head}{}\r\n", "X: a\r\n".repeat(1000)),
        ),
    ] {
        let (status, body) = raw(&gateway.control, bytes.as_bytes());
        assert!(status != 200, "{what}: {body}");
        assert!(!body.contains("micros"), "{what}: {body}");
    }
    let mut both = format!("{get}{head}Content-Length: 0\r\n\r\n");
    both = both.replace("Connection: close\r\n", "");
    let again = both.clone() + &both.replace("Host: g\r\n", "Host: g\r\nConnection: close\r\n");
    let (_, body) = raw(&gateway.control, again.as_bytes());
    assert_eq!(
        body.matches("HTTP/1.1 200").count(),
        1,
        "two good requests on a connection: {body}"
    );
}

#[test]
fn a_gateway_that_is_not_sure_does_not_start() {
    let place = Place::new(|_| ());
    let refused = |what: &str, change: &dyn Fn(&mut Command)| {
        let mut command = place.gateway_command();
        change(&mut command);
        let done = command.output().unwrap();
        let log = String::from_utf8_lossy(&done.stdout).into_owned();
        assert_eq!(done.status.code(), Some(2), "{what}: {log}");
        assert!(!log.contains("listening"), "{what}: {log}");
        assert!(!log.contains("canary"), "{what}: {log}");
        log
    };
    let log = refused("inputs that do not fit", &|command| {
        // `{"issue":"canary value","prompt":"p"}`
        command.env(
            "PURE_AGENT_INPUTS",
            "eyJpc3N1ZSI6ImNhbmFyeSB2YWx1ZSIsInByb21wdCI6InAifQ",
        );
    });
    assert!(log.contains("input `issue` does not match"), "{log}");
    refused("no inputs", &|command| {
        command.env("PURE_AGENT_INPUTS", "");
    });
    refused("a short key", &|command| {
        std::fs::write(place.at("short"), b"canary").unwrap();
        command.arg("--key").arg(place.at("short"));
    });
    refused("no record", &|command| {
        command.arg("--record").arg(place.at("nowhere"));
    });
    let gateway = place.gateway();
    refused("another gateway of the run", &|_| ());
    drop(gateway);
    let mut record = place.record();
    refused("another run's record", &|command| {
        command.env("PURE_AGENT_UID", "other");
    });
    record = record.replacen("\"seq\":1,", "\"seq\":7,", 1);
    std::fs::write(place.at("record.jsonl"), record).unwrap();
    refused("a record that was written over", &|_| ());
    assert_eq!(place.verify().status.code(), Some(1));
}

#[test]
fn after_the_deadline_nothing_is_allowed() {
    let place = Place::new(|contract| contract["limits"]["deadline"] = json!(2));
    let gateway = place.gateway();
    let (_, bearer) = place.start(&gateway, "0");
    std::thread::sleep(Duration::from_secs(3));
    let late = ask(&gateway.agent, "GET /v1/inputs", bearer.as_deref(), "");
    assert_eq!(rule(&late), (403, "deadline"));
    assert_eq!(place.router(&gateway, "0", "Succeeded", "0"), "stop");
    assert!(
        place.record().contains("\"budget\""),
        "the reason of the stop"
    );
}
