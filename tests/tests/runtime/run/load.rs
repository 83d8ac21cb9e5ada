//! A gateway that is killed while its clients are at work: what it answered holds, and what was used is counted.

use super::hosts::{Hosts, place};
use crate::place::{Gateway, Place, ask, router_bearer, try_ask};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pure_agent_runtime::digest::sha256;
use pure_agent_tests::random::Random;
use pure_agent_tests::world::World;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

const HOST: &str = "packages.example.com";

/// What the clients share, and what they saw.
struct Crowd {
    agent: RwLock<String>,
    bearer: String,
    tls: Arc<ClientConfig>,
    over: AtomicBool,
    calls: AtomicU64,
    tunnels: AtomicU64,
    /// Submissions that clients may still make: a cycle has a bound on them.
    free: AtomicU64,
    /// Numbers of submissions that were answered, each client's in its order.
    kept: Mutex<Vec<(usize, u64)>>,
}

impl Crowd {
    fn address(&self) -> String {
        self.agent.read().unwrap().clone()
    }

    /// Does it until the end; nobody is asked without a pause.
    fn until_over(&self, mut once: impl FnMut()) {
        while !self.over.load(Ordering::SeqCst) {
            once();
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn think(&self) {
        let words = "Words of which a model makes some seventeen tokens, and not more than that. ";
        let stream = self.calls.load(Ordering::SeqCst).is_multiple_of(2);
        let messages = json!([{"role": "user", "content": words}]);
        let body = json!({"model": "claude-opus-4-1", "max_tokens": 64, "stream": stream, "messages": messages});
        let answer = try_ask(
            &self.address(),
            "POST /v1/messages",
            Some(&self.bearer),
            &body.to_string(),
        );
        if answer.is_ok_and(|(status, _)| status == 200) {
            self.calls.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Whether the answer says that it is kept.
    fn submit(&self, action: &str, summary: &str) -> bool {
        let arguments = json!({"actions": [action], "summary": summary});
        let params = json!({"name": "set_export_config", "arguments": arguments});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let answer = try_ask(
            &self.address(),
            "POST /mcp",
            Some(&self.bearer),
            &body.to_string(),
        );
        let told = |answer: &(u16, Value)| {
            let text = answer.1["result"]["content"][0]["text"].as_str();
            answer.0 == 200 && text.is_some_and(|text| text.contains("\"success\":true"))
        };
        answer.as_ref().is_ok_and(told)
    }

    fn submits(&self, client: usize) {
        let mut number = 0;
        let less = |free: u64| free.checked_sub(1);
        self.until_over(|| {
            let (set, get) = (Ordering::SeqCst, Ordering::SeqCst);
            if self.free.fetch_update(set, get, less).is_err() {
                return;
            }
            if self.submit("continue", &summary(client, number)) {
                self.kept.lock().unwrap().push((client, number));
            }
            number += 1;
        });
    }

    fn count(&self, carried: Option<bool>) {
        if carried == Some(true) {
            self.tunnels.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Whether the host's page came through; nothing where the gateway is gone.
    fn tunnel(&self) -> Option<bool> {
        let mut stream = TcpStream::connect(self.address()).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .ok()?;
        let pair = STANDARD.encode(format!("agent:{}", self.bearer));
        let head = format!("Host: {HOST}:443\r\nProxy-Authorization: Basic {pair}\r\n\r\n");
        let asked = format!("CONNECT {HOST}:443 HTTP/1.1\r\n{head}");
        stream.write_all(asked.as_bytes()).ok()?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            answer.push(byte[0]);
        }
        if !answer.starts_with(b"HTTP/1.1 200") {
            return Some(false);
        }
        let name = HOST.try_into().unwrap();
        let mut tls = ClientConnection::new(Arc::clone(&self.tls), name).unwrap();
        let mut tls = Stream::new(&mut tls, &mut stream);
        let get = format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
        tls.write_all(get.as_bytes()).ok()?;
        let mut page = Vec::new();
        // How the host closes is its business.
        drop(tls.read_to_end(&mut page));
        Some(page.ends_with(b"index"))
    }
}

/// Ends the clients, also where a test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn summary(client: usize, number: u64) -> String {
    format!("client {client} number {number}.")
}

fn tls(world: &World) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(world.bundle()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

/// Kills the gateway at a moment that nobody chose, often while it is told of a submission, and starts another one.
fn kill(world: &World, place: &Place, crowd: &Crowd, gateway: &mut Gateway, random: &mut Random) {
    let mut wait = |most: usize| {
        let pause = random.below(most).try_into().unwrap();
        thread::sleep(Duration::from_millis(pause));
    };
    wait(500);
    crowd.free.fetch_add(2, Ordering::SeqCst);
    wait(25);
    gateway.child.kill().unwrap();
    gateway.child.wait().unwrap();
    *gateway = place.gateway_in(world);
    crowd.agent.write().unwrap().clone_from(&gateway.agent);
}

#[test]
fn a_gateway_that_is_killed_under_load_loses_nothing_that_it_answered() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let rounds = if std::env::var_os("PURE_AGENT_LONG").is_some() {
        20
    } else {
        5
    };
    let hosts = Hosts::start(&world);
    let place = place(&world, |contract| {
        contract["limits"] = json!({"concurrency": 16, "cycle": 1800, "deadline": 18000, "depth": 10,
            "export": 600, "tokens": 4_000_000_000_u64, "traffic": 1_u64 << 40, "turns": 1_000_000});
    });
    let mut gateway = place.gateway_in(&world);
    let bearer = place.start(&gateway, "0").1.unwrap();
    let crowd = Crowd {
        agent: RwLock::new(gateway.agent.clone()),
        bearer,
        tls: tls(&world),
        over: AtomicBool::new(false),
        calls: AtomicU64::new(0),
        tunnels: AtomicU64::new(0),
        free: AtomicU64::new(0),
        kept: Mutex::default(),
    };
    let seed = u64::from(std::process::id());
    let mut random = Random::new(seed);
    thread::scope(|scope| {
        let over = Over(&crowd.over);
        for client in 0..2 {
            let crowd = &crowd;
            scope.spawn(move || crowd.submits(client));
            scope.spawn(|| crowd.until_over(|| crowd.think()));
            scope.spawn(|| crowd.until_over(|| crowd.count(crowd.tunnel())));
        }
        for _ in 0..rounds {
            kill(&world, &place, &crowd, &mut gateway, &mut random);
            goes_on(&crowd);
        }
        drop(over);
    });
    assert!(crowd.submit("none", "the last"), "seed {seed}");
    assert_eq!(place.router(&gateway, "0", "Succeeded", "0"), "stop");
    counted(&hosts, &gateway);
    lost_nothing(&place, &crowd.kept.lock().unwrap());
    let done = (crowd.calls.into_inner(), crowd.tunnels.into_inner());
    assert!(
        done.0 >= rounds && done.1 >= rounds,
        "seed {seed}: {done:?}"
    );
}

/// The cycle has its bearer still, and each kind of client is served again.
fn goes_on(crowd: &Crowd) {
    let served = || {
        let kept = crowd.kept.lock().unwrap().len();
        (
            crowd.calls.load(Ordering::SeqCst),
            crowd.tunnels.load(Ordering::SeqCst),
            kept,
        )
    };
    let inputs = try_ask(&crowd.address(), "GET /v1/inputs", Some(&crowd.bearer), "").unwrap();
    assert_eq!(inputs.0, 200, "{inputs:?}");
    let (before, start) = (served(), Instant::now());
    crowd.free.fetch_add(1, Ordering::SeqCst);
    loop {
        let now = served();
        if now.0 > before.0 && now.1 > before.1 && now.2 > before.2 {
            return;
        }
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "{before:?} {now:?}"
        );
        thread::sleep(Duration::from_millis(10));
    }
}

/// What the model was asked is paid for, also where nobody lived to hear its answer.
fn counted(hosts: &Hosts, gateway: &Gateway) {
    let (turns, input, output) = hosts.told();
    let usage = ask(
        &gateway.control,
        "GET /v1/usage",
        Some(&router_bearer()),
        "",
    )
    .1;
    let used = |name: &str| usage[name].as_u64().unwrap();
    assert!(used("turns") >= turns, "{turns}: {usage}");
    assert!(
        used("tokens") >= input + output,
        "{input} {output}: {usage}"
    );
}

/// Every submission that was answered is in the record, in its order; the last of all is the one that counts.
fn lost_nothing(place: &Place, kept: &[(usize, u64)]) {
    let verified = place.verify();
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    let record = place.record();
    let events: Vec<Value> = record
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].take())
        .collect();
    let of_kind = |kind: &str| -> Vec<&Value> {
        events
            .iter()
            .filter(|event| event["kind"] == kind)
            .collect()
    };
    let documents: Vec<&str> = of_kind("submission")
        .iter()
        .map(|event| event["document"].as_str().unwrap())
        .collect();
    for client in 0..2 {
        let mut documents = documents.iter();
        for (_, number) in kept.iter().filter(|(of, _)| *of == client) {
            let summary = summary(client, *number);
            let found = documents.any(|document| document.contains(&summary));
            assert!(found, "{summary}");
        }
    }
    let last = documents.last().unwrap();
    assert!(last.contains("the last"), "{last}");
    let decided = of_kind("router-decided");
    assert_eq!(decided.last().unwrap()["submission_digest"], sha256(last));
}
