//! Rules of policies: what a kind of export does not have, no rule can bound; replicas have two ends.

use super::{excluded, workloads};
use crate::diag::Findings;
use crate::policy::{ExportRule, Policy};

pub(super) fn check(policy: &Policy, findings: &mut Findings) {
    policy
        .exports
        .iter()
        .for_each(|rule| export(rule, findings));
    workloads::policy(policy, findings);
}

fn export(rule: &ExportRule, findings: &mut Findings) {
    let takes: &[&str] = match rule.kind.value.as_str() {
        "comment" | "report" | "upload" => &["on"],
        "pull-request" => &["on", "repo", "base", "branch", "protect"],
        "s3" => &["to"],
        "notify" => &["host", "summary"],
        _ => &[],
    };
    let given = [
        ("on", rule.on.as_ref().map(|v| v.span)),
        ("repo", rule.repos.first().map(|v| v.span)),
        ("base", rule.bases.first().map(|v| v.span)),
        ("branch", rule.branches.first().map(|v| v.span)),
        ("protect", rule.protect.first().map(|v| v.span)),
        ("to", rule.buckets.first().map(|v| v.span)),
        ("host", rule.hosts.first().map(|v| v.span)),
        ("summary", rule.summary),
    ];
    for (word, span) in given {
        if let Some(span) = span
            && !takes.contains(&word)
        {
            let message = format!("export `{}` has no `{word}` to bound", rule.kind.value);
            findings.push(excluded(
                span,
                message,
                rule.kind.span,
                "a rule for this kind",
            ));
        }
    }
}
