//! Which agents a run starts: one, the one that is chosen, or those of its steps; and what a choice gives its agent.

use super::{graph, number, text, texts};
use crate::plan::{Flow, defaults};
use crate::resolve::Unit;
use crate::spec;
use pure_agent_runtime::contract::{Choice, RouteBy};

pub(super) fn flow(unit: &Unit) -> Flow {
    let run = &unit.run;
    if let Some(steps) = &run.graph {
        return Flow::Graph {
            graph: graph::graph(unit, steps),
        };
    }
    let Some(route) = &run.route else {
        return Flow::Single {
            agent: text(run.agent.as_ref()).unwrap_or_default(),
        };
    };
    let choice = |choice: &spec::Choose| Choice {
        agent: choice.agent.value.clone(),
        when: texts(&choice.when),
    };
    let mut choices: Vec<Choice> = route.choices.iter().map(choice).collect();
    choices.sort();
    Flow::Route {
        by: by(unit, route),
        fallback: text(route.fallback.as_ref()).unwrap_or_default(),
        choices,
    }
}

/// The bounds of a choice count within those of the run, so they are never above them.
fn by(unit: &Unit, route: &spec::Route) -> RouteBy {
    if let Some(input) = &route.input {
        return RouteBy::Input {
            name: input.value.clone(),
        };
    }
    let limits = super::run::limits(unit.run.limits.as_ref());
    let time = route.deadline.as_ref().map(|d| d.value.seconds());
    RouteBy::Model {
        name: text(route.model.as_ref()).unwrap_or_default(),
        turns: number(route.turns.as_ref())
            .unwrap_or(defaults::ROUTE_TURNS)
            .min(limits.turns),
        tokens: number(route.tokens.as_ref())
            .unwrap_or(defaults::ROUTE_TOKENS)
            .min(limits.tokens),
        deadline: time
            .unwrap_or(defaults::ROUTE_DEADLINE)
            .min(limits.deadline),
    }
}

/// The tokens that a choice gives an agent, beside the agent's own limit.
pub(super) fn tokens(unit: &Unit, agent: &spec::Agent, own: Option<u64>) -> Option<u64> {
    let mut choices = unit.run.route.iter().flat_map(|route| &route.choices);
    let given = choices.find(|c| c.agent.value == agent.name.value);
    match (own, given.and_then(|c| number(c.tokens.as_ref()))) {
        (Some(own), Some(given)) => Some(own.min(given)),
        (own, given) => own.or(given),
    }
}
