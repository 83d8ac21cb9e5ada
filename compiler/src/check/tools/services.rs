//! Typed tools: what they ask of whom. Their names are the spec's own and say nothing, so that policies bound each
//! method, host and path.

use super::super::denial::{Refused, Wish, ask, nearest_rule, silent};
use super::super::exports::overlap::meet;
use crate::builtins::tool;
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::{Policy, RequestRule, ServiceRule};
use crate::reach::Granted;
use crate::resolve::Unit;
use crate::span::{Span, Spanned};
use crate::values::host::HostPattern;
use crate::values::pattern::{Kind, Pattern};
use crate::values::template;
use crate::values::url::Url;
use std::collections::BTreeMap;

/// Method, base URL and path.
type Place<'t> = (&'static str, &'t Spanned<Url>, &'t Spanned<String>);

/// One request that a typed tool may make.
pub(in crate::check) struct Request {
    method: &'static str,
    host: HostPattern,
    port: u16,
    /// Its paths as they are written, `*` where an argument stands.
    path: String,
    /// The same as a pattern; none where it has more parts than a rule can have.
    pattern: Option<Pattern>,
    span: Span,
}

/// What the tool of a grant may ask; empty where it is no typed tool.
pub(in crate::check) fn requests(granted: &Granted<'_>) -> Vec<Request> {
    let tool = tool(granted.server, &granted.grant.tool.value);
    let (Some(tool), Some(base)) = (tool.and_then(|t| t.typed), &granted.server.url) else {
        return Vec::new();
    };
    let request = |(method, url, path): Place<'_>| {
        let shown = template::pattern(url.value.path(), &path.value);
        Some(Request {
            method,
            host: HostPattern::parse(url.value.host().as_str()).ok()?,
            port: url.value.port(),
            pattern: Pattern::parse(Kind::Path, &shown).ok(),
            path: shown,
            span: path.span,
        })
    };
    tool.places(base).filter_map(request).collect()
}

impl Request {
    /// The rules of a policy for the host.
    fn rules<'p>(
        &self,
        policy: &'p Policy,
        list: fn(&'p ServiceRule) -> &'p Vec<RequestRule>,
    ) -> impl Iterator<Item = &'p RequestRule> {
        let of_host = policy.services.iter().filter(|rule| self.is_of(rule));
        let method = self.method;
        of_host
            .flat_map(list)
            .filter(move |rule| rule.method.value == method)
    }

    fn all<'p>(&self, policy: &'p Policy) -> impl Iterator<Item = &'p RequestRule> {
        self.rules(policy, |r| &r.allow)
            .chain(self.rules(policy, |r| &r.approve))
    }

    fn within(&self, rule: &RequestRule) -> bool {
        self.pattern
            .as_ref()
            .is_some_and(|p| rule.path.value.covers(p))
    }

    /// Whether a call could be one that the rule is about.
    fn meets(&self, rule: &RequestRule) -> bool {
        meet(&self.path, rule.path.value.as_str())
    }

    fn is_of(&self, service: &ServiceRule) -> bool {
        self.port == service.port && service.host.value.covers(&self.host)
    }

    /// Whether a call could be one that this rule of a policy is about.
    pub(in crate::check) fn is_about(&self, service: &ServiceRule, rule: &RequestRule) -> bool {
        self.is_of(service) && self.method == rule.method.value && self.meets(rule)
    }

    fn line(&self) -> String {
        let (host, method, path) = (&self.host, self.method, &self.path);
        let port = match self.port {
            443 => String::new(),
            port => format!(" port={port}"),
        };
        format!("service \"{host}\"{port} {{ allow \"{method}\" \"{path}\" }}")
    }
}

/// What every policy has to permit of the request of a grant.
pub(super) fn check(unit: &Unit, findings: &mut Findings, granted: &Granted<'_>) {
    for request in requests(granted) {
        permitted(unit, findings, granted, &request);
        unapproved(unit, findings, granted, &request);
    }
}

fn permitted(unit: &Unit, findings: &mut Findings, granted: &Granted<'_>, request: &Request) {
    let (host, port) = (&request.host, request.port);
    let wish = Wish {
        code: Code::ToolGrant,
        span: request.span,
        what: format!(
            "`{} {host}:{port}{}` of tool `{}` for {}",
            request.method, request.path, granted.grant.tool.value, granted.holder
        ),
        line: request.line(),
    };
    ask(unit, findings, &wish, |policy| {
        let fits = request.all(policy).any(|rule| request.within(rule));
        (!fits).then(|| refused(policy, request))
    });
}

fn refused(policy: &Policy, request: &Request) -> Refused {
    let rules = request
        .all(policy)
        .map(|r| (r.path.span, r.path.value.as_str()));
    if let Some(first) = policy.services.first()
        && request.all(policy).next().is_none()
    {
        let other = policy.services.iter().find(|r| request.is_of(r));
        return match other {
            Some(rule) => Refused {
                span: rule.span,
                label: format!("permits no `{}` of this service", request.method),
            },
            None => Refused {
                span: first.span,
                label: "permits another service".to_owned(),
            },
        };
    }
    match policy.services.is_empty() {
        true => silent(policy, "service"),
        false => nearest_rule(policy, "service", &request.path, rules),
    }
}

fn unapproved(unit: &Unit, findings: &mut Findings, granted: &Granted<'_>, request: &Request) {
    let tool = &granted.grant.tool;
    if granted.grant.approval.is_some() {
        return;
    }
    let asks = |policy: &'_ std::rc::Rc<Policy>| {
        let mut rules = request.rules(policy, |r| &r.approve);
        let rule = rules.find(|rule| request.meets(rule))?;
        Some((policy.name.value.clone(), rule.span))
    };
    let rules: Vec<_> = unit.policies.iter().filter_map(asks).collect();
    let Some((policy, _)) = rules.first() else {
        return;
    };
    let mut finding = Finding::new(
        Code::ToolApproval,
        tool.span,
        format!(
            "tool `{}` asks `{} {}`, which needs approval, says policy `{policy}`",
            tool.value, request.method, request.path
        ),
    )
    .label("allowed without anybody's word")
    .related(request.span, "this request")
    .help(format!(
        "write `approve \"{}\" by=\"NAME\"` with the name of an `approval`",
        tool.value
    ));
    for (_, span) in rules {
        finding = finding.related(span, "permitted only when a person approves each call");
    }
    findings.push(finding);
}

/// How often requests may be made in a run: every rule with a bound holds for all tools that it is about, together.
pub(super) fn times(unit: &Unit, findings: &mut Findings, grants: &[Granted<'_>]) {
    for policy in &unit.policies {
        let rules = policy.services.iter().flat_map(|service| {
            let rules = service.allow.iter().chain(&service.approve);
            rules.map(move |rule| (service, rule))
        });
        let mut tightest: BTreeMap<Span, (&Spanned<u64>, Vec<&Granted<'_>>)> = BTreeMap::new();
        for (service, rule) in rules {
            let Some(bound) = &rule.times else { continue };
            let about = |granted: &&Granted<'_>| {
                let requests = requests(granted);
                requests
                    .iter()
                    .any(|request| request.is_about(service, rule))
            };
            let about: Vec<_> = grants.iter().filter(about).collect();
            tightest.insert(rule.span, (bound, about));
        }
        for (bound, grants) in tightest.into_values() {
            super::times::together(unit, findings, &grants, (&policy.name.value, bound));
        }
    }
}

#[cfg(test)]
mod tests;
