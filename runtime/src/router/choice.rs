//! The step before the first cycle, in a run that chooses its agent: the gateway chooses, this tells Argo.
//!
//! Argo learns one word, which this verified to be a name of the contract's list; nothing that a model wrote is told.

use crate::ask::{Gateway, Question};
use crate::contract::Contract;
use crate::proof::{Key, Use};
use crate::strict;
use bytes::Bytes;
use hyper::Method;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Most bytes of the gateway's answer.
const MOST_ANSWER: usize = 4 * 1024;
/// What the gateway's answer may take beyond the time of the choice: the disk, and the last bytes.
const BEYOND: Duration = Duration::from_secs(10);

/// What the gateway answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Name of the agent.
    pub agent: String,
    /// Why.
    pub reason: String,
}

/// What the step is started with.
#[derive(Debug)]
pub struct Chooser {
    /// The verified contract.
    pub contract: Contract,
    /// The run's key.
    pub key: Key,
    /// UID of the run.
    pub uid: String,
    /// `host:port` of the gateway's control port.
    pub gateway: String,
    /// How long the gateway may be away.
    pub patience: Duration,
    /// Where Argo reads the answer.
    pub answer: PathBuf,
}

impl Chooser {
    /// Asks, and tells Argo a name of the contract's list.
    ///
    /// # Errors
    /// On any doubt. Argo is then told nothing, and no agent starts.
    pub async fn run(&self) -> Result<Chosen, String> {
        let route = self.contract.route.as_ref();
        let route = route.ok_or("the contract chooses no agent")?;
        let gateway = Gateway {
            address: &self.gateway,
            patience: self.patience,
        };
        let proof = self.key.proof(&self.uid, Use::Router);
        let question = Question {
            method: Method::POST,
            path: "/v1/route",
            bearer: Some(&proof),
            body: Bytes::new(),
            most: MOST_ANSWER,
            within: Duration::from_secs(route.by.deadline()) + BEYOND,
        };
        let answer = gateway.ask(&question).await?;
        let chosen: Chosen = strict::read(&answer)
            .map_err(|_untold| "the gateway's answer is malformed".to_owned())?;
        if !route.choices.iter().any(|c| c.agent == chosen.agent) {
            return Err("the gateway names an agent that cannot be chosen".to_owned());
        }
        std::fs::write(&self.answer, &chosen.agent)
            .map_err(|e| format!("the answer cannot be written: {e}"))?;
        Ok(chosen)
    }
}
