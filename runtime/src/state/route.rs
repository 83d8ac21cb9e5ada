//! The choice of a run's agent: asked for within its own bounds, made once, and then true for the whole run.

use super::refusal::Refusal;
use crate::contract::Contract;
use crate::record::event::RouteChosen;
use std::collections::BTreeSet;

/// Most bytes of a choice's reason.
const MOST_REASON: usize = 64;

/// The route of a run, and what was chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    agents: BTreeSet<String>,
    chosen: Option<RouteChosen>,
}

impl Route {
    /// The route of a contract, before anything was chosen; none where it has none.
    #[must_use]
    pub fn new(contract: &Contract) -> Option<Self> {
        let choices = contract.route.as_ref()?.choices.iter();
        Some(Self {
            agents: choices.map(|choice| choice.agent.clone()).collect(),
            chosen: None,
        })
    }

    /// What was chosen.
    #[must_use]
    pub fn chosen(&self) -> Option<&RouteChosen> {
        self.chosen.as_ref()
    }

    /// Nothing is asked any more once the choice stands.
    pub(super) fn check_ask(&self) -> Result<(), Refusal> {
        match &self.chosen {
            None => Ok(()),
            Some(_) => Err(Refusal::RouteMade),
        }
    }

    /// The same choice again is no error; another one is.
    pub(super) fn check_choose(&self, choice: &RouteChosen) -> Result<(), Refusal> {
        match &self.chosen {
            Some(before) if before == choice => return Ok(()),
            Some(_) => return Err(Refusal::RouteMade),
            None => {}
        }
        let plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let length = (1..=MOST_REASON).contains(&choice.reason.len());
        if !self.agents.contains(&choice.agent) {
            Err(Refusal::RouteAgent)
        } else if !length || !choice.reason.bytes().all(plain) {
            Err(Refusal::RouteReason)
        } else {
            Ok(())
        }
    }

    pub(super) fn choose(&mut self, choice: &RouteChosen) {
        self.chosen.get_or_insert_with(|| choice.clone());
    }

    /// No cycle starts before the choice.
    pub(super) fn check_start(&self) -> Result<(), Refusal> {
        match &self.chosen {
            Some(_) => Ok(()),
            None => Err(Refusal::RouteOpen),
        }
    }

    /// Only the agent that was chosen takes part.
    pub(super) fn check_agent(&self, agent: &str) -> Result<(), Refusal> {
        match &self.chosen {
            Some(chosen) if chosen.agent == agent => Ok(()),
            Some(_) => Err(Refusal::RouteAgent),
            None => Err(Refusal::RouteOpen),
        }
    }
}
