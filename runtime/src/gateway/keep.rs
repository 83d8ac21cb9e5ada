//! What the gateway keeps of a run outside: transcripts in a bucket, and one comment that names the run.
//!
//! Neither stands in the way of the run: where it fails, the record says so, and the agent's work goes on.

use super::Gateway;
use crate::contract::{Bound, Contract, Session, Transcripts};
use crate::digest::sha256;
use crate::export::client::Client;
use crate::export::key::{Keys, Mark};
use crate::export::linear::Linear;
use crate::export::outbox::Archive;
use crate::export::place::Bucket;
use crate::export::{Refused, refused, s3};
use crate::open;
use crate::record::Event;
use crate::record::event::Request;
use crate::secret::Secrets;
use crate::transcript::{Heard, Redact, Store, ToolCall};
use bytes::Bytes;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

/// Time for an upload or a comment, with all its attempts.
const TIME: Duration = Duration::from_secs(300);
/// Time in which the last answers of a cycle that has ended may still come.
const LAST: Duration = Duration::from_secs(60);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// Most bytes of a transcript that is uploaded.
const MOST: u64 = 512 << 20;

/// What is kept, and what is on its way.
#[derive(Debug)]
pub struct Keep {
    store: Option<Arc<Store>>,
    /// The credential of each cycle's agent, which stands in no transcript.
    bearers: Mutex<BTreeMap<u32, String>>,
    session: AtomicBool,
    under_way: watch::Sender<u32>,
}

impl Keep {
    /// Keeps transcripts in this folder where the contract wants them.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn open(contract: &Contract, secrets: &Secrets, folder: &Path) -> Result<Self, String> {
        let wanted = contract.record.transcripts.is_some();
        let open = || Store::open(folder, Redact::new(secrets.values()));
        let store = wanted.then(open).transpose();
        let store = store.map_err(|e| format!("transcripts cannot be kept: {e}"))?;
        Ok(Self {
            store: store.map(Arc::new),
            bearers: Mutex::default(),
            session: AtomicBool::new(false),
            under_way: watch::Sender::new(0),
        })
    }

    /// The credential that the agent of a cycle shows.
    pub fn knows(&self, cycle: u32, bearer: &str) {
        if self.store.is_some() {
            let mut bearers = self.bearers();
            if bearers.get(&cycle).is_none_or(|known| known != bearer) {
                bearers.insert(cycle, bearer.to_owned());
            }
        }
    }

    fn bearers(&self) -> MutexGuard<'_, BTreeMap<u32, String>> {
        self.bearers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bearer(&self, cycle: u32) -> String {
        self.bearers().get(&cycle).cloned().unwrap_or_default()
    }

    /// Hears a call of a model, where transcripts are kept.
    #[must_use]
    pub fn hear(&self, call: (u32, &'static str), model: &str, request: &Bytes) -> Option<Heard> {
        let store = self.store.as_ref()?;
        let bearer = self.bearer(call.0);
        Some(Heard::new(store, call, model, request.clone(), &bearer))
    }

    /// Keeps a call of a tool, where transcripts are kept.
    pub fn tool(&self, call: &ToolCall<'_>) {
        if let Some(store) = &self.store {
            store.tool(call, &self.bearer(call.cycle));
        }
    }

    /// The transcripts, where they are kept.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.store.as_deref()
    }

    /// Waits until nothing is on its way any more, or so long.
    pub async fn settled(&self, within: Duration) {
        let mut under_way = self.under_way.subscribe();
        let idle = under_way.wait_for(|count| *count == 0);
        let _late = timeout(within, idle).await;
    }
}

/// Brings the transcript of a cycle that has ended to its bucket.
pub(super) fn upload(gateway: &Arc<Gateway>, cycle: u32) {
    let Some(to) = gateway.contract.record.transcripts.clone() else {
        return;
    };
    aside(gateway, "transcript", move |gateway| async move {
        transcript(&gateway, &to, cycle).await
    });
}

