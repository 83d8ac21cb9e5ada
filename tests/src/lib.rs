//! What the test binaries share: workspaces in memory, golden files, schemas and readers.
#![allow(clippy::panic, reason = "a test says what is wrong by panicking")]

pub mod canary;
pub mod cluster;
pub mod command;
pub mod crd;
pub mod emitted;
pub mod escape;
pub mod fuzz;
pub mod golden;
pub mod hosts;
pub mod index;
pub mod local;
pub mod manifest_checks;
pub mod mutate;
pub mod page;
pub mod place;
pub mod program;
pub mod random;
pub mod readers;
pub mod seeds;
pub mod services;
pub mod sources;
pub mod stages;
pub mod standin;
pub mod world;
