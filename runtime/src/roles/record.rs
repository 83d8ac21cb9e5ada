//! `pure-agent-runtime record`

use super::{FAILED, FINE, log};
use crate::record::verify::verify;
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(super) enum Record {
    /// Says whether a record is whole: every line, every hash, from the first to the last
    Verify {
        /// The record
        file: PathBuf,
    },
}

impl Record {
    pub(super) fn run(self) -> ExitCode {
        let Self::Verify { file } = self;
        match verify(&file) {
            Ok(summary) => {
                log::line("verified", json!({"record": summary}));
                ExitCode::from(FINE)
            }
            Err(broken) => {
                let why = broken.to_string();
                log::line("broken", json!({"rule": broken.rule(), "why": why}));
                ExitCode::from(FAILED)
            }
        }
    }
}
