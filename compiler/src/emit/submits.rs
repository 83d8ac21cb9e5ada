//! Gateways that submit other runs: what their account may do.
//!
//! To make a Workflow is all of it: not to read one, for which the mark in its name makes no need. Which Workflows, RBAC
//! cannot say; the admission policies do.

use crate::bundle::{Object, Zone};
use crate::emit::identity::rule;
use crate::emit::names::{self, Role};
use crate::emit::{metadata, object};
use crate::plan::Plan;
use crate::value::NotData;
use k8s_openapi::api::rbac::v1::{Role as Rights, RoleBinding, RoleRef, Subject};

/// The gateway's role in the namespace of runs, and its binding.
///
/// # Errors
/// None in practice: there is no number in these.
pub fn rights(plan: &Plan) -> Result<Vec<Object>, NotData> {
    if plan.submitted().is_empty() {
        return Ok(Vec::new());
    }
    let name = names::account(plan, Role::Gateway);
    let labels = || names::role_labels(plan, Role::Gateway);
    let role = Rights {
        metadata: metadata(&name, plan, labels()),
        rules: Some(vec![rule("argoproj.io", "workflows", &["create"])]),
    };
    let binding = RoleBinding {
        metadata: metadata(&name, plan, labels()),
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "Role".to_owned(),
            name: name.clone(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name,
            namespace: Some(plan.target.namespace.clone()),
            ..Default::default()
        }]),
    };
    Ok(vec![
        object(Zone::Spec, &role)?,
        object(Zone::Spec, &binding)?,
    ])
}

#[cfg(test)]
mod tests;
