//! `pure-agent-runtime choose`

use super::{FAILED, FINE, Verified, block_on, log, refuse};
use crate::proof::Key;
use crate::router::choice::Chooser;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Args)]
pub(super) struct Choose {
    #[command(flatten)]
    verified: Verified,
    /// UID of the run
    #[arg(long, env = "PURE_AGENT_UID")]
    uid: String,
    /// File of the run's key
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/run/secrets/pure-agent-key/key"
    )]
    key: PathBuf,
    /// Control port of the gateway
    #[arg(
        long,
        value_name = "HOST:PORT",
        default_value = "gateway.pure-agent:9090"
    )]
    gateway: String,
    /// Seconds that the gateway may be away
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    /// Where Argo reads the answer
    #[arg(long, value_name = "FILE", default_value = "/dev/termination-log")]
    answer: PathBuf,
}

impl Choose {
    pub(super) fn run(self) -> ExitCode {
        let contract = match self.verified.contract() {
            Ok(contract) => contract,
            Err(code) => return code,
        };
        let key = match Key::read(&self.key) {
            Ok(key) => key,
            Err(e) => return refuse(&format!("the run's key cannot be read: {e}")),
        };
        let chooser = Chooser {
            contract,
            key,
            uid: self.uid,
            gateway: self.gateway,
            patience: Duration::from_secs(self.patience),
            answer: self.answer,
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
