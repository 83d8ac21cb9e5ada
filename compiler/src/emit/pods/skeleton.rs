//! What all pods have in common, and the small pieces that they are made of.

use super::{Scene, resources};
use crate::emit::names::{self, Role};
use crate::emit::paths;
use crate::emit::quantity;
use crate::emit::substitution::{Parameter, Substitution};
use crate::plan::{Resources, Toleration};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeMap;

/// What tells one role's pod from another's.
pub(super) struct Shape {
    pub(super) role: Role,
    /// What follows the run's name in the pod's name.
    pub(super) suffix: String,
    pub(super) deadline: u64,
    pub(super) restart: &'static str,
    /// User and group of the pod, and the group of its volumes.
    pub(super) user: i64,
    pub(super) group: i64,
    pub(super) volume_group: i64,
}

impl Shape {
    /// A pod of the runtime's image that ends by itself and shares no volume.
    pub(super) fn of(role: Role, suffix: impl Into<String>, deadline: u64) -> Shape {
        let user = super::user(role);
        let suffix = suffix.into();
        Shape {
            role,
            suffix,
            deadline,
            restart: "Never",
            user,
            group: user,
            volume_group: user,
        }
    }

    /// The same, in the group that shares the workspace and the outbox.
    pub(super) fn shared(self) -> Shape {
        Shape {
            group: super::SHARED_GROUP,
            volume_group: super::SHARED_GROUP,
            ..self
        }
    }
}

