//! What agents reach outside: by which policies, seen or unseen, and never around the gateway.

mod around;

use super::denial::{Refused, Wish, ask, nearest_rule};
use super::upstreams::open;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::Policy;
use crate::reach::reach;
use crate::resolve::Unit;
use crate::spec::{Agent, HttpRoute, HttpRule, Tunnel};

const HTTPS: u64 = 443;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    for agent in reach(unit).agents {
        for tunnel in &agent.tunnels {
            permitted(unit, findings, agent, tunnel);
            unseen(unit, findings, tunnel);
            if let Ok(port) = u16::try_from(port(tunnel)) {
                open(unit, findings, tunnel.host.span, &tunnel.host.value, port);
            }
        }
        for route in &agent.http {
            routed(unit, findings, agent, route);
            open(unit, findings, route.host.span, &route.host.value, 443);
        }
    }
    around::check(unit, findings);
}

fn port(tunnel: &Tunnel) -> u64 {
    tunnel.port.as_ref().map_or(HTTPS, |p| p.value)
}

fn covering<'p>(policy: &'p Policy, wish: &Tunnel) -> impl Iterator<Item = &'p Tunnel> {
    policy
        .tunnels
        .iter()
        .filter(move |t| t.host.value.covers(&wish.host.value) && port(t) == port(wish))
}

fn permitted(unit: &Unit, findings: &mut Findings, agent: &Agent, tunnel: &Tunnel) {
    let (host, port) = (&tunnel.host.value, port(tunnel));
    let wish = Wish {
        code: Code::TunnelGrant,
        span: tunnel.host.span,
        what: format!("tunnel to `{host}:{port}` of agent `{}`", agent.name.value),
        line: match port {
            HTTPS => format!("tunnel \"{host}\" acknowledge=\"WHY\""),
            _ => format!("tunnel \"{host}\" port={port} acknowledge=\"WHY\""),
        },
    };
    ask(unit, findings, &wish, |policy| {
        if covering(policy, tunnel).next().is_some() {
            return None;
        }
        let rules = policy
            .tunnels
            .iter()
            .map(|t| (t.host.span, t.host.value.as_str()));
        Some(nearest_rule(policy, "tunnel", host.as_str(), rules))
    });
}

/// The gateway does not see what a tunnel carries; each policy that permits it has to say why.
fn unseen(unit: &Unit, findings: &mut Findings, tunnel: &Tunnel) {
    let silent: Vec<&Tunnel> = unit
        .policies
        .iter()
        .filter(|p| covering(p, tunnel).all(|t| t.acknowledge.is_none()))
        .filter_map(|p| covering(p, tunnel).next())
        .collect();
    if silent.is_empty() {
        return;
    }
    let mut finding = Finding::new(
        Code::TunnelUnseen,
        tunnel.host.span,
        format!(
            "nobody sees what the tunnel to `{}` carries",
            tunnel.host.value
        ),
    )
    .label("encrypted from the agent to the host")
    .help("use `http` instead, or have the policy say why it is right: `acknowledge=\"WHY\"`");
    for rule in silent {
        finding = finding.related(rule.host.span, "permitted without `acknowledge`");
    }
    findings.push(finding);
}

fn routed(unit: &Unit, findings: &mut Findings, agent: &Agent, route: &HttpRoute) {
    let host = &route.host.value;
    let knows = |p: &Policy| p.http.iter().any(|r| r.host.value.covers(host));
    let first = route.allow.first();
    let line = first.map_or_else(String::new, |a| {
        format!(" {{ allow \"{}\" \"{}\" }}", a.method.value, a.path.value)
    });
    let wish = Wish {
        code: Code::HttpGrant,
        span: route.host.span,
        what: format!("host `{host}` of agent `{}`", agent.name.value),
        line: format!("http \"{host}\"{line}"),
    };
    ask(unit, findings, &wish, |policy| {
        let rules = policy
            .http
            .iter()
            .map(|r| (r.host.span, r.host.value.as_str()));
        (!knows(policy)).then(|| nearest_rule(policy, "http host", host.as_str(), rules))
    });
    for allow in &route.allow {
        let wish = Wish {
            code: Code::HttpGrant,
            span: allow.path.span,
            what: format!(
                "request `{} {}` to `{host}`",
                allow.method.value, allow.path.value
            ),
            line: format!("allow \"{}\" \"{}\"", allow.method.value, allow.path.value),
        };
        ask(unit, findings, &wish, |p| {
            if knows(p) {
                request(p, route, allow)
            } else {
                None
            }
        });
    }
}

fn request(policy: &Policy, route: &HttpRoute, wish: &HttpRule) -> Option<Refused> {
    let routes = policy
        .http
        .iter()
        .filter(|r| r.host.value.covers(&route.host.value));
    let rules: Vec<&HttpRule> = routes.flat_map(|r| &r.allow).collect();
    let of_method = || rules.iter().filter(|r| r.method.value == wish.method.value);
    if of_method().any(|r| r.path.value.covers(&wish.path.value)) {
        return None;
    }
    if let Some(rule) = of_method().next() {
        let label = format!("permits paths like `{}` with this method", rule.path.value);
        return Some(Refused {
            span: rule.path.span,
            label,
        });
    }
    let label = format!("permits no `{}` here", wish.method.value);
    let span = rules.first().map_or(policy.name.span, |r| r.method.span);
    Some(Refused { span, label })
}

#[cfg(test)]
mod tests;
