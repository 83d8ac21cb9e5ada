//! The gateway as a process, with the real start gate and the real router as its clients.

use crate::place::{KEY, Place, UID, ask, raw, router_bearer, rule};
use pure_agent_runtime::proof::{self, Key, Use};
use pure_agent_tests::readers::skipped;
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Kibibytes of a gateway that serves nobody.
const MOST_IDLE: u64 = 16 << 10;
/// Bytes of the runtime as one file.
const MOST_PROGRAM: u64 = 10_000_000;

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

/// As it is released: one static file, of which each run starts a few.
#[test]
fn an_idle_gateway_takes_little_memory() {
    let Some(program) = std::env::var_os("PURE_AGENT_RUNTIME_BINARY").map(PathBuf::from) else {
        skipped("no size of the runtime: PURE_AGENT_RUNTIME_BINARY names none");
        return;
    };
    let place = Place::new(|_| ());
    let gateway = place.gateway_of(&program);
    let (done, _) = place.start(&gateway, "0");
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.child.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = resident.and_then(|told| told.trim().strip_suffix(" kB"));
    let kibibytes: u64 = kibibytes.unwrap().parse().unwrap();
    assert!(kibibytes <= MOST_IDLE, "{kibibytes} KiB");
    let bytes = std::fs::metadata(&program).unwrap().len();
    assert!(bytes <= MOST_PROGRAM, "{bytes} bytes");
}

/// Everything that was answered holds after a kill.
#[test]
fn a_gateway_that_is_killed_goes_on_where_it_was() {
    let place = Place::new(|contract| {
        contract["finish"] = json!({"submission": true, "reminders": 3});
        contract["limits"]["depth"] = json!(3);
    });
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
            "a length list",
            format!("{get}{head}Content-Length: 0, 0\r\n\r\n"),
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
        let done = place.output(&mut command);
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
