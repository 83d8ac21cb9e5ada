//! The life of a run by commands: `submit`, `list`, `status`, `logs`, `stop`, `retry`

use super::ground::{Ground, OPERATOR, SPEC};
use pure_agent_tests::cluster::kubectl::{get, sure};
use pure_agent_tests::cluster::wait;
use serde_json::Value;
use std::time::Duration;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn a_run_is_submitted_watched_stopped_and_tried_again() {
    let Some(ground) = Ground::applied("life") else {
        return;
    };
    refused(&ground);
    let run = ground.waiting_run();
    alike(&ground, &run);
    shown(&ground, &run);

    let early = ground.run("admin", &["retry", &run]);
    assert_eq!(early.code, Some(2));
    assert!(early.err.contains("has not ended"), "{}", early.err);
    let said = ground.run("admin", &["stop", &run]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    wait("the run to end", Duration::from_secs(120), || {
        let status = json(&ground.sure("admin", &["status", &run, "--output", "json"]));
        (status["phase"] == "Failed" && status["shutdown"] == "Stop").then_some(())
    });
    let first = get(&format!("workflow {run} -n {}", ground.namespace));
    let again = ground.sure("admin", &["retry", &run]).trim().to_owned();
    let second = get(&format!("workflow {again} -n {}", ground.namespace));
    let parameters = &second["spec"]["arguments"]["parameters"];
    assert_eq!(parameters[0], first["spec"]["arguments"]["parameters"][0]);
    assert_eq!(parameters[1]["name"], "retry-of");
    assert_eq!(parameters[1]["value"], first["metadata"]["uid"]);

    at_once(&ground, &again);
    let third = ground.sure("admin", &["retry", &again]).trim().to_owned();
    let third = get(&format!("workflow {third} -n {}", ground.namespace));
    assert_eq!(
        third["spec"]["arguments"]["parameters"][1]["value"], first["metadata"]["uid"],
        "the key is the first run's"
    );
    other_bundle(&ground, &run);
}

/// Nothing is started by wrong inputs, a spec that is not applied, or another bundle.
fn refused(ground: &Ground) {
    for (inputs, part) in [
        (vec!["submit"], "input `issue` is required"),
        (vec!["submit", "--input", "issue=x"], "does not match"),
        (
            vec!["submit", "--input", "issue=A-1", "--input", "other=x"],
            "no input `other`",
        ),
    ] {
        let done = ground.run("admin", &inputs);
        assert_eq!(done.code, Some(1), "{}", done.err);
        assert!(done.err.contains(part), "{}", done.err);
    }
    ground.folder.edit("spec.kdl", "turns 5", "turns 6");
    let done = ground.run("admin", &["submit", "--input", "issue=A-1"]);
    assert_eq!(done.code, Some(1), "{}", done.err);
    for part in [
        "is not what the sources compile to",
        "ConfigMap",
        "is missing",
        "WorkflowTemplate verbs: ",
    ] {
        assert!(done.err.contains(part), "{part}: {}", done.err);
    }
    ground.folder.edit("spec.kdl", "turns 6", "turns 5");
    let dry = ground.run("admin", &["submit", "--dry-run", "--input", "issue=A-1"]);
    assert_eq!(dry.code, Some(0), "{}", dry.err);
    assert!(
        json(&ground.sure("admin", &["list", "--output", "json"]))
            .as_array()
            .unwrap()
            .is_empty()
    );
}

/// The Workflow holds the template's name and the inputs, and nothing else.
fn alike(ground: &Ground, run: &str) {
    let workflow = get(&format!("workflow {run} -n {}", ground.namespace));
    let mut spec = workflow["spec"].clone();
    assert_eq!(
        spec["arguments"]["parameters"].as_array().map(Vec::len),
        Some(1),
        "{spec}"
    );
    assert_eq!(spec["arguments"]["parameters"][0]["name"], "inputs");
    for key in ["workflowTemplateRef", "arguments"] {
        spec.as_object_mut().unwrap().remove(key);
    }
    assert_eq!(spec, serde_json::json!({}), "more than a name and inputs");
    assert!(run.starts_with(&format!("{SPEC}-")));
}

fn shown(ground: &Ground, run: &str) {
    let list = ground.sure("admin", &["list"]);
    assert!(
        list.lines()
            .any(|line| line.starts_with(run) && line.contains("Running")),
        "{list}"
    );
    let wide = ground.sure("admin", &["list", SPEC, "--output", "wide"]);
    assert!(wide.contains("BUNDLE"), "{wide}");
    for (owner, there) in [("team-agents", true), ("team-other", false)] {
        let list = ground.run("admin", &["list", "--owner", owner]);
        assert_eq!(list.out.contains(run), there, "{owner}: {}", list.out);
    }
    let none = ground.run("admin", &["list", "other"]);
    assert!(none.err.contains("no runs"), "{}", none.err);
    let yaml = ground.sure("admin", &["list", "--output", "yaml"]);
    assert!(yaml.contains(&format!("name: {run}")), "{yaml}");

    let status = json(&ground.sure(OPERATOR, &["status", run, "--output", "json"]));
    assert_eq!(status["phase"], "Running");
    assert_eq!(status["usage"]["turns"], 0, "{status}");
    let roles: Vec<&str> = status["pods"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|pod| pod["role"].as_str())
        .collect();
    assert!(
        roles.contains(&"gateway") && roles.contains(&"agent"),
        "{roles:?}"
    );
    let people = ground.run("admin", &["status", run]);
    assert_eq!(people.code, Some(0));
    assert!(
        people.err.contains("rule `forward`"),
        "who is no operator learns why: {}",
        people.err
    );

    let log = ground.sure("admin", &["logs", run, "--role", "gateway"]);
    assert!(
        log.starts_with("gateway | ") && log.contains("listening"),
        "{log}"
    );
    let log = ground.sure("admin", &["logs", run]);
    assert!(
        log.contains("agent-0 | ") && !log.contains("argoexec"),
        "{log}"
    );
    let log = ground.sure("admin", &["logs", run, "--role", "launcher"]);
    assert!(!log.contains("gateway | "), "{log}");
    let gone = ground.run("admin", &["status", "nothing"]);
    assert_eq!(gone.code, Some(2));
    assert!(
        gone.err.contains("there is no run `nothing`"),
        "{}",
        gone.err
    );
}

/// `--now` leaves no pod, though nothing of the run cleans up; `logs --follow` and `submit --watch` end with the run.
fn at_once(ground: &Ground, run: &str) {
    let mut follow = ground
        .command("admin", &["logs", run, "--follow"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait("a pod", Duration::from_secs(120), || {
        let pods = get(&format!(
            "pods -n {} -l pure-agent.dev/run={run}",
            ground.namespace
        ));
        (pods["items"].as_array()?.len() > 1).then_some(())
    });
    let said = ground.run("admin", &["stop", run, "--now"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    wait("no pod", Duration::from_secs(60), || {
        let pods = get(&format!(
            "pods -n {} -l pure-agent.dev/run={run}",
            ground.namespace
        ));
        pods["items"].as_array()?.is_empty().then_some(())
    });
    wait("the follower to end", Duration::from_secs(60), || {
        follow.try_wait().unwrap()
    });
    let status = json(&ground.sure("admin", &["status", run, "--output", "json"]));
    assert_eq!(status["shutdown"], "Terminate");
    let gone = ground.run("admin", &["logs", run]);
    assert!(gone.err.contains("are gone"), "{}", gone.err);
}

/// A retry is of the same bundle; `--watch` ends with 1 where the run fails.
fn other_bundle(ground: &Ground, run: &str) {
    ground
        .folder
        .edit("spec.kdl", r#""probe" "--listen" "7777""#, r#""--version""#);
    let _applied = ground.sure("admin", &["apply", "--yes"]);
    let done = ground.run("admin", &["retry", run]);
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("was of bundle"), "{}", done.err);
    std::thread::sleep(Duration::from_secs(5));
    let watched = ground.run("admin", &["submit", "--watch", "--input", "issue=ABC-2"]);
    assert_eq!(watched.code, Some(1), "{}{}", watched.out, watched.err);
    let name = watched.out.trim();
    assert!(
        watched.err.contains(&format!("{name} agent 0: ")),
        "{}",
        watched.err
    );
    let end = get(&format!("workflow {name} -n {}", ground.namespace));
    assert_eq!(end["status"]["phase"], "Failed");
    let _none = sure(&format!("get workflow {name} -n {}", ground.namespace), "");
}
