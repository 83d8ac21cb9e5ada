//! What the gateway tells the agent of a cycle.

use crate::ask::Gateway;
use crate::strict;
use serde::Deserialize;
use std::time::Duration;

/// Most bytes of a prompt, as JSON.
const MOST_PROMPT: usize = 4 * 1024 * 1024;
/// Most bytes of the other answer.
const MOST_SUBMISSION: usize = 64 * 1024;

/// Asks the gateway as the agent.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// `host:port`.
    pub address: &'a str,
    /// The agent's bearer.
    pub bearer: &'a str,
    /// How long the gateway may not answer.
    pub patience: Duration,
}

/// How the submission of this cycle stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// Something was handed in.
    pub submitted: bool,
    /// Something must be.
    pub required: bool,
    /// Reminders in this cycle, at most.
    pub reminders: u32,
    /// What a reminder says.
    pub reminder: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prompt {
    prompt: String,
}

impl std::fmt::Debug for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Told({})", self.address)
    }
}

impl Told<'_> {
    /// The prompt of this cycle.
    ///
    /// # Errors
    /// Says why there is none.
    pub async fn prompt(&self) -> Result<String, String> {
        let Prompt { prompt } = self.get("/v1/prompt", MOST_PROMPT).await?;
        Ok(prompt)
    }

    /// Whether something was handed in, and must be.
    ///
    /// # Errors
    /// Says why that is not known.
    pub async fn submission(&self) -> Result<Submission, String> {
        self.get("/v1/submission", MOST_SUBMISSION).await
    }

    async fn get<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        most: usize,
    ) -> Result<T, String> {
        let gateway = Gateway {
            address: self.address,
            patience: self.patience,
        };
        let answer = gateway.get(path, Some(self.bearer), most).await?;
        strict::read(&answer).map_err(|_untold| "the gateway's answer is malformed".to_owned())
    }
}
