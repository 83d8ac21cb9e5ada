//! A run's files, its roles as processes, and requests byte by byte.

use crate::emitted::contract;
use crate::program::{Scratch, runtime};
use crate::world::{GATEWAY, GATEWAY_PORT, PRIVATE, World};
use pure_agent_runtime::digest::sha256;
use pure_agent_runtime::proof::{Key, Use};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// UID of the run.
pub const UID: &str = "34f30468-bff5-4185-9f89-33119f4650fd";
/// Its key.
pub const KEY: [u8; 32] = [7; 32];
/// `{"issue":"A-1","prompt":"p"}`
pub const INPUTS: &str = "eyJpc3N1ZSI6IkEtMSIsInByb21wdCI6InAifQ";

/// A run's files, and what its gateway is started with.
#[derive(Debug)]
pub struct Place {
    /// The folder of all of it.
    pub scratch: Scratch,
    /// Digest of the contract.
    pub digest: String,
}

/// A gateway that listens; it is killed in the end.
#[derive(Debug)]
pub struct Gateway {
    /// The process.
    pub child: Child,
    /// `address:port` for agents.
    pub agent: String,
    /// `address:port` for router and people.
    pub control: String,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The value of a secret: it must stand in no output.
#[must_use]
pub fn canary(name: &str) -> String {
    format!("canary-of-secret-{name}-0123456789abcdef")
}

impl Place {
    /// A run of the example, with secrets in files and whatever `change` does to the contract.
    pub fn new(change: impl Fn(&mut Value)) -> Self {
        let scratch = Scratch::new("gateway");
        let mut value: Value = serde_json::from_str(&contract("pure-agent")).unwrap();
        value["network"]["closed"] = json!([]);
        for secret in value["secrets"].as_array_mut().unwrap() {
            let name = secret["name"].as_str().unwrap().to_owned();
            let path = scratch.path().join(format!("secret-{name}"));
            std::fs::write(&path, canary(&name)).unwrap();
            secret["path"] = json!(path);
        }
        change(&mut value);
        let text = value.to_string();
        std::fs::write(scratch.path().join("contract.json"), &text).unwrap();
        std::fs::write(scratch.path().join("key"), KEY).unwrap();
        let digest = sha256(&text);
        Self { scratch, digest }
    }

    /// The same for a gateway that reaches the hosts of this world.
    pub fn within(world: &World, change: impl Fn(&mut Value)) -> Self {
        Self::new(|contract| {
            contract["network"]["private"] = json!([PRIVATE]);
            contract["network"]["trust_bundle"] = json!(world.bundle());
            change(contract);
        })
    }

