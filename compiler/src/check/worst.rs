//! The worst case of a run: within what policies permit, and within what the target has room for.

use crate::codes::Code;
use crate::diag::{Finding, Findings};
use crate::plan::{Plan, build};
use crate::resolve::Unit;
use crate::span::{Span, Spanned};
use crate::target::Quota;
use crate::values::cpu::Cpu;
use crate::values::duration::Duration;
use crate::values::money::Money;
use crate::values::size::Size;

pub(super) fn check(unit: &Unit, findings: &mut Findings) {
    let bounded = unit.policies.iter().any(|p| p.worst.is_some());
    if !bounded && unit.target.quota.is_none() {
        return;
    }
    let plan = build(unit);
    let place = unit
        .run
        .limits
        .as_ref()
        .map_or(unit.run.name.span, |l| l.span);
    counts(unit, &plan, place, findings);
    time(unit, &plan, place, findings);
    cost(unit, &plan, place, findings);
    if let Some(quota) = &unit.target.quota {
        room(unit, &plan, quota, findings);
    }
}

const PLAN: &str = "`pure-agent plan` shows what it is made of";

fn exceeded(place: Span, message: String, bound: Span, help: &str) -> Finding {
    Finding::new(Code::WorstCase, place, message)
        .related(bound, "this policy bounds the worst case")
        .help(format!("{help}; {PLAN}"))
}

fn counts(unit: &Unit, plan: &Plan, place: Span, findings: &mut Findings) {
    let worst = &plan.worst;
    let per_day = worst.tokens_per_day.is_some();
    let schedule = unit.run.schedule.as_ref().map_or(place, |s| s.cron.span);
    let mut bound =
        |place: Span, most: u64, rule: Option<&Spanned<u64>>, what: &str, help: &str| {
            let Some(rule) = rule.filter(|r| most > r.value) else {
                return;
            };
            let message = format!(
                "{what}, {most} in the worst case, exceed the maximum {}",
                rule.value
            );
            findings.push(exceeded(place, message, rule.span, help));
        };
    for policy in unit.policies.iter().filter_map(|p| p.worst.as_ref()) {
        bound(
            place,
            worst.pods,
            policy.pods.as_ref(),
            "pods",
            "write a smaller `depth`, or fewer repeats",
        );
        let what = if per_day { "tokens of a day" } else { "tokens" };
        let tokens = worst.tokens_per_day.unwrap_or(worst.tokens);
        bound(
            place,
            tokens,
            policy.tokens.as_ref(),
            what,
            "write fewer `tokens`, or start less often",
        );
        let starts = u64::from(worst.runs_per_day.unwrap_or(0));
        bound(
            schedule,
            starts,
            policy.runs_per_day.as_ref(),
            "starts of a day",
            "start less often",
        );
    }
}

fn time(unit: &Unit, plan: &Plan, place: Span, findings: &mut Findings) {
    let most = plan.worst.wall_time;
    for rule in unit
        .policies
        .iter()
        .filter_map(|p| p.worst.as_ref()?.wall_time.as_ref())
    {
        if most > rule.value.seconds() {
            let shown =
                Duration::from_seconds(most).map_or_else(|| format!("{most}s"), |d| d.to_string());
            let message = format!(
                "run lasts {shown} in the worst case, longer than the maximum {}",
                rule.value
            );
            findings.push(exceeded(
                place,
                message,
                rule.span,
                "write a shorter `deadline`, `cycle` or `export`",
            ));
        }
    }
}

