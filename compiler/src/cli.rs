//! The command line: the only place that prints, writes, and looks at the clock and the environment.
//!
//! Results go to standard output, diagnostics to standard error; a machine format goes to standard
//! output alone.

mod args;
mod check;
mod checked;
mod cluster;
mod compile;
mod completion;
mod exit;
mod explain;
mod format;
mod groups;
mod init;
mod input;
mod plan;
mod run;
mod terminal;
pub mod write;

use args::{Args, Command};
use clap::Parser as _;
pub use exit::Exit;
use exit::Failure;
use std::process::ExitCode;
use terminal::Terminal;

/// Runs the command and tells the system how it went.
#[must_use]
pub fn main() -> ExitCode {
    #[cfg(all(feature = "run", target_os = "linux"))]
    if let Some(other) = std::env::args_os()
        .next()
        .and_then(|name| crate::local::called(name.as_ref()))
    {
        return other();
    }
    exit::report_panics();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return exit::of_usage(&error).into(),
    };
    let mut terminal = Terminal::new(args.color);
    let exit = match run(args.command, &mut terminal) {
        Ok(exit) => exit,
        Err(failure) => terminal.failure(&failure),
    };
    terminal.finish(exit).into()
}

/// One line per command.
fn run(command: Command, terminal: &mut Terminal) -> Result<Exit, Failure> {
    match command {
        Command::Init(args) => init::run(&args, terminal),
        Command::Check(args) => check::run(&args, terminal),
        Command::Compile(args) => compile::run(&args, terminal),
        Command::Run(args) => run::run(&args, terminal),
        Command::Plan(args) => plan::run(&args, terminal),
        Command::Cluster(verb) => cluster::run(verb, terminal),
        Command::Explain(args) => explain::run(&args, terminal),
        Command::Fmt(args) => format::run(&args, terminal),
        Command::Completion { shell } => completion::shell(shell, terminal),
        Command::Man { command } => completion::man(command.as_deref(), terminal),
    }
}
