//! What is declared and never used, and rules of policies that no run needs.

mod covered;
mod rules;

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::nodes::Decl;
use crate::reach::{Granted, reach};
use crate::resolve::Unit;
use std::collections::BTreeSet;

pub(super) use rules::Rules;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    declarations(unit, findings);
    typed(unit, findings);
    unit.policies
        .iter()
        .for_each(|p| covered::check(p, findings));
}

/// Typed tools that no list grants: what a spec says of a service should be what its agents have.
fn typed(unit: &Unit, findings: &mut Findings) {
    let reached = reach(unit);
    for server in &reached.servers {
        for tool in &server.typed {
            let name = &tool.name;
            let granted = |g: &Granted<'_>| {
                g.server.name.value == server.name.value && g.grant.tool.value == name.value
            };
            if name.span.source != unit.root || reached.grants.iter().any(granted) {
                continue;
            }
            findings.push(
                Finding::new(
                    Code::UnusedName,
                    name.span,
                    format!(
                        "tool `{}` of mcp `{}` is never granted",
                        name.value, server.name.value
                    ),
                )
                .label("no agent has it")
                .help("remove it, or grant it in a `tools` that an agent has"),
            );
        }
    }
}

/// Declarations of the file that was asked for; a file that others use may hold more than one needs.
fn declarations(unit: &Unit, findings: &mut Findings) {
    let used = used(unit);
    for (decl, name) in &unit.spec.declared {
        if name.span.source != unit.root || used.contains(&(*decl, name.value.as_str())) {
            continue;
        }
        let word = decl.word();
        let help = match decl {
            Decl::Secret => "remove it, or name it in an `auth`",
            Decl::Model | Decl::Tools | Decl::Skill => {
                "remove it, or name it in an agent of the run"
            }
            Decl::Mcp => "remove it, or grant its tools in a `tools` that an agent has",
            Decl::Approval => "remove it, or name it in an `approve`",
            Decl::Agent => "remove it, or name it in the run",
            Decl::Input | Decl::Policy | Decl::Target => continue,
        };
        findings.push(
            Finding::new(
                Code::UnusedName,
                name.span,
                format!("{word} `{}` is never used", name.value),
            )
            .label("the run does not reach it")
            .help(help),
        );
    }
}

/// Kind and name of everything that the run reaches.
fn used(unit: &Unit) -> BTreeSet<(Decl, &str)> {
    let reached = reach(unit);
    let mut out = BTreeSet::new();
    for agent in &reached.agents {
        out.insert((Decl::Agent, agent.name.value.as_str()));
        out.extend(agent.tools.iter().map(|t| (Decl::Tools, t.value.as_str())));
        out.extend(agent.skills.iter().map(|s| (Decl::Skill, s.value.as_str())));
        out.extend(
            agent
                .http
                .iter()
                .filter_map(|h| h.auth.as_ref())
                .map(|s| (Decl::Secret, s.value.as_str())),
        );
    }
    for model in &reached.models {
        out.insert((Decl::Model, model.name.value.as_str()));
        out.extend(model.auth.iter().map(|s| (Decl::Secret, s.value.as_str())));
    }
    for server in &reached.servers {
        out.insert((Decl::Mcp, server.name.value.as_str()));
        out.extend(server.auth.iter().map(|s| (Decl::Secret, s.value.as_str())));
    }
    for approval in &reached.approvals {
        out.insert((Decl::Approval, approval.name.value.as_str()));
        out.extend(
            approval
                .auth
                .iter()
                .map(|s| (Decl::Secret, s.value.as_str())),
        );
    }
    let run = &unit.run;
    let record = run.record.transcripts.iter().map(|t| &t.auth);
    let record = record.chain(run.record.session.iter().map(|s| &s.auth));
    let exports = run.exports.iter().filter_map(|e| e.auth.as_ref());
    out.extend(
        record
            .chain(exports)
            .map(|s| (Decl::Secret, s.value.as_str())),
    );
    out
}

#[cfg(test)]
mod tests;
