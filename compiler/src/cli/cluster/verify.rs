//! `pure-agent verify`

use super::args::VerifyArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;

pub(super) fn run(_args: &VerifyArgs, _terminal: &mut Terminal) -> Result<Exit, Failure> {
    Err(Failure::usage(
        "nothing is verified by this build",
        "compare by `pure-agent apply --dry-run`",
    ))
}
