//! The gateway: between an agent and everything else.
//!
//! Two ports, two audiences: [`agent`] serves the one pod of a cycle, [`control`] serves router and people.
//! What either decides goes through the journal, the record and the state in one, and happens only when it is
//! on the disk. [`front`] lets good requests through and no others, [`http`] reads them within bounds, [`answer`] is
//! the one place that writes refusals.

pub mod agent;
pub mod answer;
pub mod connect;
pub mod control;
mod files;
pub mod front;
mod git;
pub mod http;
pub mod inputs;
mod mcp;
mod models;
mod prompt;
mod route;
#[cfg(test)]
pub(crate) mod testing;

use crate::contract::{Contract, SecretRole};
use crate::net::address::Private;
use crate::net::dial::{Connector, System, Times};
use crate::net::tls::Tls;
use crate::proof::Key;
use crate::secret::Secrets;
use crate::state::journal::Journal;
use crate::web::Web;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

/// What every request is judged by.
#[derive(Debug)]
pub struct Gateway {
    /// The verified contract.
    pub contract: Contract,
    /// The run's key.
    pub key: Key,
    /// UID of the run.
    pub uid: String,
    /// The validated inputs.
    pub inputs: inputs::Inputs,
    /// Where the agent may go.
    pub egress: connect::Egress,
    /// The credentials of models, tools, approvals and routes.
    pub secrets: Secrets,
    /// The gateway's own requests.
    pub web: Web,
    /// Record and state.
    pub journal: Journal,
}

/// What a gateway is started with, beside its contract.
#[derive(Debug)]
pub struct Given {
    /// The run's key.
    pub key: Key,
    /// UID of the run.
    pub uid: String,
    /// The validated inputs.
    pub inputs: inputs::Inputs,
    /// Record and state.
    pub journal: Journal,
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
        Ok(Self {
            egress: connect::Egress::new(&contract, connector)?,
            contract,
            key: given.key,
            uid: given.uid,
            inputs: given.inputs,
            secrets,
            web,
            journal: given.journal,
        })
    }

    /// Serves both ports until the process ends.
    pub async fn serve(self: Arc<Self>, agent: TcpListener, control: TcpListener) {
        // No connection of a run outlives it.
        let life = Duration::from_secs(self.contract.limits.deadline);
        let (mine, ours) = (Arc::clone(&self), Arc::clone(&self));
        let agents = http::serve(
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
        tokio::join!(agents, controls);
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
