//! A gateway in this process, with a record of its own and a claimed cycle.

use super::inputs::Inputs;
use super::{Gateway, Given, agent, http, now};
use crate::contract::Contract;
use crate::digest::sha256;
use crate::net::address::Private;
use crate::net::dial::{Connector, System, Times};
use crate::proof::Key;
use crate::record::Event;
use crate::record::event::RunOpened;
use crate::secret::Secrets;
use crate::state::journal::Journal;
use crate::web::Web;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// UID of the run.
pub(crate) const UID: &str = "34f30468-bff5-4185-9f89-33119f4650fd";
/// Bearer of cycle 0.
pub(crate) const BEARER: &str = "bearer-of-cycle-zero-bearer-of-cycle-zero";

/// A gateway and its folder, which goes away with it.
pub(crate) struct Running {
    pub(crate) gateway: Arc<Gateway>,
    /// Address of the agent's port.
    pub(crate) address: String,
    pub(crate) folder: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let record = std::fs::read(self.folder.join("record.jsonl")).unwrap_or_default();
        drop(std::fs::remove_dir_all(&self.folder));
        if !std::thread::panicking() {
            assert!(
                !leaks(&record, &[SECRET, BEARER]),
                "a secret is in the record"
            );
        }
    }
}

/// Whether one of these stands in the bytes, as it is or in base64 at any offset.
fn leaks(bytes: &[u8], secrets: &[&str]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    secrets.iter().any(|secret| {
        let encoded = (0..3).any(|before| {
            let form = STANDARD_NO_PAD.encode(["xx".get(..before).unwrap(), secret].concat());
            // Characters at either end also hold bits of what stands beside the secret.
            let end = (before + secret.len()) * 8 / 6;
            text.contains(&form[(before * 8).div_ceil(6)..end])
        });
        encoded || text.contains(secret)
    })
}

#[test]
fn a_leak_is_found() {
    for leak in [
        secret_of("github"),
        STANDARD_NO_PAD.encode(format!("x-access-token:{}", secret_of("github"))),
        STANDARD_NO_PAD.encode(format!("ab:{}", secret_of("linear"))),
    ] {
        assert!(
            leaks(format!("before {leak} after").as_bytes(), &[SECRET]),
            "{leak}"
        );
    }
    assert!(!leaks(b"a secret of the run", &[SECRET, BEARER]));
}

/// A gateway by the contract of the example `pure-agent`, changed; each secret is `secret-of-NAME` (but
/// `subscription` is a token of one); its inputs are
/// `{"issue":"A-1","prompt":"p"}`. It serves the agent's port, and cycle 0 is claimed.
pub(crate) async fn running(web: Web, change: impl FnOnce(&mut Value)) -> Running {
    let running = unclaimed(web, change).await;
    let claimed = Event::CycleClaimed {
        cycle: 0,
        bearer: sha256(BEARER),
    };
    let pending = running.gateway.journal.record(claimed);
    pending.unwrap().await.unwrap();
    running
}

/// The same before cycle 0.
pub(crate) async fn unclaimed(web: Web, change: impl FnOnce(&mut Value)) -> Running {
    after(web, change, "").await
}

/// The same as it starts again where it finds this record.
pub(crate) async fn after(web: Web, change: impl FnOnce(&mut Value), record: &str) -> Running {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = format!("gateway-testing-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    if !record.is_empty() {
        std::fs::write(folder.join("record.jsonl"), record).unwrap();
    }
    let gateway = Arc::new(open(web, change, &folder.join("record.jsonl")).await);
    serve(gateway, folder).await
}

/// Serves the agent's port of a gateway.
async fn serve(gateway: Arc<Gateway>, folder: PathBuf) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (mine, ours) = (Arc::clone(&gateway), Arc::clone(&gateway));
    tokio::spawn(http::serve(
        listener,
        Duration::from_secs(60),
        move |asked| agent::answer(Arc::clone(&mine), asked),
        move |refusal| agent::refused(&ours, refusal),
    ));
    Running {
        gateway,
        address,
        folder,
    }
}

