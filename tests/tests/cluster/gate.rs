//! Where the network is not enforced no agent starts, and the run says why.

use pure_agent_tests::cluster::reference::{SPEC, change, small};
use pure_agent_tests::cluster::site::Site;
use serde_json::json;
use std::time::Duration;

#[test]
fn an_agent_does_not_start_where_no_policy_holds() {
    let mut changes = small("15m", "5m");
    changes.push(change(SPEC, "depth 10", "depth 2", "it must not go on"));
    let Some(site) = Site::or_skip("pure-agent-test-gate", "pure-agent", &changes) else {
        return;
    };
    let gone = site.kubectl("delete networkpolicies --all");
    assert!(gone.contains("deleted"), "{gone}");
    let run = site.submit("short");
    let ended = run.end(Duration::from_secs(600));
    assert_eq!(ended.phase, "Failed", "{}", ended.told());
    // One try: the network would be no other at the next.
    assert_eq!(ended.reasons(), ["gate"], "{}", ended.told());
    let result = ended.result();
    assert_eq!(
        (&result["verdict"], &result["reason"]),
        (&json!("failed"), &json!("gate"))
    );
    let why = ended.events("agent-0", "start", "failed");
    let why = why.first().map(|line| line["why"].to_string());
    let why = why.unwrap_or_else(|| panic!("{}", ended.told()));
    for open in [
        "must be closed",
        "gateway.pure-agent:9090",
        "gateway.pure-agent:9091",
    ] {
        assert!(why.contains(open), "{open}: {why}");
    }
    let agent = &ended.pods[&format!("{}-agent-0", run.name)].object;
    let state = &agent["status"]["containerStatuses"][0]["state"];
    assert!(state["terminated"].is_null(), "the agent ran: {state}");
    assert!(
        !ended
            .logs
            .contains_key(&("agent-0".to_owned(), "agent".to_owned()))
    );
    assert_eq!(
        site.outside
            .ask(&json!({"ask": "told", "issue": run.issue}))["turns"],
        0
    );
}
