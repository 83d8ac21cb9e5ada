//! Official clients of MCP against the gateway, and the gateway against an official server.

use crate::install;
use crate::linear;
use crate::run::{Agent, Script, clean, script};
use pure_agent_tests::canary::canary;
use pure_agent_tests::program::{Scratch, said};
use pure_agent_tests::sources::repository;
use pure_agent_tests::world::{GATEWAY, GATEWAY_PORT, World};
use serde_json::{Value, json};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// The tools of the example's agent, and those of every agent.
const TOOLS: [&str; 8] = [
    "clone",
    "fetch",
    "get_exchange_rates",
    "get_export_actions",
    "get_issue",
    "get_issue_comments",
    "request_feature",
    "set_export_config",
];

/// Where the gateway serves MCP.
pub(crate) fn url() -> String {
    format!("http://{GATEWAY}:{GATEWAY_PORT}/mcp")
}

/// What each client sees that makes these calls, by its name.
fn all_seen(agent: &Agent<'_>, calls: &Value) -> Vec<(&'static str, Value)> {
    let (url, calls, bearer) = (url(), calls.to_string(), agent.bearer.as_str());
    let run = |which, args: &[&str]| script(which, |p| agent.client(p), args, &[]);
    let (python, node) = (
        Script::Python("mcp_calls.py"),
        Script::Node("mcp_calls.mjs"),
    );
    [
        (
            "python, newest",
            run(python, &[&url, bearer, "auto", &calls]),
        ),
        (
            "python, handshake",
            run(python, &[&url, bearer, "legacy", &calls]),
        ),
        ("node", run(node, &[&url, bearer, &calls])),
    ]
    .into_iter()
    .filter_map(|(name, seen)| Some((name, seen?)))
    .collect()
}

#[test]
fn clients_list_and_call_exactly_what_is_granted() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let key = canary("linear");
    let served = world.serve("api.linear.app", move |r| linear::serve(r, &key));
    let agent = Agent::start(&world, |_| ());
    let calls = json!([
        ["get_issue", {}],
        ["get_issue_comments", {}],
        // Bound by the spec.
        ["get_issue", {"issue_id": "DLD-9"}],
        // There is such a tool, but not for this agent.
        ["list_issues", {"query": "x"}],
        ["no_such_tool", {}],
        ["get_export_actions", {}],
        ["set_export_config", {"actions": ["none"], "summary": "nothing to do"}],
    ]);
    for (client, seen) in all_seen(&agent, &calls) {
        let tools = seen["tools"].as_object().unwrap();
        assert_eq!(tools.keys().collect::<Vec<_>>(), TOOLS, "{client}");
        assert!(
            !tools["get_issue"].to_string().contains("issue_id"),
            "{client}"
        );
        let result = |n: usize| {
            (
                &seen["results"][n][0],
                seen["results"][n][1].as_str().unwrap(),
            )
        };
        for (n, word) in [
            (0, "A title of an issue"),
            (1, "a remark"),
            (5, "pull-request"),
            (6, ""),
        ] {
            let (failed, text) = result(n);
            assert!(
                failed == false && text.contains(word),
                "{client}: {n}: {failed} {text}"
            );
        }
        for (n, word) in [
            (2, "issue_id"),
            (3, "tool-grant"),
            (4, "no tool of this name"),
        ] {
            let (failed, text) = result(n);
            assert!(
                failed != false && text.contains(word),
                "{client}: {n}: {failed} {text}"
            );
        }
    }
    for request in served.asked() {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(body["variables"]["id"], "A-1", "{body}");
    }
    let record = agent.record();
    assert!(record.contains("nothing to do"), "{record}");
}

#[test]
fn the_inspector_lists_and_calls() {
    let (Some(world), Some(node)) = (World::or_skip(), install::node()) else {
        return;
    };
    let key = canary("linear");
    let _served = world.serve("api.linear.app", move |r| linear::serve(r, &key));
    let agent = Agent::start(&world, |_| ());
    let inspect =
        |more: &[&str]| {
            let home = Scratch::new("inspector");
            let mut inspector = agent.client("node");
            inspector.arg(node.join(
                "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js",
            ));
            inspector.args(["--cli", "--server-url", &url(), "--transport", "http"]);
            let header = format!("Authorization: Bearer {}", agent.bearer);
            inspector.args([
                "--header",
                &header,
                "--format",
                "json",
                "--quiet",
                "--stored-auth-only",
            ]);
            let done = clean(inspector.args(more), home.path()).output().unwrap();
            assert!(done.status.success(), "{}", said(&done));
            let text = String::from_utf8_lossy(&done.stdout).into_owned();
            serde_json::from_str::<Value>(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
        };
    // Strict: a schema that some client cannot read is an error.
    let listed = inspect(&["--method", "tools/list", "--strict"]);
    let tools = listed["result"]["tools"].as_array().unwrap().iter();
    let names: Vec<&str> = tools.map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, TOOLS);
    let called = inspect(&["--method", "tools/call", "--tool-name", "get_issue"]);
    assert!(
        called.to_string().contains("A title of an issue"),
        "{called}"
    );
}

/// A server by the official SDK; it ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Server {
    fn start(world: &World, name: &str) -> Option<Self> {
        let python = install::python()?;
        let (home, address) = (Scratch::new("server"), world.address(name).to_string());
        let mut server = world.command(python);
        server
            .arg("-I")
            .arg(repository().join("tests/clients/mcp_server.py"));
        server.stdout(Stdio::null()).stderr(Stdio::null());
        clean(server.args([address.as_str(), "8000"]), home.path());
        let server = Self(server.spawn().unwrap());
        let start = Instant::now();
        while TcpStream::connect((address.as_str(), 8000)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "no server");
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(server)
    }
}

#[test]
fn tools_of_an_official_server_are_called_through_the_gateway() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let host = "sample.server.pure-agent";
    let Some(_server) = Server::start(&world, host) else {
        return;
    };
    let agent = Agent::start(&world, |contract| {
        let kind = json!({"builtin": "image", "port": 8000, "host": host});
        contract["servers"] =
            json!([{"name": "sample", "kind": kind, "size": 65536, "deadline": 20}]);
        let grant = |tool| json!({"server": "sample", "tool": tool, "effect": false, "bind": {}});
        contract["agents"][0]["tools"] = json!([grant("add"), grant("fail")]);
    });
    let calls = json!([["add", {"a": 1, "b": 2}], ["add", {"a": "x"}], ["fail", {"why": "x"}], ["secret_door", {}]]);
    for (client, seen) in all_seen(&agent, &calls) {
        let tools: Vec<&String> = seen["tools"].as_object().unwrap().keys().collect();
        assert_eq!(
            tools,
            ["add", "fail", "get_export_actions", "set_export_config"],
            "{client}"
        );
        let results = &seen["results"];
        assert_eq!(results[0], json!([false, "3"]), "{client}");
        for n in 1..4 {
            assert_ne!(results[n][0], false, "{client}: {results}");
        }
    }
    drop(agent.record());
}
