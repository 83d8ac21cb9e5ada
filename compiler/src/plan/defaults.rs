//! What holds where a spec or a target says nothing. One place, so that table, plan and checks agree.
//!
//! The prose of the [table](crate::nodes) repeats these numbers; a test holds both together.

use crate::plan::{Keep, Overlap};

/// One KiB in bytes.
const KI: u64 = 1 << 10;
/// One MiB in bytes.
const MI: u64 = 1 << 20;
/// One GiB in bytes.
const GI: u64 = 1 << 30;

/// Bytes of an input.
pub const INPUT_SIZE: u64 = 4 * KI;
/// Bytes of one answer of a server.
pub const SERVER_SIZE: u64 = MI;
/// Seconds of one call of a server.
pub const SERVER_DEADLINE: u64 = 60;
/// What the folder of a month is called.
pub const PARTITION: &str = "year=Y/month=M";
/// Port of an image server. The checks ask for one; this is for what was not checked.
pub const SERVER_PORT: u16 = 8000;
/// Port of tunnels, and of URLs that name none.
pub const PORT: u16 = 443;
/// Thousandths of a CPU of an agent or image server.
pub const CPU_MILLIS: u64 = 1_000;
/// Bytes of memory of an agent or image server.
pub const MEMORY: u64 = GI;
/// Bytes of ephemeral storage of an agent or image server.
pub const STORAGE: u64 = GI;
/// User and group of an agent.
pub const USER: u32 = 10_010;
/// Model calls of the choice of an agent.
pub const ROUTE_TURNS: u64 = 2;
/// Tokens of the choice of an agent.
pub const ROUTE_TOKENS: u64 = 100_000;
/// Seconds of the choice of an agent.
pub const ROUTE_DEADLINE: u64 = 60;
/// Cycles of a run.
pub const DEPTH: u32 = 1;
/// Bytes of the workspace.
pub const WORKSPACE: u64 = GI;
/// Seconds of pack and export.
pub const EXPORT_TIME: u64 = 600;
/// Bytes to and from egress hosts in a run.
pub const TRAFFIC: u64 = GI;
/// Requests under way at once.
pub const CONCURRENCY: u32 = 8;
/// Whether the agent must submit.
pub const SUBMISSION: bool = true;
/// Reminders before a run stops as incomplete.
pub const REMINDERS: u32 = 1;
/// What happens to the volumes.
pub const KEEP: Keep = Keep::Never;
/// Seconds that an ended run stays.
pub const KEEP_FOR: u64 = 3 * 24 * 3_600;
/// Times of an export in a run.
pub const EXPORT_TIMES: u32 = 1;
/// Bytes of content of one export.
pub const EXPORT_SIZE: u64 = 10 * MI;
/// Files of a pull request.
pub const FILES: u32 = 100;
/// Files that run code elsewhere, on machines that build or on those of whoever clones: no pull request touches
/// them.
pub const PROTECTED: &[&str] = &[
    ".buildkite/**",
    ".circleci/**",
    ".githooks/**",
    ".github/**",
    ".gitlab-ci.yml",
    ".husky/**",
    ".pre-commit-config.yaml",
    "Jenkinsfile",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
];
/// Lines of one log.
pub const LINES: u32 = 500;
/// Seconds before a repeat.
pub const BACKOFF: u64 = 10;
/// What happens when the previous run is still going.
pub const OVERLAP: Overlap = Overlap::Forbid;
/// Seconds after which a missed start no longer happens.
pub const CATCH_UP: u64 = 300;
/// Access mode of the volumes.
pub const ACCESS_MODE: &str = "ReadWriteOnce";
