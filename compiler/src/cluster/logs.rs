//! What the pods of a run say.

use super::kinds::POD;
use super::{Cluster, Trouble};
use crate::emit::names;
use futures_util::io::AsyncBufReadExt as _;
use futures_util::stream::{self, StreamExt as _};
use kube::api::{ListParams, LogParams};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// Time between two looks for new pods.
const LOOK: Duration = Duration::from_secs(2);

/// A pod of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: String,
    /// How far it is.
    pub phase: String,
    /// Why it waits or ended; may be empty.
    pub reason: String,
    /// Whether its first container can have said something.
    #[serde(skip)]
    pub begun: bool,
}

impl Pod {
    /// Reads a Pod.
    #[must_use]
    pub fn of(pod: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let containers = ["initContainerStatuses", "containerStatuses"]
            .into_iter()
            .flat_map(|part| pod["status"][part].as_array().into_iter().flatten());
        let states: Vec<&Value> = containers.map(|container| &container["state"]).collect();
        let reason = states.iter().find_map(|state| {
            let why = ["waiting", "terminated"]
                .into_iter()
                .find_map(|way| state[way]["reason"].as_str());
            why.filter(|why| !matches!(*why, "Completed" | "PodInitializing"))
        });
        let conditions = pod["status"]["conditions"].as_array();
        let placed = conditions
            .into_iter()
            .flatten()
            .find(|one| one["type"] == "PodScheduled" && one["status"] == "False");
        let own = pod["status"]["reason"]
            .as_str()
            .or_else(|| placed?["reason"].as_str());
        let main = &pod["status"]["containerStatuses"][0]["state"];
        Self {
            name: text(&pod["metadata"]["name"]),
            role: text(&pod["metadata"]["labels"][names::ROLE]),
            phase: text(&pod["status"]["phase"]),
            reason: own.or(reason).unwrap_or_default().to_owned(),
            begun: main["running"].is_object() || main["terminated"].is_object(),
        }
    }
}

/// A line of a pod.
#[derive(Debug)]
pub struct Line<'a> {
    /// The pod.
    pub pod: &'a Pod,
    /// What it wrote, without the end of the line.
    pub text: &'a str,
}

impl Cluster {
    /// The pods of a run, in the order in which they were made.
    ///
    /// # Errors
    /// What the API server refuses.
    pub fn pods(&self, namespace: &str, run: &str) -> Result<Vec<Pod>, Trouble> {
        self.block(self.find_pods(namespace, run))
    }

    async fn find_pods(&self, namespace: &str, run: &str) -> Result<Vec<Pod>, Trouble> {
        let params = ListParams::default().labels(&format!("{}={run}", names::RUN));
        let found = self.api(&POD, namespace).list(&params).await?;
        let mut pods = Vec::new();
        for one in &found.items {
            let pod = super::apply::plain(one)?;
            let made = pod["metadata"]["creationTimestamp"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            pods.push((made, Pod::of(&pod)));
        }
        pods.sort_by(|(a, x), (b, y)| (a, &x.name).cmp(&(b, &y.name)));
        Ok(pods.into_iter().map(|(_, pod)| pod).collect())
    }

    /// Reads what the pods of a run wrote, one pod after the other; gives how many there were.
    ///
    /// # Errors
    /// What the API server refuses, or what `tell` could not take.
    pub fn logs<E: From<Trouble>>(
        &self,
        namespace: &str,
        run: &str,
        chosen: &dyn Fn(&Pod) -> bool,
        tell: &mut dyn FnMut(Line<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        self.block(async {
            let pods = self.find_pods(namespace, run).await?;
            let mut read = 0;
            for pod in pods.iter().filter(|pod| pod.begun && chosen(pod)) {
                let api = self.pod_api(namespace);
                let log = api.logs(&pod.name, &LogParams::default()).await;
                let log = log.map_err(Trouble::from)?;
                for text in log.lines() {
                    tell(Line { pod, text })?;
                }
                read += 1;
            }
            Ok(read)
        })
    }

    /// The same for pods that run, and for those that come, until the run is over.
    ///
    /// # Errors
    /// As there.
    pub fn follow_logs<E: From<Trouble>>(
        &self,
        namespace: &str,
        run: &str,
        chosen: &dyn Fn(&Pod) -> bool,
        tell: &mut dyn FnMut(Line<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        self.block(async {
            tokio::select! {
                read = self.follow_all(namespace, run, chosen, tell) => read,
                _ = tokio::signal::ctrl_c() => Ok(0),
            }
        })
    }

    async fn follow_all<E: From<Trouble>>(
        &self,
        namespace: &str,
        run: &str,
        chosen: &dyn Fn(&Pod) -> bool,
        tell: &mut dyn FnMut(Line<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut known = BTreeSet::new();
        let mut streams = stream::SelectAll::new();
        let mut ended = false;
        loop {
            if !ended {
                ended = self.find_run(namespace, run).await?.is_over();
                let pods = self.find_pods(namespace, run).await?;
                for pod in pods.into_iter().filter(|pod| pod.begun && chosen(pod)) {
                    if known.insert(pod.name.clone()) {
                        match self.lines(namespace, pod).await {
                            Ok(lines) => streams.push(lines),
                            // Taken away since it was listed.
                            Err(trouble) if trouble.is_missing() => {}
                            Err(trouble) => return Err(trouble.into()),
                        }
                    }
                }
            }
            let look = tokio::time::sleep(LOOK);
            tokio::pin!(look);
            loop {
                tokio::select! {
                    line = streams.next(), if !streams.is_empty() => {
                        if let Some((pod, text)) = line {
                            tell(Line { pod: &pod, text: &text })?;
                        }
                    }
                    () = &mut look, if !ended => break,
                    else => break,
                }
            }
            if ended && streams.is_empty() {
                return Ok(known.len());
            }
        }
    }

    /// The lines of one pod as they come. A pod that is taken away ends them.
    async fn lines(
        &self,
        namespace: &str,
        pod: Pod,
    ) -> Result<stream::BoxStream<'static, (Pod, String)>, Trouble> {
        let params = LogParams {
            follow: true,
            ..LogParams::default()
        };
        let log = self
            .pod_api(namespace)
            .log_stream(&pod.name, &params)
            .await?;
        let lines = log
            .lines()
            .take_while(|line| std::future::ready(line.is_ok()));
        Ok(lines
            .filter_map(move |line| {
                let pod = pod.clone();
                std::future::ready(line.ok().map(|text| (pod, text)))
            })
            .boxed())
    }
}

#[cfg(test)]
mod tests {
    use super::Pod;
    use serde_json::json;

    #[test]
    fn a_pod_tells_why_it_waits_or_ended() {
        let pod = json!({
            "metadata": {"name": "a-agent-0", "labels": {"pure-agent.dev/role": "agent"}},
            "status": {"phase": "Pending",
                "initContainerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}],
                "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]},
        });
        let read = Pod::of(&pod);
        assert_eq!(
            (read.role.as_str(), read.reason.as_str()),
            ("agent", "ImagePullBackOff")
        );
        assert!(!read.begun);
        let pod = json!({"status": {"phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}});
        assert_eq!(Pod::of(&pod).reason, "Unschedulable");
        let pod = json!({"status": {"phase": "Failed", "reason": "DeadlineExceeded",
            "containerStatuses": [{"state": {"terminated": {"reason": "Error"}}}]}});
        let read = Pod::of(&pod);
        assert_eq!(read.reason, "DeadlineExceeded");
        assert!(read.begun);
    }
}
