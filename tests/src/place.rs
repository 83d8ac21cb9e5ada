//! A run's files, its roles as processes, and requests byte by byte.

use crate::canary::{self, canary};
use crate::emitted::contract;
use crate::program::{Scratch, runtime};
use crate::services::rates;
use crate::world::{GATEWAY, GATEWAY_PORT, PRIVATE, World};
use pure_agent_runtime::digest::sha256;
use pure_agent_runtime::proof::{Key, Use};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

/// UID of the run.
pub const UID: &str = "34f30468-bff5-4185-9f89-33119f4650fd";
/// Its key.
pub const KEY: [u8; 32] = [7; 32];
/// `{"issue":"A-1","prompt":"p"}`
pub const INPUTS: &str = "eyJpc3N1ZSI6IkEtMSIsInByb21wdCI6InAifQ";

/// A run's files, and what its gateway is started with. At its end no secret stands in what came out.
#[derive(Debug)]
pub struct Place {
    /// The folder of all of it.
    pub scratch: Scratch,
    /// Digest of the contract.
    pub digest: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        // These the test itself wrote; all other files are what the run leaves.
        canary::none_below(self.scratch.path(), &|name| {
            name == "key" || name.starts_with("secret-")
        });
    }
}

/// A gateway that listens; it is killed in the end, and what it said is searched for secrets.
#[derive(Debug)]
pub struct Gateway {
    /// The process.
    pub child: Child,
    /// `address:port` for agents.
    pub agent: String,
    /// `address:port` for router and people.
    pub control: String,
    /// `address:port` for the export step.
    pub export: String,
    said: Vec<JoinHandle<Vec<u8>>>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            canary::none_given_to("the gateway", self.child.id());
            canary::none_in("the metrics", &metrics(&self.control));
        }
        drop(self.child.kill());
        drop(self.child.wait());
        for said in self.said.drain(..) {
            canary::none_in("a log of the gateway", &said.join().unwrap_or_default());
        }
    }
}

/// What a gateway that did not begin to listen has said.
fn ended(child: &mut Child, said: JoinHandle<Vec<u8>>) -> String {
    drop(child.kill());
    drop(child.wait());
    String::from_utf8_lossy(&said.join().unwrap_or_default()).into_owned()
}

/// The page for Prometheus, or nothing where the gateway does not give it at once.
fn metrics(control: &str) -> Vec<u8> {
    let bearer = key().proof(UID, Use::People);
    let asked = format!(
        "GET /metrics HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n\r\n"
    );
    let mut page = Vec::new();
    if let Ok(mut stream) = TcpStream::connect(control) {
        drop(stream.set_read_timeout(Some(Duration::from_secs(2))));
        drop(stream.write_all(asked.as_bytes()));
        drop(stream.read_to_end(&mut page));
    }
    page
}

/// All that comes, so that a process is never kept waiting.
fn kept(mut from: impl std::io::Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        drop(from.read_to_end(&mut all));
        all
    })
}

/// The value of a secret of the example. What is no credential of S3 is not taken for one.
#[must_use]
pub fn value_of(name: &str) -> String {
    match name {
        "rates" => rates::credential(),
        _ => canary(name),
    }
}

fn key() -> Key {
    Key::new(KEY.to_vec()).unwrap()
}

