//! Gateways that look after Deployments: what their account may do, and how they reach the API server.
//!
//! Without a builtin `kubernetes`, and an export that submits another run, there is none of it: no right, no token, no way
//! to the API server.

use crate::bundle::{Object, Zone};
use crate::emit::identity::{binding, rule};
use crate::emit::names::{self, Role};
use crate::emit::object;
use crate::plan::Plan;
use crate::value::NotData;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::rbac::v1::{PolicyRule, Role as Rights};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use pure_agent_runtime::contract::{API_DIR, API_HOST, Deployment, Range, ServerKind};
use std::collections::{BTreeMap, BTreeSet};

/// Volume of the token.
pub const VOLUME: &str = "api";
/// Seconds that a token is good for; the node replaces it before. Kubernetes makes none for less.
const TOKEN_SECONDS: i64 = 600;
/// The ConfigMap with the cluster's authority, which is in every namespace.
const AUTHORITY: &str = "kube-root-ca.crt";

/// What agents and steps may have done in one namespace, by all servers that are about it together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Tools that are granted.
    pub tools: BTreeSet<String>,
    /// Deployments that may be restarted.
    pub restarted: BTreeSet<String>,
    /// Deployments that may be scaled, and the least and the most replicas.
    pub scaled: BTreeMap<String, (i64, i64)>,
}

/// The access of a plan, by namespace.
#[must_use]
pub fn accesses(plan: &Plan) -> BTreeMap<String, Access> {
    let mut all: BTreeMap<String, Access> = BTreeMap::new();
    for server in &plan.servers {
        let ServerKind::Kubernetes {
            namespace,
            deployments,
            ..
        } = &server.contract.kind
        else {
            continue;
        };
        let access = all.entry(namespace.clone()).or_default();
        for (_, tool) in plan.tools().filter(|(of, _)| *of == server.contract.name) {
            access.add(tool, deployments);
        }
    }
    all
}

impl Access {
    fn add(&mut self, tool: &str, deployments: &[Deployment]) {
        self.tools.insert(tool.to_owned());
        for Deployment { name, replicas } in deployments {
            match (tool, replicas) {
                ("restart_deployment", _) => {
                    self.restarted.insert(name.clone());
                }
                ("scale_deployment", Some(Range { min, max })) => {
                    let known = self.scaled.entry(name.clone()).or_insert((*min, *max));
                    *known = (known.0.min(*min), known.1.max(*max));
                }
                _ => {}
            }
        }
    }

    /// Whether something may be changed.
    #[must_use]
    pub fn changes(&self) -> bool {
        !self.restarted.is_empty() || !self.scaled.is_empty()
    }

    fn has(&self, tools: &[&str]) -> bool {
        tools.iter().any(|tool| self.tools.contains(*tool))
    }

    /// The verbs of the granted tools and no others.
    fn rules(&self) -> Vec<PolicyRule> {
        let mut rules = Vec::new();
        let mut verbs = Vec::new();
        if self.has(&["describe_pod", "get_pod_logs"]) {
            verbs.push("get");
        }
        if self.has(&["list_pods", "get_service_logs", "search_logs"]) {
            verbs.push("list");
        }
        if !verbs.is_empty() {
            rules.push(rule("", "pods", &verbs));
        }
        if self.has(&["get_pod_logs", "get_service_logs", "search_logs"]) {
            rules.push(rule("", "pods/log", &["get"]));
        }
        if self.has(&["describe_pod"]) {
            rules.push(rule("", "events", &["list"]));
        }
        if !self.restarted.is_empty() {
            let names = self.restarted.iter().cloned().collect();
            rules.push(named(rule("apps", "deployments", &["patch"]), names));
        }
        if !self.scaled.is_empty() {
            let names = self.scaled.keys().cloned().collect();
            rules.push(named(rule("apps", "deployments/scale", &["patch"]), names));
        }
        rules
    }
}

fn named(rule: PolicyRule, names: Vec<String>) -> PolicyRule {
    PolicyRule {
        resource_names: Some(names),
        ..rule
    }
}

/// A role in each namespace that is looked after, and its binding to the gateway's account.
///
/// # Errors
/// None in practice: there is no number in these.
pub fn rights(plan: &Plan) -> Result<Vec<Object>, NotData> {
    let mut objects = Vec::new();
    for (namespace, access) in accesses(plan) {
        let metadata = ObjectMeta {
            labels: Some(names::role_labels(plan, Role::Gateway)),
            name: Some(name(plan)),
            namespace: Some(namespace),
            ..ObjectMeta::default()
        };
        let role = Rights {
            metadata: metadata.clone(),
            rules: Some(access.rules()),
        };
        objects.push(object(Zone::Spec, &role)?);
        objects.push(object(Zone::Spec, &binding(plan, Role::Gateway, metadata))?);
    }
    Ok(objects)
}

/// In a namespace of somebody else the name says whose it is.
fn name(plan: &Plan) -> String {
    let account = names::account(plan, Role::Gateway);
    format!("{}.{account}", plan.target.namespace)
}

/// Whether the gateway of a plan reaches the API server.
#[must_use]
pub fn any(plan: &Plan) -> bool {
    !accesses(plan).is_empty() || !plan.submitted().is_empty()
}

/// Where the token is, for a gateway that has one.
#[must_use]
pub fn mount() -> core::VolumeMount {
    core::VolumeMount {
        mount_path: API_DIR.to_owned(),
        name: VOLUME.to_owned(),
        read_only: Some(true),
        ..Default::default()
    }
}

/// The token, for the API server and nobody else, and the authority of that server.
#[must_use]
pub fn volume() -> core::Volume {
    let token = core::VolumeProjection {
        service_account_token: Some(core::ServiceAccountTokenProjection {
            audience: None,
            expiration_seconds: Some(TOKEN_SECONDS),
            path: "token".to_owned(),
        }),
        ..Default::default()
    };
    let authority = core::VolumeProjection {
        config_map: Some(core::ConfigMapProjection {
            items: Some(vec![core::KeyToPath {
                key: "ca.crt".to_owned(),
                mode: None,
                path: "ca.crt".to_owned(),
            }]),
            name: AUTHORITY.to_owned(),
            optional: None,
        }),
        ..Default::default()
    };
    core::Volume {
        name: VOLUME.to_owned(),
        projected: Some(core::ProjectedVolumeSource {
            default_mode: Some(0o440),
            sources: Some(vec![token, authority]),
        }),
        ..Default::default()
    }
}

/// The API server by name: every address that the target names, so that no DNS is asked.
#[must_use]
pub fn aliases(plan: &Plan) -> Vec<core::HostAlias> {
    if !any(plan) {
        return Vec::new();
    }
    let (_, addresses) = plan.target.api().unwrap_or_default();
    let alias = |address: &str| core::HostAlias {
        hostnames: Some(vec![API_HOST.to_owned()]),
        ip: address.to_owned(),
    };
    addresses.into_iter().map(alias).collect()
}

#[cfg(test)]
mod tests;
