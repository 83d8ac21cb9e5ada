//! Nodes of builtin `kubernetes`: what of a cluster is looked after, in specs, policies and targets.

use super::Kind::{IdPattern, Int, ObjectName};
use super::{NodeDef, Unique, arg, may, node};

/// Most replicas that anybody writes.
const MOST_REPLICAS: i64 = 1_000;

pub(super) static NAMESPACE: NodeDef = node(
    "namespace",
    "The namespace whose Deployments a builtin `kubernetes` looks after. The target opens it by `workloads`.",
)
.args(&[arg("name", ObjectName)])
.example("namespace \"shop\"");

pub(super) static DEPLOYMENT: NodeDef = node(
    "deployment",
    "A Deployment that a builtin `kubernetes` looks after; repeat the node for more. Pods of others are not shown. With \
     `min` and `max` it may be scaled within them.",
)
.args(&[arg("name", ObjectName)])
.props(&[
    may("min", Int(0, MOST_REPLICAS), "Fewest replicas that it may be given."),
    may("max", Int(0, MOST_REPLICAS), "Most replicas."),
])
.example("deployment \"web\" min=1 max=5")
.many()
.unique(Unique::Args);

pub(super) static LINES: NodeDef = node(
    "lines",
    "Most lines that are read of one log (default 500).",
)
.args(&[arg("times", Int(1, 10_000))])
.example("lines 200");

pub(super) static RULE: NodeDef = node(
    "deployment",
    "Deployments that tools of a builtin `kubernetes` may look after: a namespace and a pattern of names. Without `min` \
     and `max` none of them may be scaled.",
)
.args(&[arg("namespace", ObjectName), arg("name", IdPattern)])
.props(&[
    may("min", Int(0, MOST_REPLICAS), "Fewest replicas that one may be given."),
    may("max", Int(0, MOST_REPLICAS), "Most replicas."),
])
.example("deployment \"shop\" \"web-*\" min=1 max=5")
.many()
.unique(Unique::Args);

pub(super) static WORKLOADS: NodeDef = node(
    "workloads",
    "A namespace whose Deployments runs may look after, by a builtin `kubernetes`; repeat the node for more. Only with one \
     may a gateway have a token, for the API server alone, and reach it.",
)
.args(&[arg("namespace", ObjectName)])
.example("workloads \"shop\"")
.many();
