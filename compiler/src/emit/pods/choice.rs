//! The choice of an agent: has the gateway choose, and answers with the agent's name.

use super::Scene;
use super::skeleton::{self, Shape, env};
use crate::emit::names::Role;
use crate::emit::substitution::{Step, Substitution};
use k8s_openapi::api::core::v1 as core;

/// The pod, which is a router's: it holds the run's key and reaches the gateway's control port, and nothing else.
pub(super) fn pod(scene: &Scene<'_>) -> core::Pod {
    let shape = Shape::of(
        Role::Router,
        Step::Route.to_string(),
        scene.deadlines.choice_pod,
    );
    let mut pod = skeleton::pod(scene, &shape);
    let (contract, contract_mount) = skeleton::contract(scene);
    let (key, key_mount) = skeleton::key(scene);
    let command = scene.runtime("choose", &[]);
    if let Some(spec) = &mut pod.spec {
        spec.host_aliases = skeleton::gateway_alias();
        spec.containers = vec![core::Container {
            env: Some(vec![
                env("PURE_AGENT_RUN", Substitution::RunName),
                env("PURE_AGENT_UID", Substitution::RunUid),
            ]),
            volume_mounts: Some(vec![contract_mount, key_mount]),
            ..skeleton::ours(scene, "choose", command, Role::Router)
        }];
        spec.volumes = Some(vec![contract, key]);
    }
    pod
}
