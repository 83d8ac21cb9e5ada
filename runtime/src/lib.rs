//! The runtime of `pure-agent`: enforces what the compiler wrote down, and nothing else.
//!
//! The compiler shares four things with it: [`contract`], the versioned configuration that every role reads, verified,
//! before it opens a port or a file; [`segment`], the matcher of patterns; [`git`], names of branches and repositories;
//! and [`workflow`], the one form of a run that is submitted. Everything else is behind the feature `roles`:
//!
//! - `open` verifies the contract, `strict` reads JSON from strangers, `proof` knows the run's key;
//! - `secret` reads credentials from files;
//! - `net` decides where a connection may go and is the only place that dials; `web` asks over HTTP by it, `body`
//!   reads what comes within bounds;
//! - `model` decides what a request to a model may hold and counts what it used;
//! - `mcp` is the protocol of tools, `tools` are those that are built in and those of upstream servers;
//! - `submission` is what an agent hands in, `approval` how a person is asked;
//! - `gateway` serves an agent, the router and the export step, by the contract;
//! - `digest` is SHA-256 in hexadecimal;
//! - `ask` puts a question to the run's own gateway;
//! - `start` lets no agent start where something is open that must be closed;
//! - `probe` tells what the network of a pod lets through;
//! - `record` is the chained log of a run, `state` what follows from it: limits, cycles, submissions;
//! - `transcript` keeps what was said to models and tools;
//! - `router` decides after each cycle;
//! - `shim` drives the harness of an agent;
//! - `pack` turns a hostile workspace into inert bytes, `export` brings them and the submission where they belong;
//! - `roles` is the command line of all of it: the binary's, and that of whoever is the runtime under another name.
#![forbid(unsafe_code)]

#[cfg(feature = "roles")]
pub mod approval;
#[cfg(feature = "roles")]
pub mod ask;
#[cfg(feature = "roles")]
pub mod body;
pub mod contract;
#[cfg(feature = "roles")]
pub mod digest;
#[cfg(feature = "roles")]
pub mod export;
#[cfg(feature = "roles")]
pub mod gateway;
pub mod git;
/// What follows a step of a run.
pub mod graph;
#[cfg(feature = "roles")]
pub mod mcp;
#[cfg(feature = "roles")]
pub mod model;
#[cfg(feature = "roles")]
pub mod net;
#[cfg(feature = "roles")]
pub mod open;
#[cfg(feature = "roles")]
pub mod pack;
#[cfg(feature = "roles")]
pub mod probe;
#[cfg(feature = "roles")]
pub mod proof;
#[cfg(feature = "roles")]
pub mod record;
#[cfg(feature = "roles")]
pub mod roles;
#[cfg(feature = "roles")]
pub mod router;
#[cfg(feature = "roles")]
pub mod secret;
pub mod segment;
#[cfg(feature = "roles")]
pub mod shim;
#[cfg(feature = "roles")]
pub mod start;
#[cfg(feature = "roles")]
pub mod state;
#[cfg(feature = "roles")]
pub mod strict;
#[cfg(feature = "roles")]
pub mod submission;
pub mod template;
#[cfg(feature = "roles")]
pub mod tools;
#[cfg(feature = "roles")]
pub mod transcript;
#[cfg(feature = "roles")]
pub mod web;
pub mod workflow;
