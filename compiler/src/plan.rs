//! The plan: a complete, span-free, serialisable description of one run.
//!
//! Who may talk to whom, which secret reaches which consumer, which limits hold, which actions
//! may happen. Everything downstream (objects, text, JSON, reports) is a function of it. Units are
//! those of the [`contract`]: seconds, bytes, millionths of a currency.

pub mod build;
pub mod deadlines;
pub mod defaults;
pub mod json;
#[cfg(test)]
mod testing;
pub mod text;
pub mod worst;

pub use build::build;
pub(crate) use build::export_names;
pub use json::json;
pub use text::text;

use pure_agent_runtime::contract;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Version of the JSON form; a field is added without raising it, never removed or changed.
pub const PLAN_SCHEMA: u32 = 1;

/// Everything about one run on one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// [`PLAN_SCHEMA`].
    pub schema: u32,
    /// Name of the run: 1 to 24 characters, `[a-z]([a-z0-9-]*[a-z0-9])?`.
    pub name: String,
    /// What it is for.
    pub about: Option<String>,
    /// Who answers for it (a label value).
    pub owner: Option<String>,
    /// A disabled run has no schedule and refuses to be submitted.
    pub enabled: bool,
    /// Labels of the Workflow (keys and values are valid label keys and values).
    pub labels: BTreeMap<String, String>,
    /// Names of the policies that were intersected, sorted.
    pub policies: Vec<String>,
    /// Facts of the cluster.
    pub target: TargetPlan,
    /// What a submitter hands in.
    pub inputs: Vec<contract::Input>,
    /// Every secret, with its only kind of consumer.
    pub secrets: Vec<SecretPlan>,
    /// Models, sorted by name.
    pub models: Vec<contract::Model>,
    /// Servers, sorted by name.
    pub servers: Vec<ServerPlan>,
    /// Approvals, sorted by name.
    pub approvals: Vec<contract::Approval>,
    /// Agents, sorted by name.
    pub agents: Vec<AgentPlan>,
    /// How cycles choose their agent.
    pub flow: Flow,
    /// Bounds.
    pub limits: contract::RunLimits,
    /// When it counts as finished.
    pub finish: contract::Finish,
    /// The volume that agents share over cycles.
    pub workspace: WorkspacePlan,
    /// What may leave in the end.
    pub exports: Vec<contract::Export>,
    /// What is kept.
    pub record: contract::Record,
    /// What is tried again.
    pub retry: contract::Retry,
    /// When it starts by itself.
    pub schedule: Option<SchedulePlan>,
    /// Events that start it, sorted by name.
    pub triggers: Vec<TriggerPlan>,
    /// The queue of the target in which it waits for a slot.
    pub queue: Option<String>,
    /// Every host that the gateway may dial on its own account, with the reason.
    pub upstreams: Vec<Upstream>,
    /// Every act that changes the outside world.
    pub effects: Vec<Effect>,
    /// The most that one run can use, by its limits.
    pub worst: WorstCase,
    /// Every warning that policies acknowledged, as text.
    pub acknowledged: Vec<String>,
}

/// Which agents a run starts, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Flow {
    /// Each cycle starts the same agent.
    Single {
        /// Its name.
        agent: String,
    },
    /// One of several is chosen before the first cycle, and each cycle starts it.
    Route {
        /// Who chooses.
        by: contract::RouteBy,
        /// The agent where no other is chosen.
        fallback: String,
        /// The agents that may be chosen, sorted by name.
        choices: Vec<contract::Choice>,
    },
    /// Each cycle does the step that follows from the outcome of the one before.
    Graph {
        /// Its steps.
        graph: contract::Graph,
    },
}

impl Plan {
    /// The runs that it may submit, by name.
    #[must_use]
    pub fn submitted(&self) -> BTreeSet<&str> {
        let runs = self
            .exports
            .iter()
            .filter_map(|export| match &export.action {
                contract::ExportAction::Submit { run, .. } => Some(run.as_str()),
                _ => None,
            });
        runs.collect()
    }

