//! Who reaches whom, inside and outside.

use super::page::Row;
use crate::plan::{Plan, ServerPlan, Upstream, defaults};
use pure_agent_runtime::contract::{
    AGENT_PORT, Agent, ApprovalVia, CONTROL_PORT, EXPORT_PORT, ServerKind,
};
use std::collections::BTreeMap;

/// Between the pods of a run, and to the cluster's own services.
pub(super) fn inside(plan: &Plan) -> Vec<Row> {
    let mut rows = vec![
        edge(
            "agent",
            &format!("gateway:{AGENT_PORT}"),
            "models, tools, egress",
        ),
        edge(
            "router",
            &format!("gateway:{CONTROL_PORT}"),
            "what happened in a cycle",
        ),
        edge(
            "export",
            &format!("gateway:{CONTROL_PORT}"),
            "what was submitted",
        ),
        edge("export", &format!("gateway:{EXPORT_PORT}"), "the way out"),
    ];
    if plan.choosing().is_some() {
        let to = format!("gateway:{CONTROL_PORT}");
        rows.push(edge("router", &to, "which agent the run has"));
    }
    if plan.performing().is_some() {
        let to = format!("gateway:{CONTROL_PORT}");
        rows.push(edge("router", &to, "the steps that are no agent's"));
    }
    for server in &plan.servers {
        if let Some(pod) = &server.pod {
            let name = &server.contract.name;
            rows.push(edge(
                "gateway",
                &format!("server {name}:{}", pod.port),
                "tools",
            ));
        }
    }
    let dns = &plan.target.dns;
    let labels: Vec<String> = dns.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    for port in &dns.ports {
        let to = format!("{} {}:{port}", dns.namespace, labels.join(","));
        rows.push(edge("gateway", &to, "DNS"));
    }
    let looks = |s: &ServerPlan| matches!(s.contract.kind, ServerKind::Kubernetes { .. });
    let asked = plan.servers.iter().any(looks) || !plan.submitted().is_empty();
    for server in &plan.target.api_servers {
        let to = format!("{} port {}", server.cidr, server.port);
        if asked {
            rows.push(edge("gateway", &to, "Kubernetes API, with its own account"));
        }
        rows.push(edge("launchers", &to, "Kubernetes API"));
    }
    rows
}

fn edge(from: &str, to: &str, why: &str) -> Row {
    vec![from.to_owned(), format!("→ {to}"), why.to_owned()]
}

/// What the gateway dials for models, tools, approvals and the record.
pub(super) fn of_gateway(plan: &Plan) -> Vec<Row> {
    upstreams(plan, |upstream| !is_export(upstream))
}

/// What exports reach.
pub(super) fn of_exports(plan: &Plan) -> Vec<Row> {
    upstreams(plan, is_export)
}

fn is_export(upstream: &Upstream) -> bool {
    upstream.why.starts_with("export ")
}

/// What agents reach: tunnels, whose content is not seen, and requests.
pub(super) fn of_agents(plan: &Plan) -> Vec<Row> {
    let mut ways = Ways::default();
    // Where there may be several agents, each has its own.
    let whose = |agent: &Agent, what: String| match plan.tells_agents_apart() {
        true => format!("{what} ({})", agent.name),
        false => what,
    };
    for agent in plan.agents.iter().map(|a| &a.contract) {
        for tunnel in &agent.tunnels {
            ways.add(
                &tunnel.host,
                tunnel.port,
                None,
                whose(agent, "tunnel: content is not seen".to_owned()),
            );
        }
        for route in &agent.http {
            for rule in &route.allow {
                let what = whose(agent, format!("{} {}", rule.method, rule.path));
                ways.add(&route.host, defaults::PORT, route.auth.as_deref(), what);
            }
        }
    }
    ways.rows()
}

/// Every port that something outside is reached on.
pub(super) fn ports(plan: &Plan) -> impl Iterator<Item = u16> {
    let agents = || plan.agents.iter().map(|a| &a.contract);
    let tunnels = agents().flat_map(|a| &a.tunnels).map(|t| t.port);
    let http = agents().flat_map(|a| &a.http).map(|_| defaults::PORT);
    plan.upstreams
        .iter()
        .map(|u| u.port)
        .chain(tunnels)
        .chain(http)
}

/// What for, by the secret that goes there.
type Reasons<'a> = BTreeMap<Option<&'a str>, Vec<String>>;

/// Reasons by host and port.
#[derive(Default)]
struct Ways<'a>(BTreeMap<(&'a str, u16), Reasons<'a>>);

impl<'a> Ways<'a> {
    fn add(&mut self, host: &'a str, port: u16, secret: Option<&'a str>, why: String) {
        let whys = self
            .0
            .entry((host, port))
            .or_default()
            .entry(secret)
            .or_default();
        if !whys.contains(&why) {
            whys.push(why);
        }
    }

    fn rows(self) -> Vec<Row> {
        let mut rows = Vec::new();
        for ((host, port), by_secret) in self.0 {
            let mut place = format!("{host}:{port}");
            for (secret, whys) in by_secret {
                let secret = secret.unwrap_or("-").to_owned();
                rows.push(vec![std::mem::take(&mut place), secret, whys.join(", ")]);
            }
        }
        if rows.is_empty() {
            rows.push(vec!["nothing".to_owned()]);
        }
        rows
    }
}

fn upstreams(plan: &Plan, which: impl Fn(&Upstream) -> bool) -> Vec<Row> {
    let mut ways = Ways::default();
    for upstream in plan.upstreams.iter().filter(|u| which(u)) {
        let secret = secret_of(plan, &upstream.why).filter(|s| goes_to(plan, s, &upstream.host));
        let why = upstream
            .why
            .strip_prefix("export ")
            .unwrap_or(&upstream.why)
            .to_owned();
        ways.add(&upstream.host, upstream.port, secret, why);
    }
    ways.rows()
}

/// The secret of the consumer that [`Upstream::why`] names.
fn secret_of<'a>(plan: &'a Plan, why: &str) -> Option<&'a str> {
    let (kind, name) = why.split_once(' ')?;
    match kind {
        "model" => plan.models.iter().find(|m| m.name == name)?.auth.as_deref(),
        "mcp" => {
            let server = plan.servers.iter().find(|s| s.contract.name == name)?;
            server.contract.auth.as_deref()
        }
        "approval" => match &plan.approvals.iter().find(|a| a.name == name)?.via {
            ApprovalVia::Gatekeeper { auth, .. } => Some(auth),
            ApprovalVia::Signature { .. } => None,
        },
        "export" => plan
            .exports
            .iter()
            .find(|e| e.name == name)
            .and_then(|e| e.auth.as_deref()),
        "record" if name == "session" => plan.record.session.as_ref().map(|s| s.auth.as_str()),
        "record" => plan.record.transcripts.as_ref().map(|t| t.auth.as_str()),
        _ => None,
    }
}

fn goes_to(plan: &Plan, secret: &str, host: &str) -> bool {
    plan.secrets
        .iter()
        .any(|s| s.name == secret && s.to.iter().any(|to| to == host))
}
