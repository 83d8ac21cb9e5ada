//! Runs on this machine: sources, programs for their agents, and the command.

use crate::canary;
use crate::program::{Scratch, program, said};
use crate::readers::skipped;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// A user who has nothing, where a test runs as root.
pub const NOBODY: u32 = 65_534;

/// Sources of a run with one agent and a stub, and where it runs.
#[derive(Debug)]
pub struct Local {
    folder: Scratch,
}

impl Drop for Local {
    fn drop(&mut self) {
        // These the test itself wrote; all other files are what a run leaves.
        canary::none_below(self.folder.path(), &|name| name.starts_with("secret-"));
    }
}

impl Local {
    /// The agent's command is `agent`, a program that [`Local::agent`] writes.
    ///
    /// # Panics
    /// If a file cannot be written.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let local = Self {
            folder: Scratch::new(name),
        };
        for (file, text) in [
            ("pure-agent.kdl", include_str!("local/pure-agent.kdl")),
            ("policy.kdl", include_str!("local/policy.kdl")),
            ("spec.kdl", include_str!("local/spec.kdl")),
        ] {
            local.write(file, text);
        }
        let target = crate::sources::repository().join("policies/targets/kind.kdl");
        local.write("kind.kdl", &std::fs::read_to_string(target).unwrap());
        std::fs::create_dir(local.at("bin")).unwrap();
        local
    }

    /// A file or folder of it.
    #[must_use]
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    ///
    /// # Panics
    /// If that does not go.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.at(name), text).unwrap();
    }

    /// Changes a source.
    ///
    /// # Panics
    /// If `from` is not in it.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.at(name)).unwrap();
        assert!(text.contains(from), "{name}: {from}");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// What the agent is: a script with its interpreter.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn agent(&self, script: &str) {
        self.write("bin/agent", script);
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.at("bin/agent"), mode).unwrap();
    }

    /// `pure-agent run` of it, with a folder that is [`Local::out`].
    #[must_use]
    pub fn command(&self) -> Command {
        self.with(Command::new(program()))
    }

    /// The same by another program that starts it.
    #[must_use]
    pub fn with(&self, mut command: Command) -> Command {
        command.arg("run").arg(self.at("spec.kdl"));
        command.arg("--agent-path").arg(self.at("bin"));
        command.arg("--folder").arg(self.out());
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null());
        command.current_dir(self.folder.path());
        command
    }

    /// The folder of the run.
    #[must_use]
    pub fn out(&self) -> PathBuf {
        self.at("out")
    }

    /// A log of it; empty where there is none.
    #[must_use]
    pub fn log(&self, name: &str) -> String {
        let path = self.out().join("logs").join(format!("{name}.log"));
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// Everything for whoever asks what went wrong.
    #[must_use]
    pub fn told(&self, done: &Output) -> String {
        let logs = ["gateway", "agent-0", "router-0", "pack", "export"];
        let logs = logs.map(|name| format!("--- {name}\n{}", self.log(name)));
        format!("{}\n{}", said(done), logs.join("\n"))
    }
}

/// The result document on standard output.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn result(done: &Output) -> Value {
    serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(done)))
}

/// The program where a user who has nothing may start it.
///
/// # Panics
/// If it cannot be copied.
#[must_use]
pub fn public(folder: &Path) -> PathBuf {
    let to = folder.join("pure-agent");
    std::fs::copy(program(), &to).unwrap();
    for (path, mode) in [(to.as_path(), 0o755), (folder, 0o777)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    to
}

/// Whether this machine keeps agents apart; where it does not, `SKIPPED` is printed with the reason.
#[must_use]
pub fn isolates() -> bool {
    static ISOLATES: OnceLock<Option<String>> = OnceLock::new();
    let why = ISOLATES.get_or_init(|| {
        let local = Local::new("isolates");
        local.agent("#!/bin/sh\n");
        let done = local.command().output().unwrap();
        let text = String::from_utf8_lossy(&done.stderr).into_owned();
        (done.status.code() == Some(2) && text.contains("cannot keep an agent apart"))
            .then_some(text)
    });
    if let Some(why) = why {
        skipped(&format!("no isolation of agents: {}", why.trim()));
    }
    why.is_none()
}

/// Numbers of processes of this machine whose command line or environment holds a text.
#[must_use]
pub fn processes(text: &str) -> Vec<u32> {
    let list = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = list.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let holds = |number: &u32| {
        ["cmdline", "environ"].iter().any(|part| {
            let bytes = std::fs::read(format!("/proc/{number}/{part}")).unwrap_or_default();
            bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        })
    };
    numbers.filter(holds).collect()
}
