//! Packing: untrusted files become inert bytes, without network and without secret.

use super::Scene;
use super::skeleton::{self, Shape};
use crate::emit::names::Role;
use crate::emit::paths;
use k8s_openapi::api::core::v1 as core;

/// The pod.
pub(super) fn pod(scene: &Scene<'_>) -> core::Pod {
    let shape = Shape::of(Role::Pack, "pack", scene.deadlines.pack_pod).shared();
    let mut pod = skeleton::pod(scene, &shape);
    let (contract, contract_mount) = skeleton::contract(scene);
    let command = scene.runtime("pack", &[]);
    if let Some(spec) = &mut pod.spec {
        spec.containers = vec![core::Container {
            volume_mounts: Some(vec![
                contract_mount,
                skeleton::mount_part("run", "outbox", paths::OUTBOX, false),
                skeleton::mount_part("run", "workspace", paths::WORKSPACE, true),
            ]),
            ..skeleton::ours(scene, "pack", command, Role::Pack)
        }];
        spec.volumes = Some(vec![contract, skeleton::claim("run")]);
    }
    pod
}
