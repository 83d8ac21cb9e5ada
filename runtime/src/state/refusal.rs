//! Why an event may not be the next.

use super::amount::Exhausted;
use std::fmt;

/// The rule that an event would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No run was opened.
    NoRun,
    /// It opens another run.
    OtherRun,
    /// A limit would be passed.
    Exhausted(Exhausted),
    /// The reservation is unknown, settled, or not the next.
    Reservation,
    /// The agent has asked as often as it may in the cycle.
    RequestMany,
    /// The contract has no route.
    RouteNone,
    /// No agent was chosen yet.
    RouteOpen,
    /// An agent was chosen before.
    RouteMade,
    /// The agent is none that may be chosen, or not the one that was.
    RouteAgent,
    /// The reason of a choice is no word.
    RouteReason,
    /// The contract has no steps, or none follows yet.
    StepNone,
    /// The run is at another step.
    StepOther,
    /// What the step does was done.
    StepDone,
    /// The step has no such outcome.
    StepOutcome,
    /// A decision goes where the graph does not.
    StepDecision,
    /// The contract has no cycle of that number.
    CycleNumber,
    /// The cycle is not after all others.
    CycleOrder,
    /// An earlier cycle has not ended.
    CycleOpen,
    /// The cycle was claimed before.
    CycleClaimed,
    /// The cycle was not claimed.
    CycleUnclaimed,
    /// The cycle has ended.
    CycleEnded,
    /// Too much was handed in in the cycle.
    SubmissionMany,
    /// What is recorded as the digest of a bearer is none.
    BearerDigest,
    /// The router decided that the run stops.
    RunStopped,
    /// The router decides on a cycle that has not ended.
    DecisionEarly,
    /// The router decided otherwise before.
    DecisionOther,
    /// The depths of a decision do not follow.
    DecisionDepth,
    /// The reason of a decision is no word.
    DecisionReason,
    /// A decision is about another submission.
    DecisionSubmission,
    /// The agent was not granted the tool.
    ToolGrant,
    /// The tool was called as often as it may be.
    ToolTimes,
    /// The call needs an approval, or shows one that it does not need.
    ApprovalMissing,
    /// There are too many requests for approval.
    ApprovalMany,
    /// That id was asked for before.
    ApprovalTwice,
    /// Nothing was asked under that id.
    ApprovalUnknown,
    /// The answer or the call is about something else than what was asked.
    ApprovalOther,
    /// There is an answer.
    ApprovalAnswered,
    /// There is no consent.
    ApprovalRefused,
    /// It has been used.
    ApprovalUsed,
    /// What is recorded of a repository is no name of one, or of a commit.
    CloneForm,
    /// The run was given too many repositories.
    CloneMany,
    /// The contract has no such export.
    ExportUnknown,
    /// The key of an export is none.
    ExportKey,
    /// The export was planned with another key or content.
    ExportOther,
    /// The export was not planned.
    ExportUnplanned,
    /// The export has been done.
    ExportDone,
    /// No step of the run has called for the export.
    ExportStep,
}

impl Refusal {
    /// The rule as a word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.words().0
    }

    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Exhausted(e) => (e.rule(), "a limit would be passed"),
            Self::NoRun => ("no-run", "no run was opened"),
            Self::OtherRun => ("other-run", "this opens another run"),
            Self::Reservation => (
                "reservation",
                "the reservation is unknown, settled or not the next",
            ),
            Self::RequestMany => (
                "request-many",
                "the agent has asked as often as it may in this cycle",
            ),
            Self::RouteNone => ("route-none", "the spec has no route"),
            Self::RouteOpen => ("route-open", "no agent was chosen yet"),
            Self::RouteMade => ("route-made", "an agent was chosen before"),
            Self::RouteAgent => ("route-agent", "this agent was not chosen"),
            Self::RouteReason => ("route-reason", "the reason is no word"),
            Self::StepNone => ("step-none", "no step is due under this number"),
            Self::StepOther => ("step-other", "the run is at another step"),
            Self::StepDone => ("step-done", "the work of this step was done before"),
            Self::StepOutcome => ("step-outcome", "the step has no such outcome"),
            Self::StepDecision => ("step-decision", "the graph does not lead there"),
            Self::CycleNumber => ("cycle-number", "the contract has no such cycle"),
            Self::CycleOrder => ("cycle-order", "the cycle is not after all others"),
            Self::CycleOpen => ("cycle-open", "an earlier cycle has not ended"),
            Self::CycleClaimed => ("cycle-claimed", "the cycle was claimed before"),
            Self::CycleUnclaimed => ("cycle-unclaimed", "the cycle was not claimed"),
            Self::CycleEnded => ("cycle-ended", "the cycle has ended"),
            Self::SubmissionMany => (
                "submission-many",
                "too much was handed in in this cycle; the last submission stands",
            ),
            Self::BearerDigest => ("bearer-digest", "this is no SHA-256 of a bearer"),
            Self::RunStopped => ("run-stopped", "the run was stopped"),
            Self::DecisionEarly => ("decision-early", "the cycle has not ended"),
            Self::DecisionOther => ("decision-other", "another decision was made"),
            Self::DecisionDepth => ("decision-depth", "the depths do not follow"),
            Self::DecisionReason => ("decision-reason", "the reason is no word"),
            Self::DecisionSubmission => ("decision-submission", "this is about another submission"),
            Self::ToolGrant => ("tool-grant", "the agent was not granted the tool"),
            Self::ToolTimes => ("tool-times", "the tool was called as often as it may be"),
            Self::ApprovalMissing => (
                "approval-missing",
                "the call shows not the approval that it needs",
            ),
            Self::ApprovalMany => ("approval-many", "there are too many requests for approval"),
            Self::ApprovalTwice => ("approval-twice", "this id was asked for before"),
            Self::ApprovalUnknown => ("approval-unknown", "nothing was asked under this id"),
            Self::ApprovalOther => ("approval-other", "this is not what was asked"),
            Self::ApprovalAnswered => ("approval-answered", "there is an answer"),
            Self::ApprovalRefused => ("approval-refused", "there is no consent"),
            Self::ApprovalUsed => ("approval-used", "the approval has been used"),
            Self::CloneForm => (
                "clone-form",
                "this names no branch of a repository and its commit",
            ),
            Self::CloneMany => ("clone-many", "the run was given too many repositories"),
            Self::ExportUnknown => ("export-unknown", "the contract has no such export"),
            Self::ExportKey => ("export-key", "this is no key of an export"),
            Self::ExportOther => (
                "export-other",
                "the export was planned with another key or content",
            ),
            Self::ExportUnplanned => ("export-unplanned", "the export was not planned"),
            Self::ExportDone => ("export-done", "the export has been done"),
            Self::ExportStep => ("export-step", "no step has called for the export"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted(e) => e.fmt(f),
            _ => f.write_str(self.words().1),
        }
    }
}

impl std::error::Error for Refusal {}
