//! Ways around the gateway's own doors.
//!
//! A model, an approval service, and every host to which the gateway adds a credential are reached
//! through the gateway's typed interfaces, where calls are counted and bounded. An agent that could
//! open a tunnel to such a host could use somebody else's key there, uncounted and unseen. Requests
//! that end at the gateway may read from a host to which an export or a server has a credential
//! (`GET`, `HEAD`, `OPTIONS`), but change nothing there and never reach a model or an approval
//! service.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::reach::reach;
use crate::resolve::Unit;
use crate::span::Span;
use crate::spec::{Agent, HttpRoute, Server};
use crate::upstreams::{Upstream, Use, upstreams};
use crate::values::host::HostPattern;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let guarded: Vec<Upstream<'_>> = upstreams(unit).into_iter().filter(is_guarded).collect();
    let reached = reach(unit);
    for agent in &reached.agents {
        for tunnel in &agent.tunnels {
            let door = guarded.iter().find(|u| meet(&u.host, &tunnel.host.value));
            if let Some(door) = door {
                findings.push(around(
                    tunnel.host.span,
                    "a tunnel",
                    &tunnel.host.value,
                    door,
                ));
            } else {
                beside_route(findings, agent, &tunnel.host.value, tunnel.host.span);
            }
        }
        agent.http.iter().for_each(|r| route(findings, r, &guarded));
    }
    reached
        .servers
        .iter()
        .for_each(|s| fetch(findings, s, &guarded));
}

/// Whether the host is one that agents reach through the gateway's own interfaces only.
fn is_guarded(upstream: &Upstream<'_>) -> bool {
    upstream.secret.is_some() || is_closed(upstream)
}

/// Whether not even reading is harmless there.
fn is_closed(upstream: &Upstream<'_>) -> bool {
    matches!(upstream.used_for, Use::Model | Use::Approval)
}

/// Two patterns share a host exactly when one covers the other: `*` is one whole first label.
fn meet(a: &HostPattern, b: &HostPattern) -> bool {
    a.covers(b) || b.covers(a)
}

fn route(findings: &mut Findings, route: &HttpRoute, guarded: &[Upstream<'_>]) {
    let host = &route.host.value;
    let reads = |m: &str| matches!(m, "GET" | "HEAD" | "OPTIONS");
    let changes = route.allow.iter().find(|a| !reads(&a.method.value));
    let door = guarded
        .iter()
        .filter(|u| meet(&u.host, host))
        .find(|u| is_closed(u) || changes.is_some());
    if let Some(door) = door {
        let span = changes
            .filter(|_| !is_closed(door))
            .map_or(route.host.span, |a| a.method.span);
        findings.push(around(span, "a request", host, door));
    }
}

/// The agent chooses what is fetched: a link that approves must not be among it.
fn fetch(findings: &mut Findings, server: &Server, guarded: &[Upstream<'_>]) {
    for host in &server.hosts {
        if let Some(door) = guarded
            .iter()
            .find(|u| is_closed(u) && meet(&u.host, &host.value))
        {
            findings.push(around(host.span, "a fetch", &host.value, door));
        }
    }
}

fn around(span: Span, what: &str, host: &HostPattern, door: &Upstream<'_>) -> Finding {
    Finding::new(
        Code::AroundGateway,
        span,
        format!(
            "{what} to `{host}` leads around the gateway to the upstream of `{}`",
            door.why
        ),
    )
    .label("the agent chooses what it sends here, and with which key")
    .related(
        door.span,
        format!("the gateway calls `{}` here, within bounds", door.host),
    )
    .help(format!(
        "remove it: agents reach `{}` through `{}`",
        door.host, door.why
    ))
}

/// A tunnel to a host of an `http` route makes its methods and paths mean nothing.
fn beside_route(findings: &mut Findings, agent: &Agent, host: &HostPattern, span: Span) {
    let Some(route) = agent.http.iter().find(|r| meet(&r.host.value, host)) else {
        return;
    };
    findings.push(
        Finding::new(
            Code::AroundGateway,
            span,
            format!("a tunnel to `{host}` leads around the `http` route of the same agent"),
        )
        .label("what goes through here is not seen")
        .related(route.host.span, "requests to this host end at the gateway")
        .help("remove the tunnel, or the route"),
    );
}
