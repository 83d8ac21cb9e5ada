//! What a cluster administrator applies once for a target.

use crate::bundle::{Object, Zone};
use crate::emit::{metadata, names, network, object, pods, quantity};
use crate::plan::{Plan, Quota};
use crate::value::NotData;
use k8s_openapi::api::core::v1::{
    ConfigMap, LimitRange, LimitRangeItem, LimitRangeSpec, Namespace, ResourceQuota,
    ResourceQuotaSpec,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeMap;

/// Namespace, default-deny, and bounds where the target has them. They are the same for every spec.
///
/// # Errors
/// None in practice: amounts are text.
pub fn platform(plan: &Plan) -> Result<Vec<Object>, NotData> {
    let mut objects = vec![object(Zone::Platform, &namespace(plan))?];
    if let Some(quota) = &plan.target.quota {
        objects.push(object(Zone::Platform, &limit_range(plan))?);
        objects.push(object(Zone::Platform, &resource_quota(plan, quota))?);
    }
    if !plan.target.queues.is_empty() {
        objects.push(object(Zone::Platform, &queues(plan))?);
    }
    objects.push(object(Zone::Platform, &network::default_deny(plan))?);
    Ok(objects)
}

fn namespace(plan: &Plan) -> Namespace {
    let mut labels = names::platform_labels();
    for mode in ["audit", "enforce", "warn"] {
        let key = format!("pod-security.kubernetes.io/{mode}");
        labels.insert(format!("{key}-version"), "latest".to_owned());
        labels.insert(key, "restricted".to_owned());
    }
    Namespace {
        metadata: ObjectMeta {
            labels: Some(labels),
            name: Some(plan.target.namespace.clone()),
            ..ObjectMeta::default()
        },
        ..Default::default()
    }
}

/// A quota refuses pods without requests and limits, and launchers are made by Argo without any.
fn limit_range(plan: &Plan) -> LimitRange {
    let share = pods::resources(names::Role::Launcher);
    let amounts = BTreeMap::from([
        ("cpu".to_owned(), quantity::millis(share.cpu_millis)),
        (
            "ephemeral-storage".to_owned(),
            quantity::bytes(share.storage),
        ),
        ("memory".to_owned(), quantity::bytes(share.memory)),
    ]);
    LimitRange {
        metadata: metadata("launchers", plan, names::platform_labels()),
        spec: Some(LimitRangeSpec {
            limits: vec![LimitRangeItem {
                default: Some(amounts.clone()),
                default_request: Some(amounts),
                type_: "Container".to_owned(),
                ..Default::default()
            }],
        }),
    }
}

/// Argo reads the slots of a queue here whenever a Workflow asks for one.
fn queues(plan: &Plan) -> ConfigMap {
    let slots = plan.target.queues.iter();
    ConfigMap {
        data: Some(slots.map(|(k, n)| (k.clone(), n.to_string())).collect()),
        metadata: metadata(names::QUEUES, plan, names::platform_labels()),
        ..ConfigMap::default()
    }
}

fn resource_quota(plan: &Plan, quota: &Quota) -> ResourceQuota {
    let hard: BTreeMap<String, Quantity> = [
        ("limits.cpu", quantity::millis(quota.cpu_millis)),
        ("limits.memory", quantity::bytes(quota.memory)),
        ("pods", quantity::count(quota.pods)),
        ("requests.cpu", quantity::millis(quota.cpu_millis)),
        ("requests.memory", quantity::bytes(quota.memory)),
        ("requests.storage", quantity::bytes(quota.storage)),
    ]
    .into_iter()
    .map(|(key, amount)| (key.to_owned(), amount))
    .collect();
    ResourceQuota {
        metadata: metadata("runs", plan, names::platform_labels()),
        spec: Some(ResourceQuotaSpec {
            hard: Some(hard),
            ..Default::default()
        }),
        status: None,
    }
}
