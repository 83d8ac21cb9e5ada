//! Tools that look after Deployments: which ones, with how many replicas, and in which namespaces. What is called, and
//! with whose word, is bounded like any tool.

use super::super::denial::{Refused, Wish, ask, silent};
use crate::builtins::KUBERNETES;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::{DeploymentRule, Policy};
use crate::reach::{Granted, Reached};
use crate::resolve::Unit;
use crate::span::Spanned;
use crate::spec::Server;
use crate::spec::workloads::Deployment;

/// The tool that needs a number of replicas.
const SCALE: &str = "scale_deployment";

pub(super) fn check(unit: &Unit, findings: &mut Findings, reached: &Reached<'_>) {
    let mut servers: Vec<&Server> = reached.servers.clone();
    servers.retain(|server| server.is(KUBERNETES));
    servers.dedup_by_key(|server| server.name.span);
    for server in servers {
        let Some(namespace) = &server.workloads.namespace else {
            continue;
        };
        opened(unit, findings, namespace);
        for deployment in &server.workloads.deployments {
            permitted(unit, findings, (namespace, deployment));
        }
    }
    reached.grants.iter().for_each(|g| scaled(findings, g));
}

/// The target says where runs may look, and that namespace holds no runs.
fn opened(unit: &Unit, findings: &mut Findings, namespace: &Spanned<String>) {
    let target = &unit.target;
    let (name, text) = (&target.name.value, &namespace.value);
    let finding = |message: String| Finding::new(Code::Workloads, namespace.span, message);
    if *text == target.namespace.value {
        let finding = finding(format!(
            "namespace `{text}` holds the runs of target `{name}`"
        ))
        .label("runs look after no runs")
        .related(target.namespace.span, "the namespace of the target")
        .help("name another namespace");
        return findings.push(finding);
    }
    if !target.workloads.iter().any(|open| open.value == *text) {
        let finding = finding(format!("namespace `{text}` is not open in target `{name}`"))
            .label("runs may not look after it")
            .related(target.name.span, "no `workloads` of this target names it")
            .help(format!(
                "ask whoever owns the target for `workloads \"{text}\"`"
            ));
        return findings.push(finding);
    }
    let single = |(block, _): &(Spanned<crate::values::cidr::Cidr>, _)| {
        let block = block.value.to_string();
        block.ends_with("/32") || block.ends_with("/128")
    };
    if !target.api_servers.iter().any(single) {
        let finding = finding(format!(
            "target `{name}` names no single address of the API server"
        ))
        .label("the gateway could not tell where it is")
        .related(
            target.name.span,
            "every `api-server` of this target is a block",
        )
        .help("write an `api-server` that ends with `/32` or `/128`");
        findings.push(finding);
    }
}

fn permitted(
    unit: &Unit,
    findings: &mut Findings,
    (namespace, deployment): (&Spanned<String>, &Deployment),
) {
    let replicas = deployment.replicas();
    let (with, bounds) = replicas.map_or_else(Default::default, |(min, max)| {
        (
            format!(" with {min} to {max} replicas"),
            format!(" min={min} max={max}"),
        )
    });
    let (space, name) = (&namespace.value, &deployment.name.value);
    let wish = Wish {
        code: Code::ToolGrant,
        span: deployment.name.span,
        what: format!("Deployment `{name}` of namespace `{space}`{with}"),
        line: format!("deployment \"{space}\" \"{name}\"{bounds}"),
    };
    ask(unit, findings, &wish, |policy| {
        let mut rules = policy.deployments.iter();
        let fits = rules.any(|rule| covers(rule, space, deployment));
        (!fits).then(|| refused(policy, space, name))
    });
}

/// Whether a rule permits to look after a Deployment as declared.
pub(in crate::check) fn covers(
    rule: &DeploymentRule,
    namespace: &str,
    deployment: &Deployment,
) -> bool {
    let within = match (rule.replicas(), deployment.replicas()) {
        (_, None) => true,
        (Some((least, most)), Some((min, max))) => least <= min && max <= most,
        (None, Some(_)) => false,
    };
    within && names(rule, namespace, &deployment.name.value)
}

/// Whether a rule is about a Deployment.
pub(in crate::check) fn names(rule: &DeploymentRule, namespace: &str, name: &str) -> bool {
    rule.namespace.value == namespace && rule.name.value.matches(name)
}

fn refused(policy: &Policy, namespace: &str, name: &str) -> Refused {
    let rules = &policy.deployments;
    match (
        rules.iter().find(|rule| names(rule, namespace, name)),
        rules.first(),
    ) {
        (Some(rule), _) => Refused {
            span: rule.span,
            label: match rule.replicas() {
                Some((min, max)) => format!("permits {min} to {max} replicas"),
                None => "permits no other number of replicas".to_owned(),
            },
        },
        (None, Some(rule)) => Refused {
            span: rule.name.span,
            label: format!(
                "permits `{}` of namespace `{}`",
                rule.name.value.as_str(),
                rule.namespace.value
            ),
        },
        (None, None) => silent(policy, "deployment"),
    }
}

/// What is scaled says within which numbers.
fn scaled(findings: &mut Findings, granted: &Granted<'_>) {
    let (server, tool) = (granted.server, &granted.grant.tool);
    let deployments = &server.workloads.deployments;
    if !server.is(KUBERNETES)
        || tool.value != SCALE
        || deployments.iter().any(|d| d.replicas().is_some())
    {
        return;
    }
    let Some(first) = deployments.first() else {
        return;
    };
    let message = format!(
        "no Deployment of mcp `{}` says how many replicas it may have",
        server.name.value
    );
    findings.push(
        Finding::new(Code::MissingProperty, tool.span, message)
            .related(first.name.span, "this one, for instance")
            .help(format!(
                "write `deployment \"{}\" min=1 max=5`, or do not grant `{SCALE}`",
                first.name.value
            )),
    );
}

#[cfg(test)]
mod tests;
