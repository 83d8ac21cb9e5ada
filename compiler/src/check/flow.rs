//! The flow check: text that a stranger may have written, data that is private, and a way out, all
//! three in one agent.
//!
//! An agent that has all three can be talked into sending what it reads to whoever wrote the text.
//! Every cycle of a run shares one workspace and one submission, and starts the same agent: where a route chooses
//! one of several, each of them is looked at alone. The steps of a graph are looked at as one agent: they share the
//! workspace, agents read what calls gave, and calls take what agents answered. What counts as which, and what cuts a path, is told on the page of [`Code::FlowPath`].

mod parts;
mod places;
mod widen;
mod words;

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::policy::{Assert, Policy};
use crate::resolve::Unit;
use crate::span::Span;
use parts::{Channel, Read, Source, channels, reads, sources};

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    widen::check(unit, &sources(unit), findings);
    if let Some(graph) = &unit.run.graph {
        words::check(unit, graph, &sources(unit), findings);
        return together(unit, "the steps of the run", graph.span, findings);
    }
    for agent in unit.reachable_agents() {
        let who = format!("agent `{}`", agent.name.value);
        match unit.run.route {
            Some(_) => together(&unit.starting(agent), &who, agent.name.span, findings),
            None => together(unit, &who, agent.name.span, findings),
        }
    }
}

/// Everything that a unit reaches, as one agent would have it.
fn together(unit: &Unit, who: &str, span: Span, findings: &mut Findings) {
    let (sources, reads) = (sources(unit), reads(unit));
    let channels = channels(unit);
    let mut open: Vec<Path<'_>> = Vec::new();
    for channel in &channels {
        let Some(read) = reads.iter().find(|r| !channel.returns(r)) else {
            continue;
        };
        for source in &sources {
            let path = Path {
                source,
                read,
                channel,
            };
            if !asserted(unit, &path, findings) {
                open.push(path);
            }
        }
    }
    if let Some(first) = open.first() {
        findings.push(warning(who, span, first, &open));
    }
}

/// Untrusted text, what it can make an agent read, and how that leaves.
struct Path<'p> {
    source: &'p Source,
    read: &'p Read,
    channel: &'p Channel,
}

impl Path<'_> {
    /// The first two parts; what is both is named once.
    fn start(&self) -> String {
        if self.source.span == self.read.span {
            return self.read.what.clone();
        }
        format!("{} → {}", self.source.what, self.read.what)
    }

    /// What the first place says.
    fn first_label(&self) -> &'static str {
        if self.source.span == self.read.span {
            "private data and untrusted text come in here"
        } else {
            "untrusted text comes in here"
        }
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} → {}", self.start(), self.channel.what)
    }
}

/// One finding for an agent: the shortest path, and the first channel of every other kind.
fn warning(who: &str, span: Span, first: &Path<'_>, open: &[Path<'_>]) -> Finding {
    let mut shown: Vec<&Path<'_>> = Vec::new();
    for path in open {
        if !shown.iter().any(|s| s.channel.kind == path.channel.kind) {
            shown.push(path);
        }
    }
    let ways: Vec<&str> = shown.iter().map(|p| p.channel.what.as_str()).collect();
    let mut finding = Finding::new(
        Code::FlowPath,
        span,
        format!(
            "untrusted text can make {who} send out what is private: {} → {}",
            first.start(),
            ways.join(", ")
        ),
    )
    .label("has all three")
    .related(first.source.span, first.first_label());
    for path in &shown {
        if !finding.related.iter().any(|r| r.span == path.read.span) {
            finding = finding.related(path.read.span, "private data is read here");
        }
    }
    for path in &shown {
        finding = finding.related(path.channel.span, "and can leave here");
    }
    finding.help(
        "take one of the three away, bind the arguments, or let a person decide with `approve`; the owner of a policy may accept it with `waive`",
    )
}

/// Reports a path that policies rule out; each channel once for each policy that does.
fn asserted(unit: &Unit, path: &Path<'_>, findings: &mut Findings) -> bool {
    let mut found = false;
    for policy in &unit.policies {
        let Some(assert) = policy.asserts.iter().find(|a| matches(a, path)) else {
            continue;
        };
        found = true;
        let reported = |f: &Finding| {
            f.code == Code::FlowAsserted
                && f.span == Some(path.channel.span)
                && f.related.iter().any(|r| r.span == assert.span)
        };
        if !findings.iter().any(reported) {
            findings.push(ruled_out(policy, assert, path));
        }
    }
    found
}

fn matches(assert: &Assert, path: &Path<'_>) -> bool {
    let is = |wanted: &str, word: &str| wanted == "any" || wanted == word;
    is(&assert.from, path.source.kind.word()) && is(&assert.to, path.channel.kind.word())
}

fn ruled_out(policy: &Policy, assert: &Assert, path: &Path<'_>) -> Finding {
    let mut finding = Finding::new(
        Code::FlowAsserted,
        path.channel.span,
        format!("policy `{}` rules out the path {path}", policy.name.value),
    )
    .label("private data can leave here")
    .related(path.source.span, path.first_label());
    if path.source.span != path.read.span {
        finding = finding.related(path.read.span, "private data is read here");
    }
    finding.related(assert.span, "no such path may exist").help(
        "take one of the three away, bind the arguments, or let a person decide with `approve`",
    )
}

#[cfg(test)]
mod tests;
