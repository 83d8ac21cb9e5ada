//! A run of a site, from its submission to what is left of it.

use super::Site;
use super::watch::{Seen, label, statuses};
use crate::canary;
use crate::cluster::approve::{Forwarded, people};
use crate::cluster::kubectl::{get, sure};
use crate::cluster::node;
use pure_agent::emit::inputs;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A run that was submitted.
#[derive(Debug)]
pub struct Run<'s> {
    site: &'s Site,
    /// Name of its spec.
    pub spec: String,
    /// Its name.
    pub name: String,
    /// UID of its Workflow.
    pub uid: String,
    /// The issue that it works on; no other run does.
    pub issue: String,
    /// When it was submitted.
    pub since: Instant,
}

/// A run that is over.
#[derive(Debug)]
pub struct Ended {
    /// Phase of the Workflow.
    pub phase: String,
    /// The Workflow.
    pub workflow: Value,
    /// Its pods, as they were last seen.
    pub pods: BTreeMap<String, Seen>,
    /// What containers said, by pod without the run's name, and container.
    pub logs: BTreeMap<(String, String), String>,
    /// From submission to end.
    pub wall: Duration,
}

/// An issue that no other run of this machine works on now.
#[must_use]
pub fn issue() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    // Six digits: the process and the run.
    let number = (std::process::id() * 100 + next) % 1_000_000;
    format!("DLD-{number}")
}

impl<'s> Run<'s> {
    pub(super) fn submit(site: &'s Site, spec: &str, script: &str) -> Self {
        let issue = issue();
        let prompt = format!("Work on {issue}.\nscript: {script}");
        let given = [("issue", issue.as_str()), ("prompt", prompt.as_str())];
        Self::submitted(site, spec, &given, issue.clone())
    }

    pub(super) fn submit_with(site: &'s Site, spec: &str, inputs: &[(&str, &str)]) -> Self {
        Self::submitted(site, spec, inputs, issue())
    }

