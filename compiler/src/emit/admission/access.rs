//! Ways into a pod, and to an account, that do not go through a pod's description.

use super::{Draft, by_controller, cel, probes};
use crate::plan::TargetPlan;

/// Exec, attach, port-forward, proxy, ephemeral containers, resize and binding.
pub(super) fn access(target: &TargetPlan) -> Draft {
    let glass = cel::texts(target.break_glass.iter().map(String::as_str));
    Draft::new(format!("access.{}.pure-agent.dev", target.namespace))
        .on(
            "",
            "v1",
            &["CONNECT"],
            &[
                "pods/exec",
                "pods/attach",
                "pods/portforward",
                "pods/proxy",
                "services/proxy",
            ],
        )
        .on(
            "",
            "v1",
            &["CREATE", "UPDATE"],
            &[
                "pods/ephemeralcontainers",
                "pods/resize",
                "pods/binding",
                "bindings",
            ],
        )
        .let_("controller", by_controller(target))
        .let_(
            "glass",
            format!("request.userInfo.?groups.orValue([]).exists(g, g in {glass})"),
        )
        .let_("operator", probes::by_operator(target))
        .let_("way", "request.?subResource.orValue('')")
        .rule(
            "exec",
            "only Argo's controller and the target's break-glass groups may exec into a pod or attach to it",
            "!(variables.way in ['exec', 'attach']) || variables.controller || variables.glass",
        )
        .rule(
            "forward",
            "only the target's break-glass groups may forward ports or proxy into this namespace, and its operators forward ports of gateways",
            "!(variables.way in ['portforward', 'proxy']) || variables.glass \
             || (variables.way == 'portforward' && variables.operator && request.?name.orValue('').endsWith('-gateway'))",
        )
        .rule(
            "ephemeral",
            "only the target's break-glass groups may add containers to a pod that runs",
            "variables.way != 'ephemeralcontainers' || variables.glass",
        )
        .rule(
            "resize",
            "a pod keeps the resources that were declared",
            "variables.way != 'resize'",
        )
        .rule(
            "binding",
            "only the scheduler chooses a pod's node",
            "!(variables.way == 'binding' || request.resource.resource == 'bindings') \
             || request.userInfo.username == 'system:kube-scheduler'",
        )
}

/// Tokens of the namespace's accounts.
pub(super) fn tokens(target: &TargetPlan) -> Draft {
    Draft::new(format!("tokens.{}.pure-agent.dev", target.namespace))
        .on("", "v1", &["CREATE"], &["serviceaccounts/token"])
        .on("", "v1", &["CREATE", "UPDATE"], &["secrets"])
        .rule(
            "token-request",
            "only a node asks for a token, for a pod that runs on it",
            "request.resource.resource != 'serviceaccounts' \
             || ('system:nodes' in request.userInfo.?groups.orValue([]) \
             && dyn(object).spec.?boundObjectRef.?kind.orValue('') == 'Pod')",
        )
        .rule(
            "token-secret",
            "no token that lives in a Secret",
            "request.resource.resource != 'secrets' \
             || dyn(object).?type.orValue('Opaque') != 'kubernetes.io/service-account-token'",
        )
}
