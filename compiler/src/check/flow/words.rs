//! A word that untrusted text may talk an agent into, and that leads to a change outside that no person agreed to.
//!
//! What a call may do is fixed, and bounded by policies; whether it comes depends on what an agent makes of what it
//! reads. So the word is a grant, of the call that it leads to and that another word does not.

use super::parts::Source;
use super::places::{Known, known, tool_name};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::reach::{Granted, Holder, reach};
use crate::resolve::Unit;
use crate::spec::graph::{Edge, Graph, Step, Work};
use crate::walk::Walk;
use pure_agent_runtime::contract::graph::FAILED;

pub(super) fn check(unit: &Unit, graph: &Graph, sources: &[Source], findings: &mut Findings) {
    let Some(source) = sources.first() else {
        return;
    };
    let walk = graph.walk();
    for granted in reach(unit).grants.iter().filter(|granted| changes(granted)) {
        let Holder::Step(step) = granted.holder else {
            continue;
        };
        let Some((number, _)) = graph.step(&step.name.value) else {
            continue;
        };
        if let Some((chooser, edge)) = chosen(graph, &walk, number) {
            findings.push(warning(granted, (chooser, edge), source));
        }
    }
}

/// Whether a call changes something without a person's word.
fn changes(granted: &Granted<'_>) -> bool {
    let (grant, server) = (granted.grant, granted.server);
    let effect = match known(granted) {
        Known::Tool(_, tool) => tool.effect,
        Known::Image => server.effects.iter().any(|e| e.value == grant.tool.value),
        Known::Nothing => false,
    };
    effect && grant.approval.is_none()
}

/// The first word of an agent that leads to a step, where another word of the same agent does not.
fn chosen<'g>(graph: &'g Graph, walk: &Walk, number: usize) -> Option<(&'g Step, &'g Edge)> {
    let leads = |edge: &&Edge| {
        let goals = std::iter::once(&edge.to).chain(&edge.then);
        let mut goals = goals.filter_map(|goal| graph.goal(&goal.value));
        goals.any(|(goal, _)| goal == number || walk.reaches(goal, number))
    };
    let agents = graph.steps.iter();
    let mut agents = agents.filter(|step| matches!(step.work(), Some(Work::Agent { .. })));
    agents.find_map(|step| {
        let words = || step.edges.iter().filter(|e| e.outcome.value != FAILED);
        let other = words().any(|edge| !leads(&edge));
        words()
            .find(leads)
            .filter(|_| other)
            .map(|edge| (step, edge))
    })
}

fn warning(granted: &Granted<'_>, (step, edge): (&Step, &Edge), source: &Source) -> Finding {
    let message = format!(
        "untrusted text can have agent of step `{}` say `{}`, and {} then changes something without anybody's word",
        step.name.value,
        edge.outcome.value,
        tool_name(granted)
    );
    Finding::new(Code::WordChanges, granted.grant.tool.span, message)
        .label("changes something outside")
        .related(source.span, "untrusted text comes in here")
        .related(edge.outcome.span, "this word leads to it")
        .help("ask a person in a step with `approval`; the owner of a policy may accept it with `waive`")
}
