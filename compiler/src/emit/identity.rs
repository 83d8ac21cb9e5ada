//! Accounts, and the rights of the one account that has any in the namespace of runs.

use crate::bundle::{Object, Zone};
use crate::emit::names::{self, Role};
use crate::emit::{metadata, object};
use crate::plan::Plan;
use crate::value::NotData;
use k8s_openapi::api::core::v1::{LocalObjectReference, ServiceAccount};
use k8s_openapi::api::rbac::v1::{PolicyRule, Role as Rights, RoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// One account per role, the launcher's rights, and their binding.
///
/// # Errors
/// None in practice: there is no number in these.
pub fn identity(plan: &Plan) -> Result<Vec<Object>, NotData> {
    let mut objects = Vec::new();
    for role in names::roles(plan) {
        objects.push(object(Zone::Spec, &account(plan, role))?);
    }
    objects.push(object(Zone::Spec, &rights(plan))?);
    let labels = names::role_labels(plan, Role::Launcher);
    let metadata = metadata(&names::account(plan, Role::Launcher), plan, labels);
    objects.push(object(
        Zone::Spec,
        &binding(plan, Role::Launcher, metadata),
    )?);
    Ok(objects)
}

fn account(plan: &Plan, role: Role) -> ServiceAccount {
    let pull: Vec<_> = plan
        .target
        .pull_secrets
        .iter()
        .map(|name| LocalObjectReference { name: name.clone() })
        .collect();
    ServiceAccount {
        automount_service_account_token: Some(role == Role::Launcher),
        image_pull_secrets: (!pull.is_empty()).then_some(pull),
        metadata: metadata(
            &names::account(plan, role),
            plan,
            names::role_labels(plan, role),
        ),
        secrets: None,
    }
}

/// To report results to Argo, and to make and delete pods; the admission policies say which.
fn rights(plan: &Plan) -> Rights {
    let labels = names::role_labels(plan, Role::Launcher);
    Rights {
        metadata: metadata(&names::account(plan, Role::Launcher), plan, labels),
        rules: Some(vec![
            rule("argoproj.io", "workflowtaskresults", &["create", "patch"]),
            rule("", "pods", &["create", "delete", "get", "list", "patch"]),
        ]),
    }
}

pub(super) fn rule(group: &str, resource: &str, verbs: &[&str]) -> PolicyRule {
    PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(vec![resource.to_owned()]),
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        ..Default::default()
    }
}

/// Gives the account of a role the rights that are called like the binding.
pub(super) fn binding(plan: &Plan, role: Role, metadata: ObjectMeta) -> RoleBinding {
    RoleBinding {
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "Role".to_owned(),
            name: metadata.name.clone().unwrap_or_default(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: names::account(plan, role),
            namespace: Some(plan.target.namespace.clone()),
            ..Default::default()
        }]),
        metadata,
    }
}
