//! The slots of queues: who may change the namespace from outside changes them, and nobody else.
//!
//! Who applies specs may write ConfigMaps, and would decide with this one how many runs go on at once.

use super::{Draft, cel};
use crate::emit::names;
use crate::plan::TargetPlan;

/// Whether the user may do to the namespace itself what VERB says, by a right that is not of that namespace: who
/// has every right within it does not. The cluster's own controllers have it, so that a namespace goes away whole.
const OWNER: &str = "authorizer.group('').resource('namespaces').name(NS).check(VERB).allowed()";

pub(super) fn queues(target: &TargetPlan) -> Draft {
    let may = |verb: &str| {
        OWNER
            .replace("NS", &cel::text(&target.namespace))
            .replace("VERB", &cel::text(verb))
    };
    Draft::new(format!("queues.{}.pure-agent.dev", target.namespace))
        .on("", "v1", &["CREATE", "UPDATE", "DELETE"], &["configmaps"])
        .when(
            "queues",
            format!("request.name == {0} || (request.operation == 'CREATE' && object.metadata.?name.orValue('') == {0})",
                cel::text(names::QUEUES)),
        )
        .rule(
            "queue",
            "who may change namespaces changes the slots of their queues",
            format!(
                "request.operation == 'DELETE' ? {} : {}",
                may("delete"),
                may("patch")
            ),
        )
}
