//! The gateway: the only pod with credentials of models and tools, and the only one with DNS. One that looks after
//! Deployments has a token of its own account, for the API server.

use super::Scene;
use super::skeleton::{self, Shape, env};
use crate::emit::names::Role;
use crate::emit::paths;
use crate::emit::substitution::{Parameter, Substitution};
use crate::emit::workloads;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use pure_agent_runtime::contract::{self, ServerKind};

/// The pod. It restarts in place (the record is replayed) and lives as long as the Workflow.
pub(super) fn pod(scene: &Scene<'_>) -> core::Pod {
    let shape = Shape::of(Role::Gateway, "gateway", scene.deadlines.serving_pod);
    let mut pod = skeleton::pod(
        scene,
        &Shape {
            restart: "Always",
            ..shape
        },
    );
    let (volumes, mounts) = volumes(scene);
    let command = scene.runtime("gateway", &[]);
    let container = core::Container {
        env: Some(vec![
            env("PURE_AGENT_INPUTS", Substitution::Inputs),
            env("PURE_AGENT_RUN", Substitution::RunName),
            env("PURE_AGENT_UID", Substitution::RunUid),
        ]),
        ports: Some(
            [
                contract::AGENT_PORT,
                contract::CONTROL_PORT,
                contract::EXPORT_PORT,
            ]
            .map(skeleton::port)
            .to_vec(),
        ),
        readiness_probe: Some(readiness()),
        volume_mounts: Some(mounts),
        ..skeleton::ours(scene, "gateway", command, Role::Gateway)
    };
    if let Some(spec) = &mut pod.spec {
        // Names are absolute: one question for each, and none that leaks to a search domain.
        spec.dns_policy = Some("ClusterFirst".to_owned());
        spec.dns_config = Some(core::PodDNSConfig {
            options: Some(vec![core::PodDNSConfigOption {
                name: Some("ndots".to_owned()),
                value: Some("1".to_owned()),
            }]),
            ..Default::default()
        });
        spec.host_aliases = aliases(scene);
        spec.containers = vec![container];
        spec.volumes = Some(volumes);
    }
    pod
}

fn volumes(scene: &Scene<'_>) -> (Vec<core::Volume>, Vec<core::VolumeMount>) {
    let (contract, contract_mount) = skeleton::contract(scene);
    let (key, key_mount) = skeleton::key(scene);
    let mut volumes = vec![contract, key, skeleton::claim("record")];
    let mut mounts = vec![
        contract_mount,
        key_mount,
        skeleton::mount("record", paths::RECORD, false),
    ];
    let (secrets, secret_mounts) = skeleton::secrets(scene, Role::Gateway);
    volumes.extend(secrets);
    mounts.extend(secret_mounts);
    if let Some((trust, trust_mount)) = skeleton::trust(scene) {
        volumes.push(trust);
        mounts.push(trust_mount);
    }
    if workloads::any(scene.plan) {
        volumes.push(workloads::volume());
        mounts.push(workloads::mount());
    }
    (volumes, mounts)
}

fn aliases(scene: &Scene<'_>) -> Option<Vec<core::HostAlias>> {
    let servers = scene
        .plan
        .servers
        .iter()
        .filter(|server| server.pod.is_some())
        .filter_map(|server| match &server.contract.kind {
            ServerKind::Image { host, .. } => {
                let name = server.contract.name.clone();
                let address = Substitution::Input(Parameter::Server(name));
                Some(skeleton::alias(&address, host))
            }
            ServerKind::Linear { .. }
            | ServerKind::Git { .. }
            | ServerKind::Fetch { .. }
            | ServerKind::Http { .. }
            | ServerKind::S3 { .. }
            | ServerKind::Kubernetes { .. } => None,
        });
    let list: Vec<_> = servers.chain(workloads::aliases(scene.plan)).collect();
    (!list.is_empty()).then_some(list)
}

fn readiness() -> core::Probe {
    core::Probe {
        failure_threshold: Some(3),
        http_get: Some(core::HTTPGetAction {
            path: Some("/readyz".to_owned()),
            port: IntOrString::Int(i32::from(contract::CONTROL_PORT)),
            scheme: Some("HTTP".to_owned()),
            ..Default::default()
        }),
        period_seconds: Some(2),
        success_threshold: Some(1),
        timeout_seconds: Some(2),
        ..Default::default()
    }
}
