//! Agents: their pods, tools and egress.

use super::{count, number, port, route, run, servers, sorted, text, texts};
use crate::builtins::tool;
use crate::plan::{AgentPlan, defaults};
use crate::reach::{Granted, Holder};
use crate::resolve::Unit;
use crate::spec;
use pure_agent_runtime::contract::{
    Agent, AgentLimits, Bound, Harness, HttpRoute, HttpRule, Skill, ToolGrant, Tunnel,
};
use std::collections::BTreeMap;

pub(super) fn agent(unit: &Unit, agent: &spec::Agent, grants: &[Granted<'_>]) -> AgentPlan {
    let own = grants
        .iter()
        .filter(|g| matches!(g.holder, Holder::Agent(a) if a.name.value == agent.name.value));
    let harness = harness(agent.harness.as_ref().map_or("", |h| h.value.as_str()));
    let command = match harness {
        Harness::Generic => texts(&agent.command),
        Harness::ClaudeCode | Harness::Codex | Harness::Gemini => Vec::new(),
    };
    AgentPlan {
        contract: Agent {
            name: agent.name.value.clone(),
            about: text(agent.about.as_ref()),
            system: agent.system.as_ref().and_then(|s| system(unit, s)),
            harness,
            command,
            models: texts(&agent.models),
            tools: tools(own),
            skills: agent
                .skills
                .iter()
                .filter_map(|s| Some(skill(unit, unit.skill(&s.value)?)))
                .collect(),
            tunnels: sorted(agent.tunnels.iter().map(tunnel)),
            http: routes(&agent.http),
            limits: AgentLimits {
                tokens: route::tokens(unit, agent, number(agent.limits.tokens.as_ref())),
                ..limits(&agent.limits)
            },
            env: run::pairs(&agent.env),
        },
        image: agent
            .image
            .as_ref()
            .map(|i| i.value.to_string())
            .unwrap_or_default(),
        user: count(agent.user.as_ref(), defaults::USER),
        resources: servers::resources(&agent.resources),
    }
}

fn harness(word: &str) -> Harness {
    match word {
        "claude-code" => Harness::ClaudeCode,
        "codex" => Harness::Codex,
        "gemini" => Harness::Gemini,
        _ => Harness::Generic,
    }
}

fn system(unit: &Unit, system: &spec::System) -> Option<String> {
    match (&system.inline, &system.file) {
        (Some(text), _) => Some(text.value.clone()),
        (None, Some(file)) => unit.files.get(&file.span).cloned(),
        (None, None) => None,
    }
}

fn skill(unit: &Unit, skill: &spec::Skill) -> Skill {
    let about = text(skill.about.as_ref()).unwrap_or_default();
    let file = |file: &spec::SkillFile| {
        let (place, text) = (file.stands()?.to_string(), unit.files.get(&file.path.span)?);
        // How every harness learns of a skill before it reads it.
        let own = text.starts_with("---\n");
        let text = match place == spec::FIRST && !own {
            true => format!(
                "---\nname: {}\ndescription: {}\n---\n\n{text}",
                skill.name.value,
                serde_json::Value::from(about.as_str())
            ),
            false => text.clone(),
        };
        Some((place, text))
    };
    Skill {
        name: skill.name.value.clone(),
        files: skill.files.iter().filter_map(file).collect(),
        about: about.clone(),
    }
}

/// One grant per server and tool. Where two lists of an agent grant the same tool, the conditions of
/// both hold: a second list never loosens the first.
fn tools<'a>(granted: impl Iterator<Item = &'a Granted<'a>>) -> Vec<ToolGrant> {
    let mut all: BTreeMap<(String, String), ToolGrant> = BTreeMap::new();
    for grant in granted.map(|g| grant(g.server, g.grant)) {
        match all.get_mut(&(grant.server.clone(), grant.tool.clone())) {
            Some(first) => tighten(first, grant),
            None => {
                all.insert((grant.server.clone(), grant.tool.clone()), grant);
            }
        }
    }
    all.into_values().collect()
}

