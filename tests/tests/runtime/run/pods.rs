//! The pods of a run as processes.

use super::hosts::{AGENT, Hosts, place};
use crate::place::{Gateway, Place};
use pure_agent_tests::program::{Scratch, runtime, said};
use pure_agent_tests::world::{GATEWAY, GATEWAY_PORT, World};
use serde_json::{Value, json};
use std::process::{Child, Command, Output, Stdio};

/// A run, its gateway, and what its pods share.
pub(crate) struct Run<'w> {
    world: &'w World,
    pub(crate) hosts: Hosts,
    pub(crate) place: Place,
    pub(crate) gateway: Gateway,
    workspace: Scratch,
    outbox: Scratch,
}

impl<'w> Run<'w> {
    /// A run whose pull request needs a person where `approved`.
    pub(crate) fn start(world: &'w World, approved: bool) -> Self {
        let hosts = Hosts::start(world);
        let place = place(world, |contract| {
            for export in contract["exports"].as_array_mut().unwrap() {
                if approved && export["name"] == "pull-request" {
                    export["approval"] = json!("human");
                }
            }
        });
        let gateway = place.gateway_in(world);
        Self {
            world,
            hosts,
            place,
            gateway,
            workspace: Scratch::new("workspace"),
            outbox: Scratch::new("outbox"),
        }
    }

    /// The gateway dies.
    pub(crate) fn end(&mut self) {
        self.gateway.child.kill().unwrap();
        self.gateway.child.wait().unwrap();
    }

    /// Another one takes its place.
    pub(crate) fn restart(&mut self) {
        self.gateway = self.place.gateway_in(self.world);
    }

    /// The two containers of an agent's pod, and its router: what Argo is told.
    pub(crate) fn cycle(&self, cycle: &str) -> String {
        let folder = Scratch::new("pod");
        let at = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(&path).unwrap();
            path
        };
        let gate = self.place.start_in(&self.gateway, cycle, &at("run"));
        assert_eq!(gate.status.code(), Some(0), "{}", said(&gate));
        let mut agent = self.world.client(&self.gateway.agent, runtime());
        agent
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap());
        agent.args(["agent", "--cycle", cycle, "--grace", "2", "--patience", "5"]);
        agent.args(["--gateway", &format!("{GATEWAY}:{GATEWAY_PORT}")]);
        for name in ["run", "home", "tmp"] {
            let option = if name == "run" {
                "--folder"
            } else {
                &format!("--{name}")
            };
            agent.arg(option).arg(at(name));
        }
        agent.arg("--workspace").arg(self.workspace.path());
        agent.args(["--", "python3", "-I", "-c", AGENT]);
        let done = agent.output().unwrap();
        assert!(done.status.success(), "cycle {cycle}: {}", said(&done));
        self.place.router(&self.gateway, cycle, "Succeeded", "0")
    }

    /// All cycles and the packing.
    pub(crate) fn work(&self) {
        let words = ["0", "1", "2"].map(|cycle| self.cycle(cycle));
        assert_eq!(words, ["1", "2", "stop"], "{}", self.place.record());
        let mut pack = self.place.role("pack");
        pack.arg("--workspace").arg(self.workspace.path());
        pack.arg("--outbox").arg(self.outbox.path());
        let done = pack.output().unwrap();
        assert!(done.status.success(), "{}", said(&done));
    }

    /// The export step.
    pub(crate) fn export_command(&self) -> Command {
        let port = |address: &str| address.rsplit_once(':').unwrap().1.to_owned();
        let mut export = self.place.role("export");
        export.args([
            "--cycles",
            "Succeeded",
            "--packing",
            "Succeeded",
            "--gateway",
            "127.0.0.1",
        ]);
        export.args(["--control-port", &port(&self.gateway.control)]);
        export.args(["--export-port", &port(&self.gateway.export)]);
        export
            .args(["--patience", "5", "--key"])
            .arg(self.place.at("key"));
        export.arg("--outbox").arg(self.outbox.path());
        export.arg("--answer").arg(self.place.at("export-answer"));
        export.env("PURE_AGENT_RUN", "run-1");
        export
    }

    /// The step to its end.
    pub(crate) fn export(&self) -> Output {
        self.export_command().output().unwrap()
    }

    /// The step as a process that can be killed.
    pub(crate) fn exporting(&self) -> Child {
        let mut export = self.export_command();
        export.stdout(Stdio::null()).spawn().unwrap()
    }

    /// The record, which is whole and holds no secret.
    pub(crate) fn record(&self) -> Vec<Value> {
        let verified = self.place.verify();
        assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
        let record = self.place.record();
        assert!(
            !record.contains("canary-of-secret"),
            "a secret is in the record"
        );
        let lines = record.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// The result document that the step has told.
pub(crate) fn result(done: &Output) -> Value {
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    let lines = out
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut told = lines.filter(|line| line["event"] == "exported");
    let told = told.next().unwrap_or_else(|| panic!("{}", said(done)));
    told["result"].clone()
}
