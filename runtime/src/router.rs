//! The router: after each cycle, whether another one starts.
//!
//! [`choice`] is the step before the first cycle of a run that chooses its agent.
//!
//! [`told`] reads what Argo says of the agent's pod, [`mod@decide`] is the table of decisions, [`control`] speaks with
//! the gateway's control port. Argo is told nothing but the number of the next cycle, or `stop`. In a run with a graph,
//! [`walk`] is the table, and [`mod@step`] has the gateway do what is no agent's.

pub mod choice;
pub mod control;
pub mod decide;
pub mod step;
pub mod told;
pub mod walk;

use crate::contract::{Contract, Visit};
use crate::proof::Key;
use control::Control;
use decide::{Decision, Limits, decide};
use std::path::PathBuf;
use std::time::Duration;
use told::Told;

/// What the router is started with.
#[derive(Debug)]
pub struct Router {
    /// The verified contract.
    pub contract: Contract,
    /// What Argo says, as it came.
    pub told: told::Arguments,
    /// The run's key.
    pub key: Key,
    /// UID of the run.
    pub uid: String,
    /// `host:port` of the gateway's control port.
    pub gateway: String,
    /// How long the gateway may be away.
    pub patience: Duration,
    /// Where Argo reads the answer.
    pub answer: PathBuf,
}

impl Router {
    /// Decides, has the gateway keep the decision, and only then tells Argo.
    ///
    /// # Errors
    /// When Argo could not be told. Every other doubt is a decision: `stop`, for `error`.
    pub async fn run(&self) -> std::io::Result<Decision> {
        let decision = match self.read() {
            Ok((visit, told)) => self.decided(visit, Some(&told)).await,
            Err(why) => Decision::error(None, why),
        };
        self.tell(&decision)?;
        Ok(decision)
    }

    fn read(&self) -> Result<(Visit, Told), String> {
        let visit = self.visit()?;
        let told = told::Arguments {
            cycle: visit.cycle.to_string(),
            ..self.told.clone()
        };
        Ok((visit, Told::read(&told)?))
    }

    /// The visit that Argo names by its number. Without a graph there is one step.
    fn visit(&self) -> Result<Visit, String> {
        let text = &self.told.cycle;
        let number = text.parse::<u32>().ok();
        let number = number.filter(|number| number.to_string() == *text);
        let steps = match &self.contract.graph {
            Some(graph) => graph.steps.len(),
            None => 1,
        };
        number
            .and_then(Visit::of)
            .filter(|visit| usize::try_from(visit.step).is_ok_and(|step| step < steps))
            .ok_or_else(|| format!("the cycle is no number below {}", 100 * steps))
    }

    fn tell(&self, decision: &Decision) -> std::io::Result<()> {
        let word = match &self.contract.graph {
            Some(graph) => walk::word(graph, decision),
            None => decision.word(),
        };
        std::fs::write(&self.answer, word)
    }

    async fn decided(&self, visit: Visit, told: Option<&Told>) -> Decision {
        let control = Control::new(self.address(), &self.uid, &self.key);
        let limits = Limits::of(&self.contract);
        let decision = match (control.known(visit).await, &self.contract.graph, told) {
            (Err(why), ..) => Decision::error(Some(visit.cycle), why),
            (Ok(known), Some(graph), told) => {
                walk::decide(graph, &limits, (visit.step, visit.cycle, told), &known)
            }
            (Ok(known), None, Some(told)) => decide(&limits, told, &known),
            (Ok(_), None, None) => {
                Decision::error(Some(visit.cycle), "the contract has no steps".to_owned())
            }
        };
        match control.keep(&decision).await {
            Ok(()) => decision,
            // What is not kept must not happen.
            Err(why) => Decision::error(Some(visit.cycle), why),
        }
    }
}
