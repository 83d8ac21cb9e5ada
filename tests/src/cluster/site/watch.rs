//! Everything that happens to pods and Workflows of a namespace, as the API server tells it, and what pods said.

use crate::cluster::kubectl::kubectl;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A thing of the cluster, as it was last told.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The object.
    pub object: Value,
    /// Whether it is still there.
    pub there: bool,
}

#[derive(Debug, Default)]
struct Known {
    pods: BTreeMap<String, Seen>,
    workflows: BTreeMap<String, Seen>,
    /// By pod and container.
    logs: BTreeMap<(String, String), String>,
    /// Containers whose last words are known, by id.
    heard: BTreeSet<String>,
}

/// What is known of a namespace.
#[derive(Debug)]
pub struct Watch {
    namespace: String,
    known: Mutex<Known>,
    changed: Condvar,
    over: AtomicBool,
    clients: Mutex<BTreeMap<&'static str, Child>>,
}

/// How often a gateway that runs is listened to.
const LISTEN: Duration = Duration::from_secs(5);

impl Watch {
    /// Watches until [`Watch::end`].
    #[must_use]
    pub fn start(namespace: &str) -> Arc<Self> {
        let watch = Arc::new(Self {
            namespace: namespace.to_owned(),
            known: Mutex::default(),
            changed: Condvar::new(),
            over: AtomicBool::new(false),
            clients: Mutex::default(),
        });
        for kind in ["pods", "workflows"] {
            let watch = Arc::clone(&watch);
            drop(std::thread::spawn(move || watch.follow(kind)));
        }
        let listens = Arc::clone(&watch);
        drop(std::thread::spawn(move || listens.listen()));
        watch
    }

