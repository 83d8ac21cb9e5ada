//! The contract: what one run may do, as the compiler wrote it and the runtime enforces it.
//!
//! It is canonical JSON (RFC 8785). Unknown fields and other versions are refused. Units: every
//! duration is in seconds, every size in bytes, every amount of money in millionths of its
//! currency. Lists are sorted by name unless their order means something. An empty list permits
//! nothing.

pub mod graph;

pub use graph::{Edge, Given, Goal, Graph, GraphStep, Most, Visit, Work};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version that this library reads and writes.
pub const CONTRACT_VERSION: u32 = 1;

/// Port of the gateway for agents.
pub const AGENT_PORT: u16 = 8080;
/// Port of the gateway for router and export.
pub const CONTROL_PORT: u16 = 9090;
/// Port of the gateway through which the export step leaves.
pub const EXPORT_PORT: u16 = 9091;

/// Name by which a gateway knows the API server of its cluster.
pub const API_HOST: &str = "kubernetes.default.svc";
/// Where the token and the authority of that server are in a gateway that has them.
pub const API_DIR: &str = "/run/secrets/pure-agent-api";

/// The whole configuration of one spec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// [`CONTRACT_VERSION`].
    pub version: u32,
    /// Name of the run spec.
    pub spec: String,
    /// Namespace that the run lives in.
    pub namespace: String,
    /// What a submitter may hand in.
    pub inputs: Vec<Input>,
    /// The agents that may take part.
    pub agents: Vec<Agent>,
    /// Name of the agent that each cycle starts; with a [`Route`], its fallback; with a [`Graph`], the first agent
    /// among its steps.
    pub entry: String,
    /// How the agent is chosen, once in a run; none: it is [`Contract::entry`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    /// The steps of the run; none: its only step is the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<Graph>,
    /// Upstream models.
    pub models: Vec<Model>,
    /// MCP servers, builtin or by image.
    pub servers: Vec<Server>,
    /// Ways to ask a person.
    pub approvals: Vec<Approval>,
    /// Bounds of the whole run.
    pub limits: RunLimits,
    /// When a run counts as finished.
    pub finish: Finish,
    /// What may leave the run in the end.
    pub exports: Vec<Export>,
    /// What is kept of the run.
    pub record: Record,
    /// What is tried again.
    pub retry: Retry,
    /// Files that hold credentials, in gateway and export.
    pub secrets: Vec<SecretFile>,
    /// Facts of the cluster's network.
    pub network: Network,
}

/// How the agent of a run is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Who chooses.
    pub by: RouteBy,
    /// The agents that may be chosen, sorted by name; the fallback is one of them.
    pub choices: Vec<Choice>,
}

/// Who chooses an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum RouteBy {
    /// A model, which the gateway asks.
    Model {
        /// Its name.
        name: String,
        /// Calls of it at most.
        turns: u64,
        /// Tokens of these calls, input and output together.
        tokens: u64,
        /// Seconds for all of them.
        deadline: u64,
    },
    /// The value of an input, compared byte by byte.
    Input {
        /// Its name.
        name: String,
    },
}

impl RouteBy {
    /// Seconds that the choice may take.
    #[must_use]
    pub fn deadline(&self) -> u64 {
        match self {
            Self::Model { deadline, .. } => *deadline,
            Self::Input { .. } => 0,
        }
    }
}

/// An agent that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Its name.
    pub agent: String,
    /// When: words for a model, values for an input; empty: only as the fallback.
    pub when: Vec<String>,
}

/// One value that a submitter hands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Whether a submission without it is refused.
    pub required: bool,
    /// Most bytes of UTF-8.
    pub size: u64,
    /// Anchored regular expression that the whole value must match.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Closed list of values; empty: not restricted to a list.
    pub one_of: Vec<String>,
    /// Used where the submission has none (schedules need one for each required input).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// An agent: an image, a harness, and what it may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// System prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Program that drives the model.
    pub harness: Harness,
    /// Command for [`Harness::Generic`], and extra arguments never: empty for the others.
    pub command: Vec<String>,
    /// Models it may ask, first the default.
    pub models: Vec<String>,
    /// Tools it may call.
    pub tools: Vec<ToolGrant>,
    /// What it may read when it needs it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Skill>,
    /// Hosts it may open a tunnel to.
    pub tunnels: Vec<Tunnel>,
    /// Hosts whose requests are ended at the gateway.
    pub http: Vec<HttpRoute>,
    /// Bounds of one agent beside those of the run.
    pub limits: AgentLimits,
    /// Plain environment of the agent container.
    pub env: BTreeMap<String, String>,
}

