//! Images, resources, life, secrets and metadata, 49 to 69.

use super::Rule::{Container, Object, Pod, PodIn};
use super::{Check, Scene, bad, containers, items, kind, name, namespace};
use crate::crd;
use pure_agent::value::{Map, Value};
use std::collections::BTreeSet;

const fn check(number: u8, name: &'static str, rule: super::Rule) -> Check {
    Check { number, name, rule }
}

pub(super) const CHECKS: &[Check] = &[
    check(
        49,
        "images by digest",
        Container(|_, c| bad(!pinned(image(c)), format!("image {}", image(c)))),
    ),
    check(
        50,
        "no `latest`",
        Container(|_, c| bad(image(c).contains(":latest"), format!("image {}", image(c)))),
    ),
    check(
        52,
        "pull Always, or IfNotPresent by digest",
        Container(|_, c| match c.text_at(&["imagePullPolicy"]) {
            Some("Always") => None,
            Some("IfNotPresent") if pinned(image(c)) => None,
            other => Some(format!("is {other:?}")),
        }),
    ),
    check(
        54,
        "cpu and memory requests",
        Container(|_, c| lacks(c, "requests", &["cpu", "memory"])),
    ),
    check(
        55,
        "memory limit",
        Container(|_, c| lacks(c, "limits", &["memory"])),
    ),
    check(
        56,
        "cpu limit",
        Container(|_, c| lacks(c, "limits", &["cpu"])),
    ),
    check(
        57,
        "storage limit",
        Container(|_, c| lacks(c, "limits", &["ephemeral-storage"])),
    ),
    check(
        57,
        "size of empty directories",
        Pod(|p| {
            let empty = items(p, &["spec", "volumes"])
                .iter()
                .filter_map(|v| v.get("emptyDir"));
            bad(
                empty.into_iter().any(|e| e.get("sizeLimit").is_none()),
                "emptyDir without a size",
            )
        }),
    ),
    check(
        58,
        "a deadline for every pod",
        Pod(|p| {
            let deadline = p
                .path(&["spec", "activeDeadlineSeconds"])
                .and_then(Value::as_int);
            bad(deadline.is_none_or(|seconds| seconds <= 0), "no deadline")
        }),
    ),
    check(
        58,
        "deadline and time to live of a workflow",
        Object(|_, o| {
            let lacks = ["activeDeadlineSeconds", "ttlStrategy", "podGC"]
                .into_iter()
                .find(|field| o.path(&["spec", field]).is_none());
            lacks
                .filter(|_| kind(o) == "WorkflowTemplate")
                .map(|field| format!("no {field}"))
        }),
    ),
    check(
        59,
        "not a bare pod",
        Pod(|p| {
            let launcher =
                p.text_at(&["metadata", "labels", "pure-agent.dev/role"]) == Some("launcher");
            bad(
                !launcher && items(p, &["metadata", "ownerReferences"]).is_empty(),
                "no owner",
            )
        }),
    ),
    check(
        60,
        "no secret in a variable",
        Container(|_, c| literal_secret(c)),
    ),
    check(
        60,
        "no secret in a ConfigMap",
        Object(|_, o| {
            let data = o
                .get("data")
                .and_then(Value::as_map)
                .filter(|_| kind(o) == "ConfigMap");
            let marks = [
                "PRIVATE KEY-----",
                "ghp_",
                "github_pat_",
                "sk-ant-",
                "AKIA",
                "xoxb-",
            ];
            let texts = data
                .into_iter()
                .flat_map(Map::iter)
                .filter_map(|(_, v)| v.as_str());
            bad(
                texts
                    .into_iter()
                    .any(|t| marks.iter().any(|m| t.contains(m))),
                "looks like a secret",
            )
        }),
    ),
    check(
        61,
        "Secrets as files",
        Container(|_, c| {
            let env = items(c, &["env"])
                .iter()
                .any(|e| e.path(&["valueFrom", "secretKeyRef"]).is_some());
            bad(
                env || !items(c, &["envFrom"]).is_empty(),
                "a Secret as a variable",
            )
        }),
    ),
    check(62, "referenced keys exist", PodIn(dangling)),
    check(
        63,
        "a namespace of its own",
        Object(|_, o| {
            bad(
                matches!(namespace(o), "default" | "kube-system" | "kube-public"),
                "a shared namespace",
            )
            .or_else(|| {
                bad(
                    !CLUSTER.contains(&kind(o)) && namespace(o).is_empty(),
                    "no namespace",
                )
            })
        }),
    ),
    check(
        65,
        "no variable twice",
        Container(|_, c| {
            let mut seen = BTreeSet::new();
            let names = items(c, &["env"])
                .iter()
                .filter_map(|e| e.text_at(&["name"]));
            names
                .into_iter()
                .find(|name| !seen.insert(*name))
                .map(|name| format!("{name} twice"))
        }),
    ),
    check(
        66,
        "valid by Argo's CRDs",
        Object(|_, o| {
            let Ok(json) = serde_json::to_value(o) else {
                return Some("no JSON".to_owned());
            };
            let found = crd::violations(&json);
            bad(!found.is_empty(), found.join("; "))
        }),
    ),
    check(
        69,
        "no deprecated API",
        Object(|_, o| {
            let version = o.text_at(&["apiVersion"]).unwrap_or_default();
            let current = [
                "v1",
                "admissionregistration.k8s.io/v1",
                "argoproj.io/v1alpha1",
                "networking.k8s.io/v1",
                "rbac.authorization.k8s.io/v1",
            ];
            bad(!current.contains(&version), format!("apiVersion {version}"))
        }),
    ),
];

