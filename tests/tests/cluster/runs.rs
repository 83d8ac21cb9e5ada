//! A run that submits another one, for real: it is there once, runs with what it was given, and shows whose it is; and what
//! the account that submits it may not do is tried as that account.

mod attacks;

use pure_agent_tests::cluster::handover::{Handover, RUNS, runs};
use pure_agent_tests::cluster::kubectl::{get, kubectl, reachable};
use pure_agent_tests::cluster::wait;
use pure_agent_tests::readers::skipped;
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn s4_15_a_run_submits_another_once() {
    if !reachable() {
        return;
    }
    let handover = match Handover::open() {
        Ok(handover) => handover,
        Err(why) => return skipped(&format!("nothing to hand over: {why}")),
    };
    attacks::tokens(&handover);
    attacks::by_rights();
    attacks::by_admission();
    attacks::labels();
    let uid = handover.submit("planner-1", None);
    succeeded("planner-1");
    let submitted = runs("daily");
    let [daily] = submitted.as_slice() else {
        panic!("{submitted:?}");
    };
    let name = daily["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("daily-"), "{name}");
    let label = &daily["metadata"]["labels"]["pure-agent.dev/submitted-by"];
    assert_eq!(label, "planner-1");
    // The same Workflow as a person's, but for its name and that label.
    assert_eq!(
        daily["spec"]["workflowTemplateRef"],
        json!({"name": "daily"})
    );
    assert_eq!(daily["spec"]["arguments"], person());
    let given = "given {\"city\": \"Busan\", \"day\": \"2026-11-29\"}";
    wait("what it was given", Duration::from_secs(420), || {
        let said = kubectl(&format!("logs {name}-agent-0 -n {RUNS}"), "");
        said.out.contains(given).then_some(())
    });
    succeeded(name);
    // A run that tries the first again finds what that one submitted.
    let _again = handover.submit("planner-2", Some(&uid));
    succeeded("planner-2");
    assert_eq!(runs("daily").len(), 1);
}

/// What `pure-agent submit daily --input city=Busan --input day=2026-11-29` hands in.
fn person() -> Value {
    let inputs = [("city", "Busan"), ("day", "2026-11-29")];
    let inputs = inputs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let inputs = pure_agent::emit::inputs::encode(&inputs.into());
    json!({"parameters": [{"name": "inputs", "value": inputs}]})
}

fn succeeded(run: &str) {
    wait(
        &format!("the end of {run}"),
        Duration::from_secs(420),
        || {
            let found = get(&format!("workflow {run} -n {RUNS}"));
            let phase = found["status"]["phase"].as_str().unwrap_or_default();
            let failed = ["Failed", "Error"].contains(&phase);
            assert!(!failed, "{}\n{}", found["status"]["message"], log(run));
            (phase == "Succeeded").then_some(())
        },
    );
}

fn log(run: &str) -> String {
    let pods = ["agent-0", "gateway", "export"];
    let said = pods.map(|pod| {
        let log = kubectl(&format!("logs {run}-{pod} -n {RUNS} --all-containers"), "");
        format!("{pod}: {log}")
    });
    said.join("\n")
}