    fn submitted(site: &'s Site, spec: &str, inputs: &[(&str, &str)], issue: String) -> Self {
        let name = format!("{spec}-{}", issue.to_ascii_lowercase());
        let given = inputs.iter();
        let given = given.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let given: BTreeMap<String, String> = given.collect();
        let workflow = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
            "metadata": {"name": name, "namespace": site.place.namespace},
            "spec": {
                "workflowTemplateRef": {"name": spec},
                "arguments": {"parameters": [{"name": "inputs", "value": inputs::encode(&given)}]},
            },
        });
        let since = Instant::now();
        let made = sure("create -f - -o json", &workflow.to_string());
        let made: Value = serde_json::from_str(&made).unwrap();
        let uid = made["metadata"]["uid"].as_str().unwrap().to_owned();
        Self {
            site,
            spec: spec.to_owned(),
            name,
            uid,
            issue: issue.to_owned(),
            since,
        }
    }

    /// A run of the first spec that somebody else started, by its Workflow.
    ///
    /// # Panics
    /// When it is no Workflow.
    #[must_use]
    pub fn of(site: &'s Site, workflow: &Value, issue: &str) -> Self {
        let text = |field: &str| workflow["metadata"][field].as_str().unwrap().to_owned();
        Self {
            site,
            spec: site.place.spec.clone(),
            name: text("name"),
            uid: text("uid"),
            issue: issue.to_owned(),
            since: Instant::now(),
        }
    }

    /// Its Workflow, as it was last told.
    #[must_use]
    pub fn workflow(&self) -> Value {
        self.site.watch.workflow(&self.name)
    }

    /// One of its pods by the end of its name, where it is there.
    #[must_use]
    pub fn pod(&self, end: &str) -> Option<Value> {
        let seen = self.site.watch.pod(&format!("{}-{end}", self.name))?;
        seen.there.then_some(seen.object)
    }

    /// Its launchers that are there.
    #[must_use]
    pub fn launchers(&self) -> Vec<Value> {
        let pods = self.site.watch.pods_of(&self.name).into_values();
        let launchers = pods.filter(|seen| seen.there && label(&seen.object, "role") == "launcher");
        launchers.map(|seen| seen.object).collect()
    }

    /// Waits until one of its pods is in this phase, or was.
    ///
    /// # Panics
    /// When it is not within five minutes, or the run is over before.
    pub fn wait_for(&self, end: &str, phase: &str) -> Value {
        let what = format!("{} of {} to be {phase}", end, self.name);
        self.site.watch.until(&what, Duration::from_secs(300), || {
            let pod = self.pod(end).filter(|pod| pod["status"]["phase"] == phase);
            assert!(pod.is_some() || !self.is_over(), "{what}: {}", self.told());
            pod
        })
    }

    /// Waits until one of its pods is there.
    ///
    /// # Panics
    /// When none comes within ten minutes, or the run is over before.
    pub fn await_pod(&self, end: &str) -> Value {
        let what = format!("{end} of {}", self.name);
        self.site.watch.until(&what, Duration::from_secs(600), || {
            let pod = self.pod(end);
            assert!(pod.is_some() || !self.is_over(), "{what}: {}", self.told());
            pod
        })
    }

    /// Waits until one of its pods has ended.
    ///
    /// # Panics
    /// When it does not within ten minutes.
    pub fn until_over(&self, end: &str) {
        let what = format!("the end of {end} of {}", self.name);
        self.site.watch.until(&what, Duration::from_secs(600), || {
            let phase = self.pod(end)?["status"]["phase"].clone();
            (phase == "Succeeded" || phase == "Failed").then_some(())
        });
    }

    /// Takes all its pods away, as `stop --now` does.
    pub fn sweep(&self) {
        let ours = format!(
            "delete pods -l pure-agent.dev/run={} --wait=false",
            self.name
        );
        drop(self.site.kubectl(&ours));
    }

    /// Whether its Workflow has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let phase = &self.workflow()["status"]["phase"];
        ["Succeeded", "Failed", "Error"]
            .iter()
            .any(|one| phase == one)
    }

    /// Kills a container of one of its pods, as a crash does; whether there was one.
    #[must_use]
    pub fn kill(&self, end: &str) -> bool {
        self.kill_pod(&self.pod(end).unwrap_or_default())
    }

    /// The same of a pod.
    #[must_use]
    pub fn kill_pod(&self, pod: &Value) -> bool {
        statuses(pod).iter().any(node::kill)
    }

    /// Takes a pod away, as an eviction does; whether there was one.
    #[must_use]
    pub fn take(&self, pod: &str) -> bool {
        let namespace = &self.site.place.namespace;
        let delete = format!("delete pod {pod} -n {namespace} --grace-period=1 --wait=false");
        crate::cluster::kubectl::kubectl(&delete, "").ok
    }

    /// Asks Argo to end it: `Stop` or `Terminate`.
    pub fn shut(&self, how: &str) {
        let patch = format!("{{\"spec\":{{\"shutdown\":\"{how}\"}}}}");
        let name = &self.name;
        drop(
            self.site
                .kubectl(&format!("patch workflow {name} --type=merge -p {patch}")),
        );
    }

    /// The gateway's control port, for people.
    #[must_use]
    pub fn forwarded(&self) -> Forwarded {
        let here = (self.site.place.namespace.as_str(), self.spec.as_str());
        Forwarded::open(here, &self.name, &self.uid)
    }

    /// The credential of people at this run, if it were one of a spec.
    #[must_use]
    pub fn proof_as(&self, spec: &str) -> String {
        people(spec, &self.uid)
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not come in time, or a secret stands in what it left in the cluster.
    #[must_use]
    pub fn end(&self, patience: Duration) -> Ended {
        let what = format!("the end of {}", self.name);
        self.site
            .watch
            .until(&what, patience, || self.is_over().then_some(()));
        let wall = self.since.elapsed();
        // The last words of the last pod may still be on their way.
        std::thread::sleep(Duration::from_secs(1));
        let workflow = self.workflow();
        let ended = Ended {
            phase: workflow["status"]["phase"].as_str().unwrap().to_owned(),
            workflow,
            pods: self.site.watch.pods_of(&self.name),
            logs: self.site.watch.logs_of(&self.name),
            wall,
        };
        canary::none_in("the Workflow", ended.workflow.to_string().as_bytes());
        for ((pod, container), log) in &ended.logs {
            canary::none_in(&format!("the log of {container} in {pod}"), log.as_bytes());
        }
        ended
    }

    /// Waits until none of its pods is left; gives the names of its claims.
    ///
    /// # Panics
    /// When a pod is left after the patience.
    #[must_use]
    pub fn gone(&self, patience: Duration) -> Vec<String> {
        let what = format!("nothing to be left of {}", self.name);
        self.site.watch.until(&what, patience, || {
            let pods = self.site.watch.pods_of(&self.name);
            (!pods.values().any(|seen| seen.there)).then_some(())
        });
        self.claims()
    }

    /// The names of its claims, without its own.
    #[must_use]
    pub fn claims(&self) -> Vec<String> {
        let claims = get(&format!("pvc -n {}", self.site.place.namespace));
        let claims = claims["items"].as_array().cloned().unwrap_or_default();
        let before = format!("{}-", self.name);
        let names = claims
            .iter()
            .filter(|claim| claim["metadata"]["deletionTimestamp"].is_null());
        let names =
            names.filter_map(|claim| claim["metadata"]["name"].as_str()?.strip_prefix(&before));
        names.map(str::to_owned).collect()
    }

    /// What it has left outside.
    #[must_use]
    pub fn left(&self) -> Value {
        self.site.outside.left(&self.issue)
    }

    /// What there is to say of it, for a failure.
    #[must_use]
    pub fn told(&self) -> String {
        let logs = self.site.watch.logs_of(&self.name);
        told(&self.workflow(), &logs)
    }
}

