//! The whole step: a real gateway, a workspace that was really packed, and services that stand in.

mod attacks;
mod attacks_github;
mod crash;
mod notify;
mod services;
mod standins;
mod submit;

use super::Export;
use super::client::{Client, Steps};
use super::key::Keys;
use super::ledger::{Clone as Cloned, Known, Ledger};
use super::result::{Acted, Result as Document};
use super::timetable::Timetable;
use super::told::Told;
use crate::ask;
use crate::gateway::testing::{Running, UID, running};
use crate::gateway::{control, http};
use crate::pack;
use crate::proof::Key;
use crate::record::Event;
use crate::record::event::{Decision, Next};
use crate::secret::Secrets;
use serde_json::{Value, json};
use standins::Services;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// Ends the step at one of the places where it has an effect: nothing after it happens.
#[derive(Debug, Default)]
pub(super) struct Fault {
    at: usize,
    count: AtomicUsize,
    hit: Notify,
}

impl Fault {
    fn new(at: usize) -> Arc<Self> {
        Arc::new(Self {
            at,
            ..Self::default()
        })
    }

    pub(super) async fn step(&self) {
        if self.count.fetch_add(1, Ordering::SeqCst) == self.at {
            self.hit.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

/// A run whose cycles have ended.
struct World {
    running: Running,
    control: String,
    services: Services,
    step: Export,
}

/// What an agent submits where a test says nothing else.
fn submission() -> Value {
    json!({
        "version": 1, "summary": "All is done.",
        "actions": ["report", "upload", "pull-request", "s3"],
        "report": "A long report.",
        "pull-request": {
            "repository": "dlddu/tool", "path": "repo", "branch": "agent/fix", "base": "main",
            "title": "Better words", "body": "They are better.",
        },
    })
}

/// The exports of the example, two more, and no approval.
fn exports(contract: &mut Value) {
    let list = contract["exports"].as_array_mut().unwrap();
    for export in list.iter_mut() {
        export.as_object_mut().unwrap().remove("approval");
    }
    list.push(json!({
        "name": "s3", "when": "offer", "auth": "s3-out", "times": 1,
        "action": {"kind": "s3", "to": "s3://bucket/runs", "region": "us-east-1", "exclude": [], "size": 67_108_864},
    }));
    list.push(json!({
        "name": "webhook", "when": "always", "auth": "hook", "times": 1,
        "action": {"kind": "webhook", "url": "https://hook.example.com/done"},
    }));
}

impl World {
    /// A run in which this was submitted, after which the workspace holds what `change` leaves there.
    async fn new(submitted: Option<Value>, change: impl FnOnce(&std::path::Path)) -> Self {
        Self::with(submitted, change, |_| ()).await
    }

    async fn with(
        submitted: Option<Value>,
        change: impl FnOnce(&std::path::Path),
        contract: impl FnOnce(&mut Value),
    ) -> Self {
        let services = Services::start().await;
        let running = running(services.web(), |value| {
            exports(value);
            contract(value);
        })
        .await;
        let gateway = Arc::clone(&running.gateway);
        let (workspace, outbox) = (running.folder.join("w"), running.folder.join("o"));
        let repo = workspace.join("repo");
        fs::create_dir_all(repo.join(".git")).unwrap();
        fs::create_dir_all(&outbox).unwrap();
        for (path, content) in standins::BASE {
            let path = repo.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        fs::write(repo.join("README.md"), "better words\n").unwrap();
        change(&workspace);
        pack::pack(&gateway.contract, &workspace, &outbox).unwrap();
        if let Some(document) = submitted {
            let document = document.to_string();
            record(&running, Event::Submission { cycle: 0, document }).await;
        }
        record(&running, Event::CycleSealed { cycle: 0 }).await;
        record(&running, Event::RouterDecided(decision())).await;
        let control = serve(&running).await;
        let step = step(&running, outbox);
        Self {
            running,
            control,
            services,
            step,
        }
    }

    /// Runs the step; where a fault is given and met, there is no document.
    async fn run(&self, fault: Option<Arc<Fault>>) -> Option<Document> {
        let steps = Steps {
            fault: fault.clone(),
        };
        let client = Client::stepping(self.services.web(), steps.clone());
        let gateway = ask::Gateway {
            address: &self.control,
            patience: Duration::ZERO,
        };
        let key = Key::new(vec![7; 32]).unwrap();
        let ledger = Ledger::new(gateway, UID, &key, Timetable::of(30)).stepping(steps);
        let mut known: Known = ledger.known().await.unwrap();
        known.clones.push(Cloned {
            repository: "github.com/dlddu/tool".to_owned(),
            commit: standins::start(),
        });
        let happen = self.step.happen(&known, &ledger, &client);
        let hit = async {
            match &fault {
                Some(fault) => fault.hit.notified().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            document = happen => Some(document),
            () = hit => None,
        }
    }

    /// Runs the step, and gives what came of one export.
    async fn acted(&self, name: &str) -> Acted {
        let document = self.run(None).await.unwrap();
        let found = document.exports().iter().find(|acted| acted.name == name);
        found.unwrap_or_else(|| panic!("{document:?}")).clone()
    }
}

async fn record(running: &Running, event: Event) {
    running
        .gateway
        .journal
        .record(event)
        .unwrap()
        .await
        .unwrap();
}

fn decision() -> Decision {
    Decision {
        cycle: 0,
        decision: Next::Stop,
        reason: "submitted".to_owned(),
        depth: 0,
        next_depth: 0,
        submission_digest: None,
        passed: None,
    }
}

async fn serve(running: &Running) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let gateway = Arc::clone(&running.gateway);
    let life = Duration::from_secs(60);
    tokio::spawn(http::serve(
        listener,
        life,
        move |asked| control::answer(Arc::clone(&gateway), asked),
        |_refusal| (),
    ));
    address
}

fn step(running: &Running, outbox: PathBuf) -> Export {
    let secrets = [
        ("linear-out", standins::LINEAR_KEY),
        ("github", standins::GITHUB_KEY),
        ("s3-out", "AKID:s3-secret"),
        ("chat", &standins::chat_address()),
        ("hook", standins::HOOK_KEY),
    ];
    let secrets: BTreeMap<_, _> = secrets
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let key = Key::new(vec![7; 32]).unwrap();
    Export {
        keys: Keys::new(&key, UID),
        contract: running.gateway.contract.clone(),
        bundle: "b".repeat(64),
        told: Told::read("Succeeded", "Succeeded"),
        run: "run-1".to_owned(),
        uid: UID.to_owned(),
        secrets: Secrets::of(secrets),
        outbox,
    }
}
