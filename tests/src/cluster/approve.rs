//! A person who approves: by a forwarded port and a signature, as `compiler/doc/approvals.md` says.

use super::reference::{PEOPLE, value};
use super::wait;
use crate::place::{try_ask, try_text};
use crate::program::Scratch;
use pure_agent_runtime::proof::{Key, Use};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// An SSH key of a person.
#[derive(Debug)]
pub struct Approver {
    folder: Scratch,
    /// `KIND BASE64`
    pub public: String,
}

impl Approver {
    /// One with a key of its own.
    ///
    /// # Errors
    /// There is no `ssh-keygen`.
    pub fn new() -> Result<Self, String> {
        let folder = Scratch::new("approver");
        let file = folder.path().join("key");
        let mut keygen = Command::new("ssh-keygen");
        keygen
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&file);
        super::images::run(&mut keygen)?;
        let line =
            std::fs::read_to_string(file.with_extension("pub")).map_err(|e| e.to_string())?;
        let public = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        Ok(Self { folder, public })
    }

    /// Approves what waits for a signature, once something does; gives what was shown. `ask` asks the control port.
    ///
    /// # Panics
    /// If nothing comes, or the answer is not taken.
    #[must_use]
    pub fn approve(&self, ask: impl Fn(&str, &str) -> (u16, Value), patience: Duration) -> Value {
        self.answer("approve", ask, patience)
    }

    /// The same with a verdict: `approve` or `reject`.
    ///
    /// # Panics
    /// If nothing comes, or the answer is not taken.
    #[must_use]
    pub fn answer(
        &self,
        verdict: &str,
        ask: impl Fn(&str, &str) -> (u16, Value),
        patience: Duration,
    ) -> Value {
        let waiting = wait("something to approve", patience, || {
            let (_, told) = ask("GET /v1/approvals", "");
            let list = told["approvals"].as_array()?;
            let signed = |one: &&Value| !one["approvers"].is_null();
            list.iter().find(signed).cloned()
        });
        let text = waiting["sign"][verdict].as_str().unwrap();
        let body = json!({"verdict": verdict, "signature": self.sign(text)});
        let id = waiting["id"].as_str().unwrap();
        let (status, answer) = ask(&format!("POST /v1/approvals/{id}"), &body.to_string());
        assert_eq!(status, 200, "{answer}");
        waiting["shown"].clone()
    }

    fn sign(&self, text: &str) -> String {
        let scratch = Scratch::new("signed");
        let file = scratch.path().join("text");
        std::fs::write(&file, text).unwrap();
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-Y", "sign", "-n", "pure-agent-approval", "-f"]);
        keygen.arg(self.folder.path().join("key")).arg(&file);
        super::images::run(&mut keygen).unwrap();
        std::fs::read_to_string(file.with_extension("sig")).unwrap()
    }
}

/// The credential of people at the run of this UID.
#[must_use]
pub fn people(spec: &str, uid: &str) -> String {
    let key = value(&format!("{spec}-key"), "key").unwrap();
    Key::new(key.into_bytes()).unwrap().proof(uid, Use::People)
}

/// A way to the control port of a run's gateway, for people.
#[derive(Debug)]
pub struct Forwarded {
    child: Child,
    address: String,
    bearer: String,
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Forwarded {
    /// Opens it for the run of this UID, as somebody who may break the glass.
    ///
    /// # Panics
    /// If it cannot be opened.
    #[must_use]
    pub fn open((namespace, spec): (&str, &str), run: &str, uid: &str) -> Self {
        let bearer = people(spec, uid);
        let pod = format!("pod/{run}-gateway");
        let mut child = Command::new("kubectl")
            .args(["port-forward", "-n", namespace, &pod, ":9090"])
            .args([
                "--as=kim",
                &format!("--as-group={PEOPLE}"),
                "--as-group=system:masters",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        // `Forwarding from 127.0.0.1:40123 -> 9090`
        let address = line.split(' ').nth(2).unwrap_or_default().to_owned();
        // The client ends where nobody reads what it says.
        drop(std::thread::spawn(move || {
            drop(std::io::copy(&mut out, &mut std::io::sink()));
        }));
        Self {
            child,
            address,
            bearer,
        }
    }

    /// Asks the control port.
    #[must_use]
    pub fn ask(&self, what: &str, body: &str) -> (u16, Value) {
        try_ask(&self.address, what, Some(&self.bearer), body).unwrap_or((0, Value::Null))
    }

    /// The record so far, line by line; none where the gateway is gone.
    #[must_use]
    pub fn record(&self) -> Option<Vec<Value>> {
        let bearer = Some(self.bearer.as_str());
        let (status, text) = try_text(&self.address, "GET /v1/record", bearer, "").ok()?;
        let lines = text.lines().filter_map(|l| serde_json::from_str(l).ok());
        (status == 200).then(|| lines.collect())
    }

    /// The same with another credential.
    #[must_use]
    pub fn ask_as(&self, bearer: &str, what: &str, body: &str) -> (u16, Value) {
        try_ask(&self.address, what, Some(bearer), body).unwrap_or((0, Value::Null))
    }
}