/// The phase of a Workflow, its nodes that failed, and the logs.
fn told(workflow: &Value, logs: &BTreeMap<(String, String), String>) -> String {
    let status = &workflow["status"];
    let mut text = format!("{} {}\n", status["phase"], status["message"]);
    for node in status["nodes"].as_object().into_iter().flatten() {
        let (_, node) = node;
        if node["phase"] != "Succeeded" {
            let _written = writeln!(
                text,
                "{}: {} {}",
                node["name"], node["phase"], node["message"]
            );
        }
    }
    for ((pod, container), log) in logs {
        let _written = writeln!(text, "--- {pod} {container}\n{log}");
    }
    text
}

/// The visits that Argo made, in their order.
#[must_use]
pub fn visits(workflow: &Value) -> Vec<(String, u32)> {
    let nodes = workflow["status"]["nodes"].as_object().unwrap().values();
    let mut visits: Vec<(String, u32)> = nodes
        .filter(|node| node["type"] == "Steps")
        .filter_map(|node| {
            let step = node["templateName"].as_str()?.strip_prefix("visit-")?;
            let inputs = node["inputs"]["parameters"].as_array()?.iter();
            let visit = inputs
                .filter(|one| one["name"] == "visit")
                .find_map(|one| one["value"].as_str());
            Some((step.to_owned(), visit?.parse().ok()?))
        })
        .collect();
    visits.sort_by_key(|(_, visit)| visit % 100);
    visits
}

impl Ended {
    /// The result document that the export step told; null where it told none.
    #[must_use]
    pub fn result(&self) -> Value {
        self.events("export", "export", "exported")
            .pop()
            .map_or(Value::Null, |event| event["result"].clone())
    }

    /// The visits that Argo made of the steps of a graph, in their order: step and number.
    #[must_use]
    pub fn visits(&self) -> Vec<(String, u32)> {
        visits(&self.workflow)
    }

    /// The reasons of the routers' decisions, in the order of their cycles.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let cycles =
            (0..50).map(|cycle| self.events(&format!("router-{cycle}"), "router", "decided"));
        let decided = cycles
            .flatten()
            .map(|event| event["decision"]["reason"].clone());
        decided
            .filter_map(|reason| reason.as_str().map(str::to_owned))
            .collect()
    }

    /// Lines of this event that a container said.
    #[must_use]
    pub fn events(&self, pod: &str, container: &str, event: &str) -> Vec<Value> {
        let log = self.logs.get(&(pod.to_owned(), container.to_owned()));
        let lines = log.map(String::as_str).unwrap_or_default().lines();
        let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["event"] == event).collect()
    }

    /// The message of the Workflow and of each node that did not succeed.
    #[must_use]
    pub fn troubles(&self) -> String {
        told(&self.workflow, &BTreeMap::new())
    }

    /// All that is known, for a failure.
    #[must_use]
    pub fn told(&self) -> String {
        told(&self.workflow, &self.logs)
    }

    /// Seconds in which our own pods worked: from the start of a pod's first container to the end of its last one,
    /// and for the gateway until it started.
    #[must_use]
    pub fn worked(&self) -> BTreeMap<String, f64> {
        let mut all = BTreeMap::new();
        for (name, seen) in &self.pods {
            let pod = &seen.object;
            let role = label(pod, "role");
            if role == "launcher" {
                continue;
            }
            let last = statuses(pod).pop().unwrap_or_default();
            let state = &last["state"];
            let end = match role.as_str() {
                "gateway" => &state["running"]["startedAt"],
                _ => &state["terminated"]["finishedAt"],
            };
            let begin = seconds(&pod["metadata"]["creationTimestamp"]);
            if end.is_string() {
                all.insert(name.clone(), seconds(end) - begin);
            }
        }
        all
    }

    /// Seconds from the Workflow's start to its end, as Argo tells it.
    #[must_use]
    pub fn lasted(&self) -> f64 {
        let status = &self.workflow["status"];
        seconds(&status["finishedAt"]) - seconds(&status["startedAt"])
    }
}

/// Seconds since the first of the month of a time of Kubernetes: `2026-01-01T12:00:00Z`.
fn seconds(time: &Value) -> f64 {
    let time = time.as_str().unwrap_or_default();
    let number = |at: std::ops::Range<usize>| -> u32 {
        let digits = time.get(at).and_then(|digits| digits.parse().ok());
        digits.unwrap_or_default()
    };
    let (day, hour) = (number(8..10), number(11..13));
    f64::from(((day * 24 + hour) * 60 + number(14..16)) * 60 + number(17..19))
}
