//! A run that looks after Deployments, for real: they are listed, read, restarted and scaled through the gateway, with
//! a person's word; and what its account may not do is tried as that account.

mod attacks;

use attacks::RESTARTED;
use pure_agent_tests::cluster::approve::Forwarded;
use pure_agent_tests::cluster::kubectl::{get, kubectl, reachable};
use pure_agent_tests::cluster::shop::{RUNS, SHOP, Shop, pod_of, ready};
use pure_agent_tests::cluster::wait;
use pure_agent_tests::readers::skipped;
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn s2_09_s2_10_deployments_are_looked_after_and_nothing_else_is() {
    if !reachable() {
        return;
    }
    let shop = match Shop::open() {
        Ok(shop) => shop,
        Err(why) => return skipped(&format!("no shop: {why}")),
    };
    let before = get(&format!("deployment web -n {SHOP}"));
    attacks::tokens(&shop.place);
    attacks::applier(&shop.place);
    attacks::by_rights();
    attacks::by_admission();
    let run = shop.submit(&pod_of("till"));
    for tool in ["restart_deployment", "scale_deployment"] {
        let shown = signed(&shop, &run);
        assert!(shown.to_string().contains(tool), "{shown}");
    }
    ended(&run.0);
    let after = ready("web", 3);
    let (is, was) = (&after["spec"]["template"], &before["spec"]["template"]);
    assert!(is["metadata"]["annotations"][RESTARTED].is_string(), "{is}");
    assert_eq!(is["metadata"]["annotations"]["note"], "hidden-note");
    assert_eq!(is["spec"], was["spec"]);
    // Nobody touched the other.
    let till = get(&format!("deployment till -n {SHOP}"));
    assert_eq!(
        (&till["metadata"]["generation"], &till["spec"]["replicas"]),
        (&json!(1), &json!(2))
    );
    attacks::tokens_by_the_target_alone(&shop.place);
}

/// The person named `lead` sees what is asked, and signs.
fn signed(shop: &Shop, (run, uid): &(String, String)) -> Value {
    wait("the gateway", Duration::from_secs(300), || {
        let pod = get(&format!("pod {run}-gateway -n {RUNS}"));
        (pod["status"]["containerStatuses"][0]["ready"] == true).then_some(())
    });
    let forwarded = Forwarded::open((RUNS, "operator"), run, uid);
    let ask = |what: &str, body: &str| {
        still_fine(run);
        forwarded.ask(what, body)
    };
    shop.approver.approve(ask, Duration::from_secs(300))
}

/// An agent that failed has nothing more to ask.
fn still_fine(run: &str) {
    let agent = get(&format!("pod {run}-agent-0 -n {RUNS}"));
    assert_ne!(agent["status"]["phase"], "Failed", "{}", log(run));
}

fn log(run: &str) -> String {
    let agent = kubectl(
        &format!("logs {run}-agent-0 -n {RUNS} --all-containers"),
        "",
    );
    let gateway = kubectl(&format!("logs {run}-gateway -n {RUNS}"), "");
    format!("{agent}\n{gateway}")
}

/// Waits for the agent, which says what it saw, and for the run.
fn ended(run: &str) {
    wait("the end of the agent", Duration::from_secs(300), || {
        still_fine(run);
        let agent = get(&format!("pod {run}-agent-0 -n {RUNS}"));
        (agent["status"]["phase"] == "Succeeded").then_some(())
    });
    let said = log(run);
    assert!(!said.contains("hidden-"), "{said}");
    assert!(said.contains("scale_deployment answered"), "{said}");
    wait("the end of the run", Duration::from_secs(300), || {
        let found = get(&format!("workflow {run} -n {RUNS}"));
        let phase = found["status"]["phase"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(!["Failed", "Error"].contains(&phase.as_str()), "{found}");
        (phase == "Succeeded").then_some(())
    });
}
