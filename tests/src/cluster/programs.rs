//! Images of the real runtime, and of an agent that is a script.

use super::host::Root;
use super::outside::Outside;
use crate::program;
use std::path::PathBuf;
use std::sync::Mutex;

/// References with digests.
#[derive(Debug, Clone)]
pub struct Programs {
    /// Every role of the runtime.
    pub runtime: String,
    /// Agents.
    pub agent: String,
}

/// The images, made once for the hosts that the agent trusts.
///
/// # Errors
/// What is missing, as a sentence.
pub fn programs(outside: &Outside) -> Result<Programs, String> {
    static MADE: Mutex<Option<(String, Programs)>> = Mutex::new(None);
    let mut made = MADE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let trusted = outside.bundle();
    match &*made {
        Some((known, programs)) if *known == trusted => Ok(programs.clone()),
        _ => {
            let runtime = runtime()?;
            let agent = agent(&trusted)?;
            let programs = Programs { runtime, agent };
            *made = Some((trusted, programs.clone()));
            Ok(programs)
        }
    }
}

/// The static binary: the one that `PURE_AGENT_RUNTIME_BINARY` names, else one that is built here.
///
/// # Errors
/// What is missing, as a sentence.
pub fn runtime() -> Result<String, String> {
    let named = std::env::var_os("PURE_AGENT_RUNTIME_BINARY").map(PathBuf::from);
    let path = named.unwrap_or_else(|| program::static_runtime().to_owned());
    let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let root = Root::default();
    root.file("/pure-agent-runtime", bytes, 0o755)?;
    root.image("real-runtime")
}

/// A `claude` that plays scripts.
fn agent(trusted: &str) -> Result<String, String> {
    let root = Root::default();
    let python = root.python()?;
    root.git_and_curl()?;
    let script = format!("#!{python} -I\n{}", include_str!("agent/claude.py"));
    root.file("/usr/bin/claude", script, 0o755)?;
    root.file("/etc/tests/bundle.pem", trusted, 0o644)?;
    root.file("/etc/nsswitch.conf", "hosts: files dns\n", 0o644)?;
    root.image("scripted-agent")
}

/// An agent that is a script in Python, at this path.
///
/// # Errors
/// What is missing, as a sentence.
pub fn scripted(name: &str, path: &str, script: &str) -> Result<String, String> {
    let root = Root::default();
    let python = root.python()?;
    root.file(path, format!("#!{python} -I\n{script}"), 0o755)?;
    root.image(name)
}
