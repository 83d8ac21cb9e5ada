//! Wishes against bounds: every rule of the language that a single node cannot tell.
//!
//! One file per family. Each collects all that it finds; none stops another.

use crate::diag::Findings;
use crate::resolve::Unit;
use crate::span::Sources;

mod across;
mod approvals;
mod conflicts;
mod denial;
mod egress;
mod env;
mod exports;
mod flow;
mod graph;
mod images;
mod inputs;
mod limits;
mod models;
mod names;
mod queue;
mod record;
mod rescan;
mod schedule;
mod secrets;
#[cfg(test)]
mod testing;
mod tools;
#[cfg(test)]
pub(crate) mod trial;
mod trigger;
mod unused;
mod upstreams;
mod waivers;
mod worst;

pub use across::Across;

/// Everything that is wrong with one spec on its own, and everything that its policies refuse.
#[must_use]
pub fn check(unit: &Unit, sources: &Sources) -> Findings {
    let mut findings = Findings::default();
    for family in FAMILIES {
        family(unit, &mut findings);
    }
    if !unit.dangling {
        unused::check(unit, &mut findings);
    }
    findings.sort(sources);
    findings
}

type Family = fn(&Unit, &mut Findings);

/// Every family, grants first, then bounds.
const FAMILIES: &[Family] = &[
    images::check,
    models::check,
    upstreams::check,
    secrets::check,
    tools::check,
    approvals::check,
    egress::check,
    env::check,
    exports::check,
    record::check,
    conflicts::check,
    graph::check,
    inputs::check,
    limits::check,
    worst::check,
    schedule::check,
    trigger::check,
    queue::check,
    names::check,
    rescan::check,
    flow::check,
];
