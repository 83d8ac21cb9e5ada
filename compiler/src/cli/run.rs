//! `pure-agent run`

mod args;
#[cfg(all(feature = "run", target_os = "linux"))]
mod here;
#[cfg(all(feature = "run", target_os = "linux"))]
mod show;

use super::exit::{Exit, Failure};
use super::terminal::Terminal;
pub(super) use args::RunArgs;

#[cfg(all(feature = "run", target_os = "linux"))]
pub(super) fn run(args: &RunArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    here::run(args, terminal)
}

#[cfg(not(all(feature = "run", target_os = "linux")))]
pub(super) fn run(_args: &RunArgs, _terminal: &mut Terminal) -> Result<Exit, Failure> {
    Err(Failure::usage(
        "this pure-agent was built without runs on this machine, which need Linux",
        "build it on Linux with its default features, or submit the run to a cluster",
    ))
}