/// A hardened pod without token, service links and DNS; the role adds containers and volumes.
pub(super) fn pod(scene: &Scene<'_>, shape: &Shape) -> core::Pod {
    let plan = scene.plan;
    let spec = core::PodSpec {
        active_deadline_seconds: i64::try_from(shape.deadline).ok(),
        automount_service_account_token: Some(false),
        dns_config: Some(core::PodDNSConfig {
            nameservers: Some(vec!["127.0.0.1".to_owned()]),
            ..Default::default()
        }),
        dns_policy: Some("None".to_owned()),
        enable_service_links: Some(false),
        node_selector: node_selector(&plan.target.node_labels),
        restart_policy: Some(shape.restart.to_owned()),
        security_context: Some(core::PodSecurityContext {
            fs_group: Some(shape.volume_group),
            run_as_group: Some(shape.group),
            run_as_non_root: Some(true),
            run_as_user: Some(shape.user),
            seccomp_profile: Some(core::SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        service_account_name: Some(names::account(plan, shape.role)),
        termination_grace_period_seconds: Some(10),
        tolerations: tolerations(&plan.target.tolerations),
        ..Default::default()
    };
    core::Pod {
        metadata: ObjectMeta {
            annotations: Some(names::bundle_annotation()),
            labels: Some(names::pod_labels(plan, shape.role)),
            name: Some(format!("{}-{}", Substitution::RunName, shape.suffix)),
            namespace: Some(plan.target.namespace.clone()),
            ..Default::default()
        },
        spec: Some(spec),
        status: None,
    }
}

/// Node labels, if there are any.
pub(in crate::emit) fn node_selector(
    labels: &BTreeMap<String, String>,
) -> Option<BTreeMap<String, String>> {
    (!labels.is_empty()).then(|| labels.clone())
}

/// Tolerations, if there are any.
pub(in crate::emit) fn tolerations(list: &[Toleration]) -> Option<Vec<core::Toleration>> {
    let typed = |toleration: &Toleration| core::Toleration {
        effect: Some(toleration.effect.clone()),
        key: Some(toleration.key.clone()),
        operator: Some(
            if toleration.value.is_some() {
                "Equal"
            } else {
                "Exists"
            }
            .to_owned(),
        ),
        value: toleration.value.clone(),
        ..Default::default()
    };
    (!list.is_empty()).then(|| list.iter().map(typed).collect())
}

/// CPU that a container of the runtime is promised, in thousandths. It waits most of its time, for models and for
/// people; were all that it may take held back for it, a few runs would fill a node, and each of them would wait for
/// room that the gateways of the others hold.
const PROMISED: u64 = 100;

/// A container of the runtime.
pub(super) fn ours(
    scene: &Scene<'_>,
    name: &str,
    command: Vec<String>,
    role: Role,
) -> core::Container {
    let share = resources(role);
    let mut ours = container(name, &scene.plan.target.runtime, command, &share);
    let amounts = ours.resources.as_mut();
    if let Some(requests) = amounts.and_then(|amounts| amounts.requests.as_mut()) {
        let promised = quantity::millis(share.cpu_millis.min(PROMISED));
        requests.insert("cpu".to_owned(), promised);
    }
    ours
}

/// A hardened container. Neither `command` nor `env` may hold anything that the kubelet expands: see
/// [`literal`].
pub(super) fn container(
    name: &str,
    image: &str,
    command: Vec<String>,
    share: &Resources,
) -> core::Container {
    let amounts: BTreeMap<String, Quantity> = [
        ("cpu", quantity::millis(share.cpu_millis)),
        ("ephemeral-storage", quantity::bytes(share.storage)),
        ("memory", quantity::bytes(share.memory)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    core::Container {
        command: Some(command),
        image: Some(image.to_owned()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        name: name.to_owned(),
        resources: Some(core::ResourceRequirements {
            limits: Some(amounts.clone()),
            requests: Some(amounts),
            ..Default::default()
        }),
        security_context: Some(core::SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(core::Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                ..Default::default()
            }),
            read_only_root_filesystem: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Text in a command or variable that the kubelet leaves as it is: it expands `$(NAME)`, and reads `$$`
/// as `$`.
pub(super) fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

/// An environment variable.
pub(super) fn env(name: &str, value: impl ToString) -> core::EnvVar {
    core::EnvVar {
        name: name.to_owned(),
        value: Some(value.to_string()),
        value_from: None,
    }
}

/// A mount.
pub(super) fn mount(volume: &str, path: &str, read_only: bool) -> core::VolumeMount {
    core::VolumeMount {
        mount_path: path.to_owned(),
        name: volume.to_owned(),
        read_only: read_only.then_some(true),
        ..Default::default()
    }
}

/// A mount of one file or directory of a volume.
pub(super) fn mount_part(
    volume: &str,
    part: &str,
    path: &str,
    read_only: bool,
) -> core::VolumeMount {
    core::VolumeMount {
        sub_path: Some(part.to_owned()),
        ..mount(volume, path, read_only)
    }
}

/// An empty directory that cannot fill the node.
pub(super) fn scratch(name: &str, size: u64) -> core::Volume {
    core::Volume {
        empty_dir: Some(core::EmptyDirVolumeSource {
            medium: None,
            size_limit: Some(quantity::bytes(size)),
        }),
        name: name.to_owned(),
        ..Default::default()
    }
}

/// A volume claim of the run.
pub(super) fn claim(name: &str) -> core::Volume {
    core::Volume {
        name: name.to_owned(),
        persistent_volume_claim: Some(core::PersistentVolumeClaimVolumeSource {
            claim_name: format!("{}-{name}", Substitution::RunName),
            read_only: None,
        }),
        ..Default::default()
    }
}

/// Keys of a Secret as files that only the pod's group reads.
pub(super) fn secret(name: &str, object: &str, items: &[(&str, &str)]) -> core::Volume {
    core::Volume {
        name: name.to_owned(),
        secret: Some(core::SecretVolumeSource {
            default_mode: Some(0o440),
            items: Some(keys(items)),
            optional: None,
            secret_name: Some(object.to_owned()),
        }),
        ..Default::default()
    }
}

/// Keys of a ConfigMap as files.
pub(super) fn config(name: &str, object: &str, items: &[(&str, &str)]) -> core::Volume {
    core::Volume {
        config_map: Some(core::ConfigMapVolumeSource {
            default_mode: Some(0o440),
            items: Some(keys(items)),
            name: object.to_owned(),
            optional: None,
        }),
        name: name.to_owned(),
        ..Default::default()
    }
}

/// The contract as a volume, and its mount.
pub(super) fn contract(scene: &Scene<'_>) -> (core::Volume, core::VolumeMount) {
    let object = names::contract_map(scene.plan, &scene.contract.digest);
    let items = [(names::CONTRACT_KEY, names::CONTRACT_KEY)];
    (
        config("contract", &object, &items),
        mount("contract", paths::CONTRACT_DIR, true),
    )
}

/// The run key as a volume, and its mount.
pub(super) fn key(scene: &Scene<'_>) -> (core::Volume, core::VolumeMount) {
    let object = names::key_secret(scene.plan);
    let items = [(names::KEY_KEY, names::KEY_KEY)];
    (
        secret("key", &object, &items),
        mount("key", paths::KEY_DIR, true),
    )
}

/// The secrets of a role: one volume for each Secret with no more than the keys that are used, one
/// mounted file for each secret of the spec.
pub(super) fn secrets(
    scene: &Scene<'_>,
    role: Role,
) -> (Vec<core::Volume>, Vec<core::VolumeMount>) {
    let mut objects: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for held in scene
        .plan
        .secrets
        .iter()
        .filter(|held| names::holder(held.used_for) == role)
    {
        objects
            .entry(&held.object)
            .or_default()
            .push((&held.key, &held.name));
    }
    let mut volumes = Vec::new();
    let mut mounts = Vec::new();
    for (at, (object, mut items)) in objects.into_iter().enumerate() {
        items.sort_by_key(|(_, file)| *file);
        let name = format!("secret-{at}");
        mounts.extend(
            items
                .iter()
                .map(|(_, file)| mount_part(&name, file, &paths::secret(file), true)),
        );
        volumes.push(secret(&name, object, &items));
    }
    (volumes, mounts)
}

/// The certificates that are trusted beside the public roots, for the pods that end TLS.
pub(super) fn trust(scene: &Scene<'_>) -> Option<(core::Volume, core::VolumeMount)> {
    let bundle = scene.plan.target.trust_bundle.as_ref()?;
    let items = [(bundle.key.as_str(), bundle.key.as_str())];
    let volume = config("trust", &bundle.config_map, &items);
    Some((volume, mount("trust", paths::TRUST_DIR, true)))
}

/// Names that stand for the gateway's address.
pub(super) fn gateway_alias() -> Option<Vec<core::HostAlias>> {
    let address = Substitution::Input(Parameter::Gateway);
    Some(vec![alias(&address, names::GATEWAY_HOST)])
}

/// A name for an address that Argo fills in.
pub(super) fn alias(address: &Substitution, host: &str) -> core::HostAlias {
    core::HostAlias {
        hostnames: Some(vec![host.to_owned()]),
        ip: address.to_string(),
    }
}

fn keys(items: &[(&str, &str)]) -> Vec<core::KeyToPath> {
    items
        .iter()
        .map(|(key, path)| core::KeyToPath {
            key: (*key).to_owned(),
            mode: None,
            path: (*path).to_owned(),
        })
        .collect()
}

/// A TCP port.
pub(super) fn port(number: u16) -> core::ContainerPort {
    core::ContainerPort {
        container_port: i32::from(number),
        protocol: Some("TCP".to_owned()),
        ..Default::default()
    }
}
