//! The example of a run with steps, on this machine: every service at its name, the way of a cluster.

use hyper::Response;
use pure_agent_runtime::body::{self, Body};
use pure_agent_tests::canary::{self, canary};
use pure_agent_tests::local::{Local, isolates, result};
use pure_agent_tests::program::program;
use pure_agent_tests::services::gatekeeper::Gatekeeper;
use pure_agent_tests::services::{Serves as _, chat};
use pure_agent_tests::sources::{folder, repository};
use pure_agent_tests::world::World;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// Both agents: what each hands in follows from the step that its prompt names.
const AGENT: &str = r#"#!/usr/bin/python3 -I
import json, os, sys, urllib.request

GATEWAY, BEARER = os.environ["PURE_AGENT_GATEWAY"], os.environ["PURE_AGENT_BEARER"]
prompt = sys.stdin.read()


def submit(**arguments):
    params = {"name": "set_export_config", "arguments": arguments}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"Authorization": f"Bearer {BEARER}", "Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(GATEWAY + "/mcp", json.dumps(asked).encode(), headers)
    result = json.loads(urllib.request.urlopen(request, timeout=60).read())["result"]
    return not result.get("isError")


if "the step `triage`" in prompt:
    assert "all is red" in prompt, prompt
    assert not submit(summary="s", verdict="cause")
    assert not submit(summary="s", verdict="fault", answers={"replicas": "3"})
    assert submit(summary="One service is red.", verdict="fault")
elif "the step `analyze`" in prompt:
    assert "out of memory" in prompt, prompt
    assert submit(summary="The logs say so.")
elif "the step `cause`" in prompt:
    assert "requests of today" in prompt, prompt
    assert not submit(summary="s", answers={"deployment": "auth", "replicas": "4"})
    assert not submit(summary="s", answers={"deployment": "all", "replicas": "3"})
    open("found", "a").write("memory\n")
    assert submit(summary="It has too little memory.", answers={"deployment": "auth", "replicas": "3"})
else:
    sys.exit(9)
"#;

/// What the services of the example were asked, each as `HOST METHOD PATH BODY`.
type Asked = Arc<Mutex<Vec<String>>>;

/// The services; those of operations fail so often before they do what they are told.
fn services(world: &World, fails: u32) -> Asked {
    let asked = Asked::default();
    let answer = |status: u16, text: &str| -> Response<Body> {
        let body = json!({ "told": text }).to_string();
        let response = Response::builder().status(status);
        response
            .header("content-type", "application/json")
            .body(body::whole(body))
            .unwrap()
    };
    let note = |host: &'static str, asked: &Asked, what: &hyper::Request<bytes::Bytes>| {
        let body = String::from_utf8_lossy(what.body());
        let uri = what.uri().path_and_query().map(ToString::to_string);
        let line = format!(
            "{host} {} {} {body}",
            what.method(),
            uri.unwrap_or_default()
        );
        asked.lock().unwrap().push(line);
    };
    let kept = Arc::clone(&asked);
    world.serve("stats.example.com", move |request| {
        note("stats", &kept, request);
        match request.uri().path() {
            "/stats" => answer(200, "all is red"),
            "/traffic" => answer(200, "requests of today"),
            _ => answer(200, "out of memory"),
        }
    });
    let (kept, left) = (Arc::clone(&asked), Mutex::new(fails));
    world.serve("operations.example.com", move |request| {
        note("operations", &kept, request);
        let secret = request
            .headers()
            .get("authorization")
            .map(|v| v.to_str().unwrap().to_owned());
        assert_eq!(secret, Some(format!("Bearer {}", canary("deployer"))));
        let mut left = left.lock().unwrap();
        match *left {
            0 => answer(200, "scaled"),
            _ => {
                *left -= 1;
                answer(500, "not now")
            }
        }
    });
    let kept = Arc::clone(&asked);
    world.serve("hooks.example.com", move |request| {
        note("hooks", &kept, request);
        answer(200, "heard")
    });
    let kept = Arc::clone(&asked);
    world.serve("chat.example.com", move |request| {
        let address = format!("https://chat.example.com{}", request.uri().path());
        assert_eq!(address, chat::address());
        note("chat", &kept, request);
        answer(200, "ok")
    });
    let person = Mutex::new(Gatekeeper {
        key: canary("gatekeeper"),
        ..Gatekeeper::default()
    });
    let kept = Arc::clone(&asked);
    world.serve("gatekeeper.example.com", move |request| {
        if request.method() == "POST" {
            note("gatekeeper", &kept, request);
        }
        person.lock().unwrap().answer(request)
    });
    asked
}

