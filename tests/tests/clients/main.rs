//! Programs that people use, against the gateway: SDKs of models, clients of MCP, package managers, git.
//!
//! What is not part of a system is installed once into `target/clients`, by lock files with digests. Where that is not
//! possible, or the system cannot give a test host names of its own, `SKIPPED` is printed with the reason.

mod clones;
mod direct;
mod install;
mod mcp;
mod models;
mod openai;
mod packages;
mod run;

mod tunnels;

use pure_agent_tests::services::{anthropic, issues as linear, provider, repositories as git};
