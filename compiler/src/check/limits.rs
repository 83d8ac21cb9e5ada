//! Limits: every bound of every policy, defaults included, and limits that contradict each other.
//!
//! Where a policy is silent about `depth`, `deadline`, `turns`, `tokens`, `workspace` or `keep`, none is
//! permitted; about anything else the default holds that the table of nodes names.

mod bound;
mod impossible;
mod money;

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::plan::defaults;
use crate::policy::{Limits, Policy};
use crate::reach::reach;
use crate::resolve::Unit;
use crate::span::{Span, Spanned};
use crate::spec::{Resources, Run, RunLimits};
use crate::values::cpu::Cpu;
use crate::values::duration::Duration;
use crate::values::money::Money;
use crate::values::size::Size;
use bound::{Amount, Bound, Silent, Wish, ask};

const IN_LIMITS: &str = " in its `limits`";
const GI: u64 = 1 << 30;

/// What a policy permits where its `limits` say nothing; the table of policy nodes names the same.
mod silent {
    pub(super) const EXPORT: u64 = 600;
    pub(super) const TRAFFIC: u64 = super::GI;
    pub(super) const CONCURRENCY: u64 = 8;
    pub(super) const CPU: &str = "1";
    pub(super) const MEMORY: u64 = 2 * super::GI;
    pub(super) const STORAGE: u64 = 2 * super::GI;
    pub(super) const RETRY: u64 = 3;
    pub(super) const REMINDERS: u64 = 5;
    pub(super) const ARCHIVE: u64 = 100 << 20;
}

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    for policy in unit.policies.iter().filter(|p| p.limits.is_none()) {
        let place = unit
            .run
            .limits
            .as_ref()
            .map_or(unit.run.name.span, |l| l.span);
        findings.push(
            Finding::new(
                Code::LimitSilent,
                place,
                format!(
                    "no run is permitted: policy `{}` has no `limits`",
                    policy.name.value
                ),
            )
            .related(policy.name.span, "this policy permits no run at all")
            .help(format!(
                "ask the owner of policy `{}` for `limits`",
                policy.name.value
            )),
        );
    }
    if let Some(limits) = &unit.run.limits {
        of_time(unit, limits, findings);
        of_use(unit, limits, findings);
    }
    of_run(unit, &unit.run, findings);
    of_containers(unit, findings);
    money::check(unit, findings);
    impossible::check(unit, findings);
}

/// Asks policies for a field of their `limits`. Policies without `limits` have been reported, and so
/// has what is wrong in `limits` that are spoilt.
fn limit<T: Amount>(
    unit: &Unit,
    findings: &mut Findings,
    wish: Option<Wish<T>>,
    silent: &Silent<T>,
    field: impl Fn(&Limits) -> Option<&Spanned<T>>,
) {
    let Some(wish) = wish else { return };
    ask(unit, findings, &wish, IN_LIMITS, |policy| {
        match &policy.limits {
            Some(limits) if !limits.spoilt => Bound {
                written: field(limits),
                silent: silent.clone(),
            },
            Some(limits) => Bound {
                written: field(limits),
                silent: Silent::All,
            },
            None => Bound {
                written: None,
                silent: Silent::All,
            },
        }
    });
}

fn of_time(unit: &Unit, limits: &RunLimits, findings: &mut Findings) {
    let wish = Wish::of("deadline", limits.deadline.as_ref(), None, limits.span);
    limit(unit, findings, wish, &Silent::Nothing, |l| {
        l.deadline.as_ref()
    });
    // A cycle that is not written may last as long as the run. A policy without `cycle` bounds it by
    // its `deadline`, which has been asked for.
    let whole = limits
        .deadline
        .as_ref()
        .map(|d| d.value)
        .filter(|_| !limits.spoilt);
    let wish = Wish::of("cycle", limits.cycle.as_ref(), whole, limits.span);
    limit(unit, findings, wish, &Silent::All, |l| l.cycle.as_ref());
    let default = Duration::from_seconds(defaults::EXPORT_TIME).filter(|_| !limits.spoilt);
    let wish = Wish::of("export", limits.export.as_ref(), default, limits.span);
    limit(
        unit,
        findings,
        wish,
        &up(Duration::from_seconds(silent::EXPORT)),
        |l| l.export.as_ref(),
    );
}

fn of_use(unit: &Unit, limits: &RunLimits, findings: &mut Findings) {
    let place = limits.span;
    let wish = Wish::of(
        "depth",
        limits.depth.as_ref(),
        Some(u64::from(defaults::DEPTH)).filter(|_| !limits.spoilt),
        place,
    );
    limit(unit, findings, wish, &Silent::Nothing, |l| l.depth.as_ref());
    let wish = Wish::of("turns", limits.turns.as_ref(), None, place);
    limit(unit, findings, wish, &Silent::Nothing, |l| l.turns.as_ref());
    let wish = Wish::of("tokens", limits.tokens.as_ref(), None, place);
    limit(unit, findings, wish, &Silent::Nothing, |l| {
        l.tokens.as_ref()
    });
    let wish = Wish::of(
        "traffic",
        limits.traffic.as_ref(),
        default_traffic(unit).filter(|_| !limits.spoilt),
        place,
    );
    limit(
        unit,
        findings,
        wish,
        &up(Size::from_bytes(silent::TRAFFIC)),
        |l| l.traffic.as_ref(),
    );
    let default = Some(u64::from(defaults::CONCURRENCY)).filter(|_| !limits.spoilt);
    let wish = Wish::of("concurrency", limits.concurrency.as_ref(), default, place);
    limit(
        unit,
        findings,
        wish,
        &Silent::Up(silent::CONCURRENCY),
        |l| l.concurrency.as_ref(),
    );
}

