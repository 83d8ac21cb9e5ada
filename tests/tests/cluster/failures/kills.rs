//! Parts of a run that are killed, as a crash does, or taken away, as an eviction does, at random points.

use super::{Case, Ends, SPEC};
use pure_agent_tests::cluster::node;
use pure_agent_tests::cluster::site::{Run, Site};
use pure_agent_tests::random::Random;
use std::time::Duration;

/// One cycle of some seconds, with a clone and every export.
const SCRIPT: &str = "one 6";
/// Pause of a service before each of its answers to the export step, which would be over too soon.
const SLOW: Duration = Duration::from_millis(1500);

/// A part of a run, and how it is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// Its container is killed.
    Killed,
    /// Its pod is taken away.
    Taken,
}

/// Parts, and how a run ends that loses one.
const PARTS: [(&str, Lost, Ends); 10] = [
    ("launcher", Lost::Taken, Ends::Done),
    ("agent", Lost::Killed, Ends::Done),
    ("gateway", Lost::Killed, Ends::Done),
    ("router", Lost::Taken, Ends::Done),
    ("export", Lost::Taken, Ends::Done),
    // It leaves no word, and Argo looks again when the time of its step is over: a gateway's is not started again then,
    // an agent's costs the cycle.
    ("launcher", Lost::Killed, Ends::Either),
    ("agent", Lost::Taken, Ends::Done),
    // Once its address is in a pod the run is over.
    ("gateway", Lost::Taken, Ends::Failed),
    // These pods end with their container, and the same pod is not made twice.
    ("router", Lost::Killed, Ends::Failed),
    ("export", Lost::Killed, Ends::Failed),
];

/// So many kills, each part in turn.
pub(crate) fn cases(site: &Site, count: usize, seed: u64) -> Vec<Case<'_>> {
    let mut random = Random::new(seed);
    let parts = PARTS.iter().cycle().take(count);
    let cases = parts.map(|(part, lost, ends)| {
        // So long after it was first seen.
        let pause = Duration::from_millis(u64::try_from(random.below(4000)).unwrap());
        let how = match lost {
            Lost::Killed => "killed",
            Lost::Taken => "taken away",
        };
        Case {
            name: format!("{part} {how}"),
            act: Box::new(move |run| lose(site, run, (part, *lost), pause)),
            ..Case::new(SPEC, SCRIPT, *ends, Duration::from_secs(1500))
        }
    });
    cases.collect()
}

/// Loses the part this long after it is there; tells at which point.
fn lose(site: &Site, run: &Run<'_>, (part, lost): (&str, Lost), pause: Duration) -> String {
    if part == "export" {
        let of_run = format!("{}\"", run.issue);
        site.outside.fail("api.linear.app", &of_run, (0, SLOW, 20));
    }
    let done = match (part, lost) {
        ("launcher", _) => {
            std::thread::sleep(pause * 10);
            later(run, || launcher(run, lost))
        }
        ("router", Lost::Killed) => router(run),
        (_, Lost::Killed) => {
            let end = named(part);
            let _running = run.wait_for(end, "Running");
            std::thread::sleep(pause);
            run.kill(end)
        }
        (_, Lost::Taken) => {
            let end = named(part);
            if part == "gateway" {
                // Before, another one takes its place.
                let _told = run.await_pod("agent-0");
            }
            let _there = run.await_pod(end);
            // A router is there for a second.
            std::thread::sleep(if part == "router" { pause / 10 } else { pause });
            run.take(&format!("{}-{end}", run.name))
        }
    };
    assert!(done, "{part} was over");
    format!(
        "{:.1} s after submission",
        run.since.elapsed().as_secs_f64()
    )
}

/// The end of the name of a part's pod.
fn named(part: &str) -> &str {
    match part {
        "agent" => "agent-0",
        "router" => "router-0",
        other => other,
    }
}

/// Tries until it succeeds, or the run is over.
fn later(run: &Run<'_>, does: impl Fn() -> bool) -> bool {
    while !run.is_over() {
        if does() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

fn launcher(run: &Run<'_>, lost: Lost) -> bool {
    run.launchers().iter().any(|pod| match lost {
        Lost::Killed => run.kill_pod(pod),
        Lost::Taken => {
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            pod["status"]["phase"] == "Running" && run.take(name)
        }
    })
}

/// A router asks once and is done, so the gateway lets it wait until it is killed.
fn router(run: &Run<'_>) -> bool {
    let _there = run.await_pod("agent-0");
    run.until_over("agent-0");
    let gateway = run.pod("gateway").unwrap_or_default();
    assert!(node::pause(&gateway), "the gateway goes on");
    let killed = later(run, || run.kill("router-0"));
    assert!(node::resume(&gateway), "the gateway does not go on");
    killed
}
