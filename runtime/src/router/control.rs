//! The gateway's control port, as the router asks it.

use super::decide::{Decision, Known};
use crate::ask::Gateway;
use crate::contract::Visit;
use crate::proof::{Key, Use};
use crate::strict;
use bytes::Bytes;

/// The control port, asked with the router's proof.
#[derive(Debug)]
pub struct Control<'a> {
    gateway: Gateway<'a>,
    proof: String,
}

impl<'a> Control<'a> {
    /// Speaks as the router of the run with this UID.
    #[must_use]
    pub fn new(gateway: Gateway<'a>, uid: &str, key: &Key) -> Self {
        let proof = key.proof(uid, Use::Router);
        Self { gateway, proof }
    }

    /// What the gateway knows of a cycle, which it seals by that.
    ///
    /// # Errors
    /// When there is no answer in time, or one that is not understood.
    pub async fn known(&self, visit: Visit) -> Result<Known, String> {
        let number = visit.number().ok_or("the cycle has no number")?;
        let path = format!("/v1/cycles/{number}/seal");
        let answer = self.post(&path, Bytes::new()).await?;
        strict::read(&answer).map_err(|e| format!("the gateway's answer is malformed: {e}"))
    }

    /// Has the gateway keep a decision. It keeps one for each cycle; the same one again is no error.
    ///
    /// # Errors
    /// When it is not kept.
    pub async fn keep(&self, decision: &Decision) -> Result<(), String> {
        let body = serde_json::to_vec(decision).map_err(|e| e.to_string())?;
        self.post("/v1/decision", body.into()).await.map(drop)
    }

    async fn post(&self, path: &str, body: Bytes) -> Result<Vec<u8>, String> {
        self.gateway.post(path, Some(&self.proof), body).await
    }
}
