//! The reference example as it is: what it comes to on this machine is what it comes to on a cluster.

use pure_agent_tests::canary;
use pure_agent_tests::cluster::outcome::{comparable, reference};
use pure_agent_tests::local::{Local, isolates, result};
use pure_agent_tests::program::program;
use pure_agent_tests::services::outside::{self, Outside};
use pure_agent_tests::sources::{folder, repository};
use pure_agent_tests::world::World;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

/// The same length as those of the cluster's runs.
const ISSUE: &str = "DLD-100000";

/// The secrets of the example, and the key of a Secret that each is on a cluster.
const SECRETS: [(&str, &str, &str); 8] = [
    ("claude", "agent-secrets", "ANTHROPIC_API_KEY"),
    ("gatekeeper", "mcp-server-secrets", "GATEKEEPER_API_KEY"),
    ("github", "export-handler-secrets", "GITHUB_TOKEN"),
    ("linear", "mcp-server-secrets", "LINEAR_API_KEY"),
    ("linear-out", "export-handler-secrets", "LINEAR_API_KEY"),
    ("linear-session", "record-secrets", "LINEAR_API_KEY"),
    ("rates", "mcp-server-secrets", "AWS_CREDENTIALS"),
    ("s3", "record-secrets", "AWS_CREDENTIALS"),
];

#[test]
fn the_reference_example_comes_to_the_same_on_this_machine() {
    let Some(world) = World::or_skip() else {
        return;
    };
    if !isolates() {
        return;
    }
    let hosts = Outside::within(&world);
    let local = placed(&world);
    let done = command(&local, &world).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", local.told(&done));
    let document = result(&done);
    assert_eq!(comparable(&document), reference(), "{document:#}");
    assert_eq!(
        hosts.left(ISSUE),
        json!({"comments": 4, "sessions": 1, "summaries": 1, "reports": 1, "uploads": 1, "branches": 1, "pulls": 1})
    );
    let files = hosts.files(ISSUE);
    assert_eq!(files["README.md"], "better words\n", "{files}");
    assert_eq!(files["src/c.txt"], "c\n", "{files}");
    let told = hosts.told(ISSUE);
    let usage = &document["usage"];
    for (name, said) in [
        ("turns", "turns"),
        ("gen_ai.usage.input_tokens", "input"),
        ("gen_ai.usage.output_tokens", "output"),
    ] {
        assert_eq!(usage[name], told[said], "{document:#}");
    }
    transcribed(&hosts, &document);
    canary::none_in("the result", &done.stdout);
    canary::none_in("what is told", &done.stderr);
}

/// Each cycle has its transcript, below the run's UID, and each holds the calls of its cycle.
fn transcribed(hosts: &Outside, document: &Value) {
    let transcripts = hosts.transcripts(document["uid"].as_str().unwrap());
    for cycle in 0..3 {
        let lines = transcripts[format!("cycle-{cycle}.jsonl")].as_array();
        let calls = lines.map_or(0, Vec::len);
        assert!(calls > 0, "cycle {cycle}: {transcripts}");
    }
    assert_eq!(transcripts.as_object().map(serde_json::Map::len), Some(3));
}

/// The example's own sources, but for two lines: who signs needs a cluster, so the one who is asked there approves,
/// and the target is one of this world. Its harness is the agent of the cluster's tests.
fn placed(world: &World) -> Local {
    let local = Local::new("same");
    for (name, bytes) in folder(&repository().join("examples/pure-agent")) {
        let path = local.at("sources").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let spec = "sources/specs/pure-agent.kdl";
    local.edit(spec, "approve by=\"lead\"", "approve by=\"human\"");
    let of_world = "    trust-bundle \"world\" key=\"ca.pem\"\n    private \"127.0.0.0/8\" port=443\n\n    dns {";
    local.edit("sources/targets/kind.kdl", "    dns {", of_world);
    let bundle = local.at("bin/ca.pem");
    std::fs::copy(world.bundle(), &bundle).unwrap();
    let agent = include_str!("../../src/cluster/agent/claude.py");
    let agent = agent.replace("/etc/tests/bundle.pem", bundle.to_str().unwrap());
    local.write("bin/claude", &format!("#!/usr/bin/python3 -I\n{agent}"));
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(local.at("bin/claude"), mode).unwrap();
    local
}

/// Its run within a world, with every secret.
fn command(local: &Local, world: &World) -> Command {
    let mut command = world.command(program());
    command.arg("run").arg(local.at("sources"));
    command.arg("--agent-path").arg(local.at("bin"));
    command.arg("--folder").arg(local.out());
    command.arg("--input").arg(format!("issue={ISSUE}"));
    let prompt = format!("prompt=Work on {ISSUE}.\nscript: whole");
    command.arg("--input").arg(prompt);
    command.arg("--trust").arg(world.bundle());
    for (name, secret, key) in SECRETS {
        let path = local.at(&format!("secret-{name}"));
        std::fs::write(&path, outside::secret(secret, key).unwrap()).unwrap();
        let given = format!("{name}=file:{}", path.display());
        command.arg("--secret").arg(given);
    }
    command.env_clear().env("PATH", "/usr/bin:/bin");
    command
}
