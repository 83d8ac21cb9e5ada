//! What a run can reach from its `agent`, `route` or `graph`: the only declarations that policies bound.

use crate::resolve::Unit;
use crate::spec::graph::Step;
use crate::spec::{Agent, Approval, Model, Server, ToolGrant};
use std::collections::BTreeSet;
use std::fmt;

/// Everything that a run can reach, each once, in the order in which it was declared.
#[derive(Debug, Clone)]
pub struct Reached<'u> {
    /// Agents.
    pub agents: Vec<&'u Agent>,
    /// Models of these agents, and the one that chooses among them.
    pub models: Vec<&'u Model>,
    /// Servers of which at least one tool is granted.
    pub servers: Vec<&'u Server>,
    /// Granted tools, by agent and in the order in which they are written, then the calls of steps.
    pub grants: Vec<Granted<'u>>,
    /// Approvals that a tool or an export waits for, or a step.
    pub approvals: Vec<&'u Approval>,
}

/// Who has a tool.
#[derive(Debug, Clone, Copy)]
pub enum Holder<'u> {
    /// An agent.
    Agent(&'u Agent),
    /// The run itself, which calls it in a step.
    Step(&'u Step),
}

impl fmt::Display for Holder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(agent) => write!(f, "agent `{}`", agent.name.value),
            Self::Step(step) => write!(f, "step `{}`", step.name.value),
        }
    }
}

/// One tool of one server for one agent or step.
#[derive(Debug, Clone, Copy)]
pub struct Granted<'u> {
    /// Who has it.
    pub holder: Holder<'u>,
    /// What is granted.
    pub grant: &'u ToolGrant,
    /// The server whose tool it is.
    pub server: &'u Server,
}

/// Follows the references of a run.
#[must_use]
pub fn reach(unit: &Unit) -> Reached<'_> {
    let agents = unit.reachable_agents();
    let models: BTreeSet<&str> = agents
        .iter()
        .flat_map(|a| &a.models)
        .chain(unit.run.route.iter().filter_map(|r| r.model.as_ref()))
        .map(|m| m.value.as_str())
        .collect();
    let own = agents.iter().flat_map(|a| grants(unit, a));
    let grants: Vec<Granted<'_>> = own.chain(calls(unit)).collect();
    let asks = unit.run.graph.iter().flat_map(|graph| graph.asks());
    let servers: BTreeSet<&str> = grants
        .iter()
        .map(|g| g.server.name.value.as_str())
        .collect();
    let approvals: BTreeSet<&str> = grants
        .iter()
        .filter_map(|g| g.grant.approval.as_ref())
        .chain(unit.run.exports.iter().filter_map(|e| e.approval.as_ref()))
        .chain(asks.map(|(_, approval, _)| approval))
        .map(|a| a.value.as_str())
        .collect();
    let spec = &unit.spec;
    Reached {
        models: spec
            .models
            .iter()
            .filter(|m| models.contains(m.name.value.as_str()))
            .collect(),
        servers: spec
            .servers
            .iter()
            .filter(|s| servers.contains(s.name.value.as_str()))
            .collect(),
        approvals: spec
            .approvals
            .iter()
            .filter(|a| approvals.contains(a.name.value.as_str()))
            .collect(),
        agents,
        grants,
    }
}

fn grants<'u>(unit: &'u Unit, agent: &'u Agent) -> Vec<Granted<'u>> {
    let mut seen = BTreeSet::new();
    let lists = agent.tools.iter().filter(|t| seen.insert(t.value.as_str()));
    lists
        .filter_map(|t| unit.tools(&t.value))
        .flat_map(|t| &t.grants)
        .filter_map(|grant| {
            Some(Granted {
                holder: Holder::Agent(agent),
                grant,
                server: unit.server(&grant.server.value)?,
            })
        })
        .collect()
}

/// The calls of a graph: grants to the run itself.
fn calls(unit: &Unit) -> impl Iterator<Item = Granted<'_>> {
    let calls = unit.run.graph.iter().flat_map(|graph| graph.calls());
    calls.filter_map(|(step, call)| {
        Some(Granted {
            holder: Holder::Step(step),
            grant: &call.grant,
            server: unit.server(&call.grant.server.value)?,
        })
    })
}
