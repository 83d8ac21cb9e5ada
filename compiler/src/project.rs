//! Every pod that a bundle leads to, as a plain `v1` `Pod`: what linters can read.
//!
//! Linters do not see pods within Argo's templates. So each `resource` template gives two pods here: the
//! pod in its manifest, and the launcher that Argo itself makes for the template. Whatever this module
//! does not know is an error, because a field that is dropped here would be a check that passes for
//! nothing. The projection is not part of a bundle.

mod launcher;
mod samples;

use crate::bundle::{Bundle, Sealed};
use crate::value::{Map, Value};
use crate::yaml;
use std::collections::BTreeMap;

/// The annotation that names where a pod comes from, as `template-object/template`.
pub const TEMPLATE_ANNOTATION: &str = "pure-agent.dev/template";

/// Kinds that make no pod.
const WITHOUT_PODS: [&str; 13] = [
    "ConfigMap",
    "LimitRange",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "ServiceAccount",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "RuntimeClass",
];

/// Fields of a workflow that say nothing about its pods.
const WORKFLOW_FIELDS: [&str; 13] = [
    "activeDeadlineSeconds",
    "archiveLogs",
    "arguments",
    "entrypoint",
    "onExit",
    "parallelism",
    "podGC",
    "synchronization",
    "templates",
    "ttlStrategy",
    "volumeClaimGC",
    "volumeClaimTemplates",
    "workflowMetadata",
];

/// Fields of a template that say nothing about its pods, or that are read here.
const TEMPLATE_FIELDS: [&str; 9] = [
    "failFast",
    "inputs",
    "name",
    "outputs",
    "parallelism",
    "resource",
    "retryStrategy",
    "steps",
    "synchronization",
];

/// Fields of a `resource` template's own part.
const RESOURCE_FIELDS: [&str; 6] = [
    "action",
    "failureCondition",
    "flags",
    "manifest",
    "setOwnerReference",
    "successCondition",
];

/// All pods of a sealed bundle. `executor` is the image that Argo's controller is set up with.
///
/// # Errors
/// Every place that cannot be projected, as `kind/name: …`; each is a fault of the compiler.
pub fn pods(bundle: &Bundle, executor: &str) -> Result<Vec<Value>, Vec<String>> {
    let mut projection = Projection {
        executor,
        pods: Vec::new(),
        faults: Vec::new(),
    };
    for one in &bundle.objects {
        projection.object(one);
    }
    if projection.faults.is_empty() {
        Ok(projection.pods)
    } else {
        Err(projection.faults)
    }
}

struct Projection<'a> {
    executor: &'a str,
    pods: Vec<Value>,
    faults: Vec<String>,
}