/// Instructions for one kind of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skill {
    /// Its name, which is that of its folder.
    pub name: String,
    /// When it is of use.
    pub about: String,
    /// Texts by their place in the folder; `SKILL.md` is one.
    pub files: BTreeMap<String, String>,
}

/// The programs that the shim knows how to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Harness {
    /// Claude Code.
    ClaudeCode,
    /// Codex.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Any command that reads a prompt on stdin.
    Generic,
}

/// A model behind the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Name in the spec.
    pub name: String,
    /// Protocol and default address.
    pub provider: Provider,
    /// Id that the provider knows.
    pub id: String,
    /// Base URL.
    pub url: String,
    /// Secret that is injected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Price, for budgets in money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Most tokens of one answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Temperature of every answer, in thousandths; none: as the agent asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<u16>,
}

/// Protocols of model providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Anthropic Messages.
    Anthropic,
    /// OpenAI.
    Openai,
    /// Ollama, by its OpenAI-compatible interface.
    Ollama,
    /// Anything that speaks OpenAI's protocol.
    Compatible,
    /// Google's Gemini API.
    Gemini,
    /// None: the gateway answers itself, for trials.
    Stub,
}

/// Money per number of tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// ISO currency, such as `USD`.
    pub currency: String,
    /// Millionths of the currency for `per` input tokens.
    pub input: u64,
    /// Millionths of the currency for `per` output tokens.
    pub output: u64,
    /// Number of tokens that both amounts are for.
    pub per: u64,
}

/// An MCP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Name in the spec.
    pub name: String,
    /// What serves.
    pub kind: ServerKind,
    /// Secret that is injected upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Most bytes of one answer.
    pub size: u64,
    /// Most seconds of one call.
    pub deadline: u64,
}

/// What serves the tools of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "builtin", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ServerKind {
    /// Linear's API, within one team.
    Linear {
        /// Team key.
        team: String,
    },
    /// Read-only clones through the gateway.
    Git {
        /// Patterns `host/owner/name`.
        repositories: Vec<String>,
    },
    /// Fetches a page as text.
    Fetch {
        /// Host patterns that may be asked; empty: none.
        hosts: Vec<String>,
    },
    /// Typed tools over a REST service.
    Http {
        /// Base URL.
        url: String,
        /// The tools, each a request.
        tools: Vec<HttpTool>,
    },
    /// Files of months in one place of S3.
    S3 {
        /// `s3://bucket/prefix`.
        from: String,
        /// Region of the bucket.
        region: String,
        /// What the folder of a month is called.
        partition: Partition,
        /// Most months of one call.
        months: u32,
        /// Name of its tool.
        tool: String,
        /// What the tool does, for a model.
        about: String,
    },
    /// Deployments of one namespace of the cluster that the run is on, as the gateway's own account.
    Kubernetes {
        /// How the API server is reached.
        api: ClusterApi,
        /// The namespace.
        namespace: String,
        /// The Deployments, sorted by name; pods of others are not shown.
        deployments: Vec<Deployment>,
        /// Most lines of one answer.
        lines: u32,
    },
    /// A container of its own, without network but from the gateway.
    Image {
        /// Port of its Streamable HTTP endpoint.
        port: u16,
        /// Host name by which the gateway reaches it.
        host: String,
    },
}

/// How the API server of a cluster is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterApi {
    /// Base URL.
    pub url: String,
    /// File with the token of the pod's account, which is replaced while the pod lives.
    pub token: String,
    /// File with the only authorities that are trusted there.
    pub authority: String,
}

