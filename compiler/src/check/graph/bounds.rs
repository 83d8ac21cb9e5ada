//! The most steps that a run can take, against the cycles that it has.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::plan::defaults;
use crate::resolve::Unit;
use crate::spec::RunLimits;
use crate::spec::graph::Graph;
use crate::walk::Walk;

pub(super) fn check(unit: &Unit, graph: &Graph, walk: &Walk, findings: &mut Findings) {
    let Some(limits) = &unit.run.limits else {
        return;
    };
    // Where a circle has no bound there is no such number, and that is another finding.
    let Some(visits) = walk.longest() else {
        return;
    };
    let reminders = reminders(unit);
    let most = visits.saturating_add(reminders);
    let depth = limits.depth.as_ref();
    let has = depth.map_or(u64::from(defaults::DEPTH), |depth| depth.value);
    let words = match reminders {
        0 => format!("{visits} steps"),
        1 => format!("{visits} steps and 1 reminder"),
        some => format!("{visits} steps and {some} reminders"),
    };
    if most > has {
        findings.push(too_long(graph, limits, &words, (most, has)));
        return;
    }
    // A step that was forgotten may need them.
    let whole = walk.reached(&[]).into_iter().all(|reached| reached);
    if let Some(depth) = depth.filter(|depth| whole && depth.value > most) {
        findings.push(
            Finding::new(
                Code::LimitUnreached,
                depth.span,
                format!("`depth` {has} is never reached: a run takes at most {words}"),
            )
            .related(graph.span, "these are the steps")
            .help(format!("write `depth {most}`")),
        );
    }
}

/// How often an agent can be reminded in a run.
fn reminders(unit: &Unit) -> u64 {
    let finish = &unit.run.finish;
    let nothing = finish
        .require
        .as_ref()
        .is_some_and(|r| r.value == "nothing");
    let own = finish.reminders.as_ref().map(|r| r.value);
    match nothing {
        true => 0,
        false => own.unwrap_or(u64::from(defaults::REMINDERS)),
    }
}

fn too_long(graph: &Graph, limits: &RunLimits, words: &str, (most, has): (u64, u64)) -> Finding {
    let place = limits.depth.as_ref().map_or(limits.span, |d| d.span);
    let help = match most {
        0..=50 => format!("write `depth {most}`, or a lower `max` where an edge leads back"),
        _ => "a run has at most 50 cycles: write a lower `max` where an edge leads back, or fewer steps"
            .to_owned(),
    };
    Finding::new(
        Code::LimitImpossible,
        place,
        format!("a run may take {words}, and its depth is {has}"),
    )
    .related(graph.span, "these are the steps")
    .help(help)
}
