//! How a run ends that is not left alone: nothing of it is left, and what is documented happens.

use pure_agent_tests::canary::{self, canary};
use pure_agent_tests::local::{Local, isolates, processes, result};
use pure_agent_tests::program::said;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// An agent that stays, and has children that would stay longer.
const STAYS: &str = "#!/bin/sh
trap '' TERM
echo work >kept
setsid sh -c 'trap \"\" TERM; while :; do sleep 1; done' &
nohup sleep 600 >/dev/null 2>&1 &
touch begun
while :; do sleep 1; done
";

/// A run whose agent has begun.
fn begun(local: &Local) -> Child {
    local.agent(STAYS);
    let mut command = local.command();
    command
        .arg("--keep")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let sign = local.out().join("workspace/begun");
    until("the agent begins", || sign.exists());
    child
}

fn until(what: &str, is: impl Fn() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(done.unwrap().success());
}

/// Every process of a run has its folder or its UID in its arguments or variables, or its stages' names.
fn left(local: &Local, child: u32) -> Vec<u32> {
    let contract =
        std::fs::read_to_string(local.out().join("record/record.jsonl")).unwrap_or_default();
    let first: serde_json::Value =
        serde_json::from_str(contract.lines().next().unwrap_or("{}")).unwrap();
    let uid = first["event"]["uid"]
        .as_str()
        .unwrap_or("no such uid")
        .to_owned();
    let mut all = processes(&uid);
    all.extend(descendants(child));
    all.retain(|number| *number != std::process::id());
    all
}

/// Processes below one, by the parents that the system tells; those of a parent that is gone are told before.
fn descendants(of: u32) -> Vec<u32> {
    let list = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = list.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> = numbers
        .filter_map(|number| {
            let status = std::fs::read_to_string(format!("/proc/{number}/status")).ok()?;
            let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
            Some((number, parent.trim().parse().ok()?))
        })
        .collect();
    let mut found = vec![of];
    loop {
        let more: Vec<u32> = parents
            .iter()
            .filter(|(number, parent)| found.contains(parent) && !found.contains(number))
            .map(|(number, _)| *number)
            .collect();
        if more.is_empty() {
            found.retain(|number| *number != of);
            return found;
        }
        found.extend(more);
    }
}

fn alive(numbers: &[u32]) -> Vec<u32> {
    let lives = |number: &&u32| {
        let status = std::fs::read_to_string(format!("/proc/{number}/status")).unwrap_or_default();
        status.contains("State:") && !status.contains("State:\tZ")
    };
    numbers.iter().filter(lives).copied().collect()
}

fn ended(child: Child) -> Output {
    child.wait_with_output().unwrap()
}

#[test]
fn a_run_that_is_killed_leaves_no_process() {
    if !isolates() {
        return;
    }
    let local = Local::new("killed");
    let mut child = begun(&local);
    let mut all = descendants(child.id());
    all.extend(left(&local, child.id()));
    assert!(
        all.len() > 5,
        "the gateway, the agent and their stages: {all:?}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    until("every process of the run ends", || alive(&all).is_empty());
    assert!(left(&local, u32::MAX).is_empty());
}

#[test]
fn the_first_key_stops_it_and_still_packs() {
    if !isolates() {
        return;
    }
    let local = Local::new("stopped");
    let child = begun(&local);
    let all = descendants(child.id());
    let start = Instant::now();
    signal(&child, "-INT");
    let done = ended(child);
    assert_eq!(done.status.code(), Some(1), "{}", local.told(&done));
    assert!(start.elapsed() < Duration::from_secs(40));
    let document = result(&done);
    assert_eq!(document["verdict"], "failed", "{document}");
    assert_eq!(document["reason"], "stopped", "{document}");
    assert_eq!(document["packing"], "succeeded", "{document}");
    assert_eq!(document["exports"], serde_json::json!([]), "{document}");
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        told.contains("stopping") && told.contains("lines, whole"),
        "{told}"
    );
    assert!(
        local.log("pack").contains("\"packed\""),
        "{}",
        local.told(&done)
    );
    assert!(local.out().join("workspace/kept").exists());
    assert!(local.log("export").is_empty(), "nothing is exported");
    assert!(alive(&all).is_empty(), "{:?}", alive(&all));
}

#[test]
fn the_second_key_ends_it_at_once() {
    if !isolates() {
        return;
    }
    let local = Local::new("at-once");
    let child = begun(&local);
    let all = descendants(child.id());
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    signal(&child, "-INT");
    let done = ended(child);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
    until("every process of the run ends", || alive(&all).is_empty());
}

#[test]
fn a_signal_of_the_system_stops_it_too() {
    if !isolates() {
        return;
    }
    let local = Local::new("terminated");
    let child = begun(&local);
    signal(&child, "-TERM");
    let done = ended(child);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert_eq!(result(&done)["reason"], "stopped");
}

/// Sources whose gateway has a secret.
fn with_secret(local: &Local) {
    local.edit(
        "policy.kdl",
        "    limits {",
        "    model \"anthropic\" id=\"*\"\n    upstream \"api.anthropic.com\"\n    secret \"keys\" key=\"K\" for=\"model\" to=\"api.anthropic.com\"\n    limits {",
    );
    local.edit(
        "spec.kdl",
        "agent \"probe\" {",
        "secret \"claude\" {\n    from \"keys\" key=\"K\"\n}\n\nmodel \"claude\" {\n    provider \"anthropic\"\n    id \"claude-1\"\n    auth \"claude\"\n    max-tokens 10\n}\n\nagent \"probe\" {",
    );
    local.edit(
        "spec.kdl",
        "    model \"stub\"\n",
        "    model \"stub\"\n    model \"claude\"\n",
    );
}

#[test]
fn a_secret_is_in_no_file_no_argument_and_no_environment() {
    if !isolates() {
        return;
    }
    let local = Local::new("secret");
    with_secret(&local);
    local.agent(STAYS);
    local.write("secret-claude", &canary("claude"));
    let mut command = local.command();
    let from = format!("claude=file:{}", local.at("secret-claude").display());
    command
        .args(["--keep", "--secret", &from])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let sign = local.out().join("workspace/begun");
    until("the agent begins", || sign.exists());
    let all = descendants(child.id());
    assert!(all.len() > 5, "{all:?}");
    for process in all.iter().chain([&child.id()]) {
        canary::none_given_to(&format!("process {process}"), *process);
    }
    canary::none_below(&local.out(), &|_| false);
    child.kill().unwrap();
    let done = ended(child);
    canary::none_in("the output", &done.stdout);
    canary::none_in("the output", &done.stderr);
    until("every process of the run ends", || alive(&all).is_empty());
    // Whatever moment it is killed at, no file holds it.
    canary::none_below(&local.out(), &|_| false);
}
