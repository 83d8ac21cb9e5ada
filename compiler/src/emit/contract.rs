//! Plan to contract: what the ConfigMap holds and the runtime verifies.

use crate::emit::{names, paths};
use crate::json;
use crate::plan::{Flow, Plan};
use crate::value::{NotData, to_value};
use pure_agent_runtime::contract::{
    CONTRACT_VERSION, CONTROL_PORT, Contract, EXPORT_PORT, Graph, Network, Route, SecretFile, Work,
};

/// A contract as text, with its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Canonical JSON.
    pub json: String,
    /// SHA-256 of `json` in hex.
    pub digest: String,
}

/// Seals the contract of a plan.
///
/// # Errors
/// A number beyond 2^53 - 1.
pub fn seal(plan: &Plan) -> Result<Sealed, NotData> {
    let json = json::canonical(&to_value(&contract(plan))?);
    let digest = json::sha256_hex_bytes(json.as_bytes());
    Ok(Sealed { json, digest })
}

/// What the runtime may do for this plan.
#[must_use]
pub fn contract(plan: &Plan) -> Contract {
    let (entry, route) = match &plan.flow {
        Flow::Single { agent } => (agent.clone(), None),
        Flow::Graph { graph } => (first(graph), None),
        Flow::Route {
            by,
            fallback,
            choices,
        } => {
            let (by, choices) = (by.clone(), choices.clone());
            (fallback.clone(), Some(Route { by, choices }))
        }
    };
    Contract {
        version: CONTRACT_VERSION,
        spec: plan.name.clone(),
        namespace: plan.target.namespace.clone(),
        inputs: plan.inputs.clone(),
        agents: plan
            .agents
            .iter()
            .map(|agent| agent.contract.clone())
            .collect(),
        entry,
        route,
        graph: plan.graph().cloned(),
        models: plan.models.clone(),
        servers: plan
            .servers
            .iter()
            .map(|server| server.contract.clone())
            .collect(),
        approvals: plan.approvals.clone(),
        limits: plan.limits.clone(),
        finish: plan.finish.clone(),
        exports: plan.exports.clone(),
        record: plan.record.clone(),
        retry: plan.retry.clone(),
        secrets: secrets(plan),
        network: network(plan),
    }
}

/// The first agent of a graph; the checks ask for one.
fn first(graph: &Graph) -> String {
    let mut agents = graph.steps.iter().filter_map(|step| match &step.work {
        Work::Agent { agent, .. } => Some(agent.clone()),
        Work::Call { .. } | Work::Approval { .. } | Work::Export { .. } => None,
    });
    agents.next().unwrap_or_default()
}

fn secrets(plan: &Plan) -> Vec<SecretFile> {
    let mut files: Vec<_> = plan
        .secrets
        .iter()
        .map(|secret| SecretFile {
            name: secret.name.clone(),
            path: paths::secret(&secret.name),
            role: secret.used_for.role(),
        })
        .collect();
    files.sort();
    files
}

/// What must be closed before an agent starts: the gateway's other ports, the API server, and what the
/// target names. An API server that stands as a block of many addresses has no single one to try.
fn network(plan: &Plan) -> Network {
    let gateway = [CONTROL_PORT, EXPORT_PORT].map(|port| format!("{}:{port}", names::GATEWAY_HOST));
    let api =
        plan.target
            .api_servers
            .iter()
            .filter_map(|server| match server.cidr.split_once('/') {
                Some((address, "32")) => Some(format!("{address}:{}", server.port)),
                Some((address, "128")) => Some(format!("[{address}]:{}", server.port)),
                _ => None,
            });
    let mut closed: Vec<_> = gateway
        .into_iter()
        .chain(api)
        .chain(plan.target.probes.clone())
        .collect();
    closed.sort();
    closed.dedup();
    Network {
        closed,
        private: plan
            .target
            .private
            .iter()
            .map(|range| range.cidr.clone())
            .collect(),
        trust_bundle: plan
            .target
            .trust_bundle
            .as_ref()
            .map(|b| paths::trust_bundle(&b.key)),
    }
}
