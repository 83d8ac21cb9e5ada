//! What can be recorded. No event holds a secret, a prompt or the value of a tool's argument.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One event. In JSON its kind is the member `kind`; fields that it does not have are refused.
///
/// Every number is an integer and every document a string, so that an event has one form in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// A gateway starts to serve the run: the first event of a log names the run, each later one (after a
    /// restart) names the same.
    RunOpened(RunOpened),
    /// The worst case of a call was set aside by which a model chooses the agent of the run.
    RouteAsked(RouteAsked),
    /// The agent of the run was chosen.
    RouteChosen(RouteChosen),
    /// The start gate of a cycle was given its bearer.
    CycleClaimed {
        /// Number of the cycle, from 0.
        cycle: u32,
        /// SHA-256 of the bearer, in hexadecimal.
        bearer: String,
    },
    /// A second claim: the bearer is revoked and the cycle has ended.
    ClaimContested {
        /// Number of the cycle.
        cycle: u32,
    },
    /// A request was let through.
    RequestAllowed(Request),
    /// A request was refused.
    RequestDenied(Request),
    /// Requests were refused that have no line of their own: the cycle has too many.
    DenialsCounted(DenialCounts),
    /// The worst case of a request was set aside.
    Reserved(Reserved),
    /// What a request used in truth.
    Settled(Settled),
    /// The agent handed in a document; the last one before the seal counts.
    Submission {
        /// Number of the cycle.
        cycle: u32,
        /// The JSON text of the document, as its digest is taken.
        document: String,
    },
    /// The cycle has ended, and its submission stands.
    CycleSealed {
        /// Number of the cycle.
        cycle: u32,
    },
    /// The gateway itself begins the work of a step, or goes on with it.
    StepBegun {
        /// Number of the cycle.
        cycle: u32,
    },
    /// The gateway has done the work of a step.
    StepEnded(StepEnded),
    /// A person is asked.
    ApprovalAsked(ApprovalAsked),
    /// A person agreed.
    ApprovalGiven(ApprovalAnswer),
    /// A person, or the end of the time for it, refused.
    ApprovalRefused(ApprovalAnswer),
    /// A tool was called.
    ToolCalled(ToolCalled),
    /// A repository was given to an agent, who may take it from now on.
    Cloned(Cloned),
    /// What the router decided after a cycle.
    RouterDecided(Decision),
    /// An export was judged and may happen; its requests follow.
    ExportPlanned(ExportPlanned),
    /// How an export ended.
    ExportDone(ExportDone),
    /// The result document of the run.
    ExportResult {
        /// Its JSON text.
        document: String,
    },
}

impl Event {
    /// The run that it opens.
    #[must_use]
    pub fn opens(&self) -> Option<&RunOpened> {
        match self {
            Self::RunOpened(run) => Some(run),
            _ => None,
        }
    }
}

/// Which run this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOpened {
    /// UID of the run.
    pub uid: String,
    /// Digest of the bundle, in hexadecimal.
    pub bundle: String,
    /// SHA-256 of the contract, in hexadecimal.
    pub contract: String,
    /// Seconds since 1970.
    pub time: u64,
}

/// The worst case of one call by which a model chooses. No agent takes part in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteAsked {
    /// Number of the reservation, from 1.
    pub reservation: u64,
    /// The operation, such as `chat`.
    #[serde(rename = "gen_ai.operation.name")]
    pub operation: String,
    /// Name of the model.
    #[serde(rename = "gen_ai.request.model")]
    pub model: String,
    /// Calls of a model.
    pub turns: u64,
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Millionths of the currency.
    pub micros: u64,
}

/// The choice of a run's agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteChosen {
    /// Name of the agent.
    pub agent: String,
    /// Why, as a kebab-case word: `model`, `input`, or why it is the fallback.
    pub reason: String,
}

/// A request and the rule that decided on it; no contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Number of the cycle; none where the request is not an agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<u32>,
    /// Name of the agent; none where nobody is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The rule, as a kebab-case word.
    pub rule: String,
    /// What was asked for, such as `POST /v1/messages` or `api.example.com:443`.
    pub target: String,
}

/// Requests that were refused since the last counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenialCounts {
    /// How many by each rule.
    pub rules: BTreeMap<String, u64>,
}

/// The worst case of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// Number of the reservation, from 1.
    pub reservation: u64,
    /// Number of the cycle.
    pub cycle: u32,
    /// Name of the agent.
    pub agent: String,
    /// The operation, such as `chat`.
    #[serde(
        rename = "gen_ai.operation.name",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub operation: Option<String>,
    /// Name of the model; none where no model is asked.
    #[serde(
        rename = "gen_ai.request.model",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub model: Option<String>,
    /// Calls of a model.
    pub turns: u64,
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Millionths of the currency.
    pub micros: u64,
    /// Bytes in both directions.
    pub traffic: u64,
}

