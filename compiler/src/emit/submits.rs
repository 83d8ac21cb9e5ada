//! Gateways that submit other runs: what their account may do.
//!
//! To make a Workflow is all of it: not to read one, for which the mark in its name makes no need. Which Workflows, RBAC
//! cannot say; the admission policies do.

use crate::bundle::{Object, Zone};
use crate::emit::identity::{binding, rule};
use crate::emit::names::{self, Role};
use crate::emit::{metadata, object};
use crate::plan::Plan;
use crate::value::NotData;
use k8s_openapi::api::rbac::v1::Role as Rights;

/// The gateway's role in the namespace of runs, and its binding.
///
/// # Errors
/// None in practice: there is no number in these.
pub fn rights(plan: &Plan) -> Result<Vec<Object>, NotData> {
    if plan.submitted().is_empty() {
        return Ok(Vec::new());
    }
    let name = names::account(plan, Role::Gateway);
    let metadata = metadata(&name, plan, names::role_labels(plan, Role::Gateway));
    let role = Rights {
        metadata: metadata.clone(),
        rules: Some(vec![rule("argoproj.io", "workflows", &["create"])]),
    };
    let binding = binding(plan, Role::Gateway, metadata);
    Ok(vec![
        object(Zone::Spec, &role)?,
        object(Zone::Spec, &binding)?,
    ])
}

#[cfg(test)]
mod tests;