/// A Deployment that tools may look after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Its name.
    pub name: String,
    /// The replicas that it may be given; none: it is not scaled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<Range>,
}

/// What the folder of a month is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Partition {
    /// `year=2026/month=3`.
    Plain,
    /// `year=2026/month=03`.
    Padded,
}

/// A request to a service, as a tool. An argument that stands in no path, not in `pick` and decides no address is sent
/// in the query, or in the JSON object that a `POST`, `PUT` or `PATCH` has as its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTool {
    /// Its name.
    pub name: String,
    /// What it does, for a model.
    pub about: String,
    /// Method in upper case.
    pub method: String,
    /// Path below the base URL; `{ARGUMENT}` is a whole segment.
    pub path: String,
    /// JSON Pointer to what is answered; `{ARGUMENT}` is a whole token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pick: Option<String>,
    /// Its arguments, in the order in which they are written.
    pub arguments: Vec<Argument>,
    /// Where else it asks for some values of one argument.
    pub when: Vec<HttpPlace>,
}

/// An argument of a typed tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// What it may be, as for an input of a run.
    pub value: Input,
    /// What it says, for a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// It is a whole number within this range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
}

/// Whole numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The least.
    pub min: i64,
    /// The most.
    pub max: i64,
}

/// Where a typed tool asks when an argument has a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpPlace {
    /// The argument; the same in all places of a tool.
    pub argument: String,
    /// Its value.
    pub is: String,
    /// Base URL.
    pub url: String,
    /// Path below it.
    pub path: String,
}

/// One tool of one server, for one agent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolGrant {
    /// Server name.
    pub server: String,
    /// Tool name, exact.
    pub tool: String,
    /// Whether a call changes the outside world.
    pub effect: bool,
    /// Most calls in a run; none: as often as turns allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Approval that each call waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// Arguments that the agent cannot choose.
    pub bind: BTreeMap<String, Bound>,
}

/// Where the value of a bound argument comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// An input of the run.
    Input(String),
    /// A constant of the spec.
    Value(String),
}

/// A host that an agent may reach without the gateway seeing the content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tunnel {
    /// Host or pattern.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// A host whose requests end at the gateway.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRoute {
    /// Host or pattern.
    pub host: String,
    /// What may be asked; empty: nothing.
    pub allow: Vec<HttpRule>,
    /// Secret that is injected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
}

/// A method and a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRule {
    /// Method in upper case.
    pub method: String,
    /// Path pattern.
    pub path: String,
}

/// Bounds of one agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentLimits {
    /// Model calls in a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turns: Option<u64>,
    /// Tokens in a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Money in a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// Bytes to and from egress hosts in a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<u64>,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Millionths of the currency.
    pub micros: u64,
    /// ISO currency.
    pub currency: String,
}

/// Bounds of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunLimits {
    /// Cycles at most, 1 to 50.
    pub depth: u32,
    /// Seconds of the whole run, export and cleanup not counted.
    pub deadline: u64,
    /// Seconds of one cycle's agent.
    pub cycle: u64,
    /// Seconds of pack and export together.
    pub export: u64,
    /// Model calls.
    pub turns: u64,
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Money; none where no model has a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// Bytes to and from egress hosts.
    pub traffic: u64,
    /// Requests that may be under way at once.
    pub concurrency: u32,
}

/// When a run counts as finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    /// Whether the agent must submit.
    pub submission: bool,
    /// Reminders before the run stops as incomplete.
    pub reminders: u32,
}

/// Something that may leave the run in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Stable name: the kind, and a number where a kind occurs twice.
    pub name: String,
    /// Always done, or offered to the agent.
    pub when: ExportWhen,
    /// What is done, and where.
    pub action: ExportAction,
    /// Secret of the export step; none: nothing outside is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Most times in a run.
    pub times: u32,
    /// Approval that it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
}

/// Who decides that an export happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExportWhen {
    /// Every run does it.
    Always,
    /// The agent may choose it.
    Offer,
    /// It is due when the run has visited a step that names it.
    Step,
}

