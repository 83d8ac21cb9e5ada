//! Plan to Kubernetes and Argo objects.
//!
//! Argo makes launchers only: pods that apply one pod of ours and wait for it. What our pods may do
//! follows from the plan and from nothing else; after the checks, emission has no choice left.

pub mod admission;
pub mod argo;
pub mod contract;
pub mod cron;
pub mod identity;
pub mod inputs;
pub mod names;
pub mod network;
pub mod paths;
pub mod platform;
pub mod pods;
pub mod quantity;
pub mod submits;
pub mod substitution;
#[doc(hidden)]
pub mod testing;
pub mod trigger;
pub mod workflow;
pub mod workloads;

pub use crate::plan::deadlines;

use crate::bundle::{Object, Secret, Zone};
use crate::json;
use crate::plan::{Plan, SecretUse};
use crate::value::{NotData, Value, to_value};
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Why a plan was not emitted. The checks before find both with their places in the sources; this is
/// the last line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotEmitted {
    /// A number that no reader keeps exactly.
    Data(NotData),
    /// Text that Argo would read as a placeholder.
    Placeholder {
        /// Kind of the object that it stands in.
        kind: String,
        /// The text.
        text: String,
    },
    /// A manifest that does not fit into the variable in which Argo hands it over.
    TooLong {
        /// Template of the pod.
        template: String,
        /// Bytes of the manifest.
        bytes: usize,
    },
}

/// Most bytes of a manifest as JSON. Argo hands over up to 131,072 bytes of a template as a variable, and
/// more as a file, where `$` is not expanded (and means something else).
const LONGEST_MANIFEST: usize = 120_000;

impl fmt::Display for NotEmitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(why) => why.fmt(f),
            Self::Placeholder { kind, text } => {
                write!(
                    f,
                    "text in a {kind} holds `{{{{` or `}}}}`, which Argo would replace: {text}"
                )
            }
            Self::TooLong { template, bytes } => write!(
                f,
                "the pod of `{template}` is {bytes} bytes long; Argo takes {LONGEST_MANIFEST}"
            ),
        }
    }
}

impl std::error::Error for NotEmitted {}

impl From<NotData> for NotEmitted {
    fn from(why: NotData) -> Self {
        Self::Data(why)
    }
}

/// Every object of a plan, in the order in which they are applied: those of the target, then those of
/// the spec. A Workflow can start when the last one is there.
///
/// # Errors
/// A number beyond 2^53 - 1, a placeholder of Argo's that is not on the closed list, or a pod that is too
/// long for Argo.
pub fn emit(plan: &Plan) -> Result<Vec<Object>, NotEmitted> {
    let mut objects = emit_platform(plan)?;
    objects.extend(emit_spec(plan)?);
    Ok(objects)
}

/// The objects of a plan's target alone. They depend on nothing else of the plan.
///
/// # Errors
/// As for [`emit`].
pub fn emit_platform(plan: &Plan) -> Result<Vec<Object>, NotEmitted> {
    let mut objects = platform::platform(plan)?;
    for guard in admission::platform(&plan.target, &names::platform_labels()) {
        objects.extend(guard.objects(Zone::Platform)?);
    }
    objects.iter().try_for_each(closed)?;
    objects.iter().try_for_each(short)?;
    Ok(objects)
}

/// The objects of a plan without those of its target.
///
/// # Errors
/// As for [`emit`].
pub fn emit_spec(plan: &Plan) -> Result<Vec<Object>, NotEmitted> {
    let sealed = contract::seal(plan)?;
    let pods = pods::pods(plan, &sealed);
    let mut objects = identity::identity(plan)?;
    objects.extend(network::network(plan)?);
    for guard in admission::spec(plan, &pods, &names::spec_labels(plan))? {
        objects.extend(guard.objects(Zone::Spec)?);
    }
    // After the policies that bound what may be done with them.
    objects.extend(workloads::rights(plan)?);
    objects.extend(submits::rights(plan)?);
    objects.push(object(Zone::Spec, &contract_map(plan, &sealed))?);
    objects.push(workflow::workflow_template(plan, &pods)?);
    objects.extend(cron::cron_workflow(plan)?);
    objects.extend(trigger::event_bindings(plan)?);
    objects.iter().try_for_each(closed)?;
    objects.iter().try_for_each(short)?;
    Ok(objects)
}

/// The Secrets that must exist before a run, sorted; nothing emits them.
#[must_use]
pub fn required_secrets(plan: &Plan) -> Vec<Secret> {
    let purpose = |used_for: SecretUse| match used_for {
        SecretUse::Model => "model",
        SecretUse::Mcp => "mcp",
        SecretUse::Approval => "approval",
        SecretUse::Export => "export",
        SecretUse::Record => "record",
        SecretUse::Http => "http egress",
    };
    let mut list: Vec<_> = plan
        .secrets
        .iter()
        .map(|secret| Secret {
            name: secret.object.clone(),
            key: secret.key.clone(),
            purpose: format!("{} `{}`", purpose(secret.used_for), secret.name),
        })
        .collect();
    list.push(Secret {
        name: names::key_secret(plan),
        key: names::KEY_KEY.to_owned(),
        purpose: "run key, 32 random bytes".to_owned(),
    });
    list.sort();
    list.dedup();
    list
}

/// What Argo scans holds placeholders of the closed list alone.
fn closed(object: &Object) -> Result<(), NotEmitted> {
    let kind = object.value.text_at(&["kind"]).unwrap_or_default();
    if !matches!(
        kind,
        "WorkflowTemplate" | "CronWorkflow" | "WorkflowEventBinding"
    ) {
        return Ok(());
    }
    match substitution::stray(&object.value) {
        Some(text) => Err(NotEmitted::Placeholder {
            kind: kind.to_owned(),
            text: text.to_owned(),
        }),
        None => Ok(()),
    }
}

fn short(object: &Object) -> Result<(), NotEmitted> {
    if object.manifests.is_empty() {
        return Ok(());
    }
    let templates = object.value.path(&["spec", "templates"]);
    for template in templates.map(Value::items).unwrap_or_default() {
        let Some(manifest) = template.path(&["resource", "manifest"]) else {
            continue;
        };
        // JSON writes a byte as six at most.
        if manifest.as_str().map_or(0, str::len) < LONGEST_MANIFEST / 6 {
            continue;
        }
        let bytes = json::canonical(manifest).len();
        if bytes > LONGEST_MANIFEST {
            return Err(NotEmitted::TooLong {
                template: template.text_at(&["name"]).unwrap_or_default().to_owned(),
                bytes,
            });
        }
    }
    Ok(())
}

fn contract_map(plan: &Plan, sealed: &contract::Sealed) -> ConfigMap {
    let name = names::contract_map(plan, &sealed.digest);
    ConfigMap {
        data: Some(BTreeMap::from([(
            names::CONTRACT_KEY.to_owned(),
            sealed.json.clone(),
        )])),
        immutable: Some(true),
        metadata: metadata(&name, plan, names::spec_labels(plan)),
        ..Default::default()
    }
}

/// Metadata of an object in the target's namespace.
fn metadata(name: &str, plan: &Plan, labels: BTreeMap<String, String>) -> ObjectMeta {
    ObjectMeta {
        labels: Some(labels),
        name: Some(name.to_owned()),
        namespace: Some(plan.target.namespace.clone()),
        ..ObjectMeta::default()
    }
}

fn object<T: Serialize>(zone: Zone, typed: &T) -> Result<Object, NotData> {
    let value: Value = to_value(typed)?;
    Ok(Object::new(zone, value))
}

#[cfg(test)]
mod tests;
