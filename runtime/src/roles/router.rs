//! `pure-agent-runtime router`

use super::{FAILED, FINE, Step, Verified, block_on, log, refuse};
use crate::router::decide::Decision;
use crate::router::{self, told::Arguments};
use clap::Args;
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Args)]
pub(super) struct Router {
    #[command(flatten)]
    verified: Verified,
    /// Number of the cycle that ended
    #[arg(long, allow_hyphen_values = true)]
    cycle: String,
    /// Phase of the agent's pod
    #[arg(long, allow_hyphen_values = true)]
    phase: String,
    /// Exit code of the agent; empty: none
    #[arg(long, allow_hyphen_values = true)]
    exit_code: String,
    /// Exit code of the start gate; empty: none
    #[arg(long, allow_hyphen_values = true)]
    start_code: String,
    /// Why the pod ended; empty: nothing is known
    #[arg(long, allow_hyphen_values = true)]
    pod_reason: String,
    /// Why the agent's container ended; empty: nothing is known
    #[arg(long, allow_hyphen_values = true)]
    end_reason: String,
    #[command(flatten)]
    step: Step,
}

impl Router {
    pub(super) fn run(self) -> ExitCode {
        let contract = match self.verified.contract() {
            Ok(contract) => contract,
            Err(code) => return code,
        };
        let key = match self.step.key() {
            Ok(key) => key,
            Err(code) => return code,
        };
        let router = router::Router {
            contract,
            told: Arguments {
                cycle: self.cycle,
                phase: self.phase,
                exit_code: self.exit_code,
                start_code: self.start_code,
                pod_reason: self.pod_reason,
                end_reason: self.end_reason,
            },
            key,
            uid: self.step.uid,
            gateway: self.step.gateway,
            patience: Duration::from_secs(self.step.patience),
            answer: self.step.answer,
        };
        told(block_on(router.run()))
    }
}

/// Logs what was decided.
pub(super) fn told(decided: Result<std::io::Result<Decision>, String>) -> ExitCode {
    match decided {
        Ok(Ok(decision)) => {
            log::line("decided", json!({"decision": decision}));
            ExitCode::from(FINE)
        }
        Ok(Err(e)) => {
            let why = format!("the answer cannot be written: {e}");
            log::line("failed", json!({"why": why}));
            ExitCode::from(FAILED)
        }
        Err(why) => refuse(&why),
    }
}