    /// A file of this run.
    #[must_use]
    pub fn at(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// A role of this run, with the options that all have.
    #[must_use]
    pub fn role(&self, role: &str) -> Command {
        self.as_role(role, Command::new(runtime()))
    }

    fn as_role(&self, role: &str, mut command: Command) -> Command {
        command
            .args([role, "--digest", &self.digest, "--bundle", &"b".repeat(64)])
            .arg("--contract")
            .arg(self.at("contract.json"))
            .env_clear()
            .env("PURE_AGENT_UID", UID);
        command
    }

    /// The gateway, at any ports.
    #[must_use]
    pub fn gateway_command(&self) -> Command {
        self.as_gateway(Command::new(runtime()))
    }

    fn as_gateway(&self, command: Command) -> Command {
        let mut command = self.as_role("gateway", command);
        command
            .args([
                "--listen",
                "127.0.0.1",
                "--agent-port",
                "0",
                "--control-port",
                "0",
                "--export-port",
                "0",
            ])
            .arg("--key")
            .arg(self.at("key"))
            .arg("--record")
            .arg(self.scratch.path())
            .env("PURE_AGENT_INPUTS", INPUTS);
        command
    }

    /// A gateway that has said where it listens.
    #[must_use]
    pub fn gateway(&self) -> Gateway {
        Self::listening(self.gateway_command())
    }

    /// The same within a world.
    #[must_use]
    pub fn gateway_in(&self, world: &World) -> Gateway {
        Self::listening(self.as_gateway(world.command(runtime())))
    }

    fn listening(mut command: Command) -> Gateway {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let out = child.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(said["event"], "listening", "{line}");
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        Gateway {
            child,
            agent: text("agent"),
            control: text("control"),
        }
    }

    /// The start gate of a cycle's pod, and the bearer that it claimed.
    #[must_use]
    pub fn start(&self, gateway: &Gateway, cycle: &str) -> (Output, Option<String>) {
        let at = gateway.agent.rsplit_once(':').unwrap();
        self.started(Command::new(runtime()), at, cycle)
    }

    /// The same in the network of a client of the world, where whatever else listens on this machine is closed.
    #[must_use]
    pub fn start_in(
        &self,
        world: &World,
        gateway: &Gateway,
        cycle: &str,
    ) -> (Output, Option<String>) {
        let port = GATEWAY_PORT.to_string();
        let command = world.client(&gateway.agent, runtime());
        self.started(command, (GATEWAY, &port), cycle)
    }

    fn started(
        &self,
        command: Command,
        (host, port): (&str, &str),
        cycle: &str,
    ) -> (Output, Option<String>) {
        let folder = Scratch::new("run");
        let done = self
            .as_role("start", command)
            .args([
                "--gateway",
                host,
                "--port",
                port,
                "--patience",
                "1",
                "--folder",
            ])
            .arg(folder.path())
            .arg("--answer")
            .arg(self.at("start-answer"))
            .env("PURE_AGENT_CYCLE", cycle)
            .output()
            .unwrap();
        (
            done,
            std::fs::read_to_string(folder.path().join("bearer")).ok(),
        )
    }

    /// The word that Argo is told.
    #[must_use]
    pub fn router(&self, gateway: &Gateway, cycle: &str, phase: &str, code: &str) -> String {
        let answer = self.at("answer");
        let done = self
            .role("router")
            .args([
                "--cycle",
                cycle,
                "--phase",
                phase,
                "--exit-code",
                code,
                "--start-code",
                "0",
            ])
            .args(["--pod-reason", "", "--end-reason", "", "--patience", "1"])
            .args(["--gateway", &gateway.control, "--key"])
            .arg(self.at("key"))
            .arg("--answer")
            .arg(&answer)
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        std::fs::read_to_string(answer).unwrap()
    }

    /// What `record verify` says.
    #[must_use]
    pub fn verify(&self) -> Output {
        Command::new(runtime())
            .args(["record", "verify"])
            .arg(self.at("record.jsonl"))
            .output()
            .unwrap()
    }

    /// The text of the record.
    #[must_use]
    pub fn record(&self) -> String {
        std::fs::read_to_string(self.at("record.jsonl")).unwrap()
    }
}

/// Sends bytes, reads to the end; gives the status and the body.
#[must_use]
pub fn raw(address: &str, bytes: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // A connection that is reset after its answer has given it.
    drop(stream.read_to_end(&mut answer));
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

/// A request with a bearer and a body; gives the status and the JSON of the answer.
#[must_use]
pub fn ask(address: &str, what: &str, bearer: Option<&str>, body: &str) -> (u16, Value) {
    let bearer = bearer.map_or_else(String::new, |b| format!("Authorization: Bearer {b}\r\n"));
    let size = body.len();
    let (status, body) = raw(
        address,
        format!("{what} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n{bearer}Content-Length: {size}\r\n\r\n{body}").as_bytes(),
    );
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

/// The status of an answer, and the rule of its refusal.
#[must_use]
pub fn rule(answer: &(u16, Value)) -> (u16, &str) {
    (
        answer.0,
        answer.1["error"]["rule"].as_str().unwrap_or_default(),
    )
}

/// The credential of the router.
#[must_use]
pub fn router_bearer() -> String {
    Key::new(KEY.to_vec()).unwrap().proof(UID, Use::Router)
}