/// The default traffic counts only where an agent can cause any.
fn default_traffic(unit: &Unit) -> Option<Size> {
    let agents = unit.reachable_agents();
    let any = agents
        .iter()
        .any(|a| !a.tunnels.is_empty() || !a.http.is_empty());
    any.then(|| Size::from_bytes(defaults::TRAFFIC)).flatten()
}

fn of_run(unit: &Unit, run: &Run, findings: &mut Findings) {
    let name = run.name.span;
    let size = run.workspace.as_ref().and_then(|w| w.size.as_ref());
    let wish = Wish::of(
        "workspace",
        size,
        Size::from_bytes(defaults::WORKSPACE),
        name,
    );
    limit(unit, findings, wish, &Silent::Nothing, |l| {
        l.workspace.as_ref()
    });
    if let Some(retry) = &run.retry {
        let wish = Wish::of("retry", Some(&retry.times), None, name);
        limit(unit, findings, wish, &Silent::Up(silent::RETRY), |l| {
            l.retry.as_ref()
        });
    }
    let submits = run
        .finish
        .require
        .as_ref()
        .is_none_or(|r| r.value == "submission");
    let default = submits.then_some(u64::from(defaults::REMINDERS));
    let wish = Wish::of("reminders", run.finish.reminders.as_ref(), default, name);
    limit(unit, findings, wish, &Silent::Up(silent::REMINDERS), |l| {
        l.reminders.as_ref()
    });
    for export in &run.exports {
        let holds = matches!(
            export.kind.value.as_str(),
            "report" | "upload" | "pull-request" | "s3"
        );
        let default = Size::from_bytes(defaults::EXPORT_SIZE).filter(|_| holds);
        let wish =
            Wish::of("archive", export.size.as_ref(), default, export.kind.span).map(|w| Wish {
                of: format!(" of export `{}`", export.kind.value),
                ..w
            });
        limit(
            unit,
            findings,
            wish,
            &up(Size::from_bytes(silent::ARCHIVE)),
            |l| l.archive.as_ref(),
        );
    }
    keep(unit, run, findings);
}

fn keep(unit: &Unit, run: &Run, findings: &mut Findings) {
    let Some(workspace) = &run.workspace else {
        return;
    };
    let Some(keep) = workspace.keep.as_ref().filter(|k| k.value != "never") else {
        return;
    };
    let default = Duration::from_seconds(defaults::KEEP_FOR);
    if let Some(wish) = Wish::of("keep", workspace.keep_for.as_ref(), default, keep.span) {
        ask(unit, findings, &wish, "", |policy: &Policy| Bound {
            written: policy.keep.as_ref(),
            silent: Silent::Nothing,
        });
    }
}

fn of_containers(unit: &Unit, findings: &mut Findings) {
    let reached = reach(unit);
    for agent in &reached.agents {
        let of = format!(" of agent `{}`", agent.name.value);
        container(unit, &agent.resources, &of, agent.name.span, findings);
    }
    for server in reached.servers.iter().filter(|s| s.builtin.is_none()) {
        let of = format!(" of mcp `{}`", server.name.value);
        container(unit, &server.resources, &of, server.name.span, findings);
    }
}

fn container(unit: &Unit, share: &Resources, of: &str, place: Span, findings: &mut Findings) {
    let cpu = Cpu::parse(silent::CPU).ok();
    let whose = |of: &str| of.to_owned();
    let wish = Wish::of("cpu", share.cpu.as_ref(), cpu, place).map(|w| Wish { of: whose(of), ..w });
    limit(unit, findings, wish, &up(cpu), |l| l.cpu.as_ref());
    let wish = Wish::of(
        "memory",
        share.memory.as_ref(),
        Size::from_bytes(defaults::MEMORY),
        place,
    )
    .map(|w| Wish { of: whose(of), ..w });
    limit(
        unit,
        findings,
        wish,
        &up(Size::from_bytes(silent::MEMORY)),
        |l| l.memory.as_ref(),
    );
    let wish = Wish::of(
        "storage",
        share.storage.as_ref(),
        Size::from_bytes(defaults::STORAGE),
        place,
    )
    .map(|w| Wish { of: whose(of), ..w });
    limit(
        unit,
        findings,
        wish,
        &up(Size::from_bytes(silent::STORAGE)),
        |l| l.storage.as_ref(),
    );
}

/// A default that a policy permits; a number that cannot be read permits nothing.
fn up<T>(most: Option<T>) -> Silent<T> {
    most.map_or(Silent::Nothing, Silent::Up)
}

#[cfg(test)]
mod tests;
