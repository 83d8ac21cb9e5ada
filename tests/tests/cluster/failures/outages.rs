//! The cluster's own parts go away while runs are under way.

use super::{Case, Ends, SPEC};
use pure_agent_tests::cluster::kubectl::sure;
use pure_agent_tests::cluster::node;
use pure_agent_tests::cluster::site::Run;
use std::time::Duration;

/// How long the API server is away.
const AWAY: Duration = Duration::from_secs(30);
const WITHIN: Duration = Duration::from_secs(900);

/// The cases, each with runs beside it to which the same happens.
pub(crate) fn cases() -> Vec<Vec<Case<'static>>> {
    vec![
        among(
            "outage: Argo's controller is taken away",
            "agent-0",
            |run| {
                let _gone = sure(
                    "delete pod -n argo -l app=workflow-controller --wait=false",
                    "",
                );
                at(run)
            },
        ),
        among(
            "outage: Argo's controller is taken away",
            "router-0",
            |run| {
                let _gone = sure(
                    "delete pod -n argo -l app=workflow-controller --wait=false",
                    "",
                );
                at(run)
            },
        ),
        among(
            "outage: the API server is away for 30 s",
            "agent-0",
            |run| match node::without_api(AWAY) {
                Ok(()) => at(run),
                Err(why) => panic!("the API server stays: {why}"),
            },
        ),
        among(
            "outage: the API server is away for 30 s",
            "export",
            |run| match node::without_api(AWAY) {
                Ok(()) => at(run),
                Err(why) => panic!("the API server stays: {why}"),
            },
        ),
    ]
}

fn at(run: &Run<'_>) -> String {
    format!(
        "{:.0} s after submission",
        run.since.elapsed().as_secs_f64()
    )
}

/// A run in which it happens when this pod is there, and two that are under way then.
fn among(what: &str, pod: &'static str, does: fn(&Run<'_>) -> String) -> Vec<Case<'static>> {
    let case = |name: String| Case {
        name,
        ..Case::new(SPEC, "one 4", Ends::Done, WITHIN)
    };
    let first = Case {
        act: Box::new(move |run| {
            let _there = run.await_pod(pod);
            format!("{pod}, {}", does(run))
        }),
        ..case(what.to_owned())
    };
    vec![
        first,
        case(format!("{what}, beside it")),
        case(format!("{what}, beside it")),
    ]
}