    /// Ends the clients.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        for client in held(&self.clients).values_mut() {
            drop(client.kill());
            drop(client.wait());
        }
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// A pod, as it was last told.
    #[must_use]
    pub fn pod(&self, name: &str) -> Option<Seen> {
        held(&self.known).pods.get(name).cloned()
    }

    /// All pods of a run, its launchers too.
    #[must_use]
    pub fn pods_of(&self, run: &str) -> BTreeMap<String, Seen> {
        let known = held(&self.known);
        let of_run = |seen: &Seen| label(&seen.object, "run") == run;
        let pods = known.pods.iter().filter(|(_, seen)| of_run(seen));
        pods.map(|(name, seen)| (name.clone(), seen.clone()))
            .collect()
    }

    /// A Workflow, as it was last told.
    #[must_use]
    pub fn workflow(&self, name: &str) -> Value {
        let known = held(&self.known);
        let seen = known.workflows.get(name);
        seen.map_or(Value::Null, |seen| seen.object.clone())
    }

    /// What the containers of a run's pods said, by pod without the run's name, and container.
    #[must_use]
    pub fn logs_of(&self, run: &str) -> BTreeMap<(String, String), String> {
        let known = held(&self.known);
        let before = format!("{run}-");
        let logs = known.logs.iter().filter_map(|((pod, container), log)| {
            let short = pod.strip_prefix(&before)?;
            Some(((short.to_owned(), container.clone()), log.clone()))
        });
        logs.collect()
    }

    /// Waits until `done` gives something; it is asked after each change and at least each second.
    ///
    /// # Panics
    /// When patience is over.
    pub fn until<T>(
        &self,
        what: &str,
        patience: Duration,
        mut done: impl FnMut() -> Option<T>,
    ) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = done() {
                return found;
            }
            assert!(start.elapsed() < patience, "waited {patience:?} for {what}");
            let known = held(&self.known);
            drop(self.changed.wait_timeout(known, Duration::from_secs(1)));
        }
    }

    /// A client that tells each change, started again where the API server goes away.
    fn follow(self: &Arc<Self>, kind: &'static str) {
        while !self.is_over() {
            let mut client = Command::new("kubectl");
            client.args(["get", kind, "-n", &self.namespace, "-o", "json"]);
            client.args(["--watch", "--output-watch-events"]);
            client.stdin(Stdio::null()).stdout(Stdio::piped());
            let mut client = client.stderr(Stdio::null()).spawn().unwrap();
            let out = client.stdout.take().unwrap();
            if let Some(mut old) = held(&self.clients).insert(kind, client) {
                drop(old.kill());
                drop(old.wait());
            }
            self.forget(kind);
            let events = serde_json::Deserializer::from_reader(std::io::BufReader::new(out));
            for event in events.into_iter::<Value>() {
                let Ok(event) = event else { break };
                self.learn(kind, &event);
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// Whatever is still there is told first.
    fn forget(&self, kind: &str) {
        let mut known = held(&self.known);
        for seen in list(&mut known, kind).values_mut() {
            seen.there = false;
        }
    }

    fn learn(self: &Arc<Self>, kind: &str, event: &Value) {
        let object = event["object"].clone();
        let name = text(&object["metadata"]["name"]);
        let there = event["type"] != "DELETED";
        if kind == "pods" {
            self.listen_to(&name, &object);
        }
        let mut known = held(&self.known);
        list(&mut known, kind).insert(name, Seen { object, there });
        drop(known);
        self.changed.notify_all();
    }

    /// Fetches the log of each container that has ended, and of those that are about to.
    fn listen_to(self: &Arc<Self>, pod: &str, object: &Value) {
        if label(object, "role") == "launcher" {
            return;
        }
        let leaving = !object["metadata"]["deletionTimestamp"].is_null();
        for status in statuses(object) {
            let (state, last) = (&status["state"], &status["lastState"]["terminated"]);
            let ended = &state["terminated"];
            let id = text(&ended["containerID"]);
            if !id.is_empty() && held(&self.known).heard.insert(id.clone()) {
                self.fetch(pod, &status, false);
            }
            let before = text(&last["containerID"]);
            if !before.is_empty() && held(&self.known).heard.insert(before) {
                self.fetch(pod, &status, true);
            }
            if leaving && !state["running"].is_null() {
                self.fetch(pod, &status, false);
            }
        }
    }

    fn fetch(self: &Arc<Self>, pod: &str, status: &Value, previous: bool) {
        let (watch, pod) = (Arc::clone(self), pod.to_owned());
        let container = text(&status["name"]);
        drop(std::thread::spawn(move || {
            watch.hear(&pod, &container, previous);
        }));
    }

    fn hear(&self, pod: &str, container: &str, previous: bool) {
        let more = if previous { "--previous" } else { "" };
        let namespace = &self.namespace;
        let log = kubectl(
            &format!("logs {pod} -n {namespace} -c {container} {more}"),
            "",
        );
        // A kubelet that has removed a container says so in place of its log.
        let removed = ["unable to retrieve", "failed to try resolving"];
        if log.ok && !removed.iter().any(|said| log.out.contains(said)) {
            let mut known = held(&self.known);
            let name = if previous { "before" } else { "" };
            let kept = known
                .logs
                .entry((pod.to_owned(), format!("{container}{name}")));
            let kept = kept.or_default();
            if log.out.len() >= kept.len() {
                *kept = log.out;
            }
            drop(known);
            self.changed.notify_all();
        }
    }

    /// Gateways end with their pods, so that nothing could be heard of them afterwards.
    fn listen(self: &Arc<Self>) {
        while !self.is_over() {
            std::thread::sleep(LISTEN);
            let known = held(&self.known);
            let gateways = known
                .pods
                .iter()
                .filter(|(_, seen)| seen.there && label(&seen.object, "role") == "gateway");
            let names: Vec<String> = gateways.map(|(name, _)| name.clone()).collect();
            drop(known);
            for name in names {
                self.hear(&name, "gateway", false);
            }
        }
    }
}

/// The statuses of all containers of a pod, those of its init containers first.
pub fn statuses(pod: &Value) -> Vec<Value> {
    let status = &pod["status"];
    let lists = [
        &status["initContainerStatuses"],
        &status["containerStatuses"],
    ];
    let all = lists.into_iter().filter_map(Value::as_array).flatten();
    all.cloned().collect()
}

/// A label of ours.
#[must_use]
pub fn label(object: &Value, name: &str) -> String {
    text(&object["metadata"]["labels"][format!("pure-agent.dev/{name}")])
}

fn list<'k>(known: &'k mut Known, kind: &str) -> &'k mut BTreeMap<String, Seen> {
    match kind {
        "pods" => &mut known.pods,
        _ => &mut known.workflows,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
