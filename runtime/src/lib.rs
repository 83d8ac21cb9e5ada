//! The runtime of `pure-agent`: enforces what the compiler wrote down, and nothing else.
//!
//! The compiler shares two things with it: [`contract`], the versioned configuration that every role reads, verified,
//! before it opens a port or a file; and [`segment`], the matcher of patterns. Everything else is behind the
//! feature `roles`:
//!
//! - `open` verifies the contract, `strict` reads JSON from strangers, `proof` knows the run's key;
//! - `net` decides where a connection may go and is the only place that dials;
//! - `model` decides what a request to a model may hold and counts what it used;
//! - `gateway` serves an agent and the router, by the contract;
//! - `digest` is SHA-256 in hexadecimal;
//! - `ask` puts a question to the run's own gateway;
//! - `start` lets no agent start where something is open that must be closed;
//! - `record` is the chained log of a run, `state` what follows from it: limits, cycles, submissions;
//! - `router` decides after each cycle;
//! - `pack` turns a hostile workspace into inert bytes.
#![forbid(unsafe_code)]

#[cfg(feature = "roles")]
pub mod ask;
pub mod contract;
#[cfg(feature = "roles")]
pub mod digest;
#[cfg(feature = "roles")]
pub mod gateway;
#[cfg(feature = "roles")]
pub mod model;
#[cfg(feature = "roles")]
pub mod net;
#[cfg(feature = "roles")]
pub mod open;
#[cfg(feature = "roles")]
pub mod pack;
#[cfg(feature = "roles")]
pub mod proof;
#[cfg(feature = "roles")]
pub mod record;
#[cfg(feature = "roles")]
pub mod router;
pub mod segment;
#[cfg(feature = "roles")]
pub mod start;
#[cfg(feature = "roles")]
pub mod state;
#[cfg(feature = "roles")]
pub mod strict;
