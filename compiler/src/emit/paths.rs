//! Where things are inside the containers. The runtime and the emitted pods agree on these.

/// The runtime in its own image.
pub const RUNTIME: &str = "/pure-agent-runtime";
/// Directory of the contract.
pub const CONTRACT_DIR: &str = "/etc/pure-agent";
/// The contract.
pub const CONTRACT: &str = "/etc/pure-agent/contract.json";
/// Directory of the run key.
pub const KEY_DIR: &str = "/run/secrets/pure-agent-key";
/// Directory of the secrets, one file per secret of the spec.
pub const SECRETS_DIR: &str = "/run/secrets/pure-agent";
/// Directory of the certificates that are trusted beside the public roots.
pub const TRUST_DIR: &str = "/etc/pure-agent-trust";
/// The gateway's own volume.
pub const RECORD: &str = "/record";
/// What the init container leaves for the agent: the runtime, the bearer, the harness.
pub const RUN_DIR: &str = "/run/pure-agent";
/// The runtime in the agent container.
pub const SHIM: &str = "/run/pure-agent/pure-agent-runtime";
/// The workspace of agents; `pack` reads it.
pub const WORKSPACE: &str = "/workspace";
/// What `pack` made; `export` reads it.
pub const OUTBOX: &str = "/outbox";
/// Home of the agent.
pub const HOME: &str = "/home/agent";
/// Scratch space.
pub const TMP: &str = "/tmp";

/// The file of a secret in the one container that has it.
#[must_use]
pub fn secret(name: &str) -> String {
    format!("{SECRETS_DIR}/{name}")
}

/// The file with the trusted certificates.
#[must_use]
pub fn trust_bundle(key: &str) -> String {
    format!("{TRUST_DIR}/{key}")
}
