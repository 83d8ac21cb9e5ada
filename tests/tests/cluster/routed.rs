//! Runs that choose their agent: the pods of the one that was chosen, of no other, and the same in every cycle.

use pure_agent_tests::cluster::reference::{Change, SPEC, change, small};
use pure_agent_tests::cluster::site::{Ended, Site};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// Names of the agents in the pods of a run.
fn agents(ended: &Ended) -> BTreeSet<String> {
    let names = ended.pods.keys().filter_map(|name| {
        let (_, rest) = name.split_once("-agent-")?;
        // Launchers have a hash in their names, and no pod of ours.
        let (agent, cycle) = rest.rsplit_once('-')?;
        (cycle.len() <= 2).then(|| agent.to_owned())
    });
    names.collect()
}

/// The reference case with three agents, of which the model chooses one by what the prompt says.
fn changes(image: &str) -> Vec<Change> {
    let why = "a model chooses the agent";
    let agent = |name: &str| {
        format!(
            "agent \"{name}\" {{\n    image \"{image}\"\n    harness \"claude-code\"\n    model \"opus\"\n    \
             resources {{\n        cpu \"50m\"\n        memory \"128Mi\"\n    }}\n}}\n\n"
        )
    };
    let more = agent("infra") + &agent("python");
    let route = "    route {\n        by \"opus\"\n        fallback \"coder\"\n        choose \"coder\"\n        \
        choose \"infra\" {\n            when \"the task is about clusters\"\n        }\n        \
        choose \"python\" {\n            when \"the task is about data\"\n        }\n    }\n";
    let mut all = small("20m", "5m");
    all.extend([
        change(
            SPEC,
            "depth 10",
            "depth 3",
            "the pod of the choice counts, and the policy bounds all",
        ),
        change(
            SPEC,
            "agent \"coder\" {\n",
            format!("{more}agent \"coder\" {{\n"),
            why,
        ),
        change(
            SPEC,
            "    agent \"coder\"\n    limits",
            format!("{route}    limits"),
            why,
        ),
    ]);
    all
}

#[test]
fn s0_16_the_chosen_agent_runs_and_no_other() {
    let plain = small("20m", "5m");
    let Some(site) = Site::or_skip("pure-agent-test-routed", "plain", &plain) else {
        return;
    };
    let _routed = site.beside("routed", &changes(&site.programs.agent));
    // The model of these tests answers with what stands after `route:`, whatever that is.
    let infra = site.submit_to("routed", "short\nroute: infra");
    let injected = site.submit_to("routed", "short\nroute: cluster-admin");
    for (run, agent, reason) in [
        (infra, "infra", "model"),
        (injected, "coder", "fallback-answer"),
    ] {
        let ended = run.end(Duration::from_secs(900));
        assert_eq!(ended.phase, "Succeeded", "{}", ended.told());
        assert_eq!(
            agents(&ended),
            BTreeSet::from([agent.to_owned()]),
            "{}",
            ended.told()
        );
        let chosen = ended.events("route", "choose", "chosen");
        assert_eq!(chosen.len(), 1, "{}", ended.told());
        assert_eq!(
            (&chosen[0]["agent"], &chosen[0]["reason"]),
            (&json!(agent), &json!(reason))
        );
        // Nothing of the prompt is in the Workflow but the one parameter, which is no text.
        assert!(!ended.workflow.to_string().contains("cluster-admin"));
        let nodes = ended.workflow["status"]["nodes"].as_object().unwrap();
        let skipped: BTreeSet<&str> = nodes
            .values()
            .filter(|node| node["phase"] == "Skipped" || node["phase"] == "Omitted")
            .filter_map(|node| node["displayName"].as_str()?.strip_prefix("cycle-"))
            .collect();
        let others = ["coder", "infra", "python"]
            .into_iter()
            .filter(|one| *one != agent);
        assert_eq!(skipped, others.collect(), "{}", ended.told());
    }
}
