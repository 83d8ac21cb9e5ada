//! The reference example for real: three cycles, a person who signs, and everything arrives once.

use pure_agent_tests::cluster::outcome::{comparable, reference};
use pure_agent_tests::cluster::site::{Ended, Run, Site};
use serde_json::{Value, json};
use std::time::Duration;

/// Seconds of Argo's own that a step costs, its requeue and the start of a launcher.
const STEP: f64 = 10.0;
/// Launched steps of three cycles: gateway, three agents and routers, pack, export, cleanup.
const STEPS: f64 = 10.0;

#[test]
fn the_reference_example_does_its_work_once() {
    let Some(site) = Site::or_skip("pure-agent-test-whole", "pure-agent", &[]) else {
        return;
    };
    let run = site.submit("whole");
    let shown = signed(&site, &run);
    let ended = run.end(Duration::from_secs(900));
    assert_eq!(ended.phase, "Succeeded", "{}", ended.told());
    assert_eq!(ended.reasons(), ["requested", "requested", "submitted"]);
    let branch = format!("agent/{}", run.issue);
    assert!(shown.to_string().contains(&branch), "{shown}");
    times(&ended);
    arrived(&site, &run, &ended);
    assert_eq!(
        run.gone(Duration::from_secs(120)),
        [""; 0],
        "claims are left"
    );
    assert_eq!(site.outside.problems(), json!([]));
}

/// The person named `lead` sees the pull request, and signs.
fn signed(site: &Site, run: &Run<'_>) -> Value {
    site.watch
        .until("the export step", Duration::from_secs(600), || {
            assert!(!run.is_over(), "{}", run.told());
            run.pod("export")
        });
    let forwarded = run.forwarded();
    let ask = |what: &str, body: &str| forwarded.ask(what, body);
    site.approver.approve(ask, Duration::from_secs(120))
}

/// One of each, and what stands in it.
fn arrived(site: &Site, run: &Run<'_>, ended: &Ended) {
    let left = run.left();
    assert_eq!(
        left,
        json!({"comments": 4, "sessions": 1, "summaries": 1, "reports": 1, "uploads": 1, "branches": 1, "pulls": 1})
    );
    let ask = |what: &str| {
        site.outside
            .ask(&json!({"ask": what, "issue": run.issue, "uid": run.uid}))
    };
    let files = ask("files");
    assert_eq!(files["README.md"], "better words\n", "{files}");
    assert_eq!(files["src/c.txt"], "c\n", "{files}");
    let result = ended.result();
    assert_eq!(result["verdict"], "done", "{result}");
    assert_eq!(
        (&result["run"], &result["uid"]),
        (&json!(run.name), &json!(run.uid))
    );
    let told = ask("told");
    let usage = &result["usage"];
    assert_eq!(told["turns"], 4, "{told}");
    assert_eq!(usage["turns"], told["turns"], "{result}");
    assert_eq!(
        usage["gen_ai.usage.input_tokens"], told["input"],
        "{result}"
    );
    assert_eq!(
        usage["gen_ai.usage.output_tokens"], told["output"],
        "{result}"
    );
    assert_eq!(comparable(&result), reference(), "{result:#}");
    let transcripts = ask("transcripts");
    for cycle in 0..3 {
        let lines = transcripts[format!("cycle-{cycle}.jsonl")].as_array();
        let calls = lines.map_or(0, Vec::len);
        assert!(calls > 0, "cycle {cycle}: {transcripts}");
    }
    assert_eq!(transcripts.as_object().map(serde_json::Map::len), Some(3));
    assert_eq!(site.outside.heard("stranger.example.net"), json!([]));
}

/// Said beside each other: what was expected, what it took, and whose it was.
fn times(ended: &Ended) {
    let worked = ended.worked();
    let ours: f64 = worked.values().sum();
    let lasted = ended.lasted();
    println!(
        "wall time {lasted} s: {ours} s in our pods, {} s Argo's own; expected of Argo: {} s\n{worked:#?}",
        lasted - ours,
        STEP * STEPS
    );
}
