//! `pure-agent-runtime choose`

use super::{FAILED, FINE, Step, Verified, block_on, log, refuse};
use crate::router::choice::Chooser;
use clap::Args;
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Args)]
pub(super) struct Choose {
    #[command(flatten)]
    verified: Verified,
    #[command(flatten)]
    step: Step,
}

impl Choose {
    pub(super) fn run(self) -> ExitCode {
        let contract = match self.verified.contract() {
            Ok(contract) => contract,
            Err(code) => return code,
        };
        let key = match self.step.key() {
            Ok(key) => key,
            Err(code) => return code,
        };
        let chooser = Chooser {
            contract,
            key,
            uid: self.step.uid,
            gateway: self.step.gateway,
            patience: Duration::from_secs(self.step.patience),
            answer: self.step.answer,
        };
        match block_on(chooser.run()) {
            Ok(Ok(chosen)) => {
                log::line("chosen", json!(chosen));
                ExitCode::from(FINE)
            }
            Ok(Err(why)) => {
                log::line("failed", json!({"why": why}));
                ExitCode::from(FAILED)
            }
            Err(why) => refuse(&why),
        }
    }
}
