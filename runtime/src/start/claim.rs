//! The bearer of a cycle, which the gateway gives out once.

use crate::ask::Gateway;
use crate::{proof, strict};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Fewest and most bytes of a bearer.
const LENGTH: std::ops::RangeInclusive<usize> = 32..=256;

/// What the start gate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Number of the cycle; in a run with a graph, of the visit.
    pub cycle: u32,
    /// Name of the agent, where the run chooses one of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// [`proof::claim_as`] of both.
    pub proof: String,
}

/// What the gateway answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claimed {
    /// The agent's bearer: letters, digits, `-` and `_`.
    pub bearer: String,
}

impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claimed")
    }
}

/// Claims a cycle, for an agent where the run chooses one of several.
///
/// # Errors
/// When the gateway does not give a bearer; it does so once for a cycle.
pub async fn claim(
    gateway: Gateway<'_>,
    uid: &str,
    cycle: u32,
    agent: Option<&str>,
) -> Result<String, String> {
    let claim = Claim {
        cycle,
        agent: agent.map(str::to_owned),
        proof: proof::claim_as(uid, cycle, agent),
    };
    let body = serde_json::to_vec(&claim).map_err(|e| e.to_string())?;
    let answer = gateway.post("/v1/claim", None, body.into()).await?;
    let claimed: Claimed =
        strict::read(&answer).map_err(|_untold| "the gateway's answer is malformed".to_owned())?;
    if !is_bearer(&claimed.bearer) {
        return Err("the gateway's answer holds no bearer".to_owned());
    }
    Ok(claimed.bearer)
}

/// Whether a text can be a bearer: it needs no escapes in headers, URLs and settings.
#[must_use]
pub fn is_bearer(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    LENGTH.contains(&text.len()) && text.bytes().all(plain)
}
