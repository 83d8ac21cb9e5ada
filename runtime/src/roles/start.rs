//! `pure-agent-runtime start`

use super::{FAILED, FINE, VISITS, Verified, block_on, log, refuse};
use crate::contract::AGENT_PORT;
use crate::router::told::OPEN;
use crate::start;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Args)]
pub(super) struct Start {
    #[command(flatten)]
    verified: Verified,
    /// Number of the cycle
    #[arg(long, env = "PURE_AGENT_CYCLE", value_parser = clap::value_parser!(u32).range(..VISITS))]
    cycle: u32,
    /// The agent of this pod, where the run chooses one of several
    #[arg(long, env = "PURE_AGENT_AGENT")]
    agent: Option<String>,
    /// UID of the run
    #[arg(long, env = "PURE_AGENT_UID", hide_env_values = true)]
    uid: String,
    /// Host of the gateway
    #[arg(long, value_name = "HOST", default_value = "gateway.pure-agent")]
    gateway: String,
    /// Port of the gateway for agents
    #[arg(long, value_name = "PORT", default_value_t = AGENT_PORT)]
    port: u16,
    /// Host of the API server, as the kubelet tells it
    #[arg(long, env = "KUBERNETES_SERVICE_HOST", value_name = "HOST")]
    api_host: Option<String>,
    /// Port of the API server, as the kubelet tells it
    #[arg(
        long,
        env = "KUBERNETES_SERVICE_PORT",
        value_name = "PORT",
        default_value_t = 443
    )]
    api_port: u16,
    /// Another address that must be closed to an agent; may be repeated
    #[arg(long, value_name = "HOST:PORT")]
    closed: Vec<String>,
    /// Begin although nothing is closed: for a machine on which somebody has accepted that
    #[arg(long, conflicts_with = "closed")]
    nothing_closed: bool,
    /// Seconds that policies may take to hold, and the gateway to answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    /// Folder that the agent reads
    #[arg(long, value_name = "FOLDER", default_value = "/run/pure-agent")]
    folder: PathBuf,
    /// Where the kubelet reads why the pod failed
    #[arg(long, value_name = "FILE", default_value = "/dev/termination-log")]
    answer: PathBuf,
}

impl Start {
    pub(super) fn run(self) -> ExitCode {
        let mut contract = match self.verified.contract() {
            Ok(contract) => contract,
            Err(code) => return code,
        };
        contract.network.closed.extend(self.closed);
        let guarded = !self.nothing_closed;
        let program = match std::env::current_exe() {
            Ok(program) => program,
            Err(e) => return refuse(&format!("this program is not found: {e}")),
        };
        let api_server = self.api_host.map(|host| match host.contains(':') {
            true => format!("[{host}]:{}", self.api_port),
            false => format!("{host}:{}", self.api_port),
        });
        let start = start::Start {
            contract,
            guarded,
            uid: self.uid,
            cycle: self.cycle,
            agent: self.agent,
            gateway: self.gateway,
            port: self.port,
            api_server,
            patience: Duration::from_secs(self.patience),
            folder: self.folder,
            program,
        };
        match block_on(start.run()) {
            Ok(Ok(())) => {
                log::line("started", json!({"cycle": start.cycle}));
                ExitCode::from(FINE)
            }
            Ok(Err(refused)) => {
                let why = refused.to_string();
                log::line("failed", json!({"why": why}));
                // The pod fails with or without the reason.
                drop(std::fs::write(&self.answer, why));
                ExitCode::from(match refused {
                    start::Refused::Open(_) => OPEN,
                    _ => FAILED,
                })
            }
            Err(why) => refuse(&why),
        }
    }
}