    /// Seconds that the choice of the agent may take; none where there is no choice.
    #[must_use]
    pub fn choosing(&self) -> Option<u64> {
        match &self.flow {
            Flow::Single { .. } | Flow::Graph { .. } => None,
            Flow::Route { by, .. } => Some(by.deadline()),
        }
    }

    /// The steps of the run, where it has more than its agent.
    #[must_use]
    pub fn graph(&self) -> Option<&contract::Graph> {
        match &self.flow {
            Flow::Single { .. } | Flow::Route { .. } => None,
            Flow::Graph { graph } => Some(graph),
        }
    }

    /// Whether the pods of agents say which agent it is.
    #[must_use]
    pub fn tells_agents_apart(&self) -> bool {
        match &self.flow {
            Flow::Single { .. } => false,
            Flow::Route { .. } | Flow::Graph { .. } => true,
        }
    }

    /// Server and name of every tool that agents are granted or that steps call.
    pub fn tools(&self) -> impl Iterator<Item = (&str, &str)> {
        let granted = self.agents.iter().flat_map(|agent| &agent.contract.tools);
        let granted = granted.map(|grant| (grant.server.as_str(), grant.tool.as_str()));
        let steps = self.graph().into_iter().flat_map(|graph| &graph.steps);
        granted.chain(steps.filter_map(|step| match &step.work {
            contract::Work::Call { server, tool, .. } => Some((server.as_str(), tool.as_str())),
            _ => None,
        }))
    }

    /// Seconds that a step may take that is no agent's, beyond what its pod needs; none where there is no such step.
    #[must_use]
    pub fn performing(&self) -> Option<u64> {
        let steps = self.graph()?.steps.iter();
        steps.filter_map(|step| self.time(&step.work)).max()
    }

    fn time(&self, work: &contract::Work) -> Option<u64> {
        match work {
            contract::Work::Agent { .. } => None,
            contract::Work::Call { server, after, .. } => {
                let mut servers = self.servers.iter().map(|s| &s.contract);
                let server = servers.find(|s| s.name == *server);
                let deadline = server.map_or(defaults::SERVER_DEADLINE, |s| s.deadline);
                Some(deadline.saturating_add(*after))
            }
            contract::Work::Approval { approval, .. } => {
                let mut approvals = self.approvals.iter();
                let approval = approvals.find(|a| a.name == *approval);
                Some(approval.map_or(0, |a| a.timeout))
            }
            contract::Work::Export { .. } => Some(0),
        }
    }

    /// The agents that a cycle may start, each with its pod.
    pub fn starting(&self) -> impl Iterator<Item = &AgentPlan> {
        self.agents.iter().filter(|agent| match &self.flow {
            Flow::Single { agent: only } => agent.contract.name == *only,
            Flow::Route { choices, .. } => choices.iter().any(|c| c.agent == agent.contract.name),
            Flow::Graph { graph } => graph.steps.iter().any(|step| match &step.work {
                contract::Work::Agent { agent: one, .. } => *one == agent.contract.name,
                contract::Work::Call { .. }
                | contract::Work::Approval { .. }
                | contract::Work::Export { .. } => false,
            }),
        })
    }

    /// How long everything may last.
    #[must_use]
    pub fn deadlines(&self) -> deadlines::Deadlines {
        let steps = (self.choosing(), self.performing());
        deadlines::deadlines(&self.limits, self.has_servers(), steps)
    }

    /// Whether it has pods of image servers.
    #[must_use]
    pub fn has_servers(&self) -> bool {
        self.servers.iter().any(|server| server.pod.is_some())
    }
}

/// A secret and who has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SecretPlan {
    /// Name in the spec.
    pub name: String,
    /// Kubernetes Secret.
    pub object: String,
    /// Key in it.
    pub key: String,
    /// The one kind of consumer.
    pub used_for: SecretUse,
    /// Hosts that the value is sent to.
    pub to: Vec<String>,
}

/// Kinds of consumers; each secret has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretUse {
    /// A model's provider.
    Model,
    /// An MCP server.
    Mcp,
    /// An approval service.
    Approval,
    /// An export (the only use whose file is in the export pod).
    Export,
    /// The record.
    Record,
    /// An agent's http egress, injected by the gateway.
    Http,
}