impl Place {
    /// A run of the example, with secrets in files and whatever `change` does to the contract.
    pub fn new(change: impl Fn(&mut Value)) -> Self {
        let scratch = Scratch::new("gateway");
        let mut value: Value = serde_json::from_str(&contract("pure-agent")).unwrap();
        value["network"]["closed"] = json!([]);
        // What the gateway does on its own account would stand between what a test waits for.
        value["record"] = json!({"usage": true});
        for secret in value["secrets"].as_array_mut().unwrap() {
            let name = secret["name"].as_str().unwrap().to_owned();
            let path = scratch.path().join(format!("secret-{name}"));
            std::fs::write(&path, value_of(&name)).unwrap();
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

    /// The same by another build of the runtime.
    #[must_use]
    pub fn gateway_of(&self, program: &Path) -> Gateway {
        Self::listening(self.as_gateway(Command::new(program)))
    }

    /// The same within a world.
    #[must_use]
    pub fn gateway_in(&self, world: &World) -> Gateway {
        self.gateway_given(world, INPUTS)
    }

    /// The same with other inputs, written as [`INPUTS`] is.
    #[must_use]
    pub fn gateway_given(&self, world: &World, inputs: &str) -> Gateway {
        let mut command = self.as_gateway(world.command(runtime()));
        command.env("PURE_AGENT_INPUTS", inputs);
        Self::listening(command)
    }

    fn listening(mut command: Command) -> Gateway {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let err = kept(child.stderr.take().unwrap());
        out.read_line(&mut line).unwrap();
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            panic!("{line}{}", ended(&mut child, err));
        };
        assert_eq!(said["event"], "listening", "{line}");
        canary::none_in("the first line of the gateway", line.as_bytes());
        canary::none_given_to("the gateway", child.id());
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        Gateway {
            agent: text("agent"),
            control: text("control"),
            export: text("export"),
            said: vec![kept(out), err],
            child,
        }
    }

    /// Runs a program to its end; no secret stands in what it says.
    ///
    /// # Panics
    /// If one does, or the program does not start.
    #[must_use]
    pub fn output(&self, command: &mut Command) -> Output {
        let done = command.output().unwrap();
        canary::none_in("what a role says", &done.stdout);
        canary::none_in("what a role says", &done.stderr);
        done
    }

    /// The start gate of a cycle's pod, and the bearer that it claimed.
    #[must_use]
    pub fn start(&self, gateway: &Gateway, cycle: &str) -> (Output, Option<String>) {
        let folder = Scratch::new("run");
        let done = self.start_in(gateway, cycle, folder.path());
        (done, claimed(folder.path()))
    }

    /// The same, which leaves what the agent's container needs in a folder.
    #[must_use]
    pub fn start_in(&self, gateway: &Gateway, cycle: &str, folder: &Path) -> Output {
        let at = gateway.agent.rsplit_once(':').unwrap();
        self.started(Command::new(runtime()), at, cycle, folder)
    }

    /// The same in the network of a client of the world, where whatever else listens on this machine is closed.
    #[must_use]
    pub fn start_within(
        &self,
        world: &World,
        gateway: &Gateway,
        cycle: &str,
    ) -> (Output, Option<String>) {
        let folder = Scratch::new("run");
        let done = self.start_within_in(world, gateway, cycle, folder.path());
        (done, claimed(folder.path()))
    }

    /// The same, which leaves what the agent's container needs in a folder.
    #[must_use]
    pub fn start_within_in(
        &self,
        world: &World,
        gateway: &Gateway,
        cycle: &str,
        folder: &Path,
    ) -> Output {
        let command = world.client(&gateway.agent, runtime());
        let port = GATEWAY_PORT.to_string();
        self.started(command, (GATEWAY, &port), cycle, folder)
    }

    fn started(
        &self,
        command: Command,
        (host, port): (&str, &str),
        cycle: &str,
        folder: &Path,
    ) -> Output {
        let mut command = self.as_role("start", command);
        command
            .args([
                "--gateway",
                host,
                "--port",
                port,
                "--patience",
                "1",
                "--folder",
            ])
            .arg(folder)
            .arg("--answer")
            .arg(self.at("start-answer"))
            .env("PURE_AGENT_CYCLE", cycle);
        let done = self.output(&mut command);
        if let Some(bearer) = claimed(folder) {
            canary::learn("the bearer of an agent", bearer.as_bytes());
        }
        // The agent reads what stands here; the program is there to be run.
        canary::none_below(folder, &|name| {
            ["bearer", "pure-agent-runtime"].contains(&name)
        });
        done
    }

    /// The word that Argo is told.
    #[must_use]
    pub fn router(&self, gateway: &Gateway, cycle: &str, phase: &str, code: &str) -> String {
        let answer = self.at("answer");
        let mut command = self.role("router");
        command
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
            .arg(&answer);
        let done = self.output(&mut command);
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        std::fs::read_to_string(answer).unwrap()
    }

    /// What `record verify` says.
    #[must_use]
    pub fn verify(&self) -> Output {
        let mut command = Command::new(runtime());
        command.args(["record", "verify"]);
        self.output(command.arg(self.at("record.jsonl")))
    }

    /// The text of the record.
    #[must_use]
    pub fn record(&self) -> String {
        std::fs::read_to_string(self.at("record.jsonl")).unwrap()
    }
}

/// The bearer that a start gate left in a folder.
fn claimed(folder: &Path) -> Option<String> {
    std::fs::read_to_string(folder.join("bearer")).ok()
}

/// Sends bytes, reads to the end; gives the status and the body.
#[must_use]
pub fn raw(address: &str, bytes: &[u8]) -> (u16, String) {
    try_raw(address, bytes).unwrap()
}

fn try_raw(address: &str, bytes: &[u8]) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(bytes)?;
    let mut answer = Vec::new();
    // A connection that is reset after its answer has given it.
    drop(stream.read_to_end(&mut answer));
    canary::none_in("an answer of the gateway", &answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}

/// A request with a bearer and a body; gives the status and the JSON of the answer.
#[must_use]
pub fn ask(address: &str, what: &str, bearer: Option<&str>, body: &str) -> (u16, Value) {
    try_ask(address, what, bearer, body).unwrap()
}

/// The same of a gateway that may be gone; what broke off has status 0 or no JSON.
///
/// # Errors
/// Nobody listens there.
pub fn try_ask(
    address: &str,
    what: &str,
    bearer: Option<&str>,
    body: &str,
) -> std::io::Result<(u16, Value)> {
    let (status, body) = try_text(address, what, bearer, body)?;
    Ok((status, serde_json::from_str(&body).unwrap_or(Value::Null)))
}

/// The same, for an answer that is no JSON.
///
/// # Errors
/// Nobody listens there.
pub fn try_text(
    address: &str,
    what: &str,
    bearer: Option<&str>,
    body: &str,
) -> std::io::Result<(u16, String)> {
    let bearer = bearer.map_or_else(String::new, |b| format!("Authorization: Bearer {b}\r\n"));
    let size = body.len();
    try_raw(
        address,
        format!("{what} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Type: application/json\r\n{bearer}Content-Length: {size}\r\n\r\n{body}").as_bytes(),
    )
}

/// The status of an answer, and the rule of its refusal.
#[must_use]
pub fn rule(answer: &(u16, Value)) -> (u16, &str) {
    (
        answer.0,
        answer.1["error"]["rule"].as_str().unwrap_or_default(),
    )
}

/// The credential of people.
#[must_use]
pub fn people_bearer() -> String {
    Key::new(KEY.to_vec()).unwrap().proof(UID, Use::People)
}

/// The credential of the router.
#[must_use]
pub fn router_bearer() -> String {
    key().proof(UID, Use::Router)
}
