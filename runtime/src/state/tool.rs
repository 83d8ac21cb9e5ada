//! How often each tool was called, and how often it may be.

use super::refusal::Refusal;
use crate::contract::Contract;
use crate::record::event::ToolCalled;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    times: Option<u64>,
    approval: Option<String>,
    calls: u64,
}

/// The tools that were granted: by agent, server and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools(BTreeMap<(String, String, String), Grant>);

impl Tools {
    /// None called yet.
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        let granted = contract.agents.iter().flat_map(|agent| {
            agent.tools.iter().map(|tool| {
                let key = (agent.name.clone(), tool.server.clone(), tool.tool.clone());
                let grant = Grant {
                    times: tool.times,
                    approval: tool.approval.clone(),
                    calls: 0,
                };
                (key, grant)
            })
        });
        Self(granted.collect())
    }

    /// Calls of a tool by an agent.
    #[must_use]
    pub fn calls(&self, agent: &str, server: &str, tool: &str) -> u64 {
        let key = (agent.to_owned(), server.to_owned(), tool.to_owned());
        self.0.get(&key).map_or(0, |grant| grant.calls)
    }

    /// The approval that the call needs.
    pub(super) fn check(&self, call: &ToolCalled) -> Result<Option<&str>, Refusal> {
        let grant = self.0.get(&key(call)).ok_or(Refusal::ToolGrant)?;
        match grant.times {
            Some(times) if grant.calls >= times => Err(Refusal::ToolTimes),
            Some(_) | None => Ok(grant.approval.as_deref()),
        }
    }

    pub(super) fn count(&mut self, call: &ToolCalled) {
        if let Some(grant) = self.0.get_mut(&key(call)) {
            grant.calls = grant.calls.saturating_add(1);
        }
    }
}

fn key(call: &ToolCalled) -> (String, String, String) {
    (call.agent.clone(), call.server.clone(), call.tool.clone())
}
