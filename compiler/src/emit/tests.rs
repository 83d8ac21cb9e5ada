//! What holds for every plan: each promise of emission, with the attack that it answers.

mod argo;
mod cluster;
mod manifests;
mod order;
mod trigger;

use super::testing::{minimal, rich, routed, stepped};
use super::*;
use serde_json::Value as Json;

/// All plans that the promises are tried on, by name.
fn plans() -> Vec<(&'static str, Plan)> {
    let mut always = rich();
    always.workspace.keep = crate::plan::Keep::Always;
    let mut deep = minimal();
    deep.limits.depth = 50;
    deep.retry.infrastructure = 10;
    vec![
        ("rich", rich()),
        ("minimal", minimal()),
        ("always", always),
        ("deep", deep),
        ("routed", routed()),
        ("stepped", stepped()),
    ]
}

fn json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap()
}

/// Objects of a plan as JSON.
fn objects(plan: &Plan) -> Vec<Json> {
    emit(plan)
        .unwrap()
        .iter()
        .map(|object| json(&object.value))
        .collect()
}

fn of_kind(plan: &Plan, kind: &str) -> Vec<Json> {
    objects(plan)
        .into_iter()
        .filter(|object| object["kind"] == kind)
        .collect()
}

/// The pods of a plan as JSON, by template.
fn pods_of(plan: &Plan) -> Vec<(String, Json)> {
    let template = emit(plan)
        .unwrap()
        .into_iter()
        .find(|o| !o.manifests.is_empty())
        .unwrap();
    template
        .manifests
        .iter()
        .map(|(name, value)| (name.clone(), json(value)))
        .collect()
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Containers of a pod, init containers first.
fn containers(pod: &Json) -> Vec<&Json> {
    let spec = &pod["spec"];
    list(&spec["initContainers"])
        .iter()
        .chain(list(&spec["containers"]))
        .collect()
}
