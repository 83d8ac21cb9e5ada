//! The gateway: between an agent and everything else.
//!
//! Three ports, three audiences: [`agent`] serves the one pod of a cycle, [`control`] serves router and people, `leave`
//! is the way out of the export step.
//! What either decides goes through the journal, the record and the state in one, and happens only when it is
//! on the disk. [`front`] lets good requests through and no others, [`http`] reads them within bounds, [`answer`] is
//! the one place that writes refusals.

pub mod agent;
pub mod answer;
mod choice;
pub mod connect;
pub mod control;
mod echo;
mod files;
mod flow;
pub mod front;
mod git;
pub mod http;
pub mod inputs;
pub mod keep;
pub(crate) mod leave;
pub mod mcp;
pub mod models;
mod prompt;
pub mod route;
mod steps;
#[cfg(test)]
pub(crate) mod testing;
pub mod workers;

use crate::approval::Desk;
use crate::contract::{Agent, Contract, SecretRole, Work};
use crate::net::address::Private;
use crate::net::dial::{Connector, System, Times};
use crate::net::tls::Tls;
use crate::proof::{Key, Use};
use crate::secret::Secrets;
use crate::state::journal::Journal;
use crate::tools::Tools;
use crate::web::Web;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use workers::Workers;

/// What every request is judged by.
#[derive(Debug)]
pub struct Gateway {
    /// The verified contract.
    pub contract: Contract,
    /// The run's key.
    pub key: Key,
    /// UID of the run.
    pub uid: String,
    /// Name of the run; empty where nobody says it.
    pub run: String,
    /// The validated inputs.
    pub inputs: inputs::Inputs,
    /// Where the agent may go.
    pub egress: connect::Egress,
    /// Where the export step may go.
    pub leave: leave::Leave,
    /// The credentials of models, tools, approvals and routes.
    pub secrets: Secrets,
    /// The gateway's own requests.
    pub web: Web,
    /// How the agent is chosen; none where there is one only.
    choice: Option<choice::Choice>,
    /// The steps that the gateway itself does.
    steps: steps::Steps,
    /// Calls of models that wait.
    pub models: models::Models,
    /// The calls of tools that are under way.
    pub mcp: mcp::Mcp,
    /// What is kept outside.
    pub keep: keep::Keep,
    /// The tools of all servers.
    pub tools: Tools,
    /// Where `http` routes lead.
    pub routes: route::Routes,
    /// The requests for approval that wait.
    pub approvals: Desk,
    /// Places for those who read the record.
    pub readers: Arc<Semaphore>,
    /// Record and state.
    pub journal: Arc<Journal>,
}

/// What a gateway is started with, beside its contract.
#[derive(Debug)]
pub struct Given {
    /// The run's key.
    pub key: Key,
    /// UID of the run.
    pub uid: String,
    /// Name of the run; empty where nobody says it.
    pub run: String,
    /// The validated inputs.
    pub inputs: inputs::Inputs,
    /// Record and state.
    pub journal: Journal,
    /// Folder of transcripts, beside the record.
    pub transcripts: PathBuf,
}

impl Gateway {
    /// A gateway that dials by the contract's network and has read its credentials.
    ///
    /// # Errors
    /// What cannot be read: a range, a pattern, a trust bundle, a credential.
    pub fn new(contract: Contract, given: Given) -> Result<Self, String> {
        let private = Private::parse(&contract.network.private).map_err(|e| e.to_string())?;
        let connector = Connector::new(Arc::new(System), private, Times::default());
        let bundle = contract.network.trust_bundle.as_deref().map(Path::new);
        let tls = Tls::new(connector.clone(), bundle).map_err(|e| e.to_string())?;
        let secrets = Secrets::read(&contract, SecretRole::Gateway)?;
        Self::with(contract, given, connector, secrets, Web::direct(tls))
    }

    fn with(
        contract: Contract,
        given: Given,
        connector: Connector,
        secrets: Secrets,
        web: Web,
    ) -> Result<Self, String> {
        crate::graph::check(&contract)?;
        let journal = Arc::new(given.journal);
        let files = given.key.proof(&given.uid, Use::Files);
        Ok(Self {
            leave: leave::Leave::new(&contract, connector.clone())?,
            egress: connect::Egress::new(&contract, connector)?,
            mcp: mcp::Mcp::new(&contract),
            keep: keep::Keep::open(&contract, &secrets, &given.transcripts)?,
            tools: Tools::new(&contract, &secrets, &web, &journal, &files)?,
            routes: route::Routes::new(&contract, &secrets)?,
            choice: choice::Choice::new(&contract)?,
            steps: steps::Steps::default(),
            contract,
            key: given.key,
            uid: given.uid,
            run: given.run,
            inputs: given.inputs,
            secrets,
            web,
            models: models::Models::default(),
            journal,
            approvals: Desk::default(),
            readers: Arc::new(Semaphore::new(control::READERS)),
        })
    }

    /// Serves the three ports until the process ends. Agents are dealt out among the workers.
    pub async fn serve(
        self: Arc<Self>,
        workers: Workers,
        agent: TcpListener,
        control: TcpListener,
        export: TcpListener,
    ) {
        // No connection of a run outlives it.
        let limits = &self.contract.limits;
        let (life, last) = (limits.deadline, limits.export);
        let (life, last) = (Duration::from_secs(life), Duration::from_secs(last));
        let (mine, ours) = (Arc::clone(&self), Arc::clone(&self));
        let agents = http::serve_on(
            workers,
            agent,
            life,
            move |asked| agent::answer(Arc::clone(&mine), asked),
            move |refusal| agent::refused(&ours, refusal),
        );
        let mine = Arc::clone(&self);
        let controls = http::serve(
            control,
            life,
            move |asked| control::answer(Arc::clone(&mine), asked),
            |_refusal| (),
        );
        let (mine, ours) = (Arc::clone(&self), Arc::clone(&self));
        let exports = http::serve(
            export,
            last,
            move |asked| leave::answer(Arc::clone(&mine), asked),
            move |refusal| agent::refused(&ours, refusal),
        );
        tokio::join!(agents, controls, exports);
    }

    /// The agent of the run, or of the step that it is at; none before it was chosen, and where no agent's turn is.
    fn agent(&self) -> Option<&Agent> {
        let mut agents = self.contract.agents.iter();
        match &self.contract.route {
            None if self.contract.graph.is_some() => self.journal.read(|state| {
                let Work::Agent { agent, .. } = &state.walk()?.current()?.work else {
                    return None;
                };
                agents.find(|known| known.name == *agent)
            }),
            None => agents.find(|agent| agent.name == self.contract.entry),
            Some(_) => self.journal.read(|state| {
                let chosen = state.route()?.chosen()?;
                agents.find(|agent| agent.name == chosen.agent)
            }),
        }
    }

    /// Its name; before it was chosen that of none.
    fn agent_name(&self) -> String {
        self.agent().map(|a| a.name.clone()).unwrap_or_default()
    }

    /// Whether the run's time is over; nothing is allowed to an agent then.
    fn over(&self) -> bool {
        let deadline = self.journal.read(|state| state.deadline());
        deadline.is_none_or(|deadline| now() >= deadline)
    }
}

/// Seconds since 1970. A clock before that says that all time is over.
#[must_use]
pub fn now() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    time.map_or(u64::MAX, |t| t.as_secs())
}
