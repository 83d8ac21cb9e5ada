//! What was let through, and how much of it a cycle may put into the record.
//!
//! Each request that is let through is in the record in lines of its own, also one that carries nothing: what it may
//! use is set aside before it. An agent decides how often it asks, so the lines of one cycle are bounded.

use super::refusal::Refusal;
use crate::record::event::Request;

/// Most requests of a cycle that are let through and use no turn.
pub const MOST_REQUESTS: u64 = 50_000;
/// Most bytes of their targets.
pub const MOST_BYTES: u64 = 16 << 20;

/// What was let through in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    total: u64,
    requests: u64,
    bytes: u64,
}

impl Allowed {
    /// All requests that were let through.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Whether the cycle may have one more.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        match self.requests >= MOST_REQUESTS || self.bytes >= MOST_BYTES {
            true => Err(Refusal::RequestMany),
            false => Ok(()),
        }
    }

    /// One that has a line of its own.
    pub(super) fn line(&mut self, request: &Request) {
        self.bytes = self.bytes.saturating_add(request.target.len() as u64);
        self.free();
    }

    /// One that uses no turn.
    pub(super) fn free(&mut self) {
        self.requests = self.requests.saturating_add(1);
        self.turn();
    }

    /// One that is bounded by turns.
    pub(super) fn turn(&mut self) {
        self.total = self.total.saturating_add(1);
    }

    /// A new cycle has requests of its own.
    pub(super) fn renew(&mut self) {
        (self.requests, self.bytes) = (0, 0);
    }
}
