//! `pure-agent-runtime ROLE`: one static binary for every trusted container of a run.

mod roles;

use std::process::ExitCode;

/// The C library of static binaries has an allocator that is slow for a server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    roles::main()
}