/// What was used of a reservation, or beyond it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// Number of the reservation.
    pub reservation: u64,
    /// Calls of a model.
    pub turns: u64,
    /// Input tokens, cached ones included.
    #[serde(rename = "gen_ai.usage.input_tokens")]
    pub input_tokens: u64,
    /// Output tokens.
    #[serde(rename = "gen_ai.usage.output_tokens")]
    pub output_tokens: u64,
    /// Millionths of the currency.
    pub micros: u64,
    /// Bytes in both directions.
    pub traffic: u64,
}

/// How the gateway's own work of a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepEnded {
    /// Number of the cycle.
    pub cycle: u32,
    /// One of the step's outcomes.
    pub outcome: String,
    /// What a call answered, as far as it is kept for those who come after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// What a person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalAsked {
    /// Id of the request, new for each.
    pub id: String,
    /// Number of the cycle; none for an export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<u32>,
    /// Name of the way to ask, in the contract.
    pub approval: String,
    /// What is asked about.
    pub subject: Subject,
    /// SHA-256 of the exact arguments, in hexadecimal.
    pub arguments: String,
    /// What makes an answer good for this request only.
    pub nonce: String,
    /// Seconds since 1970 after which the answer is a refusal.
    pub expires: u64,
}

/// What a person is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Subject {
    /// A call of a tool.
    Tool {
        /// Name of the server.
        server: String,
        /// Name of the tool.
        #[serde(rename = "gen_ai.tool.name")]
        tool: String,
    },
    /// An export, by its name.
    Export(String),
}

/// An answer, bound to what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalAnswer {
    /// Id of the request.
    pub id: String,
    /// SHA-256 of the exact arguments, in hexadecimal.
    pub arguments: String,
    /// The nonce of the request.
    pub nonce: String,
    /// Who answered; none where time did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCalled {
    /// Number of the cycle.
    pub cycle: u32,
    /// Name of the agent; empty where the run itself calls, as one of its steps says.
    pub agent: String,
    /// Name of the server.
    pub server: String,
    /// Name of the tool.
    #[serde(rename = "gen_ai.tool.name")]
    pub tool: String,
    /// SHA-256 of the arguments, in hexadecimal.
    pub arguments: String,
    /// The approval that the call uses up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
}

/// A repository that an agent was given, and where its branch stood then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cloned {
    /// Number of the cycle.
    pub cycle: u32,
    /// Name of the server whose tool gave it.
    pub server: String,
    /// `host/owner/name`.
    pub repository: String,
    /// The branch, without `refs/heads/`; none where the repository's `HEAD` is on none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Its commit, in hexadecimal.
    pub commit: String,
}

/// What the router decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Number of the cycle.
    pub cycle: u32,
    /// What comes next.
    pub decision: Next,
    /// Why, as a kebab-case word.
    pub reason: String,
    /// Depth of this cycle, from 0.
    pub depth: u32,
    /// Depth of the next cycle; of no meaning after a stop.
    pub next_depth: u32,
    /// SHA-256 of the cycle's submission, in hexadecimal; none where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission_digest: Option<String>,
    /// The step that the cycle visited, in a run that has steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<Passed>,
}

/// A visit of a step that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passed {
    /// Name of the step.
    pub step: String,
    /// What came of it; none: it is visited once more, or the run may not go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Name of the step that follows; none: the run stops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What comes after a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// Another cycle, one deeper.
    Continue,
    /// The same depth again.
    Retry,
    /// The end.
    Stop,
}

/// An export that may happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportPlanned {
    /// Name of the export.
    pub name: String,
    /// What it is found again by: 64 hexadecimal digits.
    pub key: String,
    /// SHA-256 of what it sends, in hexadecimal.
    pub content: String,
}

/// An export that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportDone {
    /// Name of the export.
    pub name: String,
    /// Its key.
    pub key: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// How an export ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Outcome {
    /// It is there.
    Done {
        /// Where; empty where there is no such place.
        url: String,
    },
    /// It was not tried, by this rule.
    Refused(String),
    /// It was tried in vain, by this rule; it may be tried again.
    Failed(String),
}

impl Event {
    /// The kind, as it stands in the record.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RunOpened(_) => "run-opened",
            Self::RouteAsked(_) => "route-asked",
            Self::RouteChosen(_) => "route-chosen",
            Self::CycleClaimed { .. } => "cycle-claimed",
            Self::ClaimContested { .. } => "claim-contested",
            Self::RequestAllowed(_) => "request-allowed",
            Self::RequestDenied(_) => "request-denied",
            Self::DenialsCounted(_) => "denials-counted",
            Self::Reserved(_) => "reserved",
            Self::Settled(_) => "settled",
            Self::Submission { .. } => "submission",
            Self::CycleSealed { .. } => "cycle-sealed",
            Self::StepBegun { .. } => "step-begun",
            Self::StepEnded(_) => "step-ended",
            Self::ApprovalAsked(_) => "approval-asked",
            Self::ApprovalGiven(_) => "approval-given",
            Self::ApprovalRefused(_) => "approval-refused",
            Self::ToolCalled(_) => "tool-called",
            Self::Cloned(_) => "cloned",
            Self::RouterDecided(_) => "router-decided",
            Self::ExportPlanned(_) => "export-planned",
            Self::ExportDone(_) => "export-done",
            Self::ExportResult { .. } => "export-result",
        }
    }
}
