//! Zones, and the secrets that they hold.

use super::edges;
use super::page::Row;
use super::words;
use crate::plan::{Plan, SecretPlan, SecretUse};
use pure_agent_runtime::contract::{SecretRole, ServerKind};
use std::collections::BTreeSet;

/// Network policies do not know runs, the bearer does.
const AGENT_REACHES: &str = "its gateway (gateways of other runs of this spec refuse it); no DNS, no \
                             Kubernetes API, no other pod";

/// What each zone holds and reaches.
pub(super) fn zones(plan: &Plan) -> Vec<Row> {
    let mut rows = Vec::new();
    zone(
        &mut rows,
        "agent",
        &[
            (
                "has",
                format!(
                    "the workspace ({}); no secret, no token",
                    words::size(plan.workspace.size)
                ),
            ),
            ("reaches", AGENT_REACHES.to_owned()),
        ],
    );
    zone(
        &mut rows,
        "gateway",
        &[
            (
                "has",
                format!(
                    "{}{}; the record of the run",
                    holds(plan, SecretRole::Gateway),
                    account(plan)
                ),
            ),
            (
                "reaches",
                format!(
                    "the hosts below, by name; network policies open {}",
                    network(plan)
                ),
            ),
            ("trusts", trusts(plan)),
        ],
    );
    let servers: Vec<&str> = plan
        .servers
        .iter()
        .filter(|s| s.pod.is_some())
        .map(|s| s.contract.name.as_str())
        .collect();
    if !servers.is_empty() {
        zone(
            &mut rows,
            "servers",
            &[
                ("are", servers.join(", ")),
                ("have", "no secret, no token, no volume".to_owned()),
                ("reach", "nothing; only the gateway reaches them".to_owned()),
            ],
        );
    }
    zone(
        &mut rows,
        "pack",
        &[
            (
                "has",
                "the workspace, read only; no secret, no token".to_owned(),
            ),
            ("reaches", "nothing".to_owned()),
        ],
    );
    zone(
        &mut rows,
        "export",
        &[
            (
                "has",
                format!("{}; what was packed", holds(plan, SecretRole::Export)),
            ),
            (
                "reaches",
                "its gateway, and through it the hosts of its exports".to_owned(),
            ),
        ],
    );
    rows
}

fn zone(rows: &mut Vec<Row>, name: &str, facts: &[(&str, String)]) {
    for (at, (word, fact)) in facts.iter().enumerate() {
        let first = if at == 0 { name } else { "" };
        rows.push(vec![first.to_owned(), (*word).to_owned(), fact.clone()]);
    }
}

fn holds(plan: &Plan, role: SecretRole) -> String {
    let mut names: Vec<&str> = plan
        .secrets
        .iter()
        .filter(|s| s.used_for.role() == role)
        .map(|s| s.name.as_str())
        .collect();
    names.dedup();
    match names.as_slice() {
        [] => "no secret".to_owned(),
        [one] => format!("secret {one}"),
        many => format!("secrets {}", many.join(", ")),
    }
}

/// The token of a gateway that looks after Deployments, and for which namespaces.
fn account(plan: &Plan) -> String {
    let namespaces: BTreeSet<&str> = plan
        .servers
        .iter()
        .filter_map(|server| match &server.contract.kind {
            ServerKind::Kubernetes { namespace, .. } => Some(namespace.as_str()),
            _ => None,
        })
        .collect();
    let submitted = plan.submitted().into_iter();
    let submitted = submitted.map(|run| format!("submitting {run}"));
    let all: Vec<String> = namespaces
        .into_iter()
        .map(str::to_owned)
        .chain(submitted)
        .collect();
    match all.is_empty() {
        true => String::new(),
        false => format!("; a token of its account, for {}", all.join(", ")),
    }
}

fn trusts(plan: &Plan) -> String {
    match &plan.target.trust_bundle {
        Some(more) => format!(
            "the public roots, and ConfigMap {} {}",
            more.config_map, more.key
        ),
        None => "the public roots".to_owned(),
    }
}

/// What network policies, which know addresses only, let the gateway reach.
fn network(plan: &Plan) -> String {
    let ports: BTreeSet<u16> = edges::ports(plan).collect();
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    let private = plan
        .target
        .private
        .iter()
        .map(|p| format!("{}:{}", p.cidr, p.port));
    let mut all = Vec::new();
    if !ports.is_empty() {
        all.push(format!("public addresses on TCP {}", ports.join(", ")));
    }
    all.extend(private);
    if all.is_empty() {
        "nothing outside".to_owned()
    } else {
        all.join("; ")
    }
}

/// Which secret goes where, of the secrets that one pod has.
pub(super) fn secrets(plan: &Plan, role: SecretRole) -> Vec<Row> {
    plan.secrets
        .iter()
        .filter(|s| s.used_for.role() == role)
        .map(secret)
        .collect()
}

fn secret(secret: &SecretPlan) -> Row {
    let used_for = match secret.used_for {
        SecretUse::Model => Some("model"),
        SecretUse::Mcp => Some("mcp"),
        SecretUse::Approval => Some("approval"),
        SecretUse::Record => Some("record"),
        SecretUse::Http => Some("http"),
        SecretUse::Export => None,
    };
    let hosts = if secret.to.is_empty() {
        "nowhere".to_owned()
    } else {
        secret.to.join(", ")
    };
    let head = [
        secret.name.clone(),
        format!("{} {}", secret.object, secret.key),
    ];
    head.into_iter()
        .chain(used_for.map(str::to_owned))
        .chain([hosts])
        .collect()
}
