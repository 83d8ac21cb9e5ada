//! What the tools take.

use super::super::{Described, tool};
use super::logs::MOST_TEXT;
use crate::contract::Deployment;
use serde_json::{Value, json};

/// Most minutes that a log is looked back.
pub(super) const MOST_MINUTES: u64 = 7 * 24 * 60;

/// The tools of these Deployments.
pub(super) fn tools(deployments: &[Deployment], lines: u32) -> Vec<Described> {
    let names: Vec<&str> = deployments.iter().map(|d| d.name.as_str()).collect();
    let deployment = || json!({"type": "string", "enum": names});
    let pod = || {
        json!({"type": "string", "minLength": 1, "maxLength": 253,
            "pattern": "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", "description": "Name of a pod, as listed"})
    };
    let lines = || {
        json!({"type": "integer", "minimum": 1, "maximum": lines,
            "description": "The last lines of each log"})
    };
    let since = || {
        json!({"type": "integer", "minimum": 1, "maximum": MOST_MINUTES,
            "description": "Only what was logged in so many minutes"})
    };
    let mut all = vec![
        tool(
            "list_pods",
            "Lists the pods of the Deployments, or of one.",
            object(&[], &json!({"deployment": deployment()})),
        ),
        tool(
            "describe_pod",
            "Tells how a pod and its containers are, and what happened to it.",
            object(&["pod"], &json!({"pod": pod()})),
        ),
        tool(
            "get_pod_logs",
            "Reads the end of the log of a pod.",
            object(
                &["pod"],
                &json!({"pod": pod(), "container": container(), "lines": lines(),
                    "since_minutes": since(), "previous": {"type": "boolean",
                    "description": "The log of the container that ended before, after a restart"}}),
            ),
        ),
        tool(
            "get_service_logs",
            "Reads the ends of the logs of all pods of a Deployment.",
            object(
                &["deployment"],
                &json!({"deployment": deployment(), "lines": lines(), "since_minutes": since()}),
            ),
        ),
        tool(
            "search_logs",
            "Finds lines in the logs of the pods of a Deployment that hold a text.",
            object(
                &["deployment", "text"],
                &json!({"deployment": deployment(), "since_minutes": since(),
                    "text": {"type": "string", "minLength": 1, "maxLength": MOST_TEXT,
                        "description": "Plain text, upper and lower case alike"}}),
            ),
        ),
        tool(
            "restart_deployment",
            "Replaces the pods of a Deployment by new ones, one after the other.",
            object(&["deployment"], &json!({"deployment": deployment()})),
        ),
    ];
    all.extend(scale(deployments));
    all
}

/// A tool only where something may be scaled.
fn scale(deployments: &[Deployment]) -> Option<Described> {
    let scaled = || {
        let of = |d: &'_ Deployment| Some((d.name.clone(), d.replicas?));
        deployments.iter().filter_map(of)
    };
    let names: Vec<String> = scaled().map(|(name, _)| name).collect();
    let min = scaled().map(|(_, range)| range.min).min()?;
    let max = scaled().map(|(_, range)| range.max).max()?;
    let bounds: Vec<String> = scaled()
        .map(|(name, range)| format!("{name} {} to {}", range.min, range.max))
        .collect();
    let input = object(
        &["deployment", "replicas"],
        &json!({"deployment": {"type": "string", "enum": names},
            "replicas": {"type": "integer", "minimum": min, "maximum": max,
                "description": bounds.join(", ")}}),
    );
    Some(tool(
        "scale_deployment",
        "Sets the number of replicas of a Deployment.",
        input,
    ))
}

fn container() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 63, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        "description": "One of the pod's containers (default: the first)"})
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}
