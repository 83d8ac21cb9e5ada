//! A queue of one slot: runs of two specs that name it, one after the other.

use pure_agent_tests::cluster::kubectl::kubectl;
use pure_agent_tests::cluster::reference::{SPEC, TARGET, change, small};
use pure_agent_tests::cluster::site::{Run, Site};
use std::time::Duration;

const QUEUES: &str = "pure-agent-queues";

#[test]
fn s1_30_runs_of_a_queue_wait_for_its_slots() {
    let one = "there is a queue";
    let mut changes = small("30m", "5m");
    let queue = "    queue \"one\" {\n        slots 1\n    }\n    dns {";
    changes.push(change(TARGET, "    dns {", queue, one));
    changes.push(change(
        SPEC,
        "    retry 2 on",
        "    queue \"one\"\n    retry 2 on",
        one,
    ));
    let Some(site) = Site::or_skip("pure-agent-test-queue", "pure-agent", &changes) else {
        return;
    };
    let _second = site.beside("second", &changes);
    let first = site.submit("short 20");
    let _at = first.wait_for("gateway", "Running");
    let runs = [
        first,
        site.submit_to("second", "short"),
        site.submit("short"),
    ];
    let [_, second, third] = &runs;
    for waiting in [second, third] {
        site.watch
            .until("a run that waits", Duration::from_secs(60), || {
                (field(&site, waiting, "phase") == "Pending").then_some(())
            });
        // So no deadline of it has begun.
        assert_eq!(field(&site, waiting, "startedAt"), "");
        let told = field(&site, waiting, "message");
        assert!(told.contains(QUEUES), "{told}");
    }
    slots_stay(&site);
    let mut most = 0;
    site.watch
        .until("the end of the queue", Duration::from_secs(900), || {
            let going = runs
                .iter()
                .filter(|run| run.pod("gateway").is_some() && !run.is_over());
            most = most.max(going.count());
            runs.iter().all(Run::is_over).then_some(())
        });
    assert_eq!(most, 1, "runs at once");
    for run in &runs {
        let ended = run.end(Duration::from_secs(60));
        assert_eq!(ended.phase, "Succeeded", "{}", ended.told());
    }
}

fn field(site: &Site, run: &Run<'_>, name: &str) -> String {
    site.kubectl(&format!(
        "get workflow {} -o jsonpath={{.status.{name}}}",
        run.name
    ))
}

/// Who may write every ConfigMap of the namespace, as who applies specs may, changes no slots.
fn slots_stay(site: &Site) {
    let namespace = &site.place.namespace;
    site.place.grant("mallory");
    for change in [
        format!("patch configmap {QUEUES} --type=merge -p {{\"data\":{{\"one\":\"100\"}}}}"),
        format!("delete configmap {QUEUES}"),
    ] {
        let answer = kubectl(&format!("-n {namespace} --as=mallory {change}"), "");
        assert!(
            answer.err.contains("denied request: pure-agent: queue: "),
            "{answer}"
        );
    }
}
