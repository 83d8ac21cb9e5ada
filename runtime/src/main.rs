//! `pure-agent-runtime ROLE`: one static binary for every trusted container of a run.
#![forbid(unsafe_code)]

use std::process::ExitCode;

/// The C library of static binaries has an allocator that is slow for a server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pure_agent_runtime::roles::main()
}
