//! `pure-agent-runtime agent` and the hook `agent-stop`

use super::{FAILED, FINE, VISITS, block_on, log, refuse};
use crate::shim::{self, reminder};
use clap::Args;
use serde_json::json;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Where the gateway is, by the name that the pod gives it.
const GATEWAY: &str = "gateway.pure-agent:8080";

#[derive(Args)]
pub(super) struct Agent {
    /// Number of the cycle
    #[arg(long, value_parser = clap::value_parser!(u32).range(..VISITS))]
    cycle: u32,
    /// Folder that the start gate left
    #[arg(long, value_name = "FOLDER", default_value = "/run/pure-agent")]
    folder: PathBuf,
    /// The gateway's port for agents
    #[arg(long, value_name = "HOST:PORT", default_value = GATEWAY)]
    gateway: String,
    /// Working directory of the harness
    #[arg(long, value_name = "FOLDER", default_value = "/workspace")]
    workspace: PathBuf,
    /// Home of the harness
    #[arg(long, value_name = "FOLDER", default_value = "/home/agent")]
    home: PathBuf,
    /// Its scratch space
    #[arg(long, value_name = "FOLDER", default_value = "/tmp")]
    tmp: PathBuf,
    /// Seconds between a signal that ends the harness and the one that nobody can ignore; less than the pod's
    #[arg(long, value_name = "SECONDS", default_value_t = 7)]
    grace: u64,
    /// Seconds that the gateway may be away
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    /// The command of a generic harness; none for the others
    #[arg(last = true)]
    command: Vec<String>,
}

impl Agent {
    pub(super) fn run(self) -> ExitCode {
        // Before there is another thread.
        if let Err(why) = shim::filter::apply() {
            return refuse(&why);
        }
        let shim = shim::Shim {
            cycle: self.cycle,
            command: self.command,
            folder: self.folder,
            gateway: self.gateway,
            workspace: self.workspace,
            home: self.home,
            tmp: self.tmp,
            grace: Duration::from_secs(self.grace),
            patience: Duration::from_secs(self.patience),
            log: log::line,
        };
        match block_on(shim.run()) {
            Ok(Ok(code)) => ExitCode::from(code),
            Ok(Err(why)) => {
                log::line("failed", json!({"why": why.to_string()}));
                ExitCode::from(FAILED)
            }
            Err(why) => refuse(&why),
        }
    }
}

#[derive(Args)]
pub(super) struct Stop {
    /// Folder that the start gate left
    #[arg(long, value_name = "FOLDER", default_value = "/run/pure-agent")]
    folder: PathBuf,
    /// The gateway's port for agents
    #[arg(long, value_name = "HOST:PORT", default_value = GATEWAY)]
    gateway: String,
    /// File that counts the reminders
    #[arg(long, value_name = "FILE", env = reminder::COUNT)]
    count: PathBuf,
}

impl Stop {
    pub(super) fn run(self) -> ExitCode {
        let answer = reminder::stop(&self.folder, &self.gateway, &self.count);
        if let Ok(Some(answer)) = block_on(answer) {
            // A harness that does not hear it ends, as it may.
            drop(std::io::stdout().lock().write_all(answer.as_bytes()));
        }
        ExitCode::from(FINE)
    }
}