/// Names the run on its issue, once.
pub(super) fn session(gateway: &Arc<Gateway>) {
    let Some(session) = gateway.contract.record.session.clone() else {
        return;
    };
    if !gateway.keep.session.swap(true, Ordering::Relaxed) {
        aside(gateway, "session-comment", move |gateway| async move {
            comment(&gateway, &session).await
        });
    }
}

/// Does something beside the requests, and records how it ended.
fn aside<F, W>(gateway: &Arc<Gateway>, rule: &'static str, work: F)
where
    F: FnOnce(Arc<Gateway>) -> W + Send + 'static,
    W: Future<Output = Result<String, Refused>> + Send + 'static,
{
    let gateway = Arc::clone(gateway);
    gateway.keep.under_way.send_modify(|count| *count += 1);
    drop(tokio::spawn(async move {
        let done = work(Arc::clone(&gateway)).await;
        let line = |rule: &str, target: String| Request {
            cycle: None,
            agent: None,
            rule: rule.to_owned(),
            target,
        };
        let event = match done {
            Ok(target) => Event::RequestAllowed(line(rule, target)),
            Err(refused) => Event::RequestDenied(line(refused.rule, rule.to_owned())),
        };
        drop(gateway.journal.record(event));
        gateway
            .keep
            .under_way
            .send_modify(|count| *count = count.saturating_sub(1));
    }));
}

async fn transcript(gateway: &Gateway, to: &Transcripts, cycle: u32) -> Result<String, Refused> {
    let missing = || refused("transcript", "there is no transcript of this cycle");
    let store = gateway.keep.store().ok_or_else(missing)?;
    let over = Instant::now() + LAST;
    while store.speaks(cycle) && Instant::now() < over {
        sleep(LOOK).await;
    }
    let path = store.file(cycle).await.map_err(|_lost| missing())?;
    let bytes = open::bytes(&path, MOST).map_err(|_untold| missing())?;
    let archive = Archive {
        bytes: bytes.len() as u64,
        sha256: sha256(&bytes),
        path,
    };
    drop(bytes);
    let place = Bucket::read(&to.to, &to.region);
    let place = place.ok_or_else(|| refused("contract", "the bucket means nothing"))?;
    let name = format!("{}/cycle-{cycle}.jsonl", gateway.uid);
    let named = s3::Named {
        name: &name,
        kind: "application/jsonl",
    };
    let secret = secret(gateway, &to.auth)?;
    let mark = mark(gateway, &name);
    s3::put(&client(gateway), secret, &place, named, &archive, &mark).await
}

async fn comment(gateway: &Gateway, session: &Session) -> Result<String, Refused> {
    let issue = match &session.to {
        Bound::Input(name) => gateway.inputs.get(name),
        Bound::Value(value) => Some(value.as_str()),
    };
    let issue = issue.ok_or_else(|| refused("input-missing", "the run was given no issue"))?;
    let client = client(gateway);
    let linear = Linear::new(&client, secret(gateway, &session.auth)?)?;
    let Contract {
        spec, namespace, ..
    } = &gateway.contract;
    let body = json!({"spec": spec, "namespace": namespace, "run": gateway.uid});
    let body = format!("An agent works on this issue.\n\n```json\n{body:#}\n```");
    linear
        .comment(issue, &mark(gateway, "session"), &body)
        .await
}

fn client(gateway: &Gateway) -> Client {
    Client::new(gateway.web.clone(), Instant::now() + TIME)
}

fn secret<'g>(gateway: &'g Gateway, name: &str) -> Result<&'g str, Refused> {
    let secret = gateway.secrets.get(name);
    secret.ok_or_else(|| refused("secret", "the gateway does not have the credential"))
}

fn mark(gateway: &Gateway, what: &str) -> Mark {
    let keys = Keys::new(&gateway.key, &gateway.uid);
    keys.mark(&keys.of(what))
}

#[cfg(test)]
mod tests;