/// The grant or the server of this name in a list of a contract.
pub(crate) fn member<'a>(list: &'a mut Value, key: &str, name: &str) -> &'a mut Value {
    let mut all = list.as_array_mut().unwrap().iter_mut();
    all.find(|one| one[key] == name).unwrap()
}

/// What the secrets of these tests begin with.
const SECRET: &str = "secret-of-";

fn secret_of(name: &str) -> String {
    match name {
        "subscription" => "sk-ant-oat01-secret".to_owned(),
        "rates" | "s3" => format!("AKIDTEST:{SECRET}{name}"),
        name => format!("{SECRET}{name}"),
    }
}

async fn open(web: Web, change: impl FnOnce(&mut Value), record: &std::path::Path) -> Gateway {
    let example = include_str!("../../../golden/contract/pure-agent.json");
    let mut value: Value = serde_json::from_str(example).unwrap();
    change(&mut value);
    let contract: Contract = serde_json::from_value(value).unwrap();
    let secrets: BTreeMap<_, _> = contract
        .secrets
        .iter()
        .map(|secret| (secret.name.clone(), secret_of(&secret.name)))
        .collect();
    let run = RunOpened {
        uid: UID.to_owned(),
        bundle: "b".repeat(64),
        contract: "c".repeat(64),
        time: now(),
    };
    let (journal, opened) = Journal::open(record, &contract, run).unwrap();
    opened.await.unwrap();
    let given = Given {
        key: Key::new(vec![7; 32]).unwrap(),
        uid: UID.to_owned(),
        run: "code-review-x7k2p".to_owned(),
        inputs: Inputs::read("eyJpc3N1ZSI6IkEtMSIsInByb21wdCI6InAifQ", &contract).unwrap(),
        journal,
        transcripts: record.with_file_name("transcripts"),
    };
    let private = Private::parse(&contract.network.private).unwrap();
    let connector = Connector::new(Arc::new(System), private, Times::default());
    Gateway::with(contract, given, connector, Secrets::of(secrets), web).unwrap()
}

impl Running {
    /// Asks as the agent of cycle 0: `METHOD PATH`, further header lines, a body; gives status, header and body.
    pub(crate) async fn ask(
        &self,
        what: &str,
        lines: &[&str],
        body: &[u8],
    ) -> (u16, String, Vec<u8>) {
        let mut head = format!(
            "{what} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nAuthorization: Bearer {BEARER}\r\n"
        );
        for line in lines {
            head += &format!("{line}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // A gateway that refuses early does not read the rest.
        drop(stream.write_all(body).await);
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        assert!(
            !leaks(&answer, &[SECRET]),
            "a secret is in the answer to {what}"
        );
        let end = answer
            .windows(4)
            .position(|w| w == b"\r\n\r\n")
            .unwrap_or(answer.len());
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok());
        let body = answer.get(end + 4..).unwrap_or_default().to_vec();
        (status.unwrap_or(0), head, body)
    }

    /// The same for JSON both ways.
    pub(crate) async fn json(&self, what: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let (status, _, body) = self
            .ask(what, &["Content-Type: application/json"], &body)
            .await;
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// Waits until the record has this: a refusal does not wait for the disk.
    pub(crate) async fn recorded(&self, text: &str) {
        let start = std::time::Instant::now();
        while !self.record().contains(text) {
            assert!(start.elapsed() < Duration::from_secs(5), "no {text}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The record so far, as text.
    pub(crate) fn record(&self) -> String {
        std::fs::read_to_string(self.folder.join("record.jsonl")).unwrap()
    }
}

#[tokio::test]
async fn the_agent_of_a_cycle_is_known() {
    let running = running(crate::web::testing::web(&[]), |_| ()).await;
    let (status, inputs) = running.json("GET /v1/inputs", &Value::Null).await;
    assert_eq!(
        (status, inputs),
        (200, json!({"issue": "A-1", "prompt": "p"}))
    );
    let (status, answer) = running.json("GET /v1/inputs?a=b", &Value::Null).await;
    assert_eq!(
        (status, &answer["error"]["rule"]),
        (400, &json!("http-target"))
    );
    running.recorded("http-target").await;
}