impl Projection<'_> {
    fn object(&mut self, one: &Sealed) {
        let at = format!("{}/{}", one.kind, one.name);
        match &*one.kind {
            "Pod" => self.pods.push(one.object.value.clone()),
            "WorkflowTemplate" => self.workflow(one, &at),
            "CronWorkflow" => {
                let spec = one.object.value.path(&["spec", "workflowSpec"]);
                self.known(spec, &["arguments", "workflowTemplateRef"], &at);
            }
            "WorkflowEventBinding" => {
                let spec = one.object.value.path(&["spec", "submit"]);
                self.known(spec, &["arguments", "workflowTemplateRef"], &at);
            }
            kind if WITHOUT_PODS.contains(&kind) => {}
            _ => self
                .faults
                .push(format!("{at}: not known whether this kind makes pods")),
        }
    }

    fn workflow(&mut self, one: &Sealed, at: &str) {
        let Some(spec) = one.object.value.get("spec") else {
            return self.faults.push(format!("{at}: no spec"));
        };
        self.known(
            Some(spec),
            &[&WORKFLOW_FIELDS[..], &launcher::WORKFLOW_FIELDS].concat(),
            at,
        );
        let mut manifests: BTreeMap<&str, &Value> = one
            .object
            .manifests
            .iter()
            .map(|(name, manifest)| (&**name, manifest))
            .collect();
        for template in spec.get("templates").map(Value::items).unwrap_or_default() {
            let name = template.text_at(&["name"]).unwrap_or_default();
            let manifest = manifests.remove(name);
            self.template(
                &Place {
                    one,
                    spec,
                    at: &format!("{at}/{name}"),
                },
                template,
                manifest,
            );
        }
        let left = manifests
            .keys()
            .map(|name| format!("{at}/{name}: a manifest that is not used"));
        self.faults.extend(left);
    }

    fn template(&mut self, place: &Place<'_>, template: &Value, manifest: Option<&Value>) {
        self.known(
            Some(template),
            &[&TEMPLATE_FIELDS[..], &launcher::TEMPLATE_FIELDS].concat(),
            place.at,
        );
        match (template.get("steps"), template.get("resource")) {
            (Some(_), None) if manifest.is_none() => {}
            (None, Some(resource)) => {
                self.known(Some(resource), &RESOURCE_FIELDS, place.at);
                match launcher::pod(place.one, place.spec, template, self.executor) {
                    Ok(pod) => self.pods.push(pod),
                    Err(fault) => self.faults.push(format!("{}: {fault}", place.at)),
                }
                match embedded(place, resource, manifest) {
                    Ok(pod) => self.pods.extend(pod),
                    Err(fault) => self.faults.push(format!("{}: {fault}", place.at)),
                }
            }
            _ => self
                .faults
                .push(format!("{}: neither steps nor a resource", place.at)),
        }
    }

    /// Reports every field that is not on the list.
    fn known(&mut self, value: Option<&Value>, fields: &[&str], at: &str) {
        let map = value.and_then(Value::as_map);
        let unknown = map
            .into_iter()
            .flat_map(Map::iter)
            .filter(|(key, _)| !fields.contains(key));
        self.faults
            .extend(unknown.map(|(key, _)| format!("{at}: field `{key}` is not known here")));
    }
}

/// Where a template stands.
struct Place<'a> {
    one: &'a Sealed,
    spec: &'a Value,
    at: &'a str,
}

/// The pod in a template's manifest. The emitted text must be the document of the value, so nothing is
/// projected that is not emitted.
fn embedded(
    place: &Place<'_>,
    resource: &Value,
    manifest: Option<&Value>,
) -> Result<Option<Value>, String> {
    let text = resource.text_at(&["manifest"]);
    let (text, manifest) = match (resource.text_at(&["action"]), text, manifest) {
        (Some("delete"), None, None) => return Ok(None),
        (Some("apply" | "create"), Some(text), Some(manifest)) => (text, manifest),
        (action, text, value) => {
            let (text, value) = (text.is_some(), value.is_some());
            return Err(format!(
                "action {action:?} with text: {text}, with value: {value}"
            ));
        }
    };
    if text != yaml::document(manifest) {
        return Err("the emitted manifest is not the document of its value".to_owned());
    }
    if (
        manifest.text_at(&["apiVersion"]),
        manifest.text_at(&["kind"]),
    ) != (Some("v1"), Some("Pod"))
    {
        return Err("the manifest is no `v1` `Pod`".to_owned());
    }
    let mut pod = manifest.clone();
    samples::fill(&mut pod)?;
    finish(&mut pod, place.one, place.at);
    Ok(Some(pod))
}

/// Adds the namespace, if the manifest leaves it to Argo, and the source.
fn finish(pod: &mut Value, one: &Sealed, at: &str) {
    let Some(root) = pod.as_map_mut() else { return };
    root.change_map("metadata", |metadata| {
        if metadata.get("namespace").is_none() && !one.namespace.is_empty() {
            metadata.insert("namespace", one.namespace.clone());
        }
        metadata.change_map("annotations", |annotations| {
            let source = at.strip_prefix("WorkflowTemplate/").unwrap_or(at);
            annotations.insert(TEMPLATE_ANNOTATION, source.to_owned());
        });
    });
}

#[cfg(test)]
mod tests;
