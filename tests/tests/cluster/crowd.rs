//! Many runs at once, of two specs in one namespace: none hears of another.

use pure_agent_tests::cluster::reference::small;
use pure_agent_tests::cluster::site::{Run, Site};
use serde_json::{Value, json};
use std::time::Duration;

const SECOND: &str = "second";
/// Runs that are handed in at once.
const QUEUED: usize = 12;
/// Runs that Argo starts at once in this namespace: what two CPUs hold.
const AT_ONCE: usize = 6;

#[test]
fn runs_of_two_specs_do_not_hear_of_each_other() {
    let changes = small("30m", "5m");
    let Some(site) = Site::or_skip("pure-agent-test-crowd", "pure-agent", &changes) else {
        return;
    };
    let _second = site.beside(SECOND, &changes);
    together(&site);
    queued(&site);
    assert_eq!(site.outside.problems(), json!([]));
}

/// Address of a run's gateway.
fn address(run: &Run<'_>) -> String {
    let pod = run.wait_for("gateway", "Running");
    pod["status"]["podIP"].as_str().unwrap().to_owned()
}

/// Two at a time: an agent tries the gateway of the other, with its own bearer and without one.
fn together(site: &Site) {
    let first = site.submit("short 300");
    let at = address(&first);
    // A gateway of its own spec is in reach, and knows no such agent; that of another spec is out of reach.
    let same = site.submit(&format!("knock {at} 401"));
    let other = site.submit_to(SECOND, &format!("knock {at} closed"));
    proofs(&other, &first);
    same.until_over("agent-0");
    other.until_over("agent-0");
    // It was there all the time: what was closed was closed by a policy.
    assert!(!first.is_over(), "{}", first.told());
    for run in [&same, &other, &first] {
        assert_done(site, run);
    }
}

/// People of one run are nobody to another, and so are people of another spec.
fn proofs(run: &Run<'_>, other: &Run<'_>) {
    let _at = address(run);
    let door = run.forwarded();
    let (status, usage) = door.ask("GET /v1/usage", "");
    assert_eq!(status, 200, "{usage}");
    for stranger in [
        other.proof_as(&run.spec),
        other.proof_as(&other.spec),
        run.proof_as(&other.spec),
    ] {
        let (status, _) = door.ask_as(&stranger, "GET /v1/usage", "");
        assert_eq!(status, 401);
    }
}

fn assert_done(site: &Site, run: &Run<'_>) {
    let ended = run.end(Duration::from_secs(900));
    assert_eq!(ended.phase, "Succeeded", "{}", ended.told());
    assert_eq!(run.left(), once(), "{}", run.name);
    let told = site
        .outside
        .ask(&json!({"ask": "told", "issue": run.issue}));
    let usage = &ended.result()["usage"];
    assert_eq!(usage["turns"], told["turns"], "{usage} {told}");
    assert_eq!(
        usage["gen_ai.usage.input_tokens"], told["input"],
        "{usage} {told}"
    );
}

/// What a run of `short` leaves.
fn once() -> Value {
    json!({"comments": 4, "sessions": 1, "summaries": 1, "reports": 1, "uploads": 1, "branches": 0, "pulls": 0})
}

/// Argo holds back what the namespace's label does not let start.
fn queued(site: &Site) {
    let namespace = &site.place.namespace;
    let label = format!("workflows.argoproj.io/parallelism-limit={AT_ONCE}");
    let _labelled = pure_agent_tests::cluster::kubectl::sure(
        &format!("label namespace {namespace} {label}"),
        "",
    );
    // Argo hears of it.
    std::thread::sleep(Duration::from_secs(3));
    let specs = ["pure-agent", SECOND].into_iter().cycle();
    let runs: Vec<_> = specs
        .take(QUEUED)
        .map(|spec| site.submit_to(spec, "short"))
        .collect();
    let most = std::sync::atomic::AtomicUsize::new(0);
    site.watch
        .until("the end of the queue", Duration::from_secs(1800), || {
            let going = runs
                .iter()
                .filter(|run| run.pod("gateway").is_some() && !run.is_over());
            most.fetch_max(going.count(), std::sync::atomic::Ordering::SeqCst);
            runs.iter().all(Run::is_over).then_some(())
        });
    assert!(most.into_inner() <= AT_ONCE, "more than {AT_ONCE} at once");
    for run in &runs {
        assert_done(site, run);
    }
}
