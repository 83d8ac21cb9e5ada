//! Clients as processes.

use crate::install;
use pure_agent_tests::place::{Gateway, Place};
use pure_agent_tests::program::{Scratch, said};
use pure_agent_tests::sources::repository;
use pure_agent_tests::world::{GATEWAY, GATEWAY_PORT, World};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// A client in a language, by its script.
#[derive(Clone, Copy)]
pub(crate) enum Script {
    Python(&'static str),
    Node(&'static str),
}

/// Runs the script by what `start` makes of its interpreter, and reads its one line. Nothing where its language
/// cannot be installed.
pub(crate) fn script(
    script: Script,
    start: impl Fn(&Path) -> Command,
    args: &[&str],
    env: &[(&str, &str)],
) -> Option<Value> {
    let home = Scratch::new("home");
    let mut command = match script {
        Script::Python(name) => {
            let mut command = start(install::python()?);
            let file = repository().join("tests/clients").join(name);
            command.arg("-I").arg(file);
            command
        }
        Script::Node(name) => {
            let folder = install::node()?;
            let mut command = start(Path::new("node"));
            command.arg(folder.join(name));
            command
        }
    };
    command.args(args);
    clean(&mut command, home.path()).envs(env.iter().copied());
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", said(&done));
    let line = String::from_utf8_lossy(&done.stdout).into_owned();
    Some(serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {}", said(&done))))
}

/// An environment without anything of the caller's but where programs are.
pub(crate) fn clean<'c>(command: &'c mut Command, home: &Path) -> &'c mut Command {
    command.env_clear().env("HOME", home).current_dir(home);
    // Tools of rustup are found by its folders.
    for name in ["PATH", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// A run within a world, and what its agent is given.
pub(crate) struct Agent<'w> {
    world: &'w World,
    pub(crate) place: Place,
    pub(crate) gateway: Gateway,
    pub(crate) bearer: String,
}

impl<'w> Agent<'w> {
    /// The run of the example, with whatever `change` does to its contract, in its first cycle.
    pub(crate) fn start(world: &'w World, change: impl Fn(&mut Value)) -> Self {
        let place = Place::within(world, change);
        let gateway = place.gateway_in(world);
        let (said, bearer) = place.start_within(world, &gateway, "0");
        let bearer = bearer.unwrap_or_else(|| panic!("{said:?}"));
        Self {
            world,
            place,
            gateway,
            bearer,
        }
    }

    /// A program of the agent's: it reaches the gateway, and nothing else.
    pub(crate) fn client(&self, program: impl AsRef<Path>) -> Command {
        self.world.client(&self.gateway.agent, program)
    }

    /// The gateway as a proxy.
    pub(crate) fn proxy(&self) -> String {
        format!("http://agent:{}@{GATEWAY}:{GATEWAY_PORT}", self.bearer)
    }

    /// The file with the authority of the world, for clients that take one.
    pub(crate) fn bundle(&self) -> String {
        self.world.bundle().display().to_string()
    }

    /// The record, which must be whole and hold no credential.
    pub(crate) fn record(&self) -> String {
        assert_eq!(self.place.verify().status.code(), Some(0));
        let record = self.place.record();
        assert!(
            !record.contains(&self.bearer),
            "the bearer is in the record"
        );
        assert!(
            !record.contains("canary-of-secret"),
            "a secret is in the record"
        );
        record
    }
}

/// Grants tunnels to these hosts, and to no other.
pub(crate) fn tunnels(contract: &mut Value, hosts: &[&str]) {
    let all = hosts.iter().map(|host| json!({"host": host, "port": 443}));
    contract["agents"][0]["tunnels"] = all.collect();
}
