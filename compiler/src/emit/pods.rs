//! The pods of a run, as typed manifests with Argo's placeholders in them.
//!
//! One skeleton gives every pod the same hardening; each role's file adds only what the role needs.

mod agent;
mod choice;
mod export;
mod gateway;
mod pack;
pub mod probe;
mod router;
mod server;
mod skeleton;

use crate::emit::contract::Sealed;
use crate::emit::deadlines::Deadlines;
use crate::emit::names::{self, Role};
use crate::emit::substitution::{Parameter, Step};
use crate::plan::{Plan, Resources};
use k8s_openapi::api::core::v1::Pod;
pub(super) use skeleton::{node_selector, tolerations};

/// A pod that a launcher makes.
#[derive(Debug, Clone, PartialEq)]
pub struct RolePod {
    /// What it is for.
    pub role: Role,
    /// The template of the Workflow that makes it.
    pub template: String,
    /// Its manifest; placeholders stand in names, labels, commands, environment and addresses.
    pub pod: Pod,
}

/// Every pod of a run, in the order in which they start: image servers (by name), gateway, the choice of the agent,
/// steps that are no agent's, agents, router, pack, export.
#[must_use]
pub fn pods(plan: &Plan, contract: &Sealed) -> Vec<RolePod> {
    let scene = Scene {
        plan,
        contract,
        deadlines: plan.deadlines(),
    };
    let servers = plan.servers.iter().filter_map(|server| {
        let pod = server.pod.as_ref()?;
        let template = format!("server-{}", server.contract.name);
        Some((
            Role::Server,
            template,
            server::pod(&scene, &server.contract.name, pod),
        ))
    });
    let choice = plan.choosing().map(|_| {
        let template = Step::Route.to_string();
        (Role::Router, template, choice::pod(&scene))
    });
    let perform = plan.performing().map(|_| {
        let template = Step::Perform.to_string();
        (Role::Router, template, choice::perform(&scene))
    });
    let several = plan.tells_agents_apart();
    let agents = plan.starting().map(|agent| {
        let which = several.then_some(agent.contract.name.as_str());
        let template = agent_template(which);
        (Role::Agent, template, agent::pod(&scene, agent, which))
    });
    servers
        .chain([(Role::Gateway, "gateway".to_owned(), gateway::pod(&scene))])
        .chain(choice)
        .chain(perform)
        .chain(agents)
        .chain([
            (Role::Router, "router".to_owned(), router::pod(&scene)),
            (Role::Pack, "pack".to_owned(), pack::pod(&scene)),
            (Role::Export, "export".to_owned(), export::pod(&scene)),
        ])
        .map(|(role, template, pod)| RolePod {
            role,
            template,
            pod,
        })
        .collect()
}

/// The template that starts an agent; one for each where there may be several.
#[must_use]
pub fn agent_template(which: Option<&str>) -> String {
    which.map_or_else(|| "agent".to_owned(), |which| format!("agent-{which}"))
}

/// What counts the cycles of a run: their number, or, with steps, the number of the visit.
#[must_use]
pub fn counted(plan: &Plan) -> Parameter {
    match plan.graph() {
        Some(_) => Parameter::Visit,
        None => Parameter::Cycle,
    }
}

/// The share of the node of a pod whose image is the runtime's.
#[must_use]
pub fn resources(role: Role) -> Resources {
    const MI: u64 = 1 << 20;
    let (cpu_millis, memory, storage) = match role {
        // Argo copies its executor, well over 100 Mi, into the pod.
        Role::Launcher => (100, 256, 512),
        Role::Gateway => (500, 512, 64),
        Role::Pack => (500, 256, 64),
        Role::Export => (250, 256, 64),
        Role::Router | Role::Agent | Role::Server => (100, 64, 64),
    };
    Resources {
        cpu_millis,
        memory: memory * MI,
        storage: storage * MI,
    }
}

/// The user of a role's container; agents have their own.
#[must_use]
pub fn user(role: Role) -> i64 {
    match role {
        Role::Gateway => 10_001,
        Role::Router => 10_002,
        Role::Pack => 10_003,
        Role::Export => 10_004,
        // The init container of the agent's pod.
        Role::Agent => 10_005,
        Role::Server => 10_006,
        Role::Launcher => 10_007,
    }
}

/// The group of the pods that share the workspace or the outbox.
pub const SHARED_GROUP: i64 = 10_000;

/// What every role's file looks at.
struct Scene<'a> {
    plan: &'a Plan,
    contract: &'a Sealed,
    deadlines: Deadlines,
}

impl Scene<'_> {
    /// The number that tells the pods of one cycle from those of another.
    fn cycle(&self) -> Parameter {
        counted(self.plan)
    }

    /// The command line of the runtime in a role's pod.
    fn runtime(&self, word: &str, more: &[&str]) -> Vec<String> {
        [
            crate::emit::paths::RUNTIME,
            word,
            "--contract",
            crate::emit::paths::CONTRACT,
            "--digest",
            &self.contract.digest,
            "--bundle",
            names::BUNDLE,
        ]
        .iter()
        .chain(more)
        .map(|part| (*part).to_owned())
        .collect()
    }
}
