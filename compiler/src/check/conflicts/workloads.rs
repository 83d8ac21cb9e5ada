//! Replicas: both ends, the lower one first.

use super::excluded;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::Policy;
use crate::span::Spanned;
use crate::spec::Server;

pub(super) fn server(server: &Server, findings: &mut Findings) {
    for one in &server.workloads.deployments {
        range(
            &one.name.value,
            one.min.as_ref(),
            one.max.as_ref(),
            findings,
        );
    }
}

pub(super) fn policy(policy: &Policy, findings: &mut Findings) {
    for rule in &policy.deployments {
        let name = rule.name.value.as_str();
        range(name, rule.min.as_ref(), rule.max.as_ref(), findings);
    }
}

fn range(
    name: &str,
    min: Option<&Spanned<u64>>,
    max: Option<&Spanned<u64>>,
    findings: &mut Findings,
) {
    let half = |there: &Spanned<u64>, word: &str, write: &str| {
        let message = format!("replicas of `{name}` have no `{word}`");
        let finding = Finding::new(Code::MissingProperty, there.span, message);
        finding.help(format!("write `{write}` beside it, or remove it"))
    };
    match (min, max) {
        (Some(min), None) => findings.push(half(min, "max", "max=5")),
        (None, Some(max)) => findings.push(half(max, "min", "min=1")),
        (Some(min), Some(max)) if min.value > max.value => {
            let message = format!(
                "no number of replicas of `{name}` is from {} to {}",
                min.value, max.value
            );
            let finding = excluded(max.span, message, min.span, "at least");
            findings.push(finding.help("write a larger `max`"));
        }
        _ => {}
    }
}
