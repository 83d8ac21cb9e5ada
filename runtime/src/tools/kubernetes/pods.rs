//! Pods, as far as they are shown: state, and never what an environment, a command or an annotation holds.

use super::api::is_name;
use super::{Arguments, Kubernetes, UNTRUSTED, read};
use crate::tools::Failed;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Pods of one page of a list.
const PAGE: usize = 200;
/// Most pages.
const PAGES: usize = 5;
/// Most events that are shown.
const EVENTS: usize = 20;
/// Most characters of a message.
const MESSAGE: usize = 400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    deployment: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Describe {
    pod: String,
}

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default)]
    metadata: More,
    items: Vec<T>,
}

#[derive(Default, Deserialize)]
struct More {
    #[serde(rename = "continue")]
    next: Option<String>,
}

/// A pod. What stands here is all that is read of one.
#[derive(Deserialize)]
pub(super) struct Pod {
    pub(super) metadata: Metadata,
    pub(super) spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    owner_references: Vec<Owner>,
    creation_timestamp: Option<String>,
    deletion_timestamp: Option<String>,
}

#[derive(Deserialize)]
struct Owner {
    kind: String,
    name: String,
    #[serde(default)]
    controller: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    node_name: Option<String>,
    pub(super) containers: Vec<Container>,
}

#[derive(Deserialize)]
pub(super) struct Container {
    pub(super) name: String,
    image: Option<String>,
    #[serde(default)]
    resources: Resources,
}

#[derive(Default, Deserialize)]
struct Resources {
    #[serde(default)]
    limits: BTreeMap<String, String>,
    #[serde(default)]
    requests: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    phase: Option<String>,
    reason: Option<String>,
    start_time: Option<String>,
    #[serde(default)]
    conditions: Vec<Condition>,
    #[serde(default)]
    container_statuses: Vec<ContainerStatus>,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerStatus {
    name: String,
    ready: bool,
    restart_count: u64,
    #[serde(default)]
    state: State,
    #[serde(default)]
    last_state: State,
}

#[derive(Default, Deserialize)]
struct State {
    waiting: Option<Why>,
    running: Option<Why>,
    terminated: Option<Why>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Why {
    reason: Option<String>,
    exit_code: Option<i64>,
    started_at: Option<String>,
    finished_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "type")]
    kind: Option<String>,
    reason: Option<String>,
    message: Option<String>,
    count: Option<u64>,
    last_timestamp: Option<String>,
    event_time: Option<String>,
}

impl Pod {
    /// The Deployment that it belongs to: its ReplicaSet is called after the Deployment and the hash of the template.
    pub(super) fn deployment(&self) -> Option<&str> {
        let hash = self.metadata.labels.get("pod-template-hash")?;
        let owner = self.metadata.owner_references.iter();
        let set = owner
            .clone()
            .find(|o| o.controller && o.kind == "ReplicaSet")?;
        set.name.strip_suffix(hash)?.strip_suffix('-')
    }

    fn summary(&self) -> Value {
        let Status {
            phase,
            reason,
            start_time,
            container_statuses: containers,
            ..
        } = &self.status;
        let leaving = self.metadata.deletion_timestamp.is_some();
        let waiting = containers.iter().find_map(|c| c.state.reason());
        json!({
            "name": self.metadata.name,
            "deployment": self.deployment(),
            "phase": if leaving { Some("Terminating") } else { phase.as_deref() },
            "reason": reason.as_deref().or(waiting),
            "ready": containers.iter().filter(|c| c.ready).count(),
            "containers": self.spec.containers.len(),
            "restarts": containers.iter().map(|c| c.restart_count).sum::<u64>(),
            "started": start_time.as_ref().or(self.metadata.creation_timestamp.as_ref()),
        })
    }

    fn container(&self, container: &Container) -> Value {
        let mut all = self.status.container_statuses.iter();
        let status = all.find(|status| status.name == container.name);
        json!({
            "name": container.name,
            "image": container.image,
            "limits": container.resources.limits,
            "requests": container.resources.requests,
            "ready": status.is_some_and(|s| s.ready),
            "restarts": status.map_or(0, |s| s.restart_count),
            "state": status.map(|s| s.state.told()),
            "last_state": status.map(|s| s.last_state.told()),
        })
    }

    fn conditions(&self) -> Vec<Value> {
        let told = |c: &Condition| json!({"type": c.kind, "status": c.status, "reason": c.reason});
        self.status.conditions.iter().map(told).collect()
    }
}

