//! The reference case on this machine: every service at its real name, three cycles, one of each.

use pure_agent_tests::canary::{self, canary};
use pure_agent_tests::hosts::{AGENT, Hosts, ONCE};
use pure_agent_tests::local::{Local, isolates, result};
use pure_agent_tests::mutate::Files;
use pure_agent_tests::program::program;
use pure_agent_tests::services::{chat, github, hook, linear, rates};
use pure_agent_tests::sources::{folder, repository};
use pure_agent_tests::world::World;
use serde_json::{Value, json};
use std::process::Command;

/// The example's sources with a scripted agent, and exports to every service.
fn sources() -> Files {
    let mut all: Files = folder(&repository().join("examples/pure-agent"))
        .into_iter()
        .collect();
    let mut edit = |name: &str, pairs: &[(&str, &str)]| {
        let bytes = all.get_mut(name).unwrap_or_else(|| panic!("{name}"));
        let mut text = String::from_utf8(bytes.clone()).unwrap();
        for (from, to) in pairs {
            assert!(text.contains(from), "{name}: {from}");
            text = text.replacen(from, to, 1);
        }
        *bytes = text.into_bytes();
    };
    edit(
        "specs/pure-agent.kdl",
        &[
            (
                "harness \"claude-code\"\n    system file=\"coder.md\"",
                "harness \"generic\"\n    command \"agent\"",
            ),
            ("approve by=\"lead\"", "approve by=\"human\""),
            // The example's own place of transcripts stays as it is; these are two exports more.
            (
                "        offer \"pull-request\" {",
                "        offer \"s3\" {\n            to \"s3://bucket/runs\"\n            region \"us-east-1\"\n            auth \"s3-out\"\n            size \"64Mi\"\n        }\n        always \"webhook\" {\n            url \"https://hook.example.com/done\"\n            auth \"hook\"\n        }\n        always \"notify\" {\n            host \"chat.example.com\"\n            text \"A run has ended\"\n            summary\n            auth \"chat\"\n        }\n        offer \"pull-request\" {",
            ),
            (
                "secret \"github\" {",
                "secret \"s3-out\" {\n    from \"export-handler-secrets\" key=\"S3\"\n}\n\nsecret \"hook\" {\n    from \"export-handler-secrets\" key=\"HOOK\"\n}\n\nsecret \"chat\" {\n    from \"export-handler-secrets\" key=\"CHAT\"\n}\n\nsecret \"github\" {",
            ),
            ("depth 10", "depth 5"),
        ],
    );
    let spec = String::from_utf8(all["specs/pure-agent.kdl"].clone()).unwrap();
    // Transcripts and the marker go to services of their own, which no stand-in here has.
    let (before, rest) = spec.split_once("        transcripts {").unwrap();
    let (_, rest) = rest.split_once("        usage\n").unwrap();
    let (_, after) = rest.split_once("    retry 2").unwrap();
    let spec = format!("{before}        usage\n    }}\n    retry 2{after}");
    let spec = spec.replacen(
        "secret \"linear-session\" {\n    from \"record-secrets\" key=\"LINEAR_API_KEY\"\n}\n\n",
        "",
        1,
    );
    let spec = spec.replacen(
        "secret \"s3\" {\n    from \"record-secrets\" key=\"AWS_CREDENTIALS\"\n}\n\n",
        "",
        1,
    );
    drop(all.insert("specs/pure-agent.kdl".to_owned(), spec.into_bytes()));
    let mut edit = |name: &str, from: &str, to: &str| {
        let bytes = all.get_mut(name).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from), "{name}: {from}");
        *bytes = text.replacen(from, to, 1).into_bytes();
    };
    edit(
        "policies/pure-agent.kdl",
        "    upstream \"api.github.com\"\n",
        "    upstream \"api.github.com\"\n    export \"s3\" {\n        to \"s3://bucket/runs\"\n    }\n    export \"webhook\"\n    export \"notify\" {\n        host \"chat.example.com\"\n        summary\n    }\n    upstream \"chat.example.com\"\n    upstream \"bucket.s3.us-east-1.amazonaws.com\"\n    upstream \"hook.example.com\"\n    secret \"export-handler-secrets\" key=\"S3\" for=\"export\" to=\"bucket.s3.us-east-1.amazonaws.com\"\n    secret \"export-handler-secrets\" key=\"HOOK\" for=\"export\" to=\"hook.example.com\"\n    secret \"export-handler-secrets\" key=\"CHAT\" for=\"export\" to=\"chat.example.com\"\n",
    );
    edit(
        "targets/kind.kdl",
        "    dns {",
        "    trust-bundle \"world\" key=\"ca.pem\"\n    private \"127.0.0.0/8\" port=443\n\n    dns {",
    );
    all
}

