//! A choice that untrusted text may talk a model into: an agent that can do more than the fallback can.
//!
//! What each agent may do is fixed, and bounded by policies; which agent it is depends on what a model makes of the
//! inputs. So the choice itself is a grant, of whatever an agent has beyond the fallback.

use super::parts::{From, Source};
use super::places::{Known, known, route_name, tool_name, tunnel_name};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::reach::{Granted, reach};
use crate::resolve::Unit;
use crate::span::Spanned;
use crate::spec::{Agent, Choose, HttpRoute};

/// Powers of an agent that are named; more are counted.
const SHOWN: usize = 3;

pub(super) fn check(unit: &Unit, sources: &[Source], findings: &mut Findings) {
    let Some(route) = &unit.run.route else { return };
    let untrusted = sources.iter().find(|source| source.kind == From::Input);
    let (Some(model), Some(fallback), Some(source)) = (&route.model, &route.fallback, untrusted)
    else {
        return;
    };
    let least = unit
        .agent(&fallback.value)
        .map(|agent| powers(unit, agent))
        .unwrap_or_default();
    for choice in &route.choices {
        let own = unit.agent(&choice.agent.value);
        let own = own.map(|agent| powers(unit, agent)).unwrap_or_default();
        let more: Vec<String> = own.into_iter().filter(|p| !least.contains(p)).collect();
        if !more.is_empty() {
            let finding = widened(choice, fallback, &more);
            findings.push(
                finding
                    .related(source.span, "untrusted text comes in here")
                    .related(model.span, "this model reads it and chooses"),
            );
        }
    }
}

fn widened(choice: &Choose, fallback: &Spanned<String>, more: &[String]) -> Finding {
    let mut shown: Vec<String> = more.iter().take(SHOWN).cloned().collect();
    if more.len() > SHOWN {
        shown.push(format!("{} more", more.len() - SHOWN));
    }
    let message = format!(
        "untrusted text can have agent `{}` chosen, which has what the fallback `{}` has not: {}",
        choice.agent.value,
        fallback.value,
        shown.join(", ")
    );
    Finding::new(Code::RouteWidens, choice.agent.span, message)
        .label("the choice gives it")
        .help("let a person decide with `approve`, or choose by an input with `one-of`; the owner of a policy may accept it with `waive`")
}

/// What an agent may do that the public may not, and that no person watches.
fn powers(unit: &Unit, agent: &Agent) -> Vec<String> {
    let only = unit.starting(agent);
    let mut out: Vec<String> = reach(&only).grants.iter().filter_map(tool).collect();
    out.extend(agent.tunnels.iter().map(|t| tunnel_name(&t.host.value)));
    out.extend(agent.http.iter().filter(|r| counts(r)).map(route_name));
    out
}

fn tool(granted: &Granted<'_>) -> Option<String> {
    let (grant, server) = (granted.grant, granted.server);
    if grant.approval.is_some() {
        return None;
    }
    let counts = match known(granted) {
        Known::Tool(_, tool) => tool.effect || tool.private && server.auth.is_some(),
        Known::Image => server.effects.iter().any(|e| e.value == grant.tool.value),
        Known::Nothing => false,
    };
    counts.then(|| tool_name(granted))
}

/// A route that changes something, that shows a credential, or that leads inside.
fn counts(route: &HttpRoute) -> bool {
    let reads = |method: &str| matches!(method, "GET" | "HEAD" | "OPTIONS");
    route.auth.is_some()
        || route.host.value.is_internal()
        || !route.allow.iter().all(|rule| reads(&rule.method.value))
}
