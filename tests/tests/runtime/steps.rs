//! The steps of a run that no agent does, by processes: the step's pod, the gateway, and the service that it calls.

use crate::place::{Place, ask, router_bearer, try_ask};
use hyper::Response;
use pure_agent_runtime::body;
use pure_agent_tests::place::Gateway;
use pure_agent_tests::world::World;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A call that changes something, and one that looks where it failed.
fn stepped(contract: &mut Value) {
    let tool = |name: &str, method: &str| {
        json!({"name": name, "about": "a", "method": method, "path": format!("/{name}"),
               "arguments": [], "when": []})
    };
    let server = json!({
        "name": "operations", "size": 4096, "deadline": 20,
        "kind": {"builtin": "http", "url": "https://operations.example.com",
                 "tools": [tool("restart", "POST"), tool("look", "GET")]},
    });
    contract["servers"].as_array_mut().unwrap().push(server);
    let work = |tool: &str, effect: bool| {
        json!({"work": "call", "server": "operations", "tool": tool, "effect": effect, "after": 0,
               "arguments": {}})
    };
    contract["graph"] = json!({"steps": [
        {"name": "restart", "work": work("restart", true),
         "on": {"ok": {"to": "end"}, "failed": {"to": {"step": "look"}}}},
        {"name": "look", "work": work("look", false), "on": {"ok": {"to": "end"}, "failed": {"to": "fail"}}},
    ]});
}

/// The word that the pod of a step tells Argo.
fn step(place: &Place, gateway: &Gateway, visit: &str) -> String {
    let answer = place.at("step-answer");
    drop(std::fs::remove_file(&answer));
    let mut command = place.role("step");
    command
        .args([
            "--cycle",
            visit,
            "--patience",
            "1",
            "--gateway",
            &gateway.control,
            "--key",
        ])
        .arg(place.at("key"))
        .arg("--answer")
        .arg(&answer);
    let done = place.output(&mut command);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    std::fs::read_to_string(answer).unwrap()
}

/// A service that counts what changes it, and takes its time over the first.
fn operations(world: &World) -> Arc<AtomicUsize> {
    let restarts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&restarts);
    world.serve("operations.example.com", move |request| {
        if request.method() == "POST" && count.fetch_add(1, Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_secs(2));
        }
        let response = Response::builder().header("content-type", "application/json");
        response.body(body::whole("{\"done\":true}")).unwrap()
    });
    restarts
}

/// The gateway is killed while the service works. The next one does not know how that ended: the call has failed, it is
/// not made again, and the run goes where its graph says.
#[test]
fn a_gateway_that_is_killed_does_not_call_again() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let restarts = operations(&world);
    let place = Place::within(&world, stepped);
    let mut gateway = place.gateway_in(&world);
    let control = gateway.control.clone();
    let waits = std::thread::spawn(move || {
        let answer = try_ask(&control, "POST /v1/steps/0", Some(&router_bearer()), "");
        answer.map_or(0, |(status, _)| status)
    });
    let since = Instant::now();
    while restarts.load(Ordering::SeqCst) == 0 {
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
    let again = place.gateway_in(&world);
    assert_eq!(step(&place, &again, "0"), "101");
    assert_eq!(restarts.load(Ordering::SeqCst), 1);
    let record = place.record();
    assert!(record.contains("step-lost"), "{record}");
    assert_eq!(step(&place, &again, "101"), "stop");
    let record = place.record();
    assert_eq!(
        record.matches("\"kind\":\"tool-called\"").count(),
        2,
        "{record}"
    );
    assert!(record.contains("\"reason\":\"end\""), "{record}");
    assert_eq!(place.verify().status.code(), Some(0));
}

/// Whoever names a visit that is not due is told nothing but to stop, and nothing is called.
#[test]
fn a_step_that_is_not_due_is_not_done() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let restarts = operations(&world);
    let place = Place::within(&world, stepped);
    let gateway = place.gateway_in(&world);
    for visit in [
        "100",
        "1",
        "200",
        "3200",
        "00",
        "-1",
        "",
        "x",
        "99999999999",
    ] {
        assert_eq!(step(&place, &gateway, visit), "stop", "{visit}");
    }
    let (status, _) = ask(
        &gateway.control,
        "POST /v1/steps/100",
        Some(&router_bearer()),
        "",
    );
    assert_eq!(status, 409);
    assert_eq!(restarts.load(Ordering::SeqCst), 0);
    assert!(
        !place.record().contains("\"kind\":\"tool-called\""),
        "{}",
        place.record()
    );
}
