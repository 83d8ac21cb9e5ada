//! The router: after each cycle, whether another one starts.
//!
//! [`choice`] is the step before the first cycle of a run that chooses its agent.
//!
//! [`told`] reads what Argo says of the agent's pod, [`mod@decide`] is the table of decisions, [`control`] speaks with
//! the gateway's control port. Argo is told nothing but the number of the next cycle, or `stop`.

pub mod choice;
pub mod control;
pub mod decide;
pub mod told;

use crate::ask::Gateway;
use crate::contract::Contract;
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
        let decision = match Told::read(&self.told) {
            Ok(told) => self.decided(&told).await,
            Err(why) => Decision::error(None, why),
        };
        std::fs::write(&self.answer, decision.word())?;
        Ok(decision)
    }

    async fn decided(&self, told: &Told) -> Decision {
        let gateway = Gateway {
            address: &self.gateway,
            patience: self.patience,
        };
        let control = Control::new(gateway, &self.uid, &self.key);
        let decision = match control.known(told.cycle).await {
            Ok(known) => decide(&Limits::of(&self.contract), told, &known),
            Err(why) => Decision::error(Some(told.cycle), why),
        };
        match control.keep(&decision).await {
            Ok(()) => decision,
            // What is not kept must not happen.
            Err(why) => Decision::error(Some(told.cycle), why),
        }
    }
}
