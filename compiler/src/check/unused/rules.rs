//! Rules that no run of a workspace needs.
//!
//! Most policies permit more than the runs of today need: that is what a baseline is for. So only a
//! policy that was written for the runs beside it is judged: one that a spec brings by `use` from its
//! own folder, and that nobody requires from outside.

use crate::check::tools::{buckets, services, workloads};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::{ExportRule, Policy, RequestRule};
use crate::reach::{Reached, reach};
use crate::resolve::Unit;
use crate::span::{Sources, Span, Spanned};
use crate::spec::{Export, Tunnel};
use crate::upstreams::{Caller, Upstream, callers, upstreams};
use crate::values::pattern::Pattern;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The rules of policies, and which of them no spec has needed so far.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    required: BTreeSet<Span>,
    policies: BTreeMap<Span, State>,
}

#[derive(Debug)]
struct State {
    policy: Rc<Policy>,
    /// Whether a spec beside it uses it.
    judged: bool,
    /// Rules that none of its specs needs.
    idle: Vec<(Span, &'static str)>,
}

impl Rules {
    /// `required` are the policies that bound every spec: they are not judged.
    pub(crate) fn new(required: &[Rc<Policy>]) -> Self {
        let required = required.iter().map(|p| p.name.span).collect();
        Self {
            required,
            policies: BTreeMap::new(),
        }
    }

    /// Takes note of what one spec needs.
    pub(crate) fn add(&mut self, unit: &Unit, sources: &Sources) {
        let beside = folder(sources.path(unit.root));
        let own: Vec<&Rc<Policy>> = unit
            .policies
            .iter()
            .filter(|p| !self.required.contains(&p.name.span))
            .collect();
        if own.is_empty() {
            return;
        }
        let facts = Facts::of(unit);
        for policy in own {
            let idle = idle(policy, &facts);
            let judged = folder(sources.path(policy.name.span.source)) == beside;
            match self.policies.get_mut(&policy.name.span) {
                Some(state) => {
                    state.judged |= judged;
                    state.idle.retain(|rule| idle.contains(rule));
                }
                None => {
                    let policy = Rc::clone(policy);
                    self.policies.insert(
                        policy.name.span,
                        State {
                            policy,
                            judged,
                            idle,
                        },
                    );
                }
            }
        }
    }

    /// What no spec needs, once all specs of the workspace were noted.
    pub(crate) fn finish(&self) -> Findings {
        let mut findings = Findings::default();
        for state in self.policies.values().filter(|s| s.judged) {
            for (span, word) in &state.idle {
                let name = &state.policy.name.value;
                findings.push(
                    Finding::new(
                        Code::UnusedRule,
                        *span,
                        format!("no run needs this `{word}` of policy `{name}`"),
                    )
                    .help("remove it: what nobody needs should not be permitted"),
                );
            }
        }
        findings
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What one spec needs.
struct Facts<'u> {
    unit: &'u Unit,
    reached: Reached<'u>,
    upstreams: Vec<Upstream<'u>>,
    callers: Vec<Caller<'u>>,
}

impl<'u> Facts<'u> {
    fn of(unit: &'u Unit) -> Self {
        Self {
            unit,
            reached: reach(unit),
            upstreams: upstreams(unit),
            callers: callers(unit),
        }
    }