impl SecretUse {
    /// The pod that has the file.
    #[must_use]
    pub fn role(self) -> contract::SecretRole {
        match self {
            Self::Export => contract::SecretRole::Export,
            Self::Model | Self::Mcp | Self::Approval | Self::Record | Self::Http => {
                contract::SecretRole::Gateway
            }
        }
    }
}

/// A server and, where it is an image, its pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerPlan {
    /// What the gateway needs to know.
    pub contract: contract::Server,
    /// The pod of an image server.
    pub pod: Option<ServerPod>,
}

/// The pod of an image server: no secret, no token, no egress; ingress from the gateway only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerPod {
    /// Image with digest.
    pub image: String,
    /// Command; never empty.
    pub command: Vec<String>,
    /// Port of its Streamable HTTP endpoint.
    pub port: u16,
    /// Its share of the node.
    pub resources: Resources,
}

/// An agent: the contract's view and its pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentPlan {
    /// What the runtime needs to know.
    pub contract: contract::Agent,
    /// Image with digest.
    pub image: String,
    /// User and group that the image runs as (10000 or above).
    pub user: u32,
    /// Its share of the node.
    pub resources: Resources,
}

/// Requests; limits are the same, so that a reviewer reads one number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// Thousandths of a CPU.
    pub cpu_millis: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// Bytes of ephemeral storage.
    pub storage: u64,
}

/// The volume that agents share over cycles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkspacePlan {
    /// Bytes.
    pub size: u64,
    /// What happens to it afterwards.
    pub keep: Keep,
    /// Seconds that a kept workspace (and its Workflow) stays.
    pub keep_for: u64,
}

/// When the volumes of a run stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Deleted when the run ends, however it ends.
    Never,
    /// Deleted when the run succeeds.
    OnFailure,
    /// Kept until the Workflow's time to live is over.
    Always,
}

/// When a run starts by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchedulePlan {
    /// Five-field cron expression or `@` descriptor.
    pub cron: String,
    /// IANA time zone.
    pub timezone: String,
    /// What happens when the previous run is still going: `forbid`, `allow` or `replace`.
    pub overlap: Overlap,
    /// Seconds after the time at which a missed start still happens.
    pub catch_up: u64,
    /// Most starts in one day.
    pub per_day: u32,
}

/// What happens when the previous run is still going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// The new one does not start.
    Forbid,
    /// Both go on.
    Allow,
    /// The old one is stopped.
    Replace,
}

/// A host that the gateway dials on its own account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Upstream {
    /// Host name, exact or a pattern.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What for: `model opus`, `mcp linear`, `approval human`, `record session`,
    /// `record transcripts`, `export comment-2` (the name of the export).
    pub why: String,
}

/// An event that starts a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriggerPlan {
    /// Its name: the last part of the address that it is posted to.
    pub event: String,
    /// What of its payload is handed in, sorted by input.
    pub inputs: Vec<Handed>,
}

/// A place in a payload, and the input that it gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handed {
    /// The input.
    pub input: String,
    /// JSON Pointer; empty: the whole payload.
    pub place: String,
    /// What is taken from there.
    pub form: HandedForm,
}

/// What is taken from a place in a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HandedForm {
    /// A text, as it is.
    Text,
    /// Any value, as JSON.
    Json,
}

/// An act that changes the outside world.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Effect {
    /// `export pull-request`, `tool linear.request_feature`, `http PUT api.example.com/x`,
    /// `record session`, `record transcripts`.
    pub act: String,
    /// Where it lands.
    pub place: String,
    /// Most times in a run; none: as often as turns allow.
    pub times: Option<u64>,
    /// The approval that it waits for.
    pub approval: Option<String>,
}

/// The most that one run can use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WorstCase {
    /// Pods started, launchers included.
    pub pods: u64,
    /// Pods alive at once, launchers included.
    pub pods_at_once: u64,
    /// Seconds until nothing of the run is left.
    pub wall_time: u64,
    /// Tokens.
    pub tokens: u64,
    /// Money, where models have a price.
    pub cost: Option<contract::Money>,
    /// Starts in a day, for scheduled runs.
    pub runs_per_day: Option<u32>,
    /// Tokens of all runs that a schedule starts in a day.
    pub tokens_per_day: Option<u64>,
    /// Money of all runs that a schedule starts in a day.
    pub cost_per_day: Option<contract::Money>,
}

