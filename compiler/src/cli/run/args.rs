//! The arguments of `pure-agent run`.

use super::super::args::{Sources, Strictness};
use std::path::PathBuf;

/// `pure-agent run`
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(super) sources: Sources,
    #[command(flatten)]
    pub(super) strictness: Strictness,
    /// An input: its text, or `@FILE` for that of a file; may be repeated
    #[arg(short, long, value_name = "NAME=TEXT|NAME=@FILE")]
    pub(super) input: Vec<String>,
    /// A secret by its name in the spec, from a variable or a file; may be repeated
    #[arg(short, long, value_name = "NAME=env:VAR|NAME=file:PATH")]
    pub(super) secret: Vec<String>,
    /// Certificates to trust beside the public roots, where the target names some
    #[arg(long, value_name = "FILE")]
    pub(super) trust: Option<PathBuf>,
    /// A folder of programs for the agent, which it can read at the same path; may be repeated
    #[arg(long, value_name = "DIR")]
    pub(super) agent_path: Vec<PathBuf>,
    /// Folder of the run: record, logs, result; must not exist [default: one below the state folder of the user]
    #[arg(long, value_name = "DIR")]
    pub(super) folder: Option<PathBuf>,
    /// Keep the workspace, whatever the spec says
    #[arg(long)]
    pub(super) keep: bool,
    /// Run even where the agent cannot be kept apart from this machine: it may then read and change what you may
    #[arg(long)]
    pub(super) no_isolation: bool,
    /// Show what exports would send, and send nothing
    #[arg(long)]
    pub(super) dry_run_exports: bool,
    /// Write the result document to a file instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub(super) result: Option<PathBuf>,
}
