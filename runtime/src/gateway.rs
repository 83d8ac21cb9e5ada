//! The gateway: between an agent and everything else.
//!
//! Two ports, two audiences: [`agent`] serves the one pod of a cycle, [`control`] serves router and people.
//! What either decides goes through the journal, the record and the state in one, and happens only when it is
//! on the disk. [`http`] reads requests within bounds, [`answer`] is the one place that writes refusals.

pub mod agent;
pub mod answer;
pub mod connect;
pub mod control;
pub mod http;
pub mod inputs;

use crate::contract::Contract;
use crate::proof::Key;
use crate::state::journal::Journal;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
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
    /// Record and state.
    pub journal: Journal,
}

impl Gateway {
    /// Serves both ports until the process ends.
    pub async fn serve(self: Arc<Self>, agent: TcpListener, control: TcpListener) {
        let mine = Arc::clone(&self);
        let agents = http::serve(agent, move |asked| agent::answer(Arc::clone(&mine), asked));
        let mine = Arc::clone(&self);
        let controls = http::serve(control, move |asked| {
            control::answer(Arc::clone(&mine), asked)
        });
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
