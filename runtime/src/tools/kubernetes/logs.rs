//! Logs: the last lines, whole or those that hold a text.

use super::pods::Pod;
use super::schema::MOST_MINUTES;
use super::{Arguments, Kubernetes, UNTRUSTED, read};
use crate::tools::Failed;
use serde::Deserialize;
use serde_json::{Value, json};

/// Most bytes of a text that is searched for.
pub(super) const MOST_TEXT: usize = 200;
/// Lines where none are said.
const SOME_LINES: u32 = 100;
/// Most pods whose logs one call reads.
const MOST_PODS: usize = 20;
/// Most bytes of one log that are searched.
const SEARCHED: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfPod {
    pod: String,
    container: Option<String>,
    lines: Option<u32>,
    since_minutes: Option<u64>,
    #[serde(default)]
    previous: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfService {
    deployment: String,
    lines: Option<u32>,
    since_minutes: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    deployment: String,
    text: String,
    since_minutes: Option<u64>,
}

/// Which part of a log is read.
#[derive(Clone, Copy)]
struct Part {
    lines: u32,
    since: Option<u64>,
    previous: bool,
    bytes: usize,
}

/// A log as it was read.
struct Log {
    lines: Vec<String>,
    /// Whether there is more of what was asked for.
    cut: bool,
}

impl Kubernetes {
    pub(super) async fn of_pod(&self, arguments: Arguments) -> Result<Value, Failed> {
        let asked: OfPod = read(arguments)?;
        let pod = self.pod(&asked.pod).await?;
        let container = container(&pod, asked.container.as_deref())?;
        let part = Part {
            previous: asked.previous,
            ..self.part(asked.lines, asked.since_minutes)
        };
        let log = self.log(&pod.metadata.name, container, part).await?;
        Ok(
            json!({"success": true, "untrusted": UNTRUSTED, "pod": pod.metadata.name,
            "container": container, "lines": log.lines, "complete": !log.cut}),
        )
    }

    pub(super) async fn of_service(&self, arguments: Arguments) -> Result<Value, Failed> {
        let asked: OfService = read(arguments)?;
        let part = self.part(asked.lines, asked.since_minutes);
        let (pods, more) = self.logged(&asked.deployment).await?;
        let mut told = Vec::new();
        for pod in &pods {
            let part = Part {
                bytes: self.bytes / pods.len(),
                ..part
            };
            let entry = match self.first(pod, part).await {
                Ok(log) => {
                    json!({"pod": pod.metadata.name, "lines": log.lines, "complete": !log.cut})
                }
                Err(failed) => json!({"pod": pod.metadata.name, "error": failed.rule}),
            };
            told.push(entry);
        }
        Ok(
            json!({"success": true, "untrusted": UNTRUSTED, "deployment": asked.deployment,
            "pods": told, "complete": !more}),
        )
    }

    pub(super) async fn search(&self, arguments: Arguments) -> Result<Value, Failed> {
        let asked: Search = read(arguments)?;
        if asked.text.is_empty() || asked.text.len() > MOST_TEXT {
            let message = format!("search for a text of 1 to {MOST_TEXT} bytes");
            return Err(Failed::new("kubernetes-text", message));
        }
        let wanted = asked.text.to_lowercase();
        let part = Part {
            bytes: SEARCHED,
            ..self.part(Some(self.lines), asked.since_minutes)
        };
        let (pods, mut more) = self.logged(&asked.deployment).await?;
        let (mut matches, mut left) = (Vec::new(), self.bytes);
        for pod in &pods {
            let log = self.first(pod, part).await;
            // A container that has not started has no log.
            let Ok(log) = log else { continue };
            more |= log.cut;
            let hits = log
                .lines
                .into_iter()
                .filter(|line| line.to_lowercase().contains(&wanted));
            for line in hits {
                // Besides the line, its entry has the name of the pod.
                let cost = line.len().saturating_add(pod.metadata.name.len() + 64);
                if cost > left {
                    more = true;
                    break;
                }
                left = left.saturating_sub(cost);
                matches.push(json!({"pod": pod.metadata.name, "line": line}));
            }
        }
        Ok(
            json!({"success": true, "untrusted": UNTRUSTED, "deployment": asked.deployment,
            "count": matches.len(), "matches": matches, "complete": !more}),
        )
    }

    /// The pods of a Deployment whose logs are read, and whether there are more.
    async fn logged(&self, deployment: &str) -> Result<(Vec<Pod>, bool), Failed> {
        let (mut pods, more) = self.pods(Some(deployment)).await?;
        let more = more || pods.len() > MOST_PODS;
        pods.truncate(MOST_PODS);
        Ok((pods, more))
    }

    fn part(&self, lines: Option<u32>, since: Option<u64>) -> Part {
        Part {
            lines: lines.unwrap_or(SOME_LINES).clamp(1, self.lines),
            since: since.map(|minutes| minutes.clamp(1, MOST_MINUTES)),
            previous: false,
            bytes: self.bytes,
        }
    }

    async fn first(&self, pod: &Pod, part: Part) -> Result<Log, Failed> {
        self.log(&pod.metadata.name, container(pod, None)?, part)
            .await
    }

    async fn log(&self, pod: &str, container: &str, part: Part) -> Result<Log, Failed> {
        let mut path = format!(
            "{}/{pod}/log?container={container}&tailLines={}&limitBytes={}",
            self.path("api/v1", "pods"),
            part.lines,
            part.bytes.max(1)
        );
        if let Some(minutes) = part.since {
            path.push_str(&format!("&sinceSeconds={}", minutes.saturating_mul(60)));
        }
        if part.previous {
            path.push_str("&previous=true");
        }
        // A few bytes more: an API server counts bytes before it cuts.
        let bytes = self.api.log(&path, part.bytes.saturating_add(1024)).await?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(Log {
            lines: text.lines().map(plain).collect(),
            cut: bytes.len() >= part.bytes.max(1),
        })
    }
}

/// A container of a pod; the first where none is said.
fn container<'p>(pod: &'p Pod, name: Option<&str>) -> Result<&'p str, Failed> {
    let mut all = pod.spec.containers.iter().map(|c| c.name.as_str());
    let found = all.find(|one| name.is_none_or(|name| name == *one) && super::api::is_name(one));
    found.ok_or_else(|| Failed::new("kubernetes-none", "the pod has no such container"))
}

/// A line without what terminals obey.
fn plain(line: &str) -> String {
    line.chars()
        .filter(|c| !c.is_control() || *c == '\t')
        .collect()
}
