//! The arguments of the commands that need a cluster.

use crate::cli::args::{Sources, Strictness, TargetArg, target};
use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

/// The commands.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Verb {
    /// Make the cluster what the sources compile to, after a look at the difference
    Apply(ApplyArgs),
    /// Take the objects of specs out of the cluster
    Delete(DeleteArgs),
    /// Start a run of an applied spec
    Submit(SubmitArgs),
    /// List runs
    List(ListArgs),
    /// Show how far a run is, its pods, and what it used
    Status(StatusArgs),
    /// Print what the pods of a run wrote
    Logs(LogsArgs),
    /// End a run
    Stop(StopArgs),
    /// Run again what has ended, without exporting anything twice
    Retry(RetryArgs),
    /// Consent to what waits for a person, by an SSH signature
    Approve(AnswerArgs),
    /// Refuse what waits for a person, by an SSH signature
    Reject(AnswerArgs),
    /// Compare the cluster with the sources, and prove that the network is closed
    Verify(VerifyArgs),
}

/// Which cluster.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Reach {
    /// Context of the kubeconfig [default: the current one]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) context: Option<String>,
}

/// Specs, and the cluster that they are for.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SpecsThere {
    #[command(flatten)]
    pub(in crate::cli) sources: Sources,
    #[command(flatten)]
    pub(in crate::cli) strictness: Strictness,
    #[command(flatten)]
    pub(in crate::cli) reach: Reach,
}

/// Where runs are.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Where {
    #[command(flatten)]
    pub(in crate::cli) reach: Reach,
    /// Namespace of the runs [default: that of the workspace's target, else that of the context]
    #[arg(short, long, value_name = "NAME")]
    pub(in crate::cli) namespace: Option<String>,
    /// The target: its name in the workspace, or a file with one target
    #[arg(long, value_name = "NAME|FILE.kdl", value_parser = target)]
    pub(in crate::cli) target: Option<TargetArg>,
}

/// One run.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct OneRun {
    /// Name of the run, as `submit` and `list` print it
    #[arg(value_name = "RUN", value_parser = run_name)]
    pub(in crate::cli) run: String,
    #[command(flatten)]
    pub(in crate::cli) at: Where,
}

/// How lists and objects are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Output {
    /// For programs
    Json,
    /// For programs and people
    Yaml,
    /// More columns
    Wide,
}

/// Which part of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Part {
    /// The objects of the target and of the specs
    All,
    /// The objects of the target: for an administrator of the cluster
    Platform,
    /// The objects of the specs
    Spec,
}

/// `pure-agent apply`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ApplyArgs {
    #[command(flatten)]
    pub(in crate::cli) there: SpecsThere,
    /// Which objects
    #[arg(long, value_name = "PART", default_value = "all")]
    pub(in crate::cli) part: Part,
    /// Delete objects of these specs that they no longer have
    #[arg(long)]
    pub(in crate::cli) prune: bool,
    /// Show what would change, and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub(in crate::cli) dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(in crate::cli) yes: bool,
}

/// `pure-agent delete`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct DeleteArgs {
    #[command(flatten)]
    pub(in crate::cli) there: SpecsThere,
    /// Which objects; with those of the target goes the namespace, and everything in it
    #[arg(long, value_name = "PART", default_value = "spec")]
    pub(in crate::cli) part: Part,
    /// Do not ask
    #[arg(short, long)]
    pub(in crate::cli) yes: bool,
}

/// `pure-agent submit`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SubmitArgs {
    #[command(flatten)]
    pub(in crate::cli) there: SpecsThere,
    /// An input of the spec; may be repeated
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(in crate::cli) input: Vec<(String, String)>,
    /// An input of the spec, read from a file; may be repeated
    #[arg(long, value_name = "NAME=FILE", value_parser = pair)]
    pub(in crate::cli) input_file: Vec<(String, String)>,
    /// Watch the run to its end, and end with 1 if it fails
    #[arg(short, long)]
    pub(in crate::cli) watch: bool,
    /// Ask the API server whether it would, and start nothing
    #[arg(long, conflicts_with = "watch")]
    pub(in crate::cli) dry_run: bool,
}

