//! `pure-agent-runtime pack`

use super::{FAILED, FINE, Verified, log};
use crate::pack::pack;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct Pack {
    #[command(flatten)]
    verified: Verified,
    /// Folder that the agents wrote; it is only read
    #[arg(long, value_name = "FOLDER", default_value = "/workspace")]
    workspace: PathBuf,
    /// Folder for the export step
    #[arg(long, value_name = "FOLDER", default_value = "/outbox")]
    outbox: PathBuf,
}

impl Pack {
    pub(super) fn run(self) -> ExitCode {
        let contract = match self.verified.contract() {
            Ok(contract) => contract,
            Err(code) => return code,
        };
        match pack(&contract, &self.workspace, &self.outbox) {
            Ok(manifest) => {
                log::line("packed", json!({"exports": manifest.exports.len()}));
                ExitCode::from(FINE)
            }
            Err(failed) => {
                let why = failed.to_string();
                log::line("failed", json!({"rule": failed.rule(), "why": why}));
                ExitCode::from(FAILED)
            }
        }
    }
}
