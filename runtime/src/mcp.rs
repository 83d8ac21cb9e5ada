//! The protocol of tools (MCP), as a server speaks it: messages, versions, names, schemas, answers.
//!
//! Nothing here has a socket or a state; [`crate::gateway`] decides what a message may do. Two ways to open are
//! known: the handshake of 2025 and before, and the requests of 2026, each of which says its version itself.

pub mod arguments;
pub mod content;
pub mod message;
pub mod names;
pub mod schema;
pub mod version;

#[cfg(test)]
mod tests;