/// Kinds that stand in no namespace.
const CLUSTER: [&str; 6] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "Namespace",
    "RuntimeClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

fn image(container: &Value) -> &str {
    container.text_at(&["image"]).unwrap_or_default()
}

fn pinned(image: &str) -> bool {
    image.split_once("@sha256:").is_some_and(|(name, digest)| {
        !name.is_empty() && digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

fn lacks(container: &Value, list: &str, names: &[&str]) -> Option<String> {
    let missing = names
        .iter()
        .find(|name| container.path(&["resources", list, name]).is_none());
    missing.map(|name| format!("no {name} in {list}"))
}

fn literal_secret(container: &Value) -> Option<String> {
    let words = [
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "API_KEY",
        "PRIVATE_KEY",
        "CREDENTIAL",
    ];
    let held = items(container, &["env"]).iter().find(|env| {
        let name = env.text_at(&["name"]).unwrap_or_default().to_uppercase();
        let filled = env
            .text_at(&["value"])
            .is_some_and(|value| !value.is_empty());
        filled && words.iter().any(|word| name.contains(word))
    });
    held.map(|env| format!("variable {}", env.text_at(&["name"]).unwrap_or_default()))
}

/// The first ConfigMap, Secret or key that a pod names and that neither is emitted nor must exist, and
/// the first mount without its volume.
fn dangling(scene: &Scene, pod: &Value) -> Option<String> {
    for volume in items(pod, &["spec", "volumes"]) {
        for (kind, field) in [("configMap", "name"), ("secret", "secretName")] {
            let Some(source) = volume.get(kind) else {
                continue;
            };
            let name = source.text_at(&[field]).unwrap_or_default();
            let keys: Vec<&str> = items(source, &["items"])
                .iter()
                .filter_map(|i| i.text_at(&["key"]))
                .collect();
            let lost = keys
                .iter()
                .find(|key| !exists(scene, pod, kind, name, Some(key)));
            if lost.is_some() || !exists(scene, pod, kind, name, None) {
                return Some(format!(
                    "{kind} `{name}` or its key {lost:?} does not exist"
                ));
            }
        }
    }
    let volumes: BTreeSet<_> = items(pod, &["spec", "volumes"])
        .iter()
        .filter_map(|v| v.text_at(&["name"]))
        .collect();
    let mounts = containers(pod).flat_map(|c| items(c, &["volumeMounts"]));
    let lost = mounts
        .filter_map(|m| m.text_at(&["name"]))
        .find(|name| !volumes.contains(name));
    lost.map(|name| format!("no volume `{name}`"))
}

fn exists(scene: &Scene, pod: &Value, wanted: &str, called: &str, key: Option<&str>) -> bool {
    let given = if wanted == "secret" {
        &scene.secrets
    } else {
        &scene.config_maps
    };
    let emitted = |object: &Value| {
        wanted == "configMap"
            && kind(object) == "ConfigMap"
            && name(object) == called
            && namespace(object) == namespace(pod)
            && key.is_none_or(|key| object.path(&["data", key]).is_some())
    };
    given
        .iter()
        .any(|(name, k)| name == called && key.is_none_or(|key| key == k))
        || scene.objects.iter().any(emitted)
}
