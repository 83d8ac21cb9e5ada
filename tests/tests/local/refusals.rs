//! What does not start, and why.

use pure_agent_tests::local::{Local, isolates, result};
use pure_agent_tests::program::{program, said};
use std::process::Command;

#[test]
fn every_mistake_is_told_at_once() {
    let local = Local::new("mistakes");
    local.edit("spec.kdl", "run \"local\" {", "run \"local\" {\n    input \"name\" {\n        match \"[a-z]{1,8}\"\n    }\n    input \"other\"");
    let mut command = local.command();
    command.args([
        "--input",
        "name=UPPER",
        "--input",
        "extra=1",
        "--input",
        "plain",
    ]);
    command.args([
        "--secret",
        "none=env:NO_SUCH_VARIABLE",
        "--secret",
        "raw=value-of-a-secret",
    ]);
    let done = command.output().unwrap();
    assert_eq!(done.status.code(), Some(2), "{}", said(&done));
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    for word in [
        "`name` does not match",
        "no input `extra`",
        "`other` is required",
        "`--input plain` says no value",
        "`NO_SUCH_VARIABLE` is not set",
        "comes from `env:VARIABLE` or `file:PATH`",
        "needs `agent`",
        "--agent-path DIR",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert!(
        !told.contains("value-of-a-secret") && !told.contains("UPPER"),
        "{told}"
    );
    assert!(!local.out().exists(), "nothing was begun");
}

#[test]
fn what_needs_an_account_of_a_cluster_does_not_run_here() {
    for (case, spec) in [
        ("golden/cases/shop-operator", "run.kdl"),
        ("examples/monitoring", "specs/monitoring.kdl"),
    ] {
        let mut command = Command::new(program());
        let done = command
            .current_dir(pure_agent_tests::sources::repository().join(case))
            .args(["run", spec, "--no-isolation"])
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(2), "{}", said(&done));
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        for word in [
            "server `cluster` looks after a cluster",
            "submit the run to that cluster",
        ] {
            assert!(told.contains(word), "{case}: {word}: {told}");
        }
    }
}

#[test]
fn a_run_that_submits_another_needs_a_cluster_or_a_rehearsal() {
    let case = pure_agent_tests::sources::repository().join("golden/cases/handover");
    let said_with = |more: &[&str]| {
        let mut command = Command::new(program());
        let run = [
            "run",
            "run.kdl",
            "--no-isolation",
            "--input",
            "day=2026-01-01",
        ];
        let done = command.current_dir(&case).args(run).args(more).output();
        let done = done.unwrap();
        assert_eq!(done.status.code(), Some(2), "{}", said(&done));
        String::from_utf8_lossy(&done.stderr).into_owned()
    };
    let told = said_with(&[]);
    for word in [
        "export `submit` submits the run `daily`",
        "export `submit-2` submits the run `weekly-report`",
        "`--dry-run-exports`",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let rehearsed = said_with(&["--dry-run-exports"]);
    assert!(!rehearsed.contains("submits the run"), "{rehearsed}");
}

#[test]
fn a_folder_that_is_there_is_not_used() {
    if !isolates() {
        return;
    }
    let local = Local::new("taken");
    local.agent("#!/bin/sh\n");
    std::fs::create_dir(local.out()).unwrap();
    let done = local.command().output().unwrap();
    assert_eq!(done.status.code(), Some(2), "{}", said(&done));
}

/// A machine that makes no namespaces, for a program that is started in one of its own.
fn without_namespaces() -> Option<Command> {
    let mut command = Command::new("unshare");
    let limit = "echo 0 >/proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\"";
    command.args(["--user", "--map-root-user", "sh", "-c", limit]);
    let mut trial = Command::new("unshare");
    trial.args(["--user", "--map-root-user", "sh", "-c", limit, "true"]);
    let can = trial.status().is_ok_and(|status| status.success());
    if !can {
        pure_agent_tests::readers::skipped(
            "no machine without namespaces: a limit of them cannot be set",
        );
    }
    command.arg(program());
    can.then_some(command)
}

#[test]
fn without_isolation_it_says_why_and_runs_only_when_that_is_accepted() {
    let local = Local::new("bare");
    local.agent("#!/bin/sh\nid -u >who\n");
    let Some(command) = without_namespaces() else {
        return;
    };
    let done = local.with(command).output().unwrap();
    assert_eq!(done.status.code(), Some(2), "{}", said(&done));
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    for word in [
        "cannot keep an agent apart",
        "user.max_user_namespaces is 0",
        "sysctl user.max_user_namespaces",
        "--no-isolation",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert!(!local.out().exists());
    let Some(command) = without_namespaces() else {
        return;
    };
    let mut command = local.with(command);
    command.args(["--no-isolation", "--keep"]);
    let done = command.output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", local.told(&done));
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        told.contains("warning: nothing keeps this agent apart"),
        "{told}"
    );
    assert_eq!(result(&done)["verdict"], "done");
    assert!(
        local.out().join("workspace/who").exists(),
        "{}",
        local.told(&done)
    );
}
