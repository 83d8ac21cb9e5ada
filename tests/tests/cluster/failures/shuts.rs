//! Runs that somebody ends, gracefully or at once, in each phase.

use super::{Case, Ends, SPEC};
use pure_agent_tests::cluster::site::Run;
use std::time::Duration;

/// The pod that is there in a phase, and the script in which it stays for a while.
const PHASES: [(&str, &str); 5] = [
    ("gateway", "short 20"),
    ("agent-0", "short 20"),
    ("router-0", "short"),
    ("pack", "short"),
    ("export", "one 0"),
];

/// The cases.
pub(crate) fn cases() -> Vec<Case<'static>> {
    let ways = ["Stop", "Terminate"].into_iter();
    let all = ways.flat_map(|how| PHASES.map(|(pod, script)| (how, pod, script)));
    all.map(|(how, pod, script)| Case {
        name: format!("{how} while there is the {}", pod.trim_end_matches("-0")),
        act: Box::new(move |run| shut(run, how, pod)),
        ..Case::new(SPEC, script, Ends::Failed, Duration::from_secs(400))
    })
    .collect()
}

fn shut(run: &Run<'_>, how: &str, pod: &str) -> String {
    let _there = run.await_pod(pod);
    run.shut(how);
    let at = run.since.elapsed().as_secs_f64();
    format!("{pod}, {at:.1} s after submission")
}
