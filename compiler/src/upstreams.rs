//! Whom the gateway calls on its own account, and which secret goes where.
//!
//! The addresses are facts that follow from what a spec declares, never from the names that it
//! chooses. Checks bound them; the plan lists them.

use crate::providers::base_url;
use crate::reach::{Reached, reach};
use crate::resolve::Unit;
use crate::span::{Span, Spanned};
use crate::spec::{Agent, Approval, Export, HttpRoute, Model, Record, Server};
use crate::values::host::HostPattern;
use crate::values::s3::S3Place;
use crate::values::url::Url;

/// Linear's API.
pub const LINEAR: &str = "api.linear.app";
/// Where Linear takes files, by addresses that it signs itself: no credential goes there.
pub const LINEAR_UPLOADS: &str = "uploads.linear.app";
/// GitHub's API.
pub const GITHUB: &str = "api.github.com";

/// What a call is for; a secret is for one of these only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// A model's provider.
    Model,
    /// A server of tools.
    Mcp,
    /// An approval service.
    Approval,
    /// An export.
    Export,
    /// The record.
    Record,
    /// An agent's `http` route; not on the gateway's own account.
    Http,
}

impl Use {
    /// The word for it in policies (`for="model"`).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Mcp => "mcp",
            Self::Approval => "approval",
            Self::Export => "export",
            Self::Record => "record",
            Self::Http => "http",
        }
    }
}

/// Something that makes the gateway call out.
#[derive(Debug, Clone)]
pub struct Caller<'u> {
    /// What for.
    pub used_for: Use,
    /// `model opus`, `mcp linear`, `approval human`, `export comment`, `record transcripts`,
    /// `http api.github.com`.
    pub why: String,
    /// Where the spec writes it.
    pub span: Span,
    /// The secret that is injected.
    pub secret: Option<&'u Spanned<String>>,
    /// Where it calls; empty where the spec lacks what says so.
    pub to: Vec<Destination>,
}

/// An address that is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Destination {
    /// Host, exact or a pattern.
    pub host: HostPattern,
    /// TCP port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub secure: bool,
    /// Whether the caller's secret goes there.
    pub with_secret: bool,
    /// Where the spec writes it, or what implies it.
    pub span: Span,
}

/// One address that the gateway may dial on its own account.
#[derive(Debug, Clone)]
pub struct Upstream<'u> {
    /// Host, exact or a pattern.
    pub host: HostPattern,
    /// TCP port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub secure: bool,
    /// What for.
    pub used_for: Use,
    /// As [`Caller::why`].
    pub why: String,
    /// Where the spec writes it, or what implies it.
    pub span: Span,
    /// The secret that goes there.
    pub secret: Option<&'u Spanned<String>>,
}

/// Every address that the gateway may dial on its own account, by what calls it.
#[must_use]
pub fn upstreams(unit: &Unit) -> Vec<Upstream<'_>> {
    let own = callers(unit)
        .into_iter()
        .filter(|c| c.used_for != Use::Http);
    own.flat_map(|caller| {
        let Caller {
            used_for,
            why,
            secret,
            to,
            span: _,
        } = caller;
        to.into_iter().map(move |d| Upstream {
            host: d.host,
            port: d.port,
            secure: d.secure,
            used_for,
            why: why.clone(),
            span: d.span,
            secret: secret.filter(|_| d.with_secret),
        })
    })
    .collect()
}

/// Everything that calls out or has a secret: models, servers, approvals, exports, record, and
/// agents' `http` routes.
#[must_use]
pub fn callers(unit: &Unit) -> Vec<Caller<'_>> {
    let Reached {
        agents,
        models,
        servers,
        approvals,
        grants: _,
    } = reach(unit);
    let mut out: Vec<Caller<'_>> = Vec::new();
    out.extend(models.into_iter().map(model));
    out.extend(servers.into_iter().map(server));
    out.extend(approvals.into_iter().map(approval));
    out.extend(unit.run.exports.iter().map(export));
    out.extend(record(&unit.run.record));
    out.extend(agents.into_iter().flat_map(routes));
    out
}

/// The host of a bucket: `BUCKET.s3.REGION.amazonaws.com`, so that a policy's `upstream` and
/// `secret` rules name the bucket itself and not a host that all buckets share.
///
/// `None` where bucket or region cannot be part of a host: a bucket with dots has no certificate.
#[must_use]
pub fn bucket_host(place: &S3Place, region: &str) -> Option<HostPattern> {
    let word = |p: &str| {
        !p.is_empty()
            && p.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if place.bucket().contains('.') || region.len() > 32 || !region.split('-').all(word) {
        return None;
    }
    let zone = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    HostPattern::parse(&format!("{}.s3.{region}.{zone}", place.bucket())).ok()
}

fn model(model: &Model) -> Caller<'_> {
    let provider = model.provider.as_ref().map_or("", |p| p.value.as_str());
    let span = model
        .url
        .as_ref()
        .map(|u| u.span)
        .or(model.provider.as_ref().map(|p| p.span));
    let url = base_url(provider, model.url.as_ref().map(|u| &u.value));
    Caller {
        used_for: Use::Model,
        why: format!("model {}", model.name.value),
        span: model.name.span,
        secret: model.auth.as_ref(),
        to: at(url.as_ref(), span.unwrap_or(model.name.span)),
    }
}

