//! A run that chooses its agent, on this machine: the steps of a cluster.

use pure_agent_tests::local::{Local, isolates, result};
use std::os::unix::fs::PermissionsExt as _;

/// Two agents, of which each leaves its name in the workspace.
fn routed(route: &str) -> Local {
    let local = Local::new("routed");
    local.agent("#!/bin/sh\necho probe >name\n");
    local.write("bin/other", "#!/bin/sh\necho other >name\nid -u >user\n");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(local.at("bin/other"), mode).unwrap();
    let other = format!(
        "agent \"other\" {{\n    image \"ghcr.io/pure-agent/shell@sha256:{}\"\n    harness \"generic\"\n    \
         command \"other\"\n    model \"stub\"\n    user 10_011\n}}\n\nrun \"local\" {{\n    \
         input \"kind\" {{\n        one-of \"plain\" \"odd\"\n        default \"plain\"\n    }}\n{route}",
        "1".repeat(64)
    );
    local.edit("spec.kdl", "run \"local\" {\n    agent \"probe\"\n", &other);
    local.edit("spec.kdl", "tokens 5_000", "tokens 50_000");
    local
}

const BY_INPUT: &str = "    route {\n        by input=\"kind\"\n        fallback \"probe\"\n        \
    choose \"probe\"\n        choose \"other\" {\n            when \"odd\"\n        }\n    }\n";
const BY_MODEL: &str = "    route {\n        by \"stub\"\n        fallback \"probe\"\n        \
    choose \"probe\"\n        choose \"other\" {\n            when \"the task is odd\"\n        }\n    }\n";

/// What the run left in its workspace and in its record, and what it told.
fn run(local: &Local, kind: &str) -> (String, String, String) {
    let mut command = local.command();
    command
        .arg("--keep")
        .args(["--input", &format!("kind={kind}")]);
    let done = command.output().unwrap();
    assert_eq!(
        done.status.code(),
        Some(0),
        "{}{}",
        local.told(&done),
        local.log("route")
    );
    let document = result(&done);
    assert_eq!(document["cycles"], "succeeded", "{document}");
    let read = |name: &str| std::fs::read_to_string(local.out().join(name)).unwrap_or_default();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    (read("workspace/name"), read("record/record.jsonl"), told)
}

#[test]
fn s4_32_an_input_chooses_the_agent_of_a_run_on_this_machine() {
    if !isolates() {
        return;
    }
    for (kind, agent, reason) in [
        ("odd", "other", "input"),
        ("plain", "probe", "fallback-value"),
    ] {
        let local = routed(BY_INPUT);
        let (name, record, told) = run(&local, kind);
        assert_eq!(name.trim(), agent, "{told}");
        assert_eq!(record.matches("\"route-chosen\"").count(), 1, "{record}");
        assert!(
            told.contains(&format!("agent {agent} ({reason})")),
            "{told}"
        );
        assert_eq!(local.log("route").matches("\"chosen\"").count(), 1);
    }
}

/// The model of trials names no agent, so the run has its fallback, and paid for the question.
#[test]
fn s0_16_a_model_that_names_no_agent_leaves_the_fallback_on_this_machine() {
    if !isolates() {
        return;
    }
    let local = routed(BY_MODEL);
    let (name, record, told) = run(&local, "odd");
    assert_eq!(name.trim(), "probe", "{told}");
    assert_eq!(record.matches("\"route-asked\"").count(), 2, "{record}");
    assert!(told.contains("agent probe (fallback-answer)"), "{told}");
}
