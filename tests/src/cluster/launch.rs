//! What launchers would make: the manifests of the installed WorkflowTemplate, filled in as Argo does.

use super::place::Place;
use crate::readers;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A UID of a Workflow.
pub const UID: &str = "34f30468-bff5-4185-9f89-33119f4650fd";

/// The pods of one run.
#[derive(Debug, Clone)]
pub struct Launch {
    pods: BTreeMap<String, Value>,
}

impl Launch {
    /// Fills in the manifests for a run of this name.
    ///
    /// # Panics
    /// When there is no WorkflowTemplate, or a manifest is no YAML.
    #[must_use]
    #[allow(clippy::expect_used, reason = "such a bundle cannot be tested")]
    pub fn of(place: &Place, run: &str) -> Launch {
        let template = place.of_kind("WorkflowTemplate");
        let template = readers::rust(template.first().expect("a WorkflowTemplate")).expect("YAML");
        let templates = template["spec"]["templates"].as_array().expect("templates");
        let pods = templates
            .iter()
            .filter_map(|template| {
                let manifest = template["resource"]["manifest"].as_str()?;
                let mut pod = readers::rust(&fill(manifest, run)).expect("a manifest is YAML");
                pod["metadata"]["ownerReferences"] = json!([{
                    "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "name": run, "uid": UID,
                    "controller": true, "blockOwnerDeletion": true,
                }]);
                Some((template["name"].as_str()?.to_owned(), pod))
            })
            .collect();
        Launch { pods }
    }

    /// Names of the templates that make pods.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.pods.keys().map(String::as_str)
    }

    /// The pod of a template.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[allow(clippy::expect_used, reason = "tests name templates that exist")]
    pub fn pod(&self, template: &str) -> &Value {
        self.pods.get(template).expect("a template of this name")
    }
}

/// Puts a good value in place of every placeholder.
fn fill(manifest: &str, run: &str) -> String {
    let mut out = String::new();
    let mut rest = manifest;
    while let Some((before, from)) = rest.split_once("{{") {
        let (inside, after) = from.split_once("}}").unwrap_or((from, ""));
        out.push_str(before);
        out.push_str(match inside {
            "workflow.name" => run,
            "workflow.uid" => UID,
            "workflow.parameters.retry-of" => "",
            "workflow.parameters.inputs" => "eyJpc3N1ZSI6IkEtMSJ9",
            "inputs.parameters.cycle" => "4",
            "inputs.parameters.visit" => "304",
            "inputs.parameters.phase" => "Failed",
            "inputs.parameters.exit-code" => "3",
            "inputs.parameters.end-reason" => "Error",
            "inputs.parameters.cycles" | "inputs.parameters.packing" => "Succeeded",
            "inputs.parameters.start-code" | "inputs.parameters.pod-reason" => "",
            address if address.starts_with("inputs.parameters.server-") => "10.9.8.7",
            "inputs.parameters.gateway" => "10.1.2.3",
            other => other,
        });
        rest = after;
    }
    out.push_str(rest);
    // The launcher has the manifest in its environment, where the kubelet reads `$$` as `$`.
    out.replace("$$", "$")
}

/// A good Workflow.
#[must_use]
pub fn workflow(place: &Place, name: &str, inputs: &str) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": name, "namespace": place.namespace},
        "spec": {
            "workflowTemplateRef": {"name": place.spec},
            "arguments": {"parameters": [{"name": "inputs", "value": inputs}]},
        },
    })
}