fn cost(unit: &Unit, plan: &Plan, place: Span, findings: &mut Findings) {
    let most = plan
        .worst
        .cost_per_day
        .as_ref()
        .or(plan.worst.cost.as_ref());
    let cost = unit
        .run
        .limits
        .as_ref()
        .and_then(|l| l.cost.as_ref())
        .map_or(place, |c| c.span);
    for rule in unit
        .policies
        .iter()
        .filter_map(|p| p.worst.as_ref()?.cost.as_ref())
    {
        let Some(most) = most else {
            findings.push(
                Finding::new(
                    Code::CostUncounted,
                    place,
                    "nothing bounds what the run may cost in the worst case",
                )
                .related(rule.span, format!("at most {}", rule.value))
                .help("write `cost` in `limits`, and a `price` in each model"),
            );
            continue;
        };
        if most.currency != rule.value.currency() {
            findings.push(mixed(cost, &most.currency, rule));
        } else if most.micros > rule.value.micros() {
            let what = if plan.worst.cost_per_day.is_some() {
                "all runs of a day"
            } else {
                "run"
            };
            let verb = if plan.worst.cost_per_day.is_some() {
                "cost"
            } else {
                "costs"
            };
            let message = format!(
                "{what} {verb} {} in the worst case, more than the maximum {}",
                shown(most),
                rule.value
            );
            findings.push(exceeded(
                cost,
                message,
                rule.span,
                "write a smaller `cost`, or start less often",
            ));
        }
    }
}

fn mixed(place: Span, currency: &str, rule: &Spanned<Money>) -> Finding {
    let message = format!(
        "run is counted in {currency}, but its worst case is bounded in {}",
        rule.value.currency()
    );
    Finding::new(Code::CurrencyMixed, place, message)
        .related(rule.span, "the bound of a policy")
        .help(format!(
            "write the amounts in {}; nothing is converted",
            rule.value.currency()
        ))
}

fn shown(money: &pure_agent_runtime::contract::Money) -> String {
    let (whole, part) = (money.micros / 1_000_000, money.micros % 1_000_000);
    Money::parse(&format!("{whole}.{part:06} {}", money.currency))
        .map_or_else(|_| format!("{whole} {}", money.currency), |m| m.to_string())
}

/// A run that needs more than the namespace may ever hold waits until its deadline.
fn room(unit: &Unit, plan: &Plan, quota: &Quota, findings: &mut Findings) {
    let name = unit.run.name.span;
    let mut no_room = |place: Span, message: String, bound: Span| {
        findings.push(
            Finding::new(Code::QuotaExceeded, place, message)
                .related(bound, "the quota of the target")
                .help("ask for less, or choose a target with more room by `--target`"),
        );
    };
    let pods = plan.worst.pods_at_once;
    if pods > quota.pods.value {
        no_room(
            name,
            format!(
                "run needs {pods} pods at once, but the target has room for {}",
                quota.pods.value
            ),
            quota.pods.span,
        );
    }
    for agent in &plan.agents {
        let wish = unit.agent(&agent.contract.name);
        let share = &agent.resources;
        if share.cpu_millis > quota.cpu.value.millis() {
            let place = wish
                .and_then(|a| a.resources.cpu.as_ref())
                .map_or(name, |c| c.span);
            let most = Cpu::parse(&format!("{}m", share.cpu_millis))
                .map_or_else(|_| String::new(), |c| c.to_string());
            no_room(
                place,
                format!(
                    "agent needs {most} CPU, but the target has room for {}",
                    quota.cpu.value
                ),
                quota.cpu.span,
            );
        }
        if share.memory > quota.memory.value.bytes() {
            let place = wish
                .and_then(|a| a.resources.memory.as_ref())
                .map_or(name, |m| m.span);
            no_room(
                place,
                format!(
                    "agent needs {} of memory, but the target has room for {}",
                    size(share.memory),
                    quota.memory.value
                ),
                quota.memory.span,
            );
        }
    }
    if plan.workspace.size > quota.storage.value.bytes() {
        let place = unit
            .run
            .workspace
            .as_ref()
            .and_then(|w| w.size.as_ref())
            .map_or(name, |s| s.span);
        no_room(
            place,
            format!(
                "workspace needs {}, but the target has room for {}",
                size(plan.workspace.size),
                quota.storage.value
            ),
            quota.storage.span,
        );
    }
}

fn size(bytes: u64) -> String {
    Size::from_bytes(bytes).map_or_else(|| bytes.to_string(), |s| s.to_string())
}

#[cfg(test)]
mod tests;
