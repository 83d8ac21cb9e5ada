//! Exporting: secrets of the targets, inert bytes, and a way out through the gateway, inside which TLS is its own.

use super::Scene;
use super::skeleton::{self, Shape, env};
use crate::emit::names::Role;
use crate::emit::paths;
use crate::emit::substitution::{Parameter, Substitution};
use k8s_openapi::api::core::v1 as core;

/// The pod. Its exit code is the verdict of the run, so it is told how everything before it ended.
pub(super) fn pod(scene: &Scene<'_>) -> core::Pod {
    let shape = Shape::of(Role::Export, "export", scene.deadlines.export_pod).shared();
    let mut pod = skeleton::pod(scene, &shape);
    let (contract, contract_mount) = skeleton::contract(scene);
    let (key, key_mount) = skeleton::key(scene);
    let (secrets, secret_mounts) = skeleton::secrets(scene, Role::Export);
    let cycles = Substitution::Input(Parameter::Cycles).to_string();
    let packing = Substitution::Input(Parameter::Packing).to_string();
    let command = scene.runtime("export", &["--cycles", &cycles, "--packing", &packing]);
    let outbox = skeleton::mount_part("run", "outbox", paths::OUTBOX, true);
    let (trust, trust_mount) = skeleton::trust(scene).unzip();
    let mounts = [contract_mount, key_mount, outbox]
        .into_iter()
        .chain(secret_mounts)
        .chain(trust_mount);
    if let Some(spec) = &mut pod.spec {
        spec.host_aliases = skeleton::gateway_alias();
        spec.containers = vec![core::Container {
            env: Some(vec![
                env("PURE_AGENT_RUN", Substitution::RunName),
                env("PURE_AGENT_UID", Substitution::RunUid),
            ]),
            volume_mounts: Some(mounts.collect()),
            ..skeleton::ours(scene, "export", command, Role::Export)
        }];
        spec.volumes = Some(
            [contract, key, skeleton::claim("run")]
                .into_iter()
                .chain(secrets)
                .chain(trust)
                .collect(),
        );
    }
    pod
}
