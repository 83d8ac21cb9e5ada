//! The pod that Argo's controller makes for a `resource` template, as far as linters look.
//!
//! One container `main` from the executor image, with the security context that the controller gives to
//! such pods by default, two scratch volumes, and what the workflow and the template say.

use super::{TEMPLATE_ANNOTATION, samples};
use crate::bundle::Sealed;
use crate::value::{Map, Value};
use crate::{list, object};

/// Fields of a workflow that reach its pods.
pub(super) const WORKFLOW_FIELDS: [&str; 6] = [
    "automountServiceAccountToken",
    "nodeSelector",
    "podMetadata",
    "securityContext",
    "serviceAccountName",
    "tolerations",
];

/// Fields of a template that reach its pod.
pub(super) const TEMPLATE_FIELDS: [&str; 7] = [
    "activeDeadlineSeconds",
    "automountServiceAccountToken",
    "metadata",
    "nodeSelector",
    "securityContext",
    "serviceAccountName",
    "tolerations",
];

/// The launcher of one template.
///
/// # Errors
/// A substitution without a sample.
pub(super) fn pod(
    one: &Sealed,
    workflow: &Value,
    template: &Value,
    executor: &str,
) -> Result<Value, String> {
    let name = template.text_at(&["name"]).unwrap_or_default();
    let mut spec = Map::from_iter([
        ("containers", list![container(template, executor)]),
        ("restartPolicy", Value::from("Never")),
        (
            "volumes",
            list![scratch("tmp-dir-argo"), scratch("var-run-argo")],
        ),
    ]);
    for field in [
        "nodeSelector",
        "securityContext",
        "serviceAccountName",
        "tolerations",
        "automountServiceAccountToken",
    ] {
        // The template's own setting wins, as a whole.
        if let Some(value) = template.get(field).or_else(|| workflow.get(field)) {
            spec.insert(field, value.clone());
        }
    }
    if let Some(deadline) = template.get("activeDeadlineSeconds") {
        spec.insert("activeDeadlineSeconds", deadline.clone());
    }
    let mut pod = object! {
        "apiVersion" => "v1",
        "kind" => "Pod",
        "metadata" => metadata(one, workflow, template, name),
        "spec" => spec,
    };
    samples::fill(&mut pod)?;
    Ok(pod)
}

fn metadata(one: &Sealed, workflow: &Value, template: &Value, name: &str) -> Map {
    let mut metadata = Map::from_iter([
        ("name", Value::from(format!("run-sample-{name}-launcher"))),
        ("namespace", Value::from(one.namespace.clone())),
    ]);
    metadata.change_map("labels", |labels| {
        labels.insert("workflows.argoproj.io/completed", "false");
        labels.insert("workflows.argoproj.io/workflow", "run-sample");
    });
    for source in [workflow.get("podMetadata"), template.get("metadata")] {
        for part in ["annotations", "labels"] {
            let entries = source
                .and_then(|source| source.get(part))
                .and_then(Value::as_map);
            metadata.change_map(part, |map| {
                for (key, value) in entries.into_iter().flat_map(Map::iter) {
                    map.insert(key.to_owned(), value.clone());
                }
            });
        }
    }
    metadata.change_map("annotations", |annotations| {
        annotations.insert(TEMPLATE_ANNOTATION, format!("{}/{name}", one.name));
    });
    metadata
}

fn container(template: &Value, executor: &str) -> Value {
    let action = template
        .text_at(&["resource", "action"])
        .unwrap_or_default()
        .to_owned();
    object! {
        "command" => list!["argoexec", "resource", action],
        "image" => executor.to_owned(),
        "name" => "main",
        "securityContext" => object! {
            "allowPrivilegeEscalation" => false,
            "capabilities" => object! { "drop" => list!["ALL"] },
            "privileged" => false,
            "readOnlyRootFilesystem" => true,
            "runAsNonRoot" => true,
            "runAsUser" => 8737,
            "seccompProfile" => object! { "type" => "RuntimeDefault" },
        },
        "volumeMounts" => list![
            object! { "mountPath" => "/tmp", "name" => "tmp-dir-argo", "subPath" => "0" },
            object! { "mountPath" => "/var/run/argo", "name" => "var-run-argo" },
        ],
    }
}

fn scratch(name: &'static str) -> Value {
    object! { "emptyDir" => object! {}, "name" => name }
}
