//! A run as whoever starts it writes it down: the Workflow that `pure-agent submit` makes, and a gateway that submits
//! another run.
//!
//! Both write it by this, so that there is one form of it. Admission refuses every other.

use serde::Serialize;
use std::collections::BTreeMap;

/// The parameter with what a submitter hands in.
pub const INPUTS: &str = "inputs";
/// The parameter with the UID of the first run, where one tries it again.
pub const RETRY_OF: &str = "retry-of";
/// Label with the name of the run that submitted this one.
pub const SUBMITTED_BY: &str = "pure-agent.dev/submitted-by";
/// Most bytes of the parameter of inputs.
pub const MOST_INPUTS: usize = 96 << 10;
/// Hexadecimal digits by which a run that another submitted is found again: with the name of a spec before them, a name
/// of a Workflow.
pub const MARK: usize = 15;

/// What a new run is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start<'s> {
    /// Its namespace.
    pub namespace: &'s str,
    /// The spec, which is the template's name.
    pub spec: &'s str,
    /// The inputs, as they travel.
    pub inputs: &'s str,
    /// UID of the first run, where this one tries it again.
    pub retry_of: Option<&'s str>,
    /// The run that submits it; none: a person does.
    pub by: Option<By<'s>>,
}

/// A run that submits another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By<'s> {
    /// Its name.
    pub run: &'s str,
    /// What the new run is found again by: [`MARK`] hexadecimal digits.
    pub mark: &'s str,
}

/// A Workflow: the template's name and the parameters, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Workflow {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    generate_name: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    namespace: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    arguments: Arguments,
    workflow_template_ref: Reference,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Arguments {
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Parameter {
    name: &'static str,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Reference {
    name: String,
}

impl Start<'_> {
    /// The Workflow. The API server chooses the name of a person's.
    #[must_use]
    pub fn workflow(&self) -> Workflow {
        let parameter = |name, value: &str| Parameter {
            name,
            value: value.to_owned(),
        };
        let first = self.retry_of.map(|first| parameter(RETRY_OF, first));
        let parameters = std::iter::once(parameter(INPUTS, self.inputs)).chain(first);
        Workflow {
            api_version: "argoproj.io/v1alpha1",
            kind: "Workflow",
            metadata: Metadata {
                generate_name: self.by.is_none().then(|| format!("{}-", self.spec)),
                labels: self
                    .by
                    .iter()
                    .map(|by| (SUBMITTED_BY, by.run.to_owned()))
                    .collect(),
                name: self.name(),
                namespace: self.namespace.to_owned(),
            },
            spec: Spec {
                arguments: Arguments {
                    parameters: parameters.collect(),
                },
                workflow_template_ref: Reference {
                    name: self.spec.to_owned(),
                },
            },
        }
    }

    /// The name of a run that another one submits.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let by = self.by?;
        Some(format!("{}-{}", self.spec, by.mark))
    }
}

/// Whether a text is a mark.
#[must_use]
pub fn is_mark(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    text.len() == MARK && text.bytes().all(digit)
}

#[cfg(test)]
mod tests {
    use super::{By, MARK, Start, is_mark};
    use serde_json::json;

    const MARKED: &str = "0123456789abcde";

    fn start(by: Option<By<'static>>) -> Start<'static> {
        Start {
            namespace: "pure-agent",
            spec: "daily",
            inputs: "e30",
            retry_of: None,
            by,
        }
    }

    /// What a person and a run submit is the same Workflow, but for its name and the label.
    #[test]
    fn s4_15_a_run_submits_what_a_person_submits() {
        let by = By {
            run: "chat-x7k2p",
            mark: MARKED,
        };
        let mut person = serde_json::to_value(start(None).workflow()).unwrap();
        let mut run = serde_json::to_value(start(Some(by)).workflow()).unwrap();
        assert_eq!(
            person,
            json!({
                "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
                "metadata": {"generateName": "daily-", "namespace": "pure-agent"},
                "spec": {
                    "workflowTemplateRef": {"name": "daily"},
                    "arguments": {"parameters": [{"name": "inputs", "value": "e30"}]},
                },
            })
        );
        assert_eq!(
            run["metadata"],
            json!({
                "name": "daily-0123456789abcde", "namespace": "pure-agent",
                "labels": {"pure-agent.dev/submitted-by": "chat-x7k2p"},
            })
        );
        for one in [&mut person, &mut run] {
            one.as_object_mut().unwrap().remove("metadata");
        }
        assert_eq!(person.to_string(), run.to_string());
    }

    #[test]
    fn a_mark_is_of_digits_alone() {
        assert!(is_mark(MARKED));
        for wrong in [
            "",
            "0123456789abcd",
            "0123456789abcdef",
            "0123456789ABCDE",
            "0123456789abc-e",
        ] {
            assert!(!is_mark(wrong), "{wrong}");
        }
        // The longest name of a spec has 24 characters, that of a Workflow 40.
        assert_eq!(24 + 1 + MARK, 40);
    }
}
