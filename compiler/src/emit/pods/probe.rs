//! Probes: pods that `pure-agent verify` starts to see what the network lets through for a role.
//!
//! No launcher makes them. Admission lets members of the target's operator and break-glass groups make pods of this one
//! shape: the runtime's image and one of its words, a role's labels and account, and no volume, variable, token or owner.

use super::{resources, skeleton};
use crate::emit::names::{self, Role};
use crate::emit::paths;
use crate::plan::{Resources, TargetPlan};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeMap;

/// What the run label of a probe starts with. No Workflow's name does.
pub const RUN_PREFIX: &str = "probe-";
/// Seconds that a probe lives at most.
pub const DEADLINE: i64 = 240;
/// The word of the runtime.
pub const WORD: &str = "probe";
/// Its user.
const USER: i64 = 10_008;

/// One probe.
#[derive(Debug, Clone)]
pub struct Probe<'a> {
    /// The cluster.
    pub target: &'a TargetPlan,
    /// Whose role it stands for.
    pub spec: &'a str,
    /// The role.
    pub role: Role,
    /// Value of the run label; starts with [`RUN_PREFIX`].
    pub run: &'a str,
    /// What follows in its name.
    pub suffix: &'a str,
    /// What the runtime is told after its word.
    pub arguments: Vec<String>,
}

impl Probe<'_> {
    /// The pod.
    #[must_use]
    pub fn pod(&self) -> core::Pod {
        let labels = [
            (names::ROLE, self.role.as_str()),
            (names::RUN, self.run),
            (names::SPEC, self.spec),
        ];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let command = [paths::RUNTIME, WORD].map(str::to_owned);
        let command = command.into_iter().chain(self.arguments.iter().cloned());
        let account = format!("{}-{}", self.spec, self.role);
        core::Pod {
            metadata: ObjectMeta {
                labels: Some(BTreeMap::from(labels)),
                name: Some(format!("{}-{}", self.run, self.suffix)),
                namespace: Some(self.target.namespace.clone()),
                ..ObjectMeta::default()
            },
            spec: Some(spec(self.target, account, command.collect())),
            status: None,
        }
    }
}

/// Everything but the names. Names are resolved as the gateway does, so that the pod knows the cluster's DNS.
pub(in crate::emit) fn spec(
    target: &TargetPlan,
    account: String,
    command: Vec<String>,
) -> core::PodSpec {
    // Two for each role at once must fit beside what runs on a small node.
    let share = Resources {
        cpu_millis: 30,
        ..resources(Role::Router)
    };
    core::PodSpec {
        active_deadline_seconds: Some(DEADLINE),
        automount_service_account_token: Some(false),
        containers: vec![skeleton::container(WORD, &target.runtime, command, &share)],
        dns_policy: Some("ClusterFirst".to_owned()),
        enable_service_links: Some(false),
        node_selector: skeleton::node_selector(&target.node_labels),
        restart_policy: Some("Never".to_owned()),
        security_context: Some(core::PodSecurityContext {
            run_as_group: Some(USER),
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            seccomp_profile: Some(core::SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        service_account_name: Some(account),
        termination_grace_period_seconds: Some(1),
        tolerations: skeleton::tolerations(&target.tolerations),
        ..Default::default()
    }
}
