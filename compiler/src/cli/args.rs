//! The arguments. This is the one source of the help text, the completion and the man page.

use super::cluster::args::Verb;
use super::exit::Failure;
use crate::codes::Code;
use crate::diag::{Levels, Severity};
use crate::values::date::Date;
use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Compiles KDL run specs for AI agents into reviewed, hashed Kubernetes and Argo objects.
#[derive(Debug, Parser)]
#[command(
    name = "pure-agent",
    version,
    max_term_width = 100,
    propagate_version = true
)]
pub(super) struct Args {
    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(super) color: Color,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// When to use colours; `auto` heeds `NO_COLOR`, `CLICOLOR_FORCE` and whether there is a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a small spec, policy and target that compile
    Init(InitArgs),
    /// Report every mistake in one run
    Check(CheckArgs),
    /// Print or write the Kubernetes and Argo objects of specs
    Compile(CompileArgs),
    /// Run a spec on this machine, as on a cluster
    Run(super::run::RunArgs),
    /// Show what a run may do: zones, who reaches whom, secrets, limits, the worst case
    Plan(PlanArgs),
    #[command(flatten)]
    Cluster(Verb),
    /// Show the page of a diagnostic code or of a node of the language
    Explain(ExplainArgs),
    /// Bring sources into the one layout, comments kept
    Fmt(FmtArgs),
    /// Print the completion script of a shell
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print a man page
    Man {
        /// The command that it is about [default: pure-agent itself]
        command: Option<String>,
    },
}

/// What is read.
#[derive(Debug, clap::Args)]
pub(super) struct Sources {
    /// Specs: files, folders, or `-` for standard input [default: every spec of the workspace]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The path that standard input stands for
    #[arg(long, value_name = "PATH")]
    pub(super) stdin_path: Option<PathBuf>,
    /// The target: its name in the workspace, or a file with one target
    #[arg(long, value_name = "NAME|FILE.kdl", value_parser = target)]
    pub(super) target: Option<TargetArg>,
    /// A file of policies that bound every spec in addition; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Vec<PathBuf>,
}

/// How findings count.
#[derive(Debug, clap::Args)]
pub(super) struct Strictness {
    /// Count warnings of this code as errors; may be repeated
    #[arg(short = 'D', long, value_name = "CODE", value_parser = any_code)]
    deny: Vec<Code>,
    /// Leave warnings of this code what they are under --deny-warnings; may be repeated
    #[arg(short = 'W', long, value_name = "CODE", value_parser = warning_code)]
    warn: Vec<Code>,
    /// Count every warning as an error
    #[arg(long)]
    deny_warnings: bool,
    /// The day for which waivers count [default: today, in UTC]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    as_of: Option<Date>,
}

impl Strictness {
    pub(super) fn levels(&self) -> Levels {
        Levels {
            deny: self.deny.iter().copied().collect(),
            warn: self.warn.iter().copied().collect(),
            deny_warnings: self.deny_warnings,
        }
    }
}

impl Strictness {
    /// The day that was named, or today.
    pub(super) fn as_of(&self) -> Result<Date, Failure> {
        let today = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
            Date::from_days(u32::try_from(since.as_secs() / 86_400).ok()?)
        };
        self.as_of.or_else(today).ok_or_else(|| {
            Failure::usage(
                "the clock shows no day from 1970 to 9999",
                "name the day: `--as-of`",
            )
        })
    }
}

/// `pure-agent init`
#[derive(Debug, clap::Args)]
pub(super) struct InitArgs {
    /// The folder, made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    pub(super) dir: PathBuf,
}

/// `pure-agent compile`
#[derive(Debug, clap::Args)]
pub(super) struct CompileArgs {
    #[command(flatten)]
    pub(super) sources: Sources,
    #[command(flatten)]
    pub(super) strictness: Strictness,
    /// Write one file per object to `DIR/RUN/` instead of to standard output
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// Write nothing; end with 1 if the files in DIR are not what the sources compile to
    #[arg(long, requires = "output")]
    pub(super) check: bool,
    /// How objects are printed
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "yaml",
        conflicts_with = "output"
    )]
    pub(super) format: CompileFormat,
}

/// Formats of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CompileFormat {
    /// A stream of documents
    Yaml,
    /// A list
    Json,
    /// For scanners that know no Argo: every pod of a run as a plain Pod, beside the other objects
    Pods,
}

/// `pure-agent plan`
#[derive(Debug, clap::Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) sources: Sources,
    #[command(flatten)]
    pub(super) strictness: Strictness,
    /// How the plan is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: PlanFormat,
}

/// Formats of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// For people
    Text,
    /// For programs; its first field is the version of its schema
    Json,
}

/// `pure-agent fmt`
#[derive(Debug, clap::Args)]
pub(super) struct FmtArgs {
    /// Files, folders, or `-` for standard input [default: every source of the workspace]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Write nothing; end with 1 if a file would change
    #[arg(long)]
    pub(super) check: bool,
    /// The path that standard input is shown with
    #[arg(long, value_name = "PATH")]
    pub(super) stdin_path: Option<PathBuf>,
}

/// `pure-agent check`
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) sources: Sources,
    #[command(flatten)]
    pub(super) strictness: Strictness,
    /// How findings are written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: CheckFormat,
    /// End with 0 whatever is found, for a step that only uploads
    #[arg(long)]
    pub(super) exit_zero: bool,
}

/// Formats of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// With the lines of the sources, on standard error
    Human,
    /// `file:line:col: error: message [CODE]`
    Short,
    /// Annotations of GitHub Actions
    Github,
    /// Code quality report of GitLab
    Gitlab,
    /// One JSON object per line
    Json,
    /// SARIF 2.1.0
    Sarif,
}

/// `pure-agent explain`
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// A code such as PA0402, or a node such as agent/egress/http [default: list all]
    #[arg(value_name = "CODE|NODE")]
    pub(super) what: Option<String>,
    /// Print the JSON Schema of a kind of document instead
    #[arg(long, value_name = "DOCUMENT", conflicts_with = "what")]
    pub(super) schema: Option<DocumentArg>,
}

/// The kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DocumentArg {
    /// A run spec
    Spec,
    /// A policy file
    Policy,
    /// A target file
    Target,
    /// `pure-agent.kdl`
    Workspace,
}

/// The value of `--target`.
#[derive(Debug, Clone)]
pub(super) enum TargetArg {
    Name(String),
    File(PathBuf),
}

#[expect(clippy::unnecessary_wraps, reason = "the form of a value parser")]
pub(super) fn target(text: &str) -> Result<TargetArg, String> {
    Ok(if text.ends_with(".kdl") {
        TargetArg::File(PathBuf::from(text))
    } else {
        TargetArg::Name(text.to_owned())
    })
}

fn any_code(text: &str) -> Result<Code, String> {
    Code::parse(text)
        .ok_or_else(|| "no finding has this code; `pure-agent explain` lists all codes".to_owned())
}

fn warning_code(text: &str) -> Result<Code, String> {
    let code = any_code(text)?;
    match code.severity() {
        Severity::Warning => Ok(code),
        Severity::Error => {
            Err("an error stays one; a policy may accept single findings by `waive`".to_owned())
        }
    }
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).map_err(|refusal| format!("{}; {}", refusal.message, refusal.help))
}

/// The command as `clap` knows it.
pub(super) fn definition() -> clap::Command {
    Args::command()
}
