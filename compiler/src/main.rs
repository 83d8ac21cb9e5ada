//! The `pure-agent` command.
#![forbid(unsafe_code)]

use std::process::ExitCode;

/// Many small texts are kept over a workspace, and the system's allocator gets slower with them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pure_agent::cli::main()
}
