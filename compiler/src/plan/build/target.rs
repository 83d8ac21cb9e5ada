//! Facts of the cluster.

use super::{bytes, number, port, run, sorted, text, texts};
use crate::plan::{
    Dns, Endpoint, PrivateRange, Quota, TargetPlan, Toleration, TrustBundle, defaults,
};
use crate::span::Spanned;
use crate::target;
use crate::values::cidr::Cidr;

/// The metadata services of clouds, in both families: closed to agents everywhere.
const METADATA: [&str; 2] = ["169.254.169.254:80", "[fd00:ec2::254]:80"];

pub(super) fn target(target: &target::Target) -> TargetPlan {
    TargetPlan {
        name: target.name.value.clone(),
        namespace: target.namespace.value.clone(),
        runtime: target.runtime.value.to_string(),
        storage_class: text(target.storage_class.as_ref()),
        access_mode: text(target.access_mode.as_ref())
            .unwrap_or_else(|| defaults::ACCESS_MODE.to_owned()),
        controller: target.controller.value.clone(),
        executor: target.executor.value.clone(),
        argo_minimum: target.argo_minimum.value.clone(),
        api_servers: sorted(target.api_servers.iter().map(|(block, at)| Endpoint {
            cidr: block.value.to_string(),
            port: port(Some(at), defaults::PORT),
        })),
        dns: Dns {
            namespace: target.dns_namespace.value.clone(),
            labels: run::pairs(&target.dns_labels),
            ports: sorted(
                target
                    .dns_ports
                    .iter()
                    .filter_map(|p| u16::try_from(p.value).ok()),
            ),
        },
        node_labels: run::pairs(&target.node_labels),
        tolerations: tolerations(&target.tolerations),
        runtime_class: text(target.runtime_class.as_ref()),
        pull_secrets: sorted(texts(&target.pull_secrets)),
        trust_bundle: target.trust_bundle.as_ref().map(|(map, key)| TrustBundle {
            config_map: map.value.clone(),
            key: key.value.clone(),
        }),
        private: sorted(target.private.iter().map(|(block, at)| PrivateRange {
            cidr: block.value.to_string(),
            port: port(Some(at), defaults::PORT),
        })),
        workloads: sorted(texts(&target.workloads)),
        submits: sorted(texts(&target.submits)),
        break_glass: sorted(texts(&target.break_glass)),
        operators: sorted(texts(&target.operators)),
        queues: target
            .queues
            .iter()
            .map(|(name, slots)| (name.value.clone(), number(slots.as_ref()).unwrap_or(1)))
            .collect(),
        quota: target.quota.as_ref().map(quota),
        probes: probes(target),
    }
}

fn tolerations(wishes: &[target::Toleration]) -> Vec<Toleration> {
    let tuples = wishes.iter().map(|t| {
        (
            t.key.value.clone(),
            text(t.value.as_ref()),
            t.effect.value.clone(),
        )
    });
    sorted(tuples)
        .into_iter()
        .map(|(key, value, effect)| Toleration { key, value, effect })
        .collect()
}

fn quota(quota: &target::Quota) -> Quota {
    Quota {
        pods: quota.pods.value,
        cpu_millis: quota.cpu.value.millis(),
        memory: bytes(Some(&quota.memory), 0),
        storage: bytes(Some(&quota.storage), 0),
    }
}

/// What must be closed: API servers that stand as one address, the metadata services, and what the
/// target names. The cluster's DNS has no address here: pods know it by a selector.
fn probes(target: &target::Target) -> Vec<String> {
    let api = target
        .api_servers
        .iter()
        .filter_map(|(block, at)| single(&block.value, at));
    let named = target.closed.iter().map(|c| c.value.clone());
    sorted(api.chain(METADATA.map(str::to_owned)).chain(named))
}

fn single(block: &Cidr, at: &Spanned<u64>) -> Option<String> {
    if !block.is_single() {
        return None;
    }
    let text = block.to_string();
    let address = text.split('/').next().unwrap_or_default();
    Some(if block.is_v4() {
        format!("{address}:{}", at.value)
    } else {
        format!("[{address}]:{}", at.value)
    })
}
