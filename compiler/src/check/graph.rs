//! The steps of a run: that each does one thing, that each outcome has its edge, that every circle ends, and that what
//! a call needs is there whichever way the run came.
//!
//! One file per question. All that is about paths is asked of the [walk](crate::walk) of the graph.

mod bounds;
mod edges;
mod exports;
mod outcomes;
mod paths;
mod works;

use crate::diag::Findings;
use crate::resolve::Unit;
use pure_agent_runtime::contract::graph::MOST_STEPS;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    exports::check(&unit.run, findings);
    let Some(graph) = &unit.run.graph else {
        return;
    };
    works::check(unit, graph, findings);
    outcomes::check(unit, graph, findings);
    edges::check(graph, findings);
    if graph.steps.len() <= MOST_STEPS as usize {
        let walk = graph.walk();
        paths::check(graph, &walk, findings);
        bounds::check(unit, graph, &walk, findings);
    }
}

#[cfg(test)]
mod tests;
