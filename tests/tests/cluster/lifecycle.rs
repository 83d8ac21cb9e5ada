//! Runs that go wrong.

use crate::ready;
use pure_agent_tests::cluster::images::Images;
use pure_agent_tests::cluster::kubectl::{get, sure};
use pure_agent_tests::cluster::launch::workflow;
use pure_agent_tests::cluster::place::Place;
use pure_agent_tests::cluster::wait;
use std::time::{Duration, Instant};

/// Its deadline is hours away.
#[test]
fn a_run_whose_image_is_missing_fails_at_once() {
    let Some(images) = ready() else { return };
    let missing = Images {
        runtime: format!("localhost/pure-agent-missing@sha256:{}", "b".repeat(64)),
        ..images.clone()
    };
    let place = Place::new("pure-agent-test-missing", &missing);
    let start = Instant::now();
    let _made = sure(
        "create -f -",
        &workflow(&place, "missing", "e30").to_string(),
    );
    let nodes = wait("the run to fail", Duration::from_secs(600), || {
        let run = get(&format!("workflow missing -n {}", place.namespace));
        (run["status"]["phase"] == "Failed").then(|| run["status"]["nodes"].to_string())
    });
    assert!(
        nodes.contains("ImagePullBackOff"),
        "after {:?}: {nodes}",
        start.elapsed()
    );
}