/// The sources in a folder of the test, with what their agent needs.
fn placed(name: &str, world: &World) -> Local {
    let local = Local::new(name);
    for (name, bytes) in &sources() {
        let path = local.at("sources").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    local.agent(&format!("#!/usr/bin/python3 -I\n{AGENT}"));
    std::fs::copy(world.bundle(), local.at("bin/ca.pem")).unwrap();
    let bundle = local.at("bin/ca.pem");
    let env = format!(
        "command \"agent\"\n    env \"BUNDLE\" \"{}\"",
        bundle.display()
    );
    local.edit("sources/specs/pure-agent.kdl", "command \"agent\"", &env);
    let owner = "    owner \"team-*\"";
    let env = format!("    env \"BUNDLE\"\n{owner}");
    local.edit("sources/policies/pure-agent.kdl", owner, &env);
    local
}

/// Its run within a world, with every secret.
fn command(local: &Local, world: &World) -> Command {
    let mut command = world.command(program());
    command.arg("run").arg(local.at("sources"));
    command.arg("--agent-path").arg(local.at("bin"));
    command.arg("--folder").arg(local.out());
    command.args(["--input", "issue=A-1", "--input", "prompt=p", "--trust"]);
    command.arg(world.bundle());
    for (name, value) in [
        ("claude", canary("claude")),
        ("gatekeeper", canary("gatekeeper")),
        ("linear", canary("linear")),
        ("rates", rates::credential()),
        ("linear-out", linear::KEY.to_owned()),
        ("github", github::KEY.to_owned()),
        ("s3-out", "AKID:s3-secret".to_owned()),
        ("hook", hook::KEY.to_owned()),
        ("chat", chat::address()),
    ] {
        let path = local.at(&format!("secret-{name}"));
        std::fs::write(&path, value).unwrap();
        command.args(["--secret", &format!("{name}=file:{}", path.display())]);
    }
    command.env_clear().env("PATH", "/usr/bin:/bin");
    command
}

#[test]
fn a_rehearsal_shows_what_would_be_sent_and_sends_nothing() {
    let Some(world) = World::or_skip() else {
        return;
    };
    if !isolates() {
        return;
    }
    let hosts = Hosts::start(&world);
    let before = hosts.left();
    let local = placed("rehearsal", &world);
    let mut command = command(&local, &world);
    let done = command.arg("--dry-run-exports").output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", local.told(&done));
    assert_eq!(hosts.left(), before);
    let document = result(&done);
    let exports = document["exports"].as_array().unwrap();
    let shown = |one: &Value| one["outcome"] == "shown";
    assert!(
        exports.iter().all(shown) && exports.len() == 7,
        "{document}"
    );
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    for word in [
        "would send POST https://api.linear.app/graphql",
        "All is done.",
        "A long report.",
        "would send PUT https://uploads.linear.app/",
        "would send POST https://api.github.com/repos/dlddu/tool/git/refs",
        "refs/heads/agent/fix",
        "would send POST https://api.github.com/repos/dlddu/tool/pulls",
        "would send PUT https://bucket.s3.us-east-1.amazonaws.com/runs/",
        "would send POST https://hook.example.com/done",
        "would send POST https://chat.example.com/…",
        "The agent says: All is done.",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    for secret in [linear::KEY, github::KEY, hook::KEY, chat::KEY, "s3-secret"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[test]
fn it_runs_as_on_a_cluster() {
    let Some(world) = World::or_skip() else {
        return;
    };
    if !isolates() {
        return;
    }
    let hosts = Hosts::start(&world);
    let local = placed("reference", &world);
    let done = command(&local, &world).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", local.told(&done));
    let document = result(&done);
    assert_eq!(
        (&document["verdict"], &document["reason"]),
        (&json!("done"), &json!("submitted")),
        "{document}"
    );
    let exports = document["exports"].as_array().unwrap();
    assert!(
        exports.iter().all(|one| one["outcome"] == "done") && exports.len() == 7,
        "{document}"
    );
    assert_eq!(hosts.left(), ONCE);
    notified(&hosts, &local.told(&done));
    canary::none_in("the result", &done.stdout);
    canary::none_in("what is told", &done.stderr);
    metered(&hosts, &document);
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    for word in [
        "cycle 2 begins",
        "router: continue (requested)",
        "router: stop (submitted)",
        "tool git.clone",
        "export pull-request: done",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let files = hosts.github.lock().unwrap().files("agent/fix");
    assert_eq!(files["README.md"], "better words\n");
    same_bytes(&local, &document);
}

/// People are told once, in words that nobody outside can read the address from.
fn notified(hosts: &Hosts, told: &str) {
    let messages = hosts.chat.lock().unwrap().messages.clone();
    let [(key, text)] = messages.as_slice() else {
        panic!("{messages:?}");
    };
    for words in [
        "A run has ended\npure-agent ",
        ": done (submitted)",
        "\n- pull-request: done",
        "\nThe agent says: All is done.",
        &key[..12],
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!told.contains(chat::KEY), "{told}");
}

/// Nobody counts anything else than the model told.
fn metered(hosts: &Hosts, document: &Value) {
    let (turns, input, output) = hosts.told();
    assert_eq!(turns, 3);
    let usage = &document["usage"];
    assert_eq!(usage["turns"], turns, "{document}");
    assert_eq!(usage["tokens"], input + output, "{document}");
}

/// What ran is what compiles for a cluster, to the last byte.
fn same_bytes(local: &Local, document: &Value) {
    let mut compile = Command::new(program());
    compile
        .args(["compile", "--format", "json"])
        .arg(local.at("sources"));
    let done = compile.output().unwrap();
    let list: Value = serde_json::from_slice(&done.stdout).unwrap();
    let items = list["items"].as_array().unwrap();
    let map = items
        .iter()
        .find(|item| item["kind"] == "ConfigMap")
        .unwrap();
    let contract = std::fs::read_to_string(local.out().join("contract.json")).unwrap();
    assert_eq!(map["data"]["contract.json"], contract);
    assert_eq!(
        map["metadata"]["annotations"]["pure-agent.dev/bundle"],
        document["bundle"]
    );
}
