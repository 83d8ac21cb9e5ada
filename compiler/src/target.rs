//! Targets and the workspace file, as they were written.

use crate::decode::{child, int, prop_int, text, texts, typed};
use crate::shape::Item;
use crate::span::{Span, Spanned};
use crate::values::cidr::Cidr;
use crate::values::cpu::Cpu;
use crate::values::image::Image;
use crate::values::size::Size;

type S<T> = Spanned<T>;

/// `target`
#[derive(Debug, Clone)]
pub struct Target {
    /// The node.
    pub span: Span,
    /// Name.
    pub name: S<String>,
    /// Namespace.
    pub namespace: S<String>,
    /// Image of the runtime.
    pub runtime: S<Image>,
    /// Class of volumes.
    pub storage_class: Option<S<String>>,
    /// Access mode of volumes.
    pub access_mode: Option<S<String>>,
    /// Lowest Argo version.
    pub argo_minimum: S<String>,
    /// Argo's account.
    pub controller: S<String>,
    /// Executor image.
    pub executor: S<String>,
    /// API server: block and port.
    pub api_servers: Vec<(S<Cidr>, S<u64>)>,
    /// Namespace of DNS.
    pub dns_namespace: S<String>,
    /// Labels of DNS pods.
    pub dns_labels: Vec<(S<String>, S<String>)>,
    /// Ports of DNS pods.
    pub dns_ports: Vec<S<u64>>,
    /// Labels of nodes.
    pub node_labels: Vec<(S<String>, S<String>)>,
    /// Taints that are tolerated.
    pub tolerations: Vec<Toleration>,
    /// Runtime class.
    pub runtime_class: Option<S<String>>,
    /// Secrets for pulling images.
    pub pull_secrets: Vec<S<String>>,
    /// ConfigMap and key of certificates.
    pub trust_bundle: Option<(S<String>, S<String>)>,
    /// Private ranges.
    pub private: Vec<(S<Cidr>, S<u64>)>,
    /// Namespaces whose Deployments runs may look after.
    pub workloads: Vec<S<String>>,
    /// Runs that other runs may submit.
    pub submits: Vec<S<String>>,
    /// Addresses that must be closed.
    pub closed: Vec<S<String>>,
    /// Groups for emergencies.
    pub break_glass: Vec<S<String>>,
    /// Groups that look after runs.
    pub operators: Vec<S<String>>,
    /// `queue`: name and slots; none where they were refused.
    pub queues: Vec<(S<String>, Option<S<u64>>)>,
    /// Bounds of the namespace.
    pub quota: Option<Quota>,
}

/// `tolerate`
#[derive(Debug, Clone)]
pub struct Toleration {
    /// Taint key.
    pub key: S<String>,
    /// Taint value.
    pub value: Option<S<String>>,
    /// Effect.
    pub effect: S<String>,
}

/// `quota`
#[derive(Debug, Clone)]
pub struct Quota {
    /// Pods.
    pub pods: S<u64>,
    /// CPUs.
    pub cpu: S<Cpu>,
    /// Memory.
    pub memory: S<Size>,
    /// Storage.
    pub storage: S<Size>,
}

/// Decodes the top level of a target file.
#[must_use]
pub fn decode(items: &[Item]) -> Vec<Target> {
    items
        .iter()
        .filter(|i| i.def.name == "target")
        .filter_map(target)
        .collect()
}

fn pair(item: &Item) -> Option<(S<String>, S<String>)> {
    Some((item.text(0)?, item.text(1)?))
}

fn block(item: &Item) -> Option<(S<Cidr>, S<u64>)> {
    Some((typed(item.text(0), Cidr::parse)?, prop_int(item, "port")?))
}

fn ints(item: &Item, name: &str) -> Vec<S<u64>> {
    item.children(name)
        .filter_map(|c| {
            let value = c.int(0)?;
            Some(Spanned::new(u64::try_from(value.value).ok()?, value.span))
        })
        .collect()
}

fn target(item: &Item) -> Option<Target> {
    let (argo, dns, node) = (item.child("argo")?, item.child("dns")?, item.child("node"));
    let toleration = |i: &Item| {
        Some(Toleration {
            key: i.text(0)?,
            value: i.prop("value"),
            effect: i.prop("effect")?,
        })
    };
    Some(Target {
        span: item.span,
        name: item.text(0)?,
        namespace: text(item, "namespace")?,
        runtime: child(item, "runtime", Image::parse)?,
        storage_class: text(item, "storage-class"),
        access_mode: text(item, "access-mode"),
        argo_minimum: text(argo, "minimum")?,
        controller: text(argo, "controller")?,
        executor: text(argo, "executor")?,
        api_servers: item.children("api-server").filter_map(block).collect(),
        dns_namespace: text(dns, "namespace")?,
        dns_labels: dns.children("label").filter_map(pair).collect(),
        dns_ports: ints(dns, "port"),
        node_labels: node
            .map(|n| n.children("label").filter_map(pair).collect())
            .unwrap_or_default(),
        tolerations: node
            .map(|n| n.children("tolerate").filter_map(toleration).collect())
            .unwrap_or_default(),
        runtime_class: text(item, "runtime-class"),
        pull_secrets: texts(item, "pull-secret"),
        trust_bundle: item
            .child("trust-bundle")
            .and_then(|t| Some((t.text(0)?, t.prop("key")?))),
        private: item.children("private").filter_map(block).collect(),
        workloads: texts(item, "workloads"),
        submits: texts(item, "submit"),
        closed: texts(item, "closed"),
        break_glass: texts(item, "break-glass"),
        operators: texts(item, "operator"),
        queues: item
            .children("queue")
            .filter_map(|q| Some((q.text(0)?, int(q, "slots"))))
            .collect(),
        quota: item.child("quota").and_then(quota),
    })
}

fn quota(item: &Item) -> Option<Quota> {
    Some(Quota {
        pods: int(item, "pods")?,
        cpu: child(item, "cpu", Cpu::parse)?,
        memory: child(item, "memory", Size::parse)?,
        storage: child(item, "storage", Size::parse)?,
    })
}