impl State {
    fn reason(&self) -> Option<&str> {
        let why = self.waiting.as_ref().or(self.terminated.as_ref());
        why?.reason.as_deref()
    }

    /// Without the message of a container that ended: it is what the container wrote there.
    fn told(&self) -> Value {
        let told = |state: &str, why: &Why| {
            json!({"state": state, "reason": why.reason, "exit_code": why.exit_code,
                "started": why.started_at, "finished": why.finished_at})
        };
        match (&self.waiting, &self.running, &self.terminated) {
            (Some(why), ..) => told("waiting", why),
            (_, Some(why), _) => told("running", why),
            (.., Some(why)) => told("terminated", why),
            _ => Value::Null,
        }
    }
}

impl Kubernetes {
    pub(super) async fn list(&self, arguments: Arguments) -> Result<Value, Failed> {
        let List { deployment } = read(arguments)?;
        let (pods, more) = self.pods(deployment.as_deref()).await?;
        let pods: Vec<Value> = pods.iter().map(Pod::summary).collect();
        Ok(
            json!({"success": true, "untrusted": UNTRUSTED, "count": pods.len(), "pods": pods,
            "complete": !more}),
        )
    }

    pub(super) async fn describe(&self, arguments: Arguments) -> Result<Value, Failed> {
        let Describe { pod } = read(arguments)?;
        let pod = self.pod(&pod).await?;
        let containers: Vec<Value> = pod
            .spec
            .containers
            .iter()
            .map(|c| pod.container(c))
            .collect();
        let events = self.events(&pod.metadata.name).await?;
        Ok(json!({
            "success": true,
            "untrusted": UNTRUSTED,
            "pod": pod.summary(),
            "node": pod.spec.node_name,
            "conditions": pod.conditions(),
            "containers": containers,
            "events": events,
        }))
    }

    /// A pod of one of the Deployments. Others are told in the words of one that does not exist.
    pub(super) async fn pod(&self, name: &str) -> Result<Pod, Failed> {
        let none = || Failed::new("kubernetes-none", "there is no such object");
        if !is_name(name) {
            return Err(none());
        }
        let path = format!("{}/{name}", self.path("api/v1", "pods"));
        let pod: Pod = self.api.get(&path).await?;
        let ours = pod.deployment().is_some_and(|d| self.deployment(d).is_ok());
        (ours && pod.metadata.name == name)
            .then_some(pod)
            .ok_or_else(none)
    }

    /// The pods of the Deployments, or of one, and whether there are more.
    pub(super) async fn pods(&self, of: Option<&str>) -> Result<(Vec<Pod>, bool), Failed> {
        if let Some(name) = of {
            self.deployment(name)?;
        }
        let (mut pods, mut next): (Vec<Pod>, Option<String>) = (Vec::new(), None);
        for _ in 0..PAGES {
            let mut path = format!("{}?limit={PAGE}", self.path("api/v1", "pods"));
            if let Some(next) = &next {
                path.push_str("&continue=");
                path.push_str(next);
            }
            let page: Page<Pod> = self.api.get(&path).await?;
            pods.extend(page.items.into_iter().filter(|pod| {
                let owner = pod.deployment();
                let one = of.is_none() || owner == of;
                one && owner.is_some_and(|d| self.deployment(d).is_ok())
                    && is_name(&pod.metadata.name)
            }));
            next = page.metadata.next.filter(|next| {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~=".contains(&b);
                !next.is_empty() && next.bytes().all(plain)
            });
            if next.is_none() {
                return Ok((pods, false));
            }
        }
        Ok((pods, true))
    }

    async fn events(&self, pod: &str) -> Result<Vec<Value>, Failed> {
        let path = format!(
            "{}?limit={PAGE}&fieldSelector=involvedObject.kind%3DPod%2CinvolvedObject.name%3D{pod}",
            self.path("api/v1", "events")
        );
        let page: Page<Event> = self.api.get(&path).await?;
        let mut events = page.items;
        events.sort_by(|a, b| a.time().cmp(&b.time()));
        let skip = events.len().saturating_sub(EVENTS);
        Ok(events.iter().skip(skip).map(Event::told).collect())
    }
}

impl Event {
    fn time(&self) -> Option<&str> {
        self.last_timestamp
            .as_deref()
            .or(self.event_time.as_deref())
    }

    fn told(&self) -> Value {
        let message = self.message.as_deref().map(|text| {
            let plain = text.chars().filter(|c| !c.is_control());
            plain.take(MESSAGE).collect::<String>()
        });
        json!({"type": self.kind, "reason": self.reason, "message": message, "count": self.count,
            "last": self.time()})
    }
}
