//! The start gate: no agent starts where something is open that must be closed.
//!
//! It runs in the agent's pod before any code of the agent does, checks the network from there ([`gate`]),
//! claims the bearer of this cycle ([`claim`]), and leaves what the shim needs in a folder that the agent can
//! read and not write.

pub mod claim;
pub mod gate;

use crate::ask::Gateway;
use crate::contract::{Agent, CONTROL_PORT, Contract, EXPORT_PORT, Visit, Work};
use crate::graph;
use crate::shim::{harness, skills};
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Name of the shim in the folder.
pub const SHIM: &str = "pure-agent-runtime";
/// Name of the bearer's file.
pub const BEARER: &str = "bearer";
/// Name of the file with the agent's part of the contract.
pub const AGENT: &str = "agent.json";
/// Name of the file with the ids of the agent's models, first the default.
pub const MODELS: &str = "models.json";

/// What the start gate is started with.
#[derive(Debug)]
pub struct Start {
    /// The verified contract.
    pub contract: Contract,
    /// Whether anything must be closed.
    pub guarded: bool,
    /// UID of the run.
    pub uid: String,
    /// Number of the cycle; in a run with a graph, of the visit.
    pub cycle: u32,
    /// The agent of this pod, where the run chooses one of several.
    pub agent: Option<String>,
    /// Host of the gateway.
    pub gateway: String,
    /// Port of the gateway for agents.
    pub port: u16,
    /// `host:port` of the API server, as the kubelet tells every container.
    pub api_server: Option<String>,
    /// How long policies may take to hold, and the gateway to answer.
    pub patience: Duration,
    /// The folder that the agent reads.
    pub folder: PathBuf,
    /// This program.
    pub program: PathBuf,
}

/// Why the agent does not start.
#[derive(Debug)]
pub enum Refused {
    /// These addresses (`host:port`) are open.
    Open(Vec<String>),
    /// The cycle could not be claimed.
    Claim(String),
    /// The pod's agent is not one that the contract starts.
    Agent,
    /// The folder could not be written.
    Folder(io::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(list) => write!(
                f,
                "open, and must be closed to an agent: {}; is the network policy enforced?",
                list.join(", ")
            ),
            Self::Claim(why) => write!(f, "the cycle cannot be claimed: {why}"),
            Self::Agent => write!(f, "the contract does not start the agent of this pod"),
            Self::Folder(e) => write!(f, "the agent's files cannot be written: {e}"),
        }
    }
}

impl std::error::Error for Refused {}

impl Start {
    /// Checks, claims and leaves the agent's files, in this order.
    ///
    /// # Errors
    /// On any doubt; the agent's container does not start then.
    pub async fn run(&self) -> Result<(), Refused> {
        if self.guarded {
            let closed = gate::closed(&self.must_be_closed(), self.patience).await;
            closed.map_err(Refused::Open)?;
        }
        let agent = self.own().ok_or(Refused::Agent)?;
        let files = self.files(agent).map_err(Refused::Folder)?;
        let address = format!("{}:{}", self.gateway, self.port);
        let gateway = Gateway {
            address: &address,
            patience: self.patience,
        };
        let bearer = claim::claim(gateway, &self.uid, self.cycle, self.agent.as_deref())
            .await
            .map_err(Refused::Claim)?;
        skills::leave(&self.folder, &agent.skills).map_err(Refused::Folder)?;
        self.leave(files, &bearer).map_err(Refused::Folder)
    }

    /// The agent of this pod. A pod of a run with a route or with steps is told which, any other is not; where there are
    /// steps, it is that of the visited one.
    fn own(&self) -> Option<&Agent> {
        let Contract {
            agents,
            entry,
            route,
            graph,
            ..
        } = &self.contract;
        let name = match (route, &self.agent) {
            (None, agent) if graph.is_some() => {
                self.visited().filter(|own| Some(*own) == agent.as_ref())?
            }
            (None, None) => entry,
            (Some(route), Some(agent)) => {
                let mut choices = route.choices.iter();
                &choices.find(|choice| choice.agent == *agent)?.agent
            }
            (None, Some(_)) | (Some(_), None) => return None,
        };
        agents.iter().find(|agent| agent.name == *name)
    }

    /// The agent of the step that is visited.
    fn visited(&self) -> Option<&String> {
        let visit = Visit::of(self.cycle)?;
        match &graph::step(self.contract.graph.as_ref()?, visit.step)?.work {
            Work::Agent { agent, .. } => Some(agent),
            Work::Call { .. } | Work::Approval { .. } | Work::Export { .. } => None,
        }
    }

    /// Everything that an agent must not reach: the gateway's other ports, the API server, and what the
    /// contract names.
    fn must_be_closed(&self) -> Vec<String> {
        let ports = [CONTROL_PORT, EXPORT_PORT];
        let gateway = ports.map(|port| format!("{}:{port}", self.gateway));
        let mut all: Vec<_> = self.contract.network.closed.clone();
        all.extend(gateway);
        all.extend(self.api_server.clone());
        all.sort();
        all.dedup();
        all
    }

    /// What the shim reads, and the settings of the harness: neither is the agent's to change.
    fn files(&self, agent: &Agent) -> io::Result<Vec<(&'static str, Vec<u8>)>> {
        let models = agent.models.iter().filter_map(|name| {
            let model = self.contract.models.iter().find(|m| m.name == *name)?;
            let (id, provider) = (model.id.clone(), model.provider);
            Some(harness::Model { id, provider })
        });
        let models: Vec<_> = models.collect();
        let gateway = format!("http://{}:{}", self.gateway, self.port);
        let mut files = harness::settings(agent, &self.folder, &gateway);
        files.push((AGENT, serde_json::to_vec(agent)?));
        files.push((MODELS, serde_json::to_vec(&models)?));
        Ok(files)
    }

    fn leave(&self, files: Vec<(&'static str, Vec<u8>)>, bearer: &str) -> io::Result<()> {
        let program = std::fs::read(&self.program)?;
        write(&self.folder.join(SHIM), &program, 0o555)?;
        for (name, bytes) in files {
            write(&self.folder.join(name), &bytes, 0o444)?;
        }
        write(&self.folder.join(BEARER), bearer.as_bytes(), 0o444)
    }
}

/// Writes a file that must not be there yet, and makes it last. It is readable by every user: the agent's user differs
/// from this one, and nobody else has the folder.
fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    create(path, bytes, mode)?.sync_all()
}

/// Writes a file that must not be there yet, whose mode is this one whatever the process masks.
pub(crate) fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<File> {
    use std::io::Write as _;
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    Ok(file)
}