/// The kinds of export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ExportAction {
    /// A comment with the summary.
    Comment {
        /// Service: `linear`.
        on: String,
        /// Issue, mostly an input.
        to: Bound,
    },
    /// A longer report as a comment.
    Report {
        /// Service: `linear`.
        on: String,
        /// Issue, mostly an input.
        to: Bound,
        /// Most bytes of text.
        size: u64,
    },
    /// An archive of the workspace.
    Upload {
        /// Service: `linear`.
        on: String,
        /// Issue, mostly an input.
        to: Bound,
        /// Path patterns left out, beside `.git`.
        exclude: Vec<String>,
        /// Most bytes of the archive.
        size: u64,
    },
    /// A pull request.
    PullRequest {
        /// Service: `github`.
        on: String,
        /// Repository pattern `owner/name`.
        repo: String,
        /// Base branch pattern.
        base: String,
        /// Branch pattern.
        branch: String,
        /// Path patterns left out, at any depth, beside `.git`: what the base has there stays.
        exclude: Vec<String>,
        /// Path patterns that must not change.
        protect: Vec<String>,
        /// Files at most.
        files: u32,
        /// Most bytes of changed content.
        size: u64,
    },
    /// A short message to people, to an address that is the export's secret.
    Notify {
        /// Host that the address must be of.
        host: String,
        /// The words of the spec.
        text: String,
        /// Whether the agent's summary follows them, cut short and harmless.
        summary: bool,
    },
    /// Objects in S3.
    S3 {
        /// `s3://bucket/prefix`.
        to: String,
        /// Region.
        region: String,
        /// Path patterns left out, beside `.git`.
        exclude: Vec<String>,
        /// Most bytes.
        size: u64,
    },
    /// Another run of the same namespace, which the gateway submits with its own account.
    Submit {
        /// How the API server is reached.
        api: ClusterApi,
        /// The run: name of its spec and template.
        run: String,
        /// What that run declares to be handed in.
        inputs: Vec<Input>,
        /// Those that the agent chooses, sorted.
        chosen: Vec<String>,
        /// Those that it cannot choose.
        bind: BTreeMap<String, Bound>,
    },
    /// A signed POST.
    Webhook {
        /// Address.
        url: String,
    },
}

/// What is kept of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Transcripts to an object store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcripts: Option<Transcripts>,
    /// Whether usage is part of the result document.
    pub usage: bool,
    /// Service on which one marker comment names the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

/// Transcripts to an object store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcripts {
    /// `s3://bucket/prefix`.
    pub to: String,
    /// Region.
    pub region: String,
    /// Secret of the gateway.
    pub auth: String,
}

/// One comment that names the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Service: `linear`.
    pub on: String,
    /// Issue.
    pub to: Bound,
    /// Secret.
    pub auth: String,
}

/// What is tried again after a loss of infrastructure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Cycles that may be repeated.
    pub infrastructure: u32,
    /// Seconds before a repeat.
    pub backoff: u64,
}

/// A way to ask a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Name in the spec.
    pub name: String,
    /// How.
    pub via: ApprovalVia,
    /// Seconds until the default, which is denial.
    pub timeout: u64,
}

/// How a person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "via", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ApprovalVia {
    /// A gatekeeper service.
    Gatekeeper {
        /// Base URL.
        url: String,
        /// Secret.
        auth: String,
    },
    /// An SSH signature.
    Signature {
        /// Who may sign.
        approvers: Vec<Approver>,
    },
}

/// A person and a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// Name.
    pub name: String,
    /// SSH public key line without comment.
    pub key: String,
}

/// A credential as a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretFile {
    /// Name in the spec.
    pub name: String,
    /// Path in the one container that has it.
    pub path: String,
    /// The role that has it.
    pub role: SecretRole,
}

/// The roles that hold credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretRole {
    /// Models, tools, approvals, http egress, record.
    Gateway,
    /// Exports.
    Export,
}

/// What the runtime must know of the cluster's network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Addresses (`host:port`) that must be closed to an agent before it starts.
    pub closed: Vec<String>,
    /// Private ranges (CIDR) that the target lets the gateway reach.
    pub private: Vec<String>,
    /// File with certificates that are trusted beside the public roots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_bundle: Option<String>,
}
