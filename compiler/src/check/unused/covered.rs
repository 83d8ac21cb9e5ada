//! Rules of one policy that another rule of the same policy makes idle.

use crate::check::exports::rules::below;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::{ExportRule, Policy, RequestRule, ServiceRule, ToolRule};
use crate::span::{Span, Spanned};
use crate::spec::{HttpRoute, Tunnel};
use crate::values::pattern::Pattern;
use crate::values::s3::S3Place;

pub(super) fn check(policy: &Policy, findings: &mut Findings) {
    let mut out = Idle { findings };
    let pattern = |a: &Spanned<Pattern>, b: &Spanned<Pattern>| a.value.covers(&b.value);
    out.among(&policy.images, |r| r.span, "image", pattern);
    out.among(&policy.repos, |r| r.span, "repo", pattern);
    out.among(&policy.owners, |r| r.span, "owner", pattern);
    out.among(
        &policy.models,
        |r| r.span,
        "model",
        |a, b| a.provider.value == b.provider.value && a.id.value.covers(&b.id.value),
    );
    out.among(
        &policy.upstreams,
        |r| r.span,
        "upstream",
        |a, b| a.port == b.port && a.host.value.covers(&b.host.value),
    );
    out.among(
        &policy.secrets,
        |r| r.span,
        "secret",
        |a, b| {
            a.object.value == b.object.value
                && a.used_for.value == b.used_for.value
                && a.key.value.covers(&b.key.value)
                && a.to.value.covers(&b.to.value)
        },
    );
    out.among(&policy.tunnels, |r| r.host.span, "tunnel", tunnel);
    out.among(&policy.http, |r| r.host.span, "http", route);
    out.among(&policy.tools, |r| r.span, "tool", tool);
    out.among(&policy.approve, |r| r.span, "approve", tool);
    let requests: Vec<_> = policy.services.iter().flat_map(requests).collect();
    out.among(&requests, |(_, r)| r.span, "service", request);
    out.among(
        &policy.buckets,
        |r| r.span,
        "bucket",
        |a, b| {
            let places = (
                S3Place::parse(&a.place.value),
                S3Place::parse(&b.place.value),
            );
            let within = matches!(places, (Ok(a), Ok(b)) if below(&a, &b));
            within && a.months.value >= b.months.value
        },
    );
    out.among(
        &policy.deployments,
        |r| r.span,
        "deployment",
        |a, b| {
            let within = match (a.replicas(), b.replicas()) {
                (_, None) => true,
                (Some((least, most)), Some((min, max))) => least <= min && max <= most,
                (None, Some(_)) => false,
            };
            within && a.namespace.value == b.namespace.value && a.name.value.covers(&b.name.value)
        },
    );
    out.among(&policy.exports, |r| r.span, "export", export);
}

struct Idle<'f> {
    findings: &'f mut Findings,
}

impl Idle<'_> {
    /// Reports each rule that another covers; of two equal ones the later.
    fn among<T>(
        &mut self,
        rules: &[T],
        place: impl Fn(&T) -> Span,
        word: &str,
        covers: impl Fn(&T, &T) -> bool,
    ) {
        for (index, rule) in rules.iter().enumerate() {
            let covering = rules.iter().enumerate().find(|(other, by)| {
                *other != index && covers(by, rule) && (!covers(rule, by) || *other < index)
            });
            if let Some((_, by)) = covering {
                self.findings.push(
                    Finding::new(
                        Code::CoveredRule,
                        place(rule),
                        format!("rule `{word}` permits nothing that another does not"),
                    )
                    .related(place(by), "this rule covers it")
                    .help("remove it, or narrow the other one"),
                );
            }
        }
    }
}

fn tunnel(a: &Tunnel, b: &Tunnel) -> bool {
    let port = |t: &Tunnel| t.port.as_ref().map_or(443, |p| p.value);
    // A rule that acknowledges says more than one that does not.
    let says_as_much = a.acknowledge.is_some() || b.acknowledge.is_none();
    port(a) == port(b) && says_as_much && a.host.value.covers(&b.host.value)
}

fn route(a: &HttpRoute, b: &HttpRoute) -> bool {
    a.host.value.covers(&b.host.value)
        && b.allow.iter().all(|wish| {
            a.allow.iter().any(|r| {
                r.method.value == wish.method.value && r.path.value.covers(&wish.path.value)
            })
        })
}

fn as_often(a: Option<&Spanned<u64>>, b: Option<&Spanned<u64>>) -> bool {
    match (a, b) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(a), Some(b)) => a.value >= b.value,
    }
}

fn tool(a: &ToolRule, b: &ToolRule) -> bool {
    as_often(a.times.as_ref(), b.times.as_ref())
        && a.server.value.covers(&b.server.value)
        && a.tool.value.covers(&b.tool.value)
}

/// What a service may be asked freely. An `approve` beside such a rule is never idle: it asks for more.
fn requests(service: &ServiceRule) -> impl Iterator<Item = (&ServiceRule, &RequestRule)> {
    service.allow.iter().map(move |rule| (service, rule))
}

fn request(a: &(&ServiceRule, &RequestRule), b: &(&ServiceRule, &RequestRule)) -> bool {
    let ((at, a), (of, b)) = (a, b);
    at.port == of.port
        && at.host.value.covers(&of.host.value)
        && a.method.value == b.method.value
        && a.path.value.covers(&b.path.value)
        && as_often(a.times.as_ref(), b.times.as_ref())
}

/// Only rules that say the same: what a longer list means is decided list by list.
fn export(a: &ExportRule, b: &ExportRule) -> bool {
    fn same(a: &[Spanned<Pattern>], b: &[Spanned<Pattern>]) -> bool {
        a.len() == b.len() && a.iter().all(|x| b.iter().any(|y| x.value == y.value))
    }
    let text = |v: &Option<Spanned<String>>| v.as_ref().map(|v| v.value.clone());
    let buckets = |r: &ExportRule| {
        r.buckets
            .iter()
            .map(|v| v.value.clone())
            .collect::<Vec<_>>()
    };
    a.kind.value == b.kind.value
        && text(&a.on) == text(&b.on)
        && same(&a.repos, &b.repos)
        && same(&a.bases, &b.bases)
        && same(&a.branches, &b.branches)
        && same(&a.protect, &b.protect)
        && same(&a.runs, &b.runs)
        && buckets(a) == buckets(b)
        && a.times.as_ref().map(|t| t.value) == b.times.as_ref().map(|t| t.value)
        && a.approve.is_some() == b.approve.is_some()
}
