//! Names, labels and accounts. Nothing else makes one.

use crate::emit::substitution::Substitution;
use crate::plan::{Plan, SecretUse};
use pure_agent_runtime::contract::SecretRole;
use std::collections::BTreeMap;
use std::fmt;

/// Label with the version of the program; no digest depends on it.
pub const VERSION: &str = "app.kubernetes.io/version";

/// What stands for the digest of the bundle inside an object until it is known (and while hashing).
pub use crate::bundle::BUNDLE_PLACEHOLDER as BUNDLE;

/// Label with the name of the run spec.
pub const SPEC: &str = "pure-agent.dev/spec";
/// Label with the role of a pod.
pub const ROLE: &str = "pure-agent.dev/role";
/// Label with the name of the Workflow that a pod belongs to.
pub const RUN: &str = "pure-agent.dev/run";
/// Label with who answers for a spec.
pub const OWNER: &str = "pure-agent.dev/owner";
/// Annotation with the digest of the bundle.
pub use crate::bundle::BUNDLE_ANNOTATION;

/// Name by which pods of a run know the gateway.
pub const GATEWAY_HOST: &str = "gateway.pure-agent";
pub use pure_agent_runtime::workflow::{INPUTS, RETRY_OF, SUBMITTED_BY};
/// ConfigMap with the slots of each queue of a target.
pub const QUEUES: &str = "pure-agent-queues";
/// Key of the contract in its ConfigMap.
pub const CONTRACT_KEY: &str = "contract.json";
/// Key of the run key in its Secret.
pub const KEY_KEY: &str = "key";

/// What a pod is for. Every pod has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Argo's own pods: they create the others and wait for them.
    Launcher,
    /// Holds credentials, decides, records.
    Gateway,
    /// Runs the agent.
    Agent,
    /// Decides after each cycle.
    Router,
    /// Turns the workspace into inert bytes.
    Pack,
    /// Lets results out.
    Export,
    /// An MCP server that is an image.
    Server,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 7] = [
        Role::Launcher,
        Role::Gateway,
        Role::Agent,
        Role::Router,
        Role::Pack,
        Role::Export,
        Role::Server,
    ];

    /// The word in labels, names and on the runtime's command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Launcher => "launcher",
            Role::Gateway => "gateway",
            Role::Agent => "agent",
            Role::Router => "router",
            Role::Pack => "pack",
            Role::Export => "export",
            Role::Server => "server",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The roles whose pods this plan has, in the order of [`Role::ALL`].
#[must_use]
pub fn roles(plan: &Plan) -> Vec<Role> {
    let servers = plan.servers.iter().any(|server| server.pod.is_some());
    Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Server || servers)
        .collect()
}

/// The role whose pod has the file of a secret.
#[must_use]
pub fn holder(used_for: SecretUse) -> Role {
    match used_for.role() {
        SecretRole::Gateway => Role::Gateway,
        SecretRole::Export => Role::Export,
    }
}

/// Service account, and network policy, of a role.
#[must_use]
pub fn account(plan: &Plan, role: Role) -> String {
    format!("{}-{role}", plan.name)
}

/// The account as the API server names it.
#[must_use]
pub fn username(plan: &Plan, role: Role) -> String {
    format!(
        "system:serviceaccount:{}:{}",
        plan.target.namespace,
        account(plan, role)
    )
}

/// ConfigMap with the contract; `digest` is the SHA-256 of the contract in hex.
#[must_use]
pub fn contract_map(plan: &Plan, digest: &str) -> String {
    let start: String = digest.chars().take(10).collect();
    format!("{}-contract-{start}", plan.name)
}

/// The binding of an event to a spec. A name holds no dot, so that no two of them meet.
#[must_use]
pub fn event_binding(plan: &Plan, event: &str) -> String {
    format!("{}.{event}", plan.name)
}

/// Secret with the run key. It is never emitted, only required.
#[must_use]
pub fn key_secret(plan: &Plan) -> String {
    format!("{}-key", plan.name)
}

/// A static admission policy of the target: `subject` is what it guards, such as `pods`.
#[must_use]
pub fn platform_policy(plan: &Plan, subject: &str) -> String {
    format!("{subject}.{}.pure-agent.dev", plan.target.namespace)
}

/// The admission policy of the spec.
#[must_use]
pub fn spec_policy(plan: &Plan) -> String {
    format!(
        "{}.{}.specs.pure-agent.dev",
        plan.name, plan.target.namespace
    )
}

/// Labels of a pod; without the program's version, so that a newer program makes the same pods.
#[must_use]
pub fn pod_labels(plan: &Plan, role: Role) -> BTreeMap<String, String> {
    let mut labels = role_labels(plan, role);
    labels.remove(VERSION);
    labels.insert(RUN.to_owned(), Substitution::RunName.to_string());
    labels
}

/// Labels of an object of the spec.
#[must_use]
pub fn spec_labels(plan: &Plan) -> BTreeMap<String, String> {
    let mut labels = app_labels(&plan.name);
    labels.insert(SPEC.to_owned(), plan.name.clone());
    labels.extend(
        plan.owner
            .iter()
            .map(|owner| (OWNER.to_owned(), owner.clone())),
    );
    labels
}

/// Labels of an object of the spec that serves one role.
#[must_use]
pub fn role_labels(plan: &Plan, role: Role) -> BTreeMap<String, String> {
    let mut labels = spec_labels(plan);
    labels.insert(ROLE.to_owned(), role.to_string());
    labels
}

/// Labels of every Workflow of the spec: those that the spec chose, and ours, which win.
#[must_use]
pub fn workflow_labels(plan: &Plan) -> BTreeMap<String, String> {
    let mut labels = plan.labels.clone();
    labels.extend(spec_labels(plan));
    labels.remove(VERSION);
    labels
}

/// Labels of an object of the target.
#[must_use]
pub fn platform_labels() -> BTreeMap<String, String> {
    app_labels("platform")
}

/// The annotation with the digest of the bundle.
#[must_use]
pub fn bundle_annotation() -> BTreeMap<String, String> {
    BTreeMap::from([(BUNDLE_ANNOTATION.to_owned(), BUNDLE.to_owned())])
}

fn app_labels(name: &str) -> BTreeMap<String, String> {
    [
        ("app.kubernetes.io/name", name),
        ("app.kubernetes.io/part-of", "pure-agent"),
        ("app.kubernetes.io/managed-by", "pure-agent"),
        (VERSION, env!("CARGO_PKG_VERSION")),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect()
}
