//! Tools: what the server has, what every policy lets agents call, how often, and with whose word.

mod arguments;
pub(super) mod buckets;
pub(super) mod services;
mod times;
pub(super) mod workloads;

use super::denial::{Refused, Wish, ask, nearest_rule, patterns, silent};
use crate::builtins::{HTTP, Known, S3, tools};
use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::{Policy, ToolRule};
use crate::reach::{Granted, Holder, reach};
use crate::resolve::Unit;
use crate::shape::nearest;
use crate::spec::{Agent, Server};
use std::collections::BTreeMap;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let reached = reach(unit);
    for granted in &reached.grants {
        if let Some(tools) = tools(granted.server) {
            let name = &granted.grant.tool.value;
            let Some(tool) = tools.iter().find(|t| t.name == name) else {
                unknown(findings, granted, &tools);
                continue;
            };
            arguments::check(findings, granted, tool);
            if tool.typed.is_some() {
                services::check(unit, findings, granted);
            }
            if has_names_of_the_spec(granted.server) {
                buckets::check(unit, findings, granted);
                continue;
            }
        }
        permitted(unit, findings, granted);
        unapproved(unit, findings, granted);
    }
    times::check(unit, findings, &reached.grants);
    services::times(unit, findings, &reached.grants);
    workloads::check(unit, findings, &reached);
    reached
        .agents
        .iter()
        .for_each(|agent| twice(unit, findings, agent));
    reached
        .servers
        .iter()
        .for_each(|server| repos(unit, findings, server));
}

/// What policies bound a server's tools by: a builtin's kind, or the repository of an image. Typed tools are bounded
/// by what they ask.
fn fact(server: &Server) -> Option<&str> {
    if has_names_of_the_spec(server) {
        return None;
    }
    let image = server.image.as_ref().map(|i| i.value.repository());
    server.builtin.as_ref().map(|b| b.value.as_str()).or(image)
}

fn matching<'p>(
    rules: &'p [ToolRule],
    server: &str,
    tool: &str,
) -> impl Iterator<Item = &'p ToolRule> {
    rules
        .iter()
        .filter(move |r| r.server.value.matches(server) && r.tool.value.matches(tool))
}

/// The nearest of some names that are written with `_`.
fn similar<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let dashed: Vec<(String, &str)> = names.map(|n| (n.replace('_', "-"), n)).collect();
    let near = nearest(wrong, dashed.iter().map(|(d, _)| d.as_str()))?;
    dashed.iter().find(|(d, _)| d == near).map(|(_, n)| *n)
}

fn unknown(findings: &mut Findings, granted: &Granted<'_>, tools: &[Known<'_>]) {
    let tool = &granted.grant.tool;
    let finding = Finding::new(
        Code::ToolUnknown,
        tool.span,
        format!("{} has no tool `{}`", called(granted.server), tool.value),
    );
    findings.push(match similar(&tool.value, tools.iter().map(|t| t.name)) {
        Some(near) => finding
            .help(format!("did you mean `{near}`?"))
            .fix(tool.span, format!("\"{near}\"")),
        None => {
            let names: Vec<String> = tools.iter().map(|t| format!("`{}`", t.name)).collect();
            finding.help(format!("it has {}", names.join(", ")))
        }
    });
}

/// Whether the names of its tools are the spec's own and so say nothing.
fn has_names_of_the_spec(server: &Server) -> bool {
    let kind = server.builtin.as_ref().map(|b| b.value.as_str());
    matches!(kind, Some(HTTP | S3))
}

/// A server as messages call it: by what it is, where its tools follow from that.
fn called(server: &Server) -> String {
    match &server.builtin {
        Some(kind) if !has_names_of_the_spec(server) => format!("builtin `{}`", kind.value),
        Some(_) | None => format!("mcp `{}`", server.name.value),
    }
}

