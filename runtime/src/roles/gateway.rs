//! `pure-agent-runtime gateway`

use super::{Elsewhere, FAILED, Verified, block_on, log, refuse};
use crate::contract::{AGENT_PORT, CONTROL_PORT, Contract, EXPORT_PORT};
use crate::gateway::inputs::Inputs;
use crate::gateway::workers::Workers;
use crate::gateway::{self, Given, now};
use crate::proof::Key;
use crate::record::event::RunOpened;
use crate::state::journal::Journal;
use clap::Args;
use serde_json::json;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Name of the log in the record's folder.
const RECORD: &str = "record.jsonl";
/// Threads that serve agents, beside the first one.
const MORE: usize = 1;
/// Folder of the transcripts in it.
const TRANSCRIPTS: &str = "transcripts";

#[derive(Args)]
pub(super) struct Gateway {
    #[command(flatten)]
    verified: Verified,
    #[command(flatten)]
    elsewhere: Elsewhere,
    /// UID of the run
    #[arg(long, env = "PURE_AGENT_UID", hide_env_values = true)]
    uid: String,
    /// Name of the run, which stands on the runs that it submits
    #[arg(long, env = "PURE_AGENT_RUN", default_value = "")]
    run: String,
    /// Inputs of the run: base64url of a JSON object
    #[arg(long, env = "PURE_AGENT_INPUTS", hide_env_values = true)]
    inputs: String,
    /// File of the run's key
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/run/secrets/pure-agent-key/key"
    )]
    key: PathBuf,
    /// Folder of the record
    #[arg(long, value_name = "FOLDER", default_value = "/record")]
    record: PathBuf,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V6(Ipv6Addr::UNSPECIFIED))]
    listen: IpAddr,
    /// Port for agents; 0: any
    #[arg(long, value_name = "PORT", default_value_t = AGENT_PORT)]
    agent_port: u16,
    /// Port for router and people; 0: any
    #[arg(long, value_name = "PORT", default_value_t = CONTROL_PORT)]
    control_port: u16,
    /// Port for the export step; 0: any
    #[arg(long, value_name = "PORT", default_value_t = EXPORT_PORT)]
    export_port: u16,
}

impl Gateway {
    pub(super) fn run(self) -> ExitCode {
        // One page of 2 MiB for a few bytes is most of what an idle gateway would use. Without this it works as well.
        rustix::thread::disable_transparent_huge_pages(true).unwrap_or_default();
        let contract = match self.verified.contract() {
            Ok(contract) => contract,
            Err(code) => return code,
        };
        let listen = self.listen;
        let ports = [self.agent_port, self.control_port, self.export_port];
        let gateway = match self.prepare(contract) {
            Ok(gateway) => Arc::new(gateway),
            Err(why) => return refuse(&why),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let ended = match runtime {
            Ok(runtime) => runtime.block_on(serve(gateway, listen, ports)),
            Err(e) => Err(e),
        };
        match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => {
                log::line("failed", json!({"why": e.to_string()}));
                ExitCode::from(FAILED)
            }
        }
    }

    /// Everything that may refuse to start does so before a port is open.
    fn prepare(self, contract: Contract) -> Result<gateway::Gateway, String> {
        let key = Key::read(&self.key).map_err(|e| format!("the run's key cannot be read: {e}"))?;
        let inputs = Inputs::read(&self.inputs, &contract).map_err(|e| e.to_string())?;
        let run = RunOpened {
            uid: self.uid.clone(),
            bundle: self.verified.bundle,
            contract: self.verified.digest,
            time: now(),
        };
        let path = self.record.join(RECORD);
        let (journal, opened) = Journal::open(&path, &contract, run).map_err(|e| e.to_string())?;
        block_on(opened)?.map_err(|e| e.to_string())?;
        let given = Given {
            key,
            uid: self.uid,
            run: self.run,
            inputs,
            journal,
            transcripts: self.record.join(TRANSCRIPTS),
        };
        gateway::Gateway::new(self.elsewhere.place(contract)?, given)
    }
}

/// Serves until the process is told to end. What was answered is on the disk, so nothing is left to do then.
async fn serve(
    gateway: Arc<gateway::Gateway>,
    listen: IpAddr,
    ports: [u16; 3],
) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    let bind = |port| TcpListener::bind(SocketAddr::new(listen, port));
    let [agent, control, export] = ports;
    let (agent, control, export) = (
        bind(agent).await?,
        bind(control).await?,
        bind(export).await?,
    );
    let workers = Workers::start(MORE)?;
    let at = |listener: &TcpListener| listener.local_addr().map(|at| at.to_string());
    log::line(
        "listening",
        json!({"agent": at(&agent)?, "control": at(&control)?, "export": at(&export)?}),
    );
    tokio::select! {
        () = gateway.serve(workers, agent, control, export) => {}
        _ = term.recv() => log::line("ended", json!({})),
    }
    Ok(())
}