/// The example's sources; a service asks the person whom a signature would need a cluster for.
fn placed(name: &str) -> Local {
    let local = Local::new(name);
    for (name, bytes) in folder(&repository().join("examples/graph")) {
        let path = local.at("sources").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let spec = "sources/specs/graph.kdl";
    let text = std::fs::read_to_string(local.at(spec)).unwrap();
    let (before, rest) = text.split_once("    via \"signature\"\n").unwrap();
    let (_, after) = rest.split_once('\n').unwrap();
    let text = format!(
        "{before}    via \"gatekeeper\"\n    url \"https://gatekeeper.example.com\"\n    auth \"gatekeeper\"\n{after}"
    );
    let text = text.replace(
        "    harness \"claude-code\"\n",
        "    harness \"generic\"\n    command \"agent\"\n",
    );
    let text = text.replace("after \"30s\"", "after \"1s\"");
    let secret =
        "secret \"gatekeeper\" {\n    from \"gate-keys\" key=\"KEY\"\n}\n\nsecret \"deployer\" {";
    local.write(spec, &text.replacen("secret \"deployer\" {", secret, 1));
    let gate = "    upstream \"gatekeeper.example.com\"\n    secret \"gate-keys\" key=\"KEY\" for=\"approval\" \
        to=\"gatekeeper.example.com\"\n\n    owner \"team-*\"";
    local.edit(
        "sources/policies/diagnose.kdl",
        "    owner \"team-*\"",
        gate,
    );
    let of_world = "    trust-bundle \"world\" key=\"ca.pem\"\n    private \"127.0.0.0/8\" port=443\n\n    dns {";
    local.edit("sources/targets/kind.kdl", "    dns {", of_world);
    local.agent(AGENT);
    local
}

fn run(local: &Local, world: &World) -> (i32, Value, String) {
    let mut command: Command = world.command(program());
    command.arg("run").arg(local.at("sources"));
    command.arg("--agent-path").arg(local.at("bin"));
    command.arg("--folder").arg(local.out());
    command
        .args(["--keep", "--input", "service=auth", "--trust"])
        .arg(world.bundle());
    for name in ["claude", "deployer", "gatekeeper", "pager", "oncall"] {
        let path = local.at(&format!("secret-{name}"));
        let value = match name {
            "oncall" => chat::address(),
            name => canary(name),
        };
        std::fs::write(&path, value).unwrap();
        command.args(["--secret", &format!("{name}=file:{}", path.display())]);
    }
    command.env_clear().env("PATH", "/usr/bin:/bin");
    let done = command.output().unwrap();
    let code = done.status.code().unwrap();
    let logs = ["step-0", "start-1", "agent-101", "router-101"]
        .map(|name| local.log(name))
        .join("\n");
    let told = format!("{}\n{logs}", local.told(&done));
    assert!(!done.stdout.is_empty(), "{told}");
    canary::none_in("the result", &done.stdout);
    canary::none_in("what is told", &done.stderr);
    assert!(!told.contains(chat::KEY), "{told}");
    (code, result(&done), told)
}

fn path(document: &Value) -> Vec<String> {
    let visits = document["path"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    visits
        .map(|visit| format!("{} {}", text(&visit["step"]), text(&visit["outcome"])))
        .collect()
}

fn of(asked: &Asked, host: &str) -> Vec<String> {
    let asked = asked.lock().unwrap();
    asked
        .iter()
        .filter(|line| line.starts_with(host))
        .cloned()
        .collect()
}

#[test]
fn a_run_passes_its_steps_on_this_machine() {
    let Some(world) = World::or_skip() else {
        return;
    };
    if !isolates() {
        return;
    }
    let asked = services(&world, 1);
    let local = placed("graph");
    let (code, document, told) = run(&local, &world);
    let way = [
        "detect ok",
        "triage fault",
        "logs ok",
        "analyze ok",
        "metrics ok",
        "cause ok",
        "human approved",
        "execute failed",
        "cause ok",
        "human approved",
        "execute ok",
        "verify ok",
        "report ok",
    ];
    assert_eq!(path(&document), way, "{told}");
    assert_eq!(
        (code, &document["verdict"], &document["reason"]),
        (0, &json!("done"), &json!("end")),
        "{told}"
    );
    let scaled = of(&asked, "operations");
    assert_eq!(scaled.len(), 2, "each with its own consent: {scaled:?}");
    assert!(
        scaled
            .iter()
            .all(|line| line.contains("POST /deployments/auth/scale {\"replicas\":3}")),
        "{scaled:?}"
    );
    let people = of(&asked, "gatekeeper");
    assert!(
        people.len() == 2 && people.iter().all(|line| line.contains("deployment")),
        "{people:?}"
    );
    assert!(
        of(&asked, "stats").contains(&"stats GET /logs/auth?lines=200 ".to_owned()),
        "{asked:?}"
    );
    let left = of(&asked, "hooks");
    assert!(
        left.len() == 1 && left[0].contains("POST /reports"),
        "the alarm was not called for: {left:?}"
    );
    assert!(of(&asked, "chat").is_empty(), "nobody was called");
    for line in [
        "step triage: fault",
        "step human: approved",
        "step execute: failed",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let found = std::fs::read_to_string(local.out().join("workspace/found")).unwrap();
    assert_eq!(
        found, "memory\nmemory\n",
        "the second visit had what the first one left"
    );
}

/// The way that nobody wants: the bound of the circle is used up, people are called, and the run has failed.
#[test]
fn a_run_that_leads_to_its_failure_is_red_on_this_machine() {
    let Some(world) = World::or_skip() else {
        return;
    };
    if !isolates() {
        return;
    }
    let asked = services(&world, 9);
    let local = placed("graph-fails");
    let (code, document, told) = run(&local, &world);
    assert_eq!(
        (code, &document["verdict"], &document["reason"]),
        (1, &json!("failed"), &json!("fail")),
        "{told}"
    );
    let way = path(&document);
    assert_eq!(
        way.last().map(String::as_str),
        Some("escalate ok"),
        "{way:?}"
    );
    assert_eq!(
        way.iter()
            .filter(|visit| *visit == "execute failed")
            .count(),
        2,
        "{way:?}"
    );
    assert_eq!(of(&asked, "operations").len(), 2);
    assert!(of(&asked, "hooks").is_empty(), "{asked:?}");
    let left = of(&asked, "chat");
    assert!(
        left.len() == 1 && left[0].contains("A service needs somebody"),
        "{left:?}"
    );
    assert!(left[0].contains(": failed (fail)"), "{left:?}");
}
