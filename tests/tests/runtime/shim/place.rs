//! The folders of an agent's pod, and its two containers as processes.

use super::gateway::{BEARER, Gateway, PROMPT};
use crate::emitted::contract;
use crate::place::UID;
use pure_agent_runtime::digest::sha256;
use pure_agent_tests::canary;
use pure_agent_tests::program::{Scratch, runtime};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

pub(crate) struct Pod {
    pub(crate) scratch: Scratch,
    pub(crate) gateway: Gateway,
    command: Vec<String>,
}

impl Pod {
    /// A pod whose start gate has done its work; `change` is made to its agent.
    pub(crate) fn new(gateway: Gateway, change: impl Fn(&mut Value)) -> Self {
        let scratch = Scratch::new("shim");
        for name in ["run", "workspace", "home", "tmp"] {
            std::fs::create_dir(scratch.path().join(name)).unwrap();
        }
        let mut value: Value = serde_json::from_str(&contract("pure-agent")).unwrap();
        value["network"]["closed"] = json!([]);
        let agent = &mut value["agents"][0];
        agent["system"] = json!("Canary instructions: \"quoted\", and\nof two lines.");
        change(agent);
        let command = serde_json::from_value(agent["command"].clone()).unwrap();
        let text = value.to_string();
        let file = scratch.path().join("contract.json");
        std::fs::write(&file, &text).unwrap();
        let (host, port) = (gateway.standin.address.ip(), gateway.standin.address.port());
        let done = Command::new(runtime())
            .args(["start", "--patience", "1", "--bundle", &"b".repeat(64)])
            .args(["--digest", &sha256(&text), "--contract"])
            .arg(&file)
            .args([
                "--gateway",
                &host.to_string(),
                "--port",
                &port.to_string(),
                "--folder",
            ])
            .arg(scratch.path().join("run"))
            .arg("--answer")
            .arg(scratch.path().join("answer"))
            .env_clear()
            .envs([("PURE_AGENT_UID", UID), ("PURE_AGENT_CYCLE", "0")])
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        Self {
            scratch,
            gateway,
            command,
        }
    }

    /// A pod whose harness is a script of `sh`.
    pub(crate) fn script(gateway: Gateway, script: &str) -> Self {
        Self::new(gateway, |agent| {
            agent["harness"] = json!("generic");
            agent["command"] = json!(["sh", "-c", script]);
        })
    }

    /// The same before a gateway to which its agent owes nothing.
    pub(crate) fn free(script: &str) -> Self {
        Self::script(Gateway::start(false, 0, PROMPT), script)
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// What a file of the workspace holds.
    pub(crate) fn left(&self, name: &str) -> String {
        std::fs::read_to_string(self.at("workspace").join(name)).unwrap_or_default()
    }

    /// The agent's container, with the image's `PATH`.
    pub(crate) fn agent(&self, path: &str) -> Command {
        let mut command = Command::new(self.at("run").join("pure-agent-runtime"));
        command
            .args(["agent", "--cycle", "0", "--grace", "2", "--patience", "2"])
            .args(["--gateway", &self.gateway.address()]);
        for (option, name) in [
            ("--folder", "run"),
            ("--workspace", "workspace"),
            ("--home", "home"),
            ("--tmp", "tmp"),
        ] {
            command.arg(option).arg(self.at(name));
        }
        command
            .arg("--")
            .args(&self.command)
            .env_clear()
            .env("PATH", path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end; no bearer stands in its log, and what only other roles know in none of its processes.
    pub(crate) fn run(&self) -> Output {
        let path = std::env::var("PATH").unwrap();
        let child = self.agent(&path).spawn().unwrap();
        let shim = child.id();
        let watched = std::thread::spawn(move || watch(shim));
        let done = child.wait_with_output().unwrap();
        watched.join().expect("nothing of other roles in a process");
        canary::none_in("the log of the shim", &done.stdout);
        canary::none_in("the log of the shim", &done.stderr);
        assert!(!log(&done).contains(BEARER), "{}", log(&done));
        done
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        for name in ["run", "workspace", "home", "tmp"] {
            canary::none_below(&self.at(name), &|name| name == "pure-agent-runtime");
        }
    }
}

/// Looks, while the shim lives, at what it and everything that it started were given.
fn watch(shim: u32) {
    while lives(&shim.to_string()) {
        let mut family = vec![shim];
        while let Some(process) = family.pop() {
            canary::none_given_to("a process of an agent", process);
            let given = std::fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
            assert!(
                !String::from_utf8_lossy(&given).contains(UID),
                "the run's UID"
            );
            let children = format!("/proc/{process}/task/{process}/children");
            let children = std::fs::read_to_string(children).unwrap_or_default();
            family.extend(
                children
                    .split(' ')
                    .filter_map(|one| one.parse::<u32>().ok()),
            );
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Both streams.
pub(crate) fn log(done: &Output) -> String {
    let (out, err) = (&done.stdout, &done.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

/// Whether a process is there, and no zombie.
pub(crate) fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}
