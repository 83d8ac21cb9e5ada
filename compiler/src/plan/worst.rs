//! The most that one run can use, from its limits alone: what no agent, model or loss can exceed.
//!
//! Sums saturate at 2^53 - 1, the largest number that every reader of JSON keeps exactly.

use crate::plan::deadlines::{LAUNCHER_RETRIES, cycles};
use crate::plan::{AgentPlan, Flow, Plan, WorstCase};
use pure_agent_runtime::contract::{Model, Money, RouteBy};

/// 2^53 - 1.
const MOST: u64 = (1 << 53) - 1;

/// The worst case of a plan, from all its fields but [`Plan::worst`].
#[must_use]
pub fn worst_case(plan: &Plan) -> WorstCase {
    let servers = plan
        .servers
        .iter()
        .map(|s| u64::from(s.pod.is_some()))
        .sum();
    let tokens = tokens(plan);
    let cost = cost(plan, tokens);
    let runs_per_day = plan.schedule.as_ref().map(|s| s.per_day);
    WorstCase {
        pods: pods(plan, servers),
        pods_at_once: at_once(servers),
        wall_time: plan.deadlines().all.min(MOST),
        tokens,
        tokens_per_day: runs_per_day.map(|runs| times(tokens, runs)),
        cost_per_day: runs_per_day.zip(cost.as_ref()).map(|(runs, cost)| Money {
            micros: times(cost.micros, runs),
            currency: cost.currency.clone(),
        }),
        cost,
        runs_per_day,
    }
}

fn times(amount: u64, runs: u32) -> u64 {
    amount.saturating_mul(u64::from(runs)).min(MOST)
}

/// Our pods: agent and router of each cycle, gateway, image servers, the choice, pack, export. Each has a
/// launcher, and so have the cleanup and, in each cycle, the taking away of an agent that was given up,
/// which have no pod; a launcher that is lost is started again.
fn pods(plan: &Plan, servers: u64) -> u64 {
    const GATEWAY_PACK_EXPORT: u64 = 3;
    let cycles = u64::from(cycles(plan.limits.depth, plan.retry.infrastructure));
    let ours = cycles
        .saturating_mul(2)
        .saturating_add(servers)
        .saturating_add(u64::from(plan.choosing().is_some()))
        .saturating_add(GATEWAY_PACK_EXPORT);
    let launchers = ours
        .saturating_add(cycles + 1)
        .saturating_mul(1 + u64::from(LAUNCHER_RETRIES));
    ours.saturating_add(launchers).min(MOST)
}

/// Either all image servers start together, or all that serves is there with one step; in both cases
/// someone may stop the run, which starts the cleanup while the launchers still go.
fn at_once(servers: u64) -> u64 {
    const GATEWAY: u64 = 1;
    const STEP_AND_LAUNCHER: u64 = 2;
    const CLEANUP: u64 = 1;
    let starting = servers.saturating_mul(2);
    let working = servers.saturating_add(GATEWAY + STEP_AND_LAUNCHER);
    starting.max(working).saturating_add(CLEANUP)
}

/// The run's bound, or that of its worst agent, with the choice of it, where each has one and that is tighter; of a
/// run of steps, that of all its agents.
fn tokens(plan: &Plan) -> u64 {
    let worst = most(plan, |a| a.contract.limits.tokens);
    let choice = match &plan.flow {
        Flow::Route {
            by: RouteBy::Model { tokens, .. },
            ..
        } => *tokens,
        Flow::Route { .. } | Flow::Single { .. } | Flow::Graph { .. } => 0,
    };
    let agents = worst.map_or(MOST, |worst| worst.saturating_add(choice));
    plan.limits.tokens.min(agents).min(MOST)
}

/// The largest of bounds, if there are agents and each has one: a run starts one of them. A run of steps may start all.
fn most(plan: &Plan, bound: impl Fn(&AgentPlan) -> Option<u64>) -> Option<u64> {
    let bounds: Option<Vec<u64>> = plan.agents.iter().map(bound).collect();
    let bounds = bounds?.into_iter();
    match plan.graph() {
        Some(_) => bounds.reduce(u64::saturating_add),
        None => bounds.max(),
    }
}

/// The least of what bounds money: the run's limit, its agents' limits, all tokens at the dearest
/// price. `None` where nothing bounds it: no limit, and a model without a price or two currencies.
fn cost(plan: &Plan, tokens: u64) -> Option<Money> {
    let bounds = [
        plan.limits.cost.clone(),
        agents_cost(plan),
        dearest(plan, tokens),
    ];
    let mut bounds = bounds.into_iter().flatten();
    let mut least = bounds.next()?;
    for bound in bounds {
        // Amounts of two currencies have no order: the first, the run's own, stays.
        if bound.currency == least.currency && bound.micros < least.micros {
            least = bound;
        }
    }
    least.micros = least.micros.min(MOST);
    Some(least)
}

/// A choice by a model has no bound in money of its own, so agents' bounds do not hold all of the run.
fn agents_cost(plan: &Plan) -> Option<Money> {
    if let Flow::Route {
        by: RouteBy::Model { .. },
        ..
    } = &plan.flow
    {
        return None;
    }
    let costs = plan
        .agents
        .iter()
        .filter_map(|a| a.contract.limits.cost.as_ref());
    let currency = one_currency(costs.map(|c| c.currency.as_str()))?;
    let micros = most(plan, |a| Some(a.contract.limits.cost.as_ref()?.micros))?;
    Some(Money {
        micros,
        currency: currency.to_owned(),
    })
}

fn dearest(plan: &Plan, tokens: u64) -> Option<Money> {
    let prices: Option<Vec<_>> = plan.models.iter().map(|m| m.price.as_ref()).collect();
    let currency = one_currency(prices?.iter().map(|p| p.currency.as_str()))?;
    let micros = plan
        .models
        .iter()
        .map(|model| price_of(model, tokens))
        .max()?;
    Some(Money {
        micros,
        currency: currency.to_owned(),
    })
}

fn one_currency<'a>(mut all: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = all.next()?;
    all.all(|currency| currency == first).then_some(first)
}

/// All tokens at the dearer of a model's two prices, in millionths, rounded up.
fn price_of(model: &Model, tokens: u64) -> u64 {
    let Some(price) = &model.price else { return 0 };
    let dearer = u128::from(price.input.max(price.output));
    let exact = dearer
        .saturating_mul(u128::from(tokens))
        .div_ceil(u128::from(price.per.max(1)));
    u64::try_from(exact).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
