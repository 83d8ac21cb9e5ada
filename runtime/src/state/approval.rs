//! What people were asked and what they answered: once each, and good for one call.

use super::refusal::Refusal;
use crate::record::event::{ApprovalAnswer, ApprovalAsked, Subject, ToolCalled};
use std::collections::BTreeMap;

/// Most requests for approval in a run.
pub const MOST_ASKED: usize = 1024;

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nobody answered.
    Waiting,
    /// Somebody agreed.
    Given,
    /// Somebody refused.
    Refused,
    /// Nobody answered in time, or could be asked.
    Lapsed,
    /// Somebody agreed, and the call was made.
    Used,
}

/// All requests, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approvals(BTreeMap<String, (ApprovalAsked, Answer)>);

impl Approvals {
    /// What was asked under this id, and how far it is.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<(&ApprovalAsked, Answer)> {
        self.0.get(id).map(|(asked, answer)| (asked, *answer))
    }

    /// All requests, by id.
    pub fn all(&self) -> impl Iterator<Item = (&ApprovalAsked, Answer)> {
        self.0.values().map(|(asked, answer)| (asked, *answer))
    }

    pub(super) fn check_ask(&self, asked: &ApprovalAsked) -> Result<(), Refusal> {
        match self.0.contains_key(&asked.id) {
            true => Err(Refusal::ApprovalTwice),
            false if self.0.len() >= MOST_ASKED => Err(Refusal::ApprovalMany),
            false => Ok(()),
        }
    }

    pub(super) fn ask(&mut self, asked: &ApprovalAsked) {
        self.0
            .insert(asked.id.clone(), (asked.clone(), Answer::Waiting));
    }

    pub(super) fn check_answer(&self, answer: &ApprovalAnswer) -> Result<(), Refusal> {
        let (asked, state) = self.get(&answer.id).ok_or(Refusal::ApprovalUnknown)?;
        if (&asked.arguments, &asked.nonce) != (&answer.arguments, &answer.nonce) {
            return Err(Refusal::ApprovalOther);
        }
        match state {
            Answer::Waiting => Ok(()),
            Answer::Given | Answer::Refused | Answer::Lapsed | Answer::Used => {
                Err(Refusal::ApprovalAnswered)
            }
        }
    }

    pub(super) fn answer(&mut self, answer: &ApprovalAnswer, given: bool) {
        if let Some((_, state)) = self.0.get_mut(&answer.id) {
            *state = match (given, &answer.by) {
                (true, _) => Answer::Given,
                (false, Some(_)) => Answer::Refused,
                (false, None) => Answer::Lapsed,
            };
        }
    }

    /// A call that needs an approval shows one for itself: of this tool, with these arguments, in this cycle.
    pub(super) fn check_use(&self, call: &ToolCalled, wanted: Option<&str>) -> Result<(), Refusal> {
        let (id, wanted) = match (&call.approval, wanted) {
            (None, None) => return Ok(()),
            (Some(id), Some(wanted)) => (id, wanted),
            (Some(_), None) | (None, Some(_)) => return Err(Refusal::ApprovalMissing),
        };
        self.check_about(id, call, &[(call.cycle, wanted)])
    }

    /// A call of the run itself shows a consent of a step that asked for it: in one of these cycles, by this approval.
    pub(super) fn check_consent(
        &self,
        call: &ToolCalled,
        agreed: &[(u32, &str)],
    ) -> Result<(), Refusal> {
        let id = call.approval.as_deref();
        self.check_about(id.ok_or(Refusal::ApprovalMissing)?, call, agreed)
    }

    fn check_about(
        &self,
        id: &str,
        call: &ToolCalled,
        agreed: &[(u32, &str)],
    ) -> Result<(), Refusal> {
        let (asked, state) = self.get(id).ok_or(Refusal::ApprovalUnknown)?;
        let subject = Subject::Tool {
            server: call.server.clone(),
            tool: call.tool.clone(),
        };
        let mut agreed = agreed.iter();
        let about = agreed
            .any(|(cycle, way)| asked.cycle == Some(*cycle) && asked.approval == *way)
            && asked.subject == subject
            && asked.arguments == call.arguments;
        match state {
            _ if !about => Err(Refusal::ApprovalOther),
            Answer::Given => Ok(()),
            Answer::Waiting | Answer::Refused | Answer::Lapsed => Err(Refusal::ApprovalRefused),
            Answer::Used => Err(Refusal::ApprovalUsed),
        }
    }

    pub(super) fn spend(&mut self, call: &ToolCalled) {
        let id = call.approval.as_ref();
        if let Some((_, state)) = id.and_then(|id| self.0.get_mut(id)) {
            *state = Answer::Used;
        }
    }
}
