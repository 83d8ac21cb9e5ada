//! The plan as text, for a review or a terminal: at most [`WIDTH`] columns, no colour.
//!
//! What a reviewer asks comes in the order in which it is asked: what is this, which zones are there,
//! who reaches whom, which secret goes where, what may change outside, what may the agent do, what
//! bounds it, what is the worst that it costs. It is for people: programs read the [JSON](super::json()).

mod agents;
mod edges;
mod effects;
mod graph;
mod page;
mod route;
mod run;
mod words;
mod zones;

use crate::plan::Plan;
use page::Page;
use pure_agent_runtime::contract::SecretRole;

pub use page::WIDTH;

/// The plan as text; each line ends in a newline, none in a space.
#[must_use]
pub fn text(plan: &Plan) -> String {
    let mut page = Page::default();
    run::title(&mut page, plan);
    page.section("ZONES", zones::zones(plan));
    page.section("WHO REACHES WHOM INSIDE", edges::inside(plan));
    page.section(
        "OUTSIDE, THE GATEWAY REACHES (host, secret, why)",
        edges::of_gateway(plan),
    );
    page.section(
        "THROUGH IT, AGENTS REACH (host, secret, what)",
        edges::of_agents(plan),
    );
    page.section(
        "THROUGH IT, EXPORTS REACH (host, secret, why)",
        edges::of_exports(plan),
    );
    let (gateway, export) = (SecretRole::Gateway, SecretRole::Export);
    page.section(
        "SECRETS IN THE GATEWAY (name, Secret and key, use, sent to)",
        zones::secrets(plan, gateway),
    );
    page.section(
        "SECRETS IN THE EXPORT POD (name, Secret and key, sent to)",
        zones::secrets(plan, export),
    );
    page.section("EXPORTS", effects::exports(plan));
    page.section("OTHER CHANGES OUTSIDE", effects::others(plan));
    page.section("CHOICE OF THE AGENT", route::route(plan));
    page.section(
        "STEPS (name, what is done, then by outcome)",
        graph::graph(plan),
    );
    for agent in &plan.agents {
        page.section(
            &format!("AGENT {}", agent.contract.name),
            agents::agent(plan, agent),
        );
        page.section(
            &format!("TOOLS OF {}", agent.contract.name),
            agents::tools(agent),
        );
    }
    page.section("SERVERS OF TOOLS", agents::servers(plan));
    page.section("APPROVALS", agents::approvals(plan));
    page.section("INPUTS", run::inputs(plan));
    page.section("LIMITS", run::limits(plan));
    page.section("WORST CASE OF ONE RUN", run::worst(plan));
    page.section("ACKNOWLEDGED", run::acknowledged(plan));
    page.finish()
}

#[cfg(test)]
mod tests;