/// Facts of the cluster that the run goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetPlan {
    /// Name.
    pub name: String,
    /// Dedicated namespace.
    pub namespace: String,
    /// Image of the runtime, with digest.
    pub runtime: String,
    /// Class of the volumes; none: the cluster's default.
    pub storage_class: Option<String>,
    /// `ReadWriteOncePod`, `ReadWriteOnce` or `ReadWriteMany`.
    pub access_mode: String,
    /// Argo's account, `system:serviceaccount:NAMESPACE:NAME`.
    pub controller: String,
    /// Argo's executor image, exactly as the controller writes it into pods.
    pub executor: String,
    /// Lowest Argo that is safe here, such as `3.7.15`.
    pub argo_minimum: String,
    /// Addresses of the API server as pods reach it after translation.
    pub api_servers: Vec<Endpoint>,
    /// The cluster's DNS.
    pub dns: Dns,
    /// Node selector of every pod of a run.
    pub node_labels: BTreeMap<String, String>,
    /// Tolerations of every pod of a run.
    pub tolerations: Vec<Toleration>,
    /// Runtime class of agents and image servers.
    pub runtime_class: Option<String>,
    /// Secrets for pulling images, on the service accounts.
    pub pull_secrets: Vec<String>,
    /// Certificates that the gateway trusts beside the public roots.
    pub trust_bundle: Option<TrustBundle>,
    /// Private ranges that the gateway may reach.
    pub private: Vec<PrivateRange>,
    /// Namespaces whose Deployments runs may look after; only with one may a gateway have a token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub workloads: Vec<String>,
    /// Runs that other runs may submit; with one a gateway may have a token, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub submits: Vec<String>,
    /// Groups that may exec into pods in an emergency.
    pub break_glass: Vec<String>,
    /// Groups that may look after runs: start probes, and ask gateways.
    pub operators: Vec<String>,
    /// Queues, each with the runs that may go on at once.
    pub queues: BTreeMap<String, u64>,
    /// Bounds of the namespace.
    pub quota: Option<Quota>,
    /// Addresses beyond the run that must be closed to agents (`host:port`), tried before a start.
    pub probes: Vec<String>,
}

impl TargetPlan {
    /// Whether a gateway may have a token.
    #[must_use]
    pub fn gives_tokens(&self) -> bool {
        !self.workloads.is_empty() || !self.submits.is_empty()
    }

    /// Single addresses of the API server, and the port that they share: what a name can stand for.
    #[must_use]
    pub fn api(&self) -> Option<(u16, Vec<&str>)> {
        let single = || {
            self.api_servers.iter().filter_map(|server| {
                let (address, bits) = server.cidr.split_once('/')?;
                matches!(bits, "32" | "128").then_some((server.port, address))
            })
        };
        let (port, _) = single().next()?;
        let same = single().filter(|(other, _)| *other == port);
        Some((port, same.map(|(_, address)| address).collect()))
    }
}

/// A CIDR block and a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Endpoint {
    /// Block, mostly `/32` or `/128`.
    pub cidr: String,
    /// TCP port.
    pub port: u16,
}

/// Where DNS is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dns {
    /// Namespace of its pods.
    pub namespace: String,
    /// Labels of its pods.
    pub labels: BTreeMap<String, String>,
    /// Ports of its pods, UDP and TCP.
    pub ports: Vec<u16>,
}

/// A toleration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Toleration {
    /// Taint key.
    pub key: String,
    /// Taint value; none: any.
    pub value: Option<String>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// A ConfigMap with certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustBundle {
    /// Name of the ConfigMap.
    pub config_map: String,
    /// Key in it.
    pub key: String,
}

/// A private range that the gateway may reach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PrivateRange {
    /// Block.
    pub cidr: String,
    /// TCP port.
    pub port: u16,
}

/// Bounds of the namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Pods at once.
    pub pods: u64,
    /// Thousandths of a CPU.
    pub cpu_millis: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// Bytes of all volumes.
    pub storage: u64,
}
