//! Images of the stand-in, made and loaded by the test cluster's own tool.
//!
//! The folder of that tool is `PURE_AGENT_CLUSTER`, else `../shared/cluster` beside this repository.

use super::reach::{self, Probe};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// References with digests, and what their programs try to reach.
#[derive(Debug, Clone)]
pub struct Images {
    /// Every role of the runtime.
    pub runtime: String,
    /// Agents.
    pub agent: String,
    /// An agent that takes its time: a minute.
    pub slow_agent: String,
    /// Image servers.
    pub server: String,
    /// What is tried beside the gateway.
    pub probes: Vec<Probe>,
}

/// The images, made once; `None`, said loudly, where the tool or a C compiler is missing.
pub fn images() -> Option<&'static Images> {
    static IMAGES: OnceLock<Option<Images>> = OnceLock::new();
    IMAGES
        .get_or_init(|| {
            make()
                .map_err(|why| crate::readers::skipped(&format!("no stand-in images: {why}")))
                .ok()
        })
        .as_ref()
}

/// The folder of the cluster's tools.
#[must_use]
pub fn tools() -> PathBuf {
    std::env::var_os("PURE_AGENT_CLUSTER")
        .map_or_else(|| root().join("../shared/cluster"), PathBuf::from)
}

/// The root of this repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn make() -> Result<Images, String> {
    let place = std::env::temp_dir().join(format!("pure-agent-standin-{}", std::process::id()));
    fs::create_dir_all(&place).map_err(|e| e.to_string())?;
    let made = make_in(&place);
    fs::remove_dir_all(&place).map_err(|e| e.to_string())?;
    made
}

fn make_in(place: &Path) -> Result<Images, String> {
    let program = place.join("standin");
    let source = root().join("tests/standin/standin.c");
    let mut compile = Command::new("gcc");
    compile
        .args([
            "-std=gnu11",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-O2",
            "-static",
            "-s",
            "-o",
        ])
        .args([&program, &source]);
    run(&mut compile)?;
    let file = |name: &str, text: &str| {
        let path = place.join(name);
        fs::write(&path, text).map_err(|e| e.to_string())?;
        Ok::<_, String>(path)
    };
    let ports = file("ports", "8081\n8000\n")?;
    let server = image("server", &[(&program, "/search"), (&ports, "/ports")])?;
    let probes = reach::probes(&server);
    let lines: String = probes.iter().map(Probe::line).collect();
    let probes_file = file("probes", &lines)?;
    let runtime = image(
        "runtime",
        &[(&program, "/pure-agent-runtime"), (&probes_file, "/probes")],
    )?;
    let agent = image("agent", &[(&probes_file, "/probes"), (&ports, "/ports")])?;
    let linger = file("linger", "90\n")?;
    let slow_agent = image(
        "slow-agent",
        &[(&probes_file, "/probes"), (&linger, "/linger")],
    )?;
    Ok(Images {
        runtime,
        agent,
        slow_agent,
        server,
        probes,
    })
}

fn image(name: &str, files: &[(&PathBuf, &str)]) -> Result<String, String> {
    let name = format!("localhost/pure-agent-standin-{name}");
    let mut command = Command::new(tools().join("image"));
    command.arg(format!("{name}:test"));
    for (source, target) in files {
        command.arg(format!("{}:{target}", source.display()));
    }
    let digest = run(&mut command)?;
    Ok(format!("{name}@{}", digest.trim()))
}

/// Output of a command that must end well.
///
/// # Errors
/// What it said.
pub fn run(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!(
            "{}: {}",
            command.get_program().display(),
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}