fn server(server: &Server) -> Caller<'_> {
    let to = match server.builtin.as_ref().map(|b| (b.value.as_str(), b.span)) {
        Some(("linear", span)) => host(LINEAR, span, true),
        Some(("git", _)) => server
            .repos
            .iter()
            .flat_map(|r| repo_host(r.value.as_str(), r.span))
            .collect(),
        Some(("s3", _)) => match (&server.bucket, &server.region) {
            (Some(place), Some(region)) => bucket(place, &region.value),
            _ => Vec::new(),
        },
        Some(("http", _)) => server
            .urls()
            .flat_map(|url| at(Some(&url.value), url.span))
            .collect(),
        Some(("fetch", _)) => server
            .hosts
            .iter()
            .map(|h| secure(h.value.clone(), h.span, false))
            .collect(),
        _ => Vec::new(),
    };
    Caller {
        used_for: Use::Mcp,
        why: format!("mcp {}", server.name.value),
        span: server.name.span,
        secret: server.auth.as_ref(),
        to: once_each(to),
    }
}

fn approval(approval: &Approval) -> Caller<'_> {
    let url = approval.url.as_ref();
    Caller {
        used_for: Use::Approval,
        why: format!("approval {}", approval.name.value),
        span: approval.name.span,
        secret: approval.auth.as_ref(),
        to: at(
            url.map(|u| &u.value),
            url.map_or(approval.name.span, |u| u.span),
        ),
    }
}

fn export(export: &Export) -> Caller<'_> {
    let on = export.on.as_ref().map_or(export.kind.span, |o| o.span);
    let to = match export.kind.value.as_str() {
        "comment" | "report" => host(LINEAR, on, true),
        "upload" => {
            let mut to = host(LINEAR, on, true);
            to.extend(host(LINEAR_UPLOADS, export.kind.span, false));
            to
        }
        "pull-request" => host(GITHUB, on, true),
        "s3" => {
            let to = export.to.as_ref().and_then(|t| t.value.as_ref());
            to.zip(export.region.as_ref())
                .map_or_else(Vec::new, |(to, r)| bucket(to, &r.value))
        }
        "notify" => {
            let host = export.host.as_ref();
            host.map_or_else(Vec::new, |h| vec![secure(h.value.clone(), h.span, true)])
        }
        "webhook" => {
            let url = export.url.as_ref();
            at(url.map(|u| &u.value), url.map_or(export.span, |u| u.span))
        }
        _ => Vec::new(),
    };
    Caller {
        used_for: Use::Export,
        why: format!("export {}", export.kind.value),
        span: export.kind.span,
        secret: export.auth.as_ref(),
        to,
    }
}

fn record(record: &Record) -> Vec<Caller<'_>> {
    let caller = |what: &str, auth, span, to| Caller {
        used_for: Use::Record,
        why: format!("record {what}"),
        span,
        secret: Some(auth),
        to,
    };
    let transcripts = record.transcripts.as_ref().map(|t| {
        caller(
            "transcripts",
            &t.auth,
            t.to.span,
            bucket(&t.to, &t.region.value),
        )
    });
    let session = record
        .session
        .as_ref()
        .map(|s| caller("session", &s.auth, s.on.span, host(LINEAR, s.on.span, true)));
    transcripts.into_iter().chain(session).collect()
}

fn routes(agent: &Agent) -> Vec<Caller<'_>> {
    agent.http.iter().map(route).collect()
}

fn route(route: &HttpRoute) -> Caller<'_> {
    let HttpRoute {
        host,
        auth,
        allow: _,
    } = route;
    Caller {
        used_for: Use::Http,
        why: format!("http {}", host.value),
        span: host.span,
        secret: auth.as_ref(),
        to: vec![secure(host.value.clone(), host.span, true)],
    }
}

fn secure(host: HostPattern, span: Span, with_secret: bool) -> Destination {
    Destination {
        host,
        port: 443,
        secure: true,
        with_secret,
        span,
    }
}

fn host(name: &str, span: Span, with_secret: bool) -> Vec<Destination> {
    HostPattern::parse(name)
        .ok()
        .map(|h| secure(h, span, with_secret))
        .into_iter()
        .collect()
}

fn at(url: Option<&Url>, span: Span) -> Vec<Destination> {
    let host = url.and_then(|u| Some((u, HostPattern::parse(u.host().as_str()).ok()?)));
    host.map(|(u, host)| Destination {
        host,
        port: u.port(),
        secure: u.is_secure(),
        with_secret: true,
        span,
    })
    .into_iter()
    .collect()
}

fn bucket(place: &Spanned<String>, region: &str) -> Vec<Destination> {
    let host = S3Place::parse(&place.value)
        .ok()
        .and_then(|p| bucket_host(&p, region));
    host.map(|h| secure(h, place.span, true))
        .into_iter()
        .collect()
}

/// The host of `host/owner/name`; such patterns always name it.
fn repo_host(pattern: &str, span: Span) -> Vec<Destination> {
    let name = pattern.split('/').next().unwrap_or_default();
    host(name, span, true)
}

fn once_each(all: Vec<Destination>) -> Vec<Destination> {
    let mut out: Vec<Destination> = Vec::new();
    for one in all {
        if !out.iter().any(|o| o.host == one.host && o.port == one.port) {
            out.push(one);
        }
    }
    out
}
