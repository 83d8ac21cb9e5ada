//! Behind a gateway nothing leads out: the same program as the agent of a run.

use hyper::Response;
use pure_agent_escape::{Group, all};
use pure_agent_runtime::body;
use pure_agent_tests::canary::canary;
use pure_agent_tests::escape::{PROGRAM, programs, prompt, reported, with};
use pure_agent_tests::place::Place;
use pure_agent_tests::program::said;
use pure_agent_tests::world::{GATEWAY, GATEWAY_PORT, World};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Output, Stdio};

/// What needs more than a gateway and a network: it is tried on a cluster.
const ELSEWHERE: [&str; 0] = [];

const STRANGER: &str = "stranger.example.net";

/// The reference case with an agent of any command, whose pages need nobody's approval: what stops an address is
/// then the tool.
fn changed(contract: &mut Value) {
    let agent = &mut contract["agents"][0];
    agent["harness"] = json!("generic");
    agent["command"] = json!(["/escape"]);
    for tool in agent["tools"].as_array_mut().unwrap() {
        tool.as_object_mut().unwrap().remove("approval");
    }
}

fn attacked(world: &World, place: &Place, more: &Value) -> Output {
    let folder = programs().unwrap();
    let gateway = place.gateway_in(world);
    let bearer = place.start(&gateway, "0").1.unwrap();
    let other = Place::within(world, changed);
    let (elsewhere, foreign) = (other.gateway_in(world), String::new());
    let foreign = other.start(&elsewhere, "0").1.unwrap_or(foreign);
    let mut facts = json!({
        "addresses": super::open::addresses(),
        "tunnel": "packages.example.com", "stranger": STRANGER,
        "route": "api.github.com", "path": "/repos/dlddu/tool",
        "other_gateway": elsewhere.agent, "other_bearer": foreign,
        "names": ["run-1", "pure-agent", "pure-agent-agent-0"],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        facts[name] = value.clone();
    }
    let mut command = world.client(&gateway.agent, folder.join(PROGRAM));
    command.args(["only", "network", "gateway"]);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    command.env(
        "PURE_AGENT_GATEWAY",
        format!("http://{GATEWAY}:{GATEWAY_PORT}"),
    );
    command
        .env("PURE_AGENT_BEARER", bearer)
        .env("PURE_AGENT_MODEL", "claude-opus-4-1");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(prompt(&facts).as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

#[test]
fn behind_a_gateway_nothing_leads_out() {
    let (Some(_), Some(world)) = (programs(), World::or_skip()) else {
        return;
    };
    let stranger = world.serve(STRANGER, |_| Response::new(body::whole(STRANGER)));
    let plain = world.serve_plain(STRANGER, 80, |_| Response::new(body::whole(STRANGER)));
    let granted = world.serve("packages.example.com", |_| {
        Response::new(body::whole("index"))
    });
    let route = world.serve("api.github.com", |request| {
        let away = request.uri().path().ends_with("escape-redirect");
        let host = request
            .headers()
            .get("host")
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default();
        match away {
            true => Response::builder()
                .status(302)
                .header("location", format!("https://{STRANGER}/"))
                .body(body::empty())
                .unwrap(),
            false => Response::new(body::whole(format!("{{\"host\":\"{host}\"}}"))),
        }
    });
    let place = Place::within(&world, changed);
    let done = attacked(&world, &place, &json!({}));
    let outcomes = reported(&done);
    assert_eq!(with(&outcomes, "escaped"), [""; 0], "{}", said(&done));
    let tried = all()
        .into_iter()
        .filter(|(group, _)| [Group::Network, Group::Gateway].contains(group));
    for (_, attempt) in tried {
        let outcome = outcomes
            .get(attempt.name)
            .map(|(outcome, _)| outcome.as_str());
        let excused = ELSEWHERE.contains(&attempt.name);
        assert!(
            outcome == Some("blocked") || excused,
            "{}: {outcome:?}",
            attempt.name
        );
    }
    assert!(
        stranger.asked().is_empty() && plain.asked().is_empty(),
        "somebody came to the stranger"
    );
    assert!(granted.asked().is_empty(), "{:?}", granted.asked());
    for request in route.asked() {
        assert_eq!(request.headers()["host"], "api.github.com", "{request:?}");
        let path = request.uri().path();
        assert!(path.starts_with("/repos/dlddu/"), "{path}");
    }
    let record = place.record();
    assert!(!record.contains(&canary("claude")));
    for rule in [
        "egress",
        "credential",
        "host-ip-literal",
        "http-framing",
        "path",
    ] {
        assert!(
            record.contains(&format!("\"rule\":\"{rule}\"")),
            "{rule} is not in the record"
        );
    }
}