    fn images(&self) -> impl Iterator<Item = &str> {
        let agents = self.reached.agents.iter().filter_map(|a| a.image.as_ref());
        let servers = self.reached.servers.iter().filter_map(|s| s.image.as_ref());
        agents.chain(servers).map(|i| i.value.repository())
    }
}

/// Rules that a spec does not need, with their word.
fn idle(policy: &Policy, facts: &Facts<'_>) -> Vec<(Span, &'static str)> {
    let mut out = Idle(Vec::new());
    let Facts {
        unit,
        reached,
        upstreams,
        callers,
    } = facts;
    for rule in &policy.images {
        out.unless(
            "image",
            rule.span,
            facts.images().any(|i| rule.value.matches(i)),
        );
    }
    for rule in &policy.models {
        let needed = reached.models.iter().any(|m| {
            m.provider
                .as_ref()
                .is_some_and(|p| p.value == rule.provider.value)
                && m.id
                    .as_ref()
                    .is_some_and(|i| rule.id.value.matches(&i.value))
        });
        out.unless("model", rule.span, needed);
    }
    for rule in &policy.upstreams {
        let needed = upstreams
            .iter()
            .any(|d| d.port == rule.port && rule.host.value.covers(&d.host));
        out.unless("upstream", rule.span, needed);
    }
    for rule in &policy.secrets {
        let needed = callers
            .iter()
            .filter(|c| c.used_for.word() == rule.used_for.value)
            .any(|c| {
                let secret = c.secret.and_then(|s| unit.secret(&s.value));
                let named = secret.is_some_and(|s| {
                    s.object.value == rule.object.value && rule.key.value.matches(&s.key.value)
                });
                named
                    && c.to
                        .iter()
                        .any(|d| d.with_secret && rule.to.value.covers(&d.host))
            });
        out.unless("secret", rule.span, needed);
    }
    of_agents(policy, facts, &mut out);
    of_run(policy, unit, &mut out);
    out.0
}

struct Idle(Vec<(Span, &'static str)>);

impl Idle {
    fn unless(&mut self, word: &'static str, span: Span, needed: bool) {
        if !needed {
            self.0.push((span, word));
        }
    }
}

fn of_agents(policy: &Policy, facts: &Facts<'_>, out: &mut Idle) {
    let reached = &facts.reached;
    let port = |t: &Tunnel| t.port.as_ref().map_or(443, |p| p.value);
    for rule in &policy.tunnels {
        let mut wishes = reached.agents.iter().flat_map(|a| &a.tunnels);
        let needed = wishes.any(|t| port(t) == port(rule) && rule.host.value.covers(&t.host.value));
        out.unless("tunnel", rule.host.span, needed);
    }
    for rule in &policy.http {
        let mut wishes = reached.agents.iter().flat_map(|a| &a.http);
        let needed = wishes.any(|h| rule.host.value.covers(&h.host.value));
        out.unless("http", rule.host.span, needed);
    }
    let tools = policy.tools.iter().map(|r| ("tool", r));
    for (word, rule) in tools.chain(policy.approve.iter().map(|r| ("approve", r))) {
        let needed = reached.grants.iter().any(|g| {
            let builtin = g.server.builtin.as_ref().map(|b| b.value.as_str());
            let image = g.server.image.as_ref().map(|i| i.value.repository());
            builtin
                .or(image)
                .is_some_and(|s| rule.server.value.matches(s))
                && rule.tool.value.matches(&g.grant.tool.value)
        });
        out.unless(word, rule.span, needed);
    }
    for service in &policy.services {
        let needed = |rule: &RequestRule| {
            let mut requests = reached.grants.iter().flat_map(services::requests);
            requests.any(|request| request.is_about(service, rule))
        };
        let allow = service.allow.iter().map(|rule| ("allow", rule));
        for (word, rule) in allow.chain(service.approve.iter().map(|rule| ("approve", rule))) {
            out.unless(word, rule.span, needed(rule));
        }
    }
    for rule in &policy.buckets {
        let needed = reached.servers.iter().any(|s| buckets::holds(rule, s));
        out.unless("bucket", rule.span, needed);
    }
    for rule in &policy.deployments {
        let needed = reached.servers.iter().any(|s| {
            let space = s.workloads.namespace.as_ref().map_or("", |n| &n.value);
            let mut names = s.workloads.deployments.iter().map(|d| &d.name.value);
            names.any(|name| workloads::names(rule, space, name))
        });
        out.unless("deployment", rule.span, needed);
    }
    for rule in &policy.repos {
        let mut wishes = reached.servers.iter().flat_map(|s| &s.repos);
        out.unless(
            "repo",
            rule.span,
            wishes.any(|r| rule.value.covers(&r.value)),
        );
    }
    for rule in &policy.approvers {
        let mut wishes = reached.approvals.iter().flat_map(|a| &a.approvers);
        out.unless(
            "approver",
            rule.name.span,
            wishes.any(|a| a.key.value == rule.key.value),
        );
    }
    for rule in &policy.env {
        let mut wishes = reached.agents.iter().flat_map(|a| &a.env);
        out.unless(
            "env",
            rule.span,
            wishes.any(|(name, _)| name.value == rule.value),
        );
    }
}

fn of_run(policy: &Policy, unit: &Unit, out: &mut Idle) {
    let run = &unit.run;
    for rule in &policy.owners {
        let needed = run
            .owner
            .as_ref()
            .is_some_and(|o| rule.value.matches(&o.value));
        out.unless("owner", rule.span, needed);
    }
    let within = |list: &[Spanned<Pattern>], wish: Option<&Spanned<Pattern>>| {
        wish.is_none_or(|w| list.iter().any(|p| p.value.covers(&w.value)))
    };
    let runs = |rule: &ExportRule, export: &Export| {
        export.run.as_ref().is_none_or(|run| {
            let mut names = rule.runs.iter();
            names.any(|name| name.value.matches(&run.name.value))
        })
    };
    for rule in &policy.exports {
        let needs = |e: &Export| {
            e.kind.value == rule.kind.value && within(&rule.repos, e.repo.as_ref()) && runs(rule, e)
        };
        out.unless("export", rule.span, run.exports.iter().any(needs));
    }
    if let Some(rule) = &policy.schedule {
        out.unless("schedule", rule.span, run.schedule.is_some());
    }
    for rule in &policy.triggers {
        let mut wishes = run.triggers.iter();
        let needed = wishes.any(|t| t.event.value == rule.value);
        out.unless("trigger", rule.span, needed);
    }
    if let Some(rule) = &policy.keep {
        let keep = run.workspace.as_ref().and_then(|w| w.keep.as_ref());
        out.unless("keep", rule.span, keep.is_some_and(|k| k.value != "never"));
    }
}