/// The calls that the run itself makes in its steps, each as what it is granted.
pub(super) fn calls(granted: &[Granted<'_>]) -> Vec<ToolGrant> {
    let calls = granted
        .iter()
        .filter(|g| matches!(g.holder, Holder::Step(_)));
    calls.map(|g| grant(g.server, g.grant)).collect()
}

fn tighten(first: &mut ToolGrant, second: ToolGrant) {
    first.approval = first.approval.take().or(second.approval);
    first.times = match (first.times, second.times) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    for (argument, bound) in second.bind {
        first.bind.entry(argument).or_insert(bound);
    }
}

fn grant(server: &spec::Server, wish: &spec::ToolGrant) -> ToolGrant {
    let bind = |b: &spec::Bind| {
        let bound = bound(b.input.as_ref(), b.value.as_ref())?;
        Some((b.argument.value.clone(), bound))
    };
    ToolGrant {
        server: wish.server.value.clone(),
        tool: wish.tool.value.clone(),
        effect: has_effect(server, &wish.tool.value),
        times: number(wish.times.as_ref()),
        approval: text(wish.approval.as_ref()),
        bind: wish.binds.iter().filter_map(bind).collect(),
    }
}

/// Whether a tool changes the outside world. What a builtin does not know counts as if it did.
pub(super) fn has_effect(server: &spec::Server, name: &str) -> bool {
    match &server.builtin {
        None => server.effects.iter().any(|e| e.value == name),
        Some(_) => tool(server, name).is_none_or(|t| t.effect),
    }
}

/// An input of the run, or a constant.
pub(super) fn bound(
    input: Option<&crate::span::Spanned<String>>,
    value: Option<&crate::span::Spanned<String>>,
) -> Option<Bound> {
    text(input)
        .map(Bound::Input)
        .or_else(|| text(value).map(Bound::Value))
}

fn tunnel(tunnel: &spec::Tunnel) -> Tunnel {
    Tunnel {
        host: tunnel.host.value.as_str().to_owned(),
        port: port(tunnel.port.as_ref(), defaults::PORT),
    }
}

fn routes(routes: &[spec::HttpRoute]) -> Vec<HttpRoute> {
    let rule = |rule: &spec::HttpRule| HttpRule {
        method: rule.method.value.clone(),
        path: rule.path.value.as_str().to_owned(),
    };
    sorted(routes.iter().map(|route| HttpRoute {
        host: route.host.value.as_str().to_owned(),
        allow: sorted(route.allow.iter().map(rule)),
        auth: text(route.auth.as_ref()),
    }))
}

fn limits(limits: &spec::AgentLimits) -> AgentLimits {
    AgentLimits {
        turns: number(limits.turns.as_ref()),
        tokens: number(limits.tokens.as_ref()),
        cost: limits.cost.as_ref().map(|c| run::money(&c.value)),
        traffic: limits.traffic.as_ref().map(|t| t.value.bytes()),
    }
}

/// Why policies accept that the content of tunnels is not seen, one line for each tunnel and policy.
pub(super) fn acknowledged(unit: &Unit, agents: &[&spec::Agent]) -> Vec<String> {
    let mut lines = Vec::new();
    for wish in agents.iter().flat_map(|a| &a.tunnels) {
        let wanted = tunnel(wish);
        for policy in &unit.policies {
            let covering = policy.tunnels.iter().filter(|rule| {
                rule.host.value.covers(&wish.host.value) && tunnel(rule).port == wanted.port
            });
            for reason in covering.filter_map(|rule| rule.acknowledge.as_ref()) {
                lines.push(format!(
                    "tunnel {}:{}: {} (policy {})",
                    wanted.host, wanted.port, reason.value, policy.name.value
                ));
            }
        }
    }
    sorted(lines)
}
