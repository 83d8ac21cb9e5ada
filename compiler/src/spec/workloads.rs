//! What of a cluster a server looks after, as its author wrote it.

use super::S;
use crate::decode::{int, prop_int, text};
use crate::shape::Item;

/// `namespace`, `deployment` and `lines` of a server
#[derive(Debug, Clone, Default)]
pub struct Workloads {
    /// Namespace.
    pub namespace: Option<S<String>>,
    /// Deployments.
    pub deployments: Vec<Deployment>,
    /// Most lines of one log.
    pub lines: Option<S<u64>>,
}

/// `deployment`
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Name.
    pub name: S<String>,
    /// Fewest replicas.
    pub min: Option<S<u64>>,
    /// Most replicas.
    pub max: Option<S<u64>>,
}

impl super::Server {
    /// Whether it is this builtin.
    #[must_use]
    pub fn is(&self, builtin: &str) -> bool {
        self.builtin.as_ref().is_some_and(|b| b.value == builtin)
    }
}

impl Deployment {
    /// The replicas that it may be given; none where it is not scaled.
    #[must_use]
    pub fn replicas(&self) -> Option<(u64, u64)> {
        Some((self.min.as_ref()?.value, self.max.as_ref()?.value))
    }
}

pub(super) fn workloads(item: &Item) -> Workloads {
    Workloads {
        namespace: text(item, "namespace"),
        deployments: item.children("deployment").filter_map(deployment).collect(),
        lines: int(item, "lines"),
    }
}

fn deployment(item: &Item) -> Option<Deployment> {
    Some(Deployment {
        name: item.text(0)?,
        min: prop_int(item, "min"),
        max: prop_int(item, "max"),
    })
}
