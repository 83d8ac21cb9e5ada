//! A whole run: every role as a process, every service at its real name; and the same where processes are killed.

mod export;
mod hosts;
mod load;
mod pods;
mod reference;

use crate::place::{ask, router_bearer};
use hosts::ONCE;
use pods::{Run, result};
use pure_agent_runtime::digest::sha256;
use pure_agent_tests::program::said;
use pure_agent_tests::world::World;
use serde_json::{Value, json};

#[test]
fn a_run_of_three_cycles_ends_with_one_of_each() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let run = Run::start(&world, true);
    run.work();
    let done = run.export();
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let document = result(&done);
    assert_eq!(
        (&document["verdict"], &document["reason"]),
        (&json!("done"), &json!("submitted"))
    );
    let exports = document["exports"].as_array().unwrap();
    assert!(
        exports.iter().all(|one| one["outcome"] == "done"),
        "{document}"
    );
    assert_eq!(exports.len(), 6, "{document}");
    assert_eq!(run.hosts.left(), ONCE);
    exported(&run);
    metered(&run, &document);
    approved(&run);
    let answer = std::fs::read_to_string(run.place.at("export-answer")).unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["result"]["verdict"], "done", "{answer}");
    assert_eq!(answer["digest"], kept(&run), "the document of the record");
    // Once more: nothing changes, and nobody is asked.
    *run.hosts.meets.lock().unwrap() =
        Box::new(|| panic!("a step that finds everything done asks nobody"));
    let again = run.export();
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    let (mut first, mut second) = (document, result(&again));
    // The tunnels of the first step are requests, too.
    for one in [&mut first, &mut second] {
        one["usage"].as_object_mut().unwrap().remove("allowed");
    }
    assert_eq!(second, first);
    assert_eq!(run.hosts.left(), ONCE);
    drop(run.record());
}

/// Digest of the result document that the record holds.
fn kept(run: &Run<'_>) -> String {
    let record = run.record();
    let mut results = record.iter().rev().map(|line| &line["event"]);
    let last = results
        .find(|event| event["kind"] == "export-result")
        .unwrap();
    sha256(last["document"].as_str().unwrap())
}

/// What stands in the branch is what the agent left of the repository.
fn exported(run: &Run<'_>) {
    let github = run.hosts.github.lock().unwrap();
    let files = github.files("agent/fix");
    assert_eq!(files["README.md"], "better words\n");
    assert_eq!(
        (files["src/a.txt"].as_str(), files["src/c.txt"].as_str()),
        ("a\n", "c\n")
    );
    assert!(files.contains_key("link"), "what is no file stays as it is");
    let pull = &github.pulls[0];
    assert_eq!(
        (&pull["head"]["ref"], &pull["base"]["ref"]),
        (&json!("agent/fix"), &json!("main"))
    );
    let hook = run.hosts.hook.lock().unwrap();
    assert_eq!(hook.last["uid"], crate::place::UID);
}

/// Nobody counts anything else than the model told.
fn metered(run: &Run<'_>, document: &Value) {
    let (turns, input, output) = run.hosts.told();
    assert_eq!(turns, 3);
    let usage = ask(
        &run.gateway.control,
        "GET /v1/usage",
        Some(&router_bearer()),
        "",
    )
    .1;
    for told in [&usage, &document["usage"]] {
        assert_eq!(told["turns"], turns, "{told}");
        assert_eq!(told["gen_ai.usage.input_tokens"], input, "{told}");
        assert_eq!(told["gen_ai.usage.output_tokens"], output, "{told}");
        assert_eq!(told["tokens"], input + output, "{told}");
        assert_eq!(told["micros"], input * 15 + output * 75, "{told}");
    }
    let record = run.record();
    let sum = |name: &str| -> u64 {
        let settled = record
            .iter()
            .filter_map(|line| line["event"][name].as_u64());
        settled.sum()
    };
    assert_eq!(sum("gen_ai.usage.input_tokens"), input);
    assert_eq!(sum("gen_ai.usage.output_tokens"), output);
}

/// A page and the pull request, each asked once.
fn approved(run: &Run<'_>) {
    let gatekeeper = run.hosts.gatekeeper.lock().unwrap();
    let shown: Vec<String> = gatekeeper
        .requests
        .iter()
        .map(|r| r["context"].to_string())
        .collect();
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(
        shown[0].contains("docs.example.com") && shown[1].contains("agent/fix"),
        "{shown:?}"
    );
}
