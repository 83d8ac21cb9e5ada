//! An MCP server that is an image: no secret, no volume but scratch space, no network but from the
//! gateway.

use super::Scene;
use super::skeleton::{self, Shape, literal};
use crate::emit::names::Role;
use crate::emit::paths;
use crate::plan::ServerPod;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The pod; ready when its port answers.
pub(super) fn pod(scene: &Scene<'_>, name: &str, server: &ServerPod) -> core::Pod {
    let suffix = format!("server-{name}");
    let shape = Shape::of(Role::Server, suffix, scene.deadlines.serving_pod);
    let mut pod = skeleton::pod(
        scene,
        &Shape {
            restart: "Always",
            ..shape
        },
    );
    let command = server.command.iter().map(|part| literal(part)).collect();
    if let Some(spec) = &mut pod.spec {
        spec.runtime_class_name
            .clone_from(&scene.plan.target.runtime_class);
        spec.containers = vec![core::Container {
            ports: Some(vec![skeleton::port(server.port)]),
            readiness_probe: Some(readiness(server.port)),
            volume_mounts: Some(vec![skeleton::mount("tmp", paths::TMP, false)]),
            ..skeleton::container("server", &server.image, command, &server.resources)
        }];
        spec.volumes = Some(vec![skeleton::scratch("tmp", server.resources.storage)]);
    }
    pod
}

fn readiness(port: u16) -> core::Probe {
    core::Probe {
        failure_threshold: Some(3),
        period_seconds: Some(2),
        success_threshold: Some(1),
        tcp_socket: Some(core::TCPSocketAction {
            port: IntOrString::Int(i32::from(port)),
            ..Default::default()
        }),
        timeout_seconds: Some(2),
        ..Default::default()
    }
}
