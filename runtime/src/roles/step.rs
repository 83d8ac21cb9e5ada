//! `pure-agent-runtime step`

use super::router::told;
use super::{Step, Verified, block_on};
use crate::router::{Router, told::Arguments};
use clap::Args;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Args)]
pub(super) struct Visit {
    #[command(flatten)]
    verified: Verified,
    /// Number of the visit
    #[arg(long, allow_hyphen_values = true)]
    cycle: String,
    #[command(flatten)]
    step: Step,
}

impl Visit {
    pub(super) fn run(self) -> ExitCode {
        let contract = match self.verified.contract() {
            Ok(contract) => contract,
            Err(code) => return code,
        };
        let key = match self.step.key() {
            Ok(key) => key,
            Err(code) => return code,
        };
        let router = Router {
            contract,
            told: Arguments {
                cycle: self.cycle,
                ..Arguments::default()
            },
            key,
            uid: self.step.uid,
            gateway: self.step.gateway,
            patience: Duration::from_secs(self.step.patience),
            answer: self.step.answer,
        };
        told(block_on(router.step()))
    }
}