/// `pure-agent list`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ListArgs {
    /// Runs of this spec only
    #[arg(value_name = "SPEC")]
    pub(in crate::cli) spec: Option<String>,
    /// Runs of specs of this owner only
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) owner: Option<String>,
    /// Runs that this run submitted only
    #[arg(long, value_name = "RUN")]
    pub(in crate::cli) submitted_by: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) at: Where,
    /// How runs are printed [default: a table]
    #[arg(short, long, value_name = "FORMAT")]
    pub(in crate::cli) output: Option<Output>,
}

/// `pure-agent status`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct StatusArgs {
    #[command(flatten)]
    pub(in crate::cli) one: OneRun,
    /// Do not ask the gateway what the run used
    #[arg(long)]
    pub(in crate::cli) no_usage: bool,
    /// How the run is printed [default: for people]
    #[arg(short, long, value_name = "FORMAT")]
    pub(in crate::cli) output: Option<Output>,
}

/// `pure-agent logs`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct LogsArgs {
    #[command(flatten)]
    pub(in crate::cli) one: OneRun,
    /// Pods of this role only; may be repeated [default: all but launchers]
    #[arg(short, long, value_name = "ROLE")]
    pub(in crate::cli) role: Vec<RoleArg>,
    /// Go on until the run ends
    #[arg(short, long)]
    pub(in crate::cli) follow: bool,
}

/// Roles of pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RoleArg {
    /// Runs the agent
    Agent,
    /// Lets results out
    Export,
    /// Holds credentials, decides, records
    Gateway,
    /// Argo's own pods
    Launcher,
    /// Turns the workspace into inert bytes
    Pack,
    /// Decides after each cycle
    Router,
    /// MCP servers that are images
    Server,
}

/// `pure-agent stop`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct StopArgs {
    #[command(flatten)]
    pub(in crate::cli) one: OneRun,
    /// At once: delete its pods, and clean up nothing by steps
    #[arg(long)]
    pub(in crate::cli) now: bool,
}

/// `pure-agent retry`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RetryArgs {
    #[command(flatten)]
    pub(in crate::cli) one: OneRun,
    /// Watch the new run to its end, and end with 1 if it fails
    #[arg(short, long)]
    pub(in crate::cli) watch: bool,
}

/// `pure-agent approve` and `pure-agent reject`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AnswerArgs {
    #[command(flatten)]
    pub(in crate::cli) one: OneRun,
    /// What is answered [default: what waits, if it is one]
    #[arg(value_name = "ID")]
    pub(in crate::cli) id: Option<String>,
    /// The approver's SSH key; a public key stands for one that an agent holds
    #[arg(
        short,
        long,
        value_name = "FILE",
        env = "PURE_AGENT_APPROVAL_KEY",
        hide_env_values = true
    )]
    pub(in crate::cli) key: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    pub(in crate::cli) yes: bool,
}

/// `pure-agent verify`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct VerifyArgs {
    #[command(flatten)]
    pub(in crate::cli) there: SpecsThere,
    /// Start no probe pods
    #[arg(long, conflicts_with = "require_proof")]
    pub(in crate::cli) no_probes: bool,
    /// End with 1 if the network could not be proven
    #[arg(long)]
    pub(in crate::cli) require_proof: bool,
    /// How findings are printed [default: for people]
    #[arg(short, long, value_name = "FORMAT")]
    pub(in crate::cli) output: Option<Output>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// The name is part of an address and of a selector.
fn run_name(text: &str) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    match !text.is_empty() && text.len() <= 63 && text.bytes().all(plain) {
        true => Ok(text.to_owned()),
        false => Err("a run's name has small letters, digits and `-`".to_owned()),
    }
}
