//! The command line: a role, the contract that it verifies first, and what Argo tells it.
//!
//! Exit codes: 0, the role did its work; 1, it could not, or what it verified is broken; 2, it did not start:
//! wrong arguments, or a contract that is not the reviewed one; 3, the start gate found open what must be closed. Logs are JSON lines on standard output.

mod agent;
mod choose;
mod export;
mod gateway;
mod log;
mod pack;
mod probe;
mod record;
mod router;
mod start;
mod step;

use crate::contract::Contract;
use crate::contract::graph::MOST_STEPS;
use crate::digest::is_sha256;
use crate::open;
use crate::proof::Key;
use clap::{Args, Parser, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// What Argo numbers: visits of steps; without a graph, cycles.
const VISITS: i64 = 100 * MOST_STEPS as i64;

/// The role did its work.
const FINE: u8 = 0;
/// It could not.
const FAILED: u8 = 1;
/// It did not start.
const REFUSED: u8 = 2;

#[derive(Parser)]
#[command(
    name = "pure-agent-runtime",
    version,
    about = "Enforces a compiled run"
)]
struct Cli {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Stands between an agent and everything else
    Gateway(gateway::Gateway),
    /// Lets an agent start, where everything is closed that must be
    Start(start::Start),
    /// Drives the harness of an agent
    Agent(agent::Agent),
    /// Answers a harness that wants to end
    #[command(hide = true)]
    AgentStop(agent::Stop),
    /// Has the gateway choose the agent of a run, and tells which it is
    Choose(choose::Choose),
    /// Decides after a cycle whether another one starts
    Router(router::Router),
    /// Has the gateway do the work of a step, and decides what follows
    Step(step::Visit),
    /// Turns the workspace into inert bytes for the export step
    Pack(pack::Pack),
    /// Brings what was packed and submitted where it belongs
    Export(export::Export),
    /// Tells what the network of this pod lets through
    Probe(probe::Probe),
    /// Works with the record of a run
    #[command(subcommand)]
    Record(record::Record),
}

/// What every role of a run is started with.
#[derive(Args)]
struct Verified {
    /// File of the contract
    #[arg(long, value_name = "FILE")]
    contract: PathBuf,
    /// SHA-256 of that file, in hexadecimal
    #[arg(long, value_name = "SHA256")]
    digest: String,
    /// Digest of the reviewed bundle, in hexadecimal
    #[arg(long, value_name = "SHA256")]
    bundle: String,
}

impl Verified {
    /// Reads the contract; nothing else is opened before.
    fn contract(&self) -> Result<Contract, ExitCode> {
        if !is_sha256(&self.bundle) {
            return Err(refuse("the bundle's digest is none"));
        }
        open::contract(&self.contract, &self.digest).map_err(|e| refuse(&e.to_string()))
    }
}

/// What a step is started with that asks the gateway's control port and tells Argo a word.
#[derive(Args)]
struct Step {
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

impl Step {
    fn key(&self) -> Result<Key, ExitCode> {
        Key::read(&self.key).map_err(|e| refuse(&format!("the run's key cannot be read: {e}")))
    }
}

/// Where files are that the contract names, on a machine that does not have its paths.
#[derive(Args)]
struct Elsewhere {
    /// Folder of the secrets, with a file for each name [default: the paths of the contract]
    #[arg(long, value_name = "FOLDER")]
    secrets: Option<PathBuf>,
    /// File of the certificates that are trusted beside the public roots, where the contract names one
    #[arg(long, value_name = "FILE")]
    trust_bundle: Option<PathBuf>,
}

impl Elsewhere {
    /// The contract, verified before, with these places in it.
    fn place(&self, mut contract: Contract) -> Result<Contract, String> {
        let text = |path: PathBuf| {
            let text = path.into_os_string().into_string();
            text.map_err(|path| format!("the path {} is no text", path.display()))
        };
        if let Some(folder) = &self.secrets {
            for secret in &mut contract.secrets {
                secret.path = text(folder.join(&secret.name))?;
            }
        }
        if let (Some(file), Some(named)) = (&self.trust_bundle, &mut contract.network.trust_bundle)
        {
            *named = text(file.clone())?;
        }
        Ok(contract)
    }
}

/// Runs a role's work on this thread.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    Ok(runtime.map_err(|e| e.to_string())?.block_on(work))
}

fn refuse(why: &str) -> ExitCode {
    log::line("refused", json!({"why": why}));
    ExitCode::from(REFUSED)
}

/// Runs the role that the command line of this process names.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::parse().role {
        Role::Agent(agent) => agent.run(),
        Role::AgentStop(stop) => stop.run(),
        Role::Choose(choose) => choose.run(),
        Role::Gateway(gateway) => gateway.run(),
        Role::Export(export) => export.run(),
        Role::Pack(pack) => pack.run(),
        Role::Probe(probe) => probe.run(),
        Role::Record(record) => record.run(),
        Role::Start(start) => start.run(),
        Role::Router(router) => router.run(),
        Role::Step(visit) => visit.run(),
    }
}
