//! The router: reads the outcome of a cycle and answers with the next number, or `stop`.

use super::Scene;
use super::skeleton::{self, Shape, env};
use crate::emit::names::Role;
use crate::emit::substitution::{Parameter, Substitution};
use k8s_openapi::api::core::v1 as core;

/// The outcomes that it is told, with the options that carry them.
const TOLD: [(&str, Parameter); 5] = [
    ("--phase", Parameter::Phase),
    ("--exit-code", Parameter::ExitCode),
    ("--start-code", Parameter::StartCode),
    ("--pod-reason", Parameter::PodReason),
    ("--end-reason", Parameter::EndReason),
];

/// The pod of one cycle.
pub(super) fn pod(scene: &Scene<'_>) -> core::Pod {
    let cycle = Substitution::Input(scene.cycle());
    let told: Vec<_> = std::iter::once(("--cycle", scene.cycle()))
        .chain(TOLD)
        .flat_map(|(option, value)| [option.to_owned(), Substitution::Input(value).to_string()])
        .collect();
    let told: Vec<_> = told.iter().map(String::as_str).collect();
    let name = (format!("router-{cycle}"), scene.deadlines.router_pod);
    step(scene, name, "router", &told)
}

/// A pod that asks the gateway's control port with the run's key, and tells Argo a word.
pub(super) fn step(
    scene: &Scene<'_>,
    (name, deadline): (String, u64),
    role: &str,
    told: &[&str],
) -> core::Pod {
    let mut pod = skeleton::pod(scene, &Shape::of(Role::Router, name, deadline));
    let (contract, contract_mount) = skeleton::contract(scene);
    let (key, key_mount) = skeleton::key(scene);
    let command = scene.runtime(role, told);
    if let Some(spec) = &mut pod.spec {
        spec.host_aliases = skeleton::gateway_alias();
        spec.containers = vec![core::Container {
            env: Some(vec![
                env("PURE_AGENT_RUN", Substitution::RunName),
                env("PURE_AGENT_UID", Substitution::RunUid),
            ]),
            volume_mounts: Some(vec![contract_mount, key_mount]),
            ..skeleton::ours(scene, role, command, Role::Router)
        }];
        spec.volumes = Some(vec![contract, key]);
    }
    pod
}