fn permitted(unit: &Unit, findings: &mut Findings, granted: &Granted<'_>) {
    let Some(server) = fact(granted.server) else {
        return;
    };
    let tool = &granted.grant.tool;
    let word = if granted.grant.approval.is_some() {
        "approve"
    } else {
        "tool"
    };
    let wish = Wish {
        code: Code::ToolGrant,
        span: tool.span,
        what: format!("tool `{}` of `{server}` for {}", tool.value, granted.holder),
        line: format!("{word} \"{server}\" \"{}\"", tool.value),
    };
    ask(unit, findings, &wish, |policy| {
        let lists = [&policy.tools, &policy.approve];
        let fits = lists
            .into_iter()
            .any(|l| matching(l, server, &tool.value).next().is_some());
        (!fits).then(|| other_tool(policy, server, &tool.value))
    });
}

fn other_tool(policy: &Policy, server: &str, tool: &str) -> Refused {
    let rules = || policy.tools.iter().chain(&policy.approve);
    let of_server = rules().filter(|r| r.server.value.matches(server));
    if of_server.clone().next().is_some() {
        return nearest_rule(
            policy,
            "tool",
            tool,
            of_server.map(|r| (r.tool.span, r.tool.value.as_str())),
        );
    }
    match rules().next() {
        Some(_) => silent(policy, &format!("tool of `{server}`")),
        None => silent(policy, "tool"),
    }
}

/// Where a policy asks for approval it is needed, whatever its other rules let pass.
fn unapproved(unit: &Unit, findings: &mut Findings, granted: &Granted<'_>) {
    let Some(server) = fact(granted.server) else {
        return;
    };
    let tool = &granted.grant.tool;
    if granted.grant.approval.is_some() {
        return;
    }
    let rules: Vec<_> = unit
        .policies
        .iter()
        .filter_map(|p| {
            Some((
                &p.name.value,
                matching(&p.approve, server, &tool.value).next()?,
            ))
        })
        .collect();
    let Some((policy, _)) = rules.first() else {
        return;
    };
    let mut finding = Finding::new(
        Code::ToolApproval,
        tool.span,
        format!(
            "tool `{}` of `{server}` needs approval, says policy `{policy}`",
            tool.value
        ),
    )
    .label("allowed without anybody's word")
    .help(match granted.holder {
        Holder::Agent(_) => format!(
            "write `approve \"{}\" by=\"NAME\"` with the name of an `approval`",
            tool.value
        ),
        Holder::Step(step) => format!(
            "have every path to it pass the outcome `approved` of a step with `approval \"NAME\" of=\"{}\"`",
            step.name.value
        ),
    });
    for (_, rule) in rules {
        finding = finding.related(rule.span, "permitted only when a person approves each call");
    }
    findings.push(finding);
}

/// One tool has one grant: with two, nobody could say which one decides.
fn twice(unit: &Unit, findings: &mut Findings, agent: &Agent) {
    let mut first = BTreeMap::new();
    for (index, list) in agent
        .tools
        .iter()
        .filter_map(|t| unit.tools(&t.value))
        .enumerate()
    {
        for grant in &list.grants {
            let key = (grant.server.value.as_str(), grant.tool.value.as_str());
            let here = (index, grant.approval.is_some(), grant.tool.span);
            let (list, approved, span) = *first.entry(key).or_insert(here);
            // The shape has reported two lines of one word in one list.
            if span == grant.tool.span || (list, approved) == (here.0, here.1) {
                continue;
            }
            findings.push(
                Finding::new(
                    Code::ToolTwice,
                    grant.tool.span,
                    format!(
                        "tool `{}` of mcp `{}` is granted to agent `{}` twice",
                        key.1, key.0, agent.name.value
                    ),
                )
                .label("granted again")
                .related(span, "granted first")
                .help("keep one of the two"),
            );
        }
    }
}

fn repos(unit: &Unit, findings: &mut Findings, server: &Server) {
    for repo in &server.repos {
        let wish = Wish {
            code: Code::RepoGrant,
            span: repo.span,
            what: format!("repository `{}` of mcp `{}`", repo.value, server.name.value),
            line: format!("repo \"{}\"", repo.value),
        };
        ask(unit, findings, &wish, |policy| {
            let fits = policy.repos.iter().any(|p| p.value.covers(&repo.value));
            (!fits).then(|| {
                nearest_rule(
                    policy,
                    "repository",
                    repo.value.as_str(),
                    patterns(&policy.repos),
                )
            })
        });
    }
}

#[cfg(test)]
mod tests;
