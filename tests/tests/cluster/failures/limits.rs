//! Phases that last until a deadline ends them.

use super::{Case, Ends};
use pure_agent_tests::cluster::node;
use pure_agent_tests::cluster::place::Place;
use pure_agent_tests::cluster::reference::{Change, SPEC as FILE, change, small};
use pure_agent_tests::cluster::site::Site;
use std::time::Duration;

/// A spec whose runs have a minute, and their exports another.
const SHORT: &str = "short-time";
const WITHIN: Duration = Duration::from_secs(1200);

/// A spec whose runs have three seconds for packing.
const HASTY: &str = "short-packing";

/// The specs of these cases.
pub(crate) fn specs(site: &Site) -> Vec<Place> {
    vec![
        site.beside(SHORT, &changes("1m")),
        site.beside(HASTY, &changes("9s")),
    ]
}

/// Runs of a minute, with so much time for packing and exports.
fn changes(export: &str) -> Vec<Change> {
    let soon = "it ends soon";
    let mut changes = small("1m", "1m");
    let limit = format!("turns 200\n        export \"{export}\"");
    changes.push(change(FILE, "turns 200", limit, soon));
    for timeout in ["timeout \"10m\"", "timeout \"30m\""] {
        changes.push(change(FILE, timeout, "timeout \"30s\"", soon));
    }
    changes
}

/// The cases.
pub(crate) fn cases(site: &Site) -> Vec<Case<'_>> {
    let case = |name: &str, script: &str, says| Case {
        name: name.to_owned(),
        says,
        ..Case::new(SHORT, script, Ends::Failed, WITHIN)
    };
    vec![
        case(
            "gateway that never is ready: inputs beyond their size",
            &format!("short {}", "0".repeat(40_000)),
            &["CrashLoopBackOff"],
        ),
        case("agent that stays", "stay", &["budget"]),
        Case {
            act: Box::new(|run| {
                let pod = run.await_pod("agent-0");
                drop(pod);
                let gateway = run.pod("gateway").unwrap_or_default();
                run.until_over("agent-0");
                assert!(node::pause(&gateway), "the gateway goes on");
                format!(
                    "gateway frozen {:.0} s after submission",
                    run.since.elapsed().as_secs_f64()
                )
            }),
            ..case("router that nobody answers", "short", &[])
        },
        Case {
            spec: HASTY,
            ..case(
                "packing of more than there is time for",
                "many",
                &["\"packing\":\"failed\""],
            )
        },
        Case {
            act: Box::new(move |run| {
                let pause = Duration::from_secs(50);
                site.outside.fail(
                    "api.linear.app",
                    &format!("{}\"", run.issue),
                    (0, pause, 50),
                );
                "from the beginning".to_owned()
            }),
            // However silent a service is, there is a result.
            ..case(
                "export to a host that does not answer",
                "short",
                &["\"verdict\":\"failed\""],
            )
        },
    ]
}
