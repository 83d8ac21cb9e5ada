//! Admission: what was reviewed is what runs.
//!
//! Every rule compares against what is declared; nothing is a list of bad things. Fields that our
//! objects do not have are refused because they are not in the list of fields that they do have.
//!
//! [`platform`] gives the policies of a namespace, [`spec`] the policy of one run spec, which holds
//! its pods to the emitted ones field by field. Each refusal starts with `pure-agent:` and the name
//! of its rule.
//!
//! What stays with RBAC: who may write WorkflowTemplates, CronWorkflows, NetworkPolicies, Roles,
//! Secrets and ConfigMaps in the namespace, who may delete pods and Workflows, who may impersonate,
//! and everything outside the namespace (nodes' proxies, these policies themselves). A
//! WorkflowTemplate from elsewhere gains little: the pods that its launchers make are still held to
//! those of the spec whose account they use.

mod access;
mod cel;
mod defaults;
mod exact;
mod filled;
mod literal;
mod pods;
mod probes;
mod queues;
mod runs;
mod submits;
#[cfg(test)]
mod tests;
mod triggers;
mod workloads;

use crate::bundle::{Object, Zone};
use crate::emit::pods::RolePod;
use crate::plan::{Plan, TargetPlan};
use crate::value::{NotData, to_value};
use k8s_openapi::api::admissionregistration::v1::{
    MatchCondition, MatchResources, NamedRuleWithOperations, ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding, ValidatingAdmissionPolicyBindingSpec,
    ValidatingAdmissionPolicySpec, Validation, Variable,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use std::collections::BTreeMap;

/// Most characters of a Workflow's name: pods, claims and labels have it as a prefix.
pub const WORKFLOW_NAME_MAX: usize = 40;

/// A policy and the binding that puts it in force in one namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// The rules.
    pub policy: ValidatingAdmissionPolicy,
    /// Denies in the namespace of the target.
    pub binding: ValidatingAdmissionPolicyBinding,
}

impl Guard {
    /// Policy and binding as objects of a bundle.
    ///
    /// # Errors
    /// None in practice: there is no number in a policy.
    pub fn objects(&self, zone: Zone) -> Result<[Object; 2], NotData> {
        Ok([
            Object::new(zone, to_value(&self.policy)?),
            Object::new(zone, to_value(&self.binding)?),
        ])
    }
}

/// The policies of a target's namespace; they need no run spec.
///
/// `labels` stand on every object.
#[must_use]
pub fn platform(target: &TargetPlan, labels: &BTreeMap<String, String>) -> Vec<Guard> {
    [
        pods::pods(target),
        pods::status(target),
        access::access(target),
        access::tokens(target),
        submits::submitted(runs::workflows(target), target),
        runs::schedules(target),
        triggers::triggers(target),
        runs::results(target),
        runs::internals(target),
    ]
    .into_iter()
    .chain((!target.queues.is_empty()).then(|| queues::queues(target)))
    .map(|draft| draft.guard(&target.namespace, labels))
    .collect()
}

/// The policies of a run spec, made from the pods that its launcher makes.
///
/// `labels` stand on every object.
///
/// # Errors
/// A pod with an integer beyond 2^53 - 1.
pub fn spec(
    plan: &Plan,
    pods: &[RolePod],
    labels: &BTreeMap<String, String>,
) -> Result<Vec<Guard>, NotData> {
    let mut drafts = vec![exact::exact(plan, pods)?];
    if !plan.enabled {
        drafts.push(runs::disabled(plan));
    }
    drafts.extend(submits::submits(plan));
    let own = drafts
        .into_iter()
        .map(|draft| draft.guard(&plan.target.namespace, labels));
    Ok(own.chain(workloads::guards(plan, labels)).collect())
}

/// A policy in the making.
struct Draft {
    name: String,
    rules: Vec<NamedRuleWithOperations>,
    conditions: Vec<MatchCondition>,
    variables: Vec<Variable>,
    validations: Vec<Validation>,
}

impl Draft {
    fn new(name: String) -> Draft {
        Draft {
            name,
            rules: Vec::new(),
            conditions: Vec::new(),
            variables: Vec::new(),
            validations: Vec::new(),
        }
    }

    /// Adds resources and what may be done to them.
    fn on(mut self, group: &str, version: &str, operations: &[&str], resources: &[&str]) -> Draft {
        let owned = |list: &[&str]| Some(list.iter().map(ToString::to_string).collect());
        self.rules.push(NamedRuleWithOperations {
            api_groups: owned(&[group]),
            api_versions: owned(&[version]),
            operations: owned(operations),
            resources: owned(resources),
            scope: Some("Namespaced".into()),
            resource_names: None,
        });
        self
    }

    /// Looks only at requests for which `expression` holds.
    fn when(mut self, name: &str, expression: impl Into<String>) -> Draft {
        self.conditions.push(MatchCondition {
            name: name.into(),
            expression: expression.into(),
        });
        self
    }

    /// Names an expression; it is evaluated at most once, and only when used.
    fn let_(mut self, name: &str, expression: impl Into<String>) -> Draft {
        self.variables.push(Variable {
            name: name.into(),
            expression: expression.into(),
        });
        self
    }

    /// Refuses what `expression` does not hold for. `rule` names the rule, `says` tells what holds.
    fn rule(mut self, rule: &str, says: &str, expression: impl Into<String>) -> Draft {
        self.validations.push(Validation {
            expression: expression.into(),
            message: Some(format!("pure-agent: {rule}: {says}")),
            message_expression: None,
            reason: None,
        });
        self
    }

    fn guard(self, namespace: &str, labels: &BTreeMap<String, String>) -> Guard {
        let metadata = ObjectMeta {
            name: Some(self.name.clone()),
            labels: Some(labels.clone()),
            ..ObjectMeta::default()
        };
        Guard {
            policy: ValidatingAdmissionPolicy {
                metadata: metadata.clone(),
                spec: Some(ValidatingAdmissionPolicySpec {
                    failure_policy: Some("Fail".into()),
                    match_constraints: Some(MatchResources {
                        resource_rules: Some(self.rules),
                        match_policy: Some("Equivalent".into()),
                        ..MatchResources::default()
                    }),
                    match_conditions: (!self.conditions.is_empty()).then_some(self.conditions),
                    variables: (!self.variables.is_empty()).then_some(self.variables),
                    validations: Some(self.validations),
                    ..ValidatingAdmissionPolicySpec::default()
                }),
                status: None,
            },
            binding: ValidatingAdmissionPolicyBinding {
                metadata,
                spec: Some(binding(self.name, namespace)),
            },
        }
    }
}

/// The API server itself writes the label that names a namespace, so nobody can take it off.
fn binding(policy: String, namespace: &str) -> ValidatingAdmissionPolicyBindingSpec {
    ValidatingAdmissionPolicyBindingSpec {
        policy_name: Some(policy),
        validation_actions: Some(vec!["Deny".into()]),
        match_resources: Some(MatchResources {
            namespace_selector: Some(LabelSelector {
                match_labels: Some(BTreeMap::from([(
                    "kubernetes.io/metadata.name".into(),
                    namespace.into(),
                )])),
                match_expressions: None,
            }),
            ..MatchResources::default()
        }),
        ..ValidatingAdmissionPolicyBindingSpec::default()
    }
}

/// Whether the request comes from Argo's controller.
fn by_controller(target: &TargetPlan) -> String {
    format!(
        "request.userInfo.username == {}",
        cel::text(&target.controller)
    )
}
