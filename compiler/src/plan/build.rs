//! From a checked unit to its plan: only what the run reaches, every default written out.
//!
//! A total function. Whatever the checks would have refused becomes the value that permits least:
//! an empty pattern matches nothing, a missing number is its default.

mod agents;
mod dials;
pub(crate) mod effects;
mod exports;
mod graph;
mod models;
mod route;
mod run;
mod servers;
mod target;

pub(crate) use exports::names as export_names;

use crate::plan::{PLAN_SCHEMA, Plan, WorstCase, worst};
use crate::reach::{Reached, reach};
use crate::resolve::Unit;
use crate::span::Spanned;
use crate::values::size::Size;

/// The plan of a unit that the [checks](crate::check) found no error in.
#[must_use]
pub fn build(unit: &Unit) -> Plan {
    let Reached {
        agents,
        models,
        servers,
        approvals,
        grants,
    } = by_name(reach(unit));
    let calls = agents::calls(&grants);
    let target = target::target(&unit.target);
    let mut plan = Plan {
        schema: PLAN_SCHEMA,
        name: unit.run.name.value.clone(),
        about: text(unit.run.about.as_ref()),
        owner: text(unit.run.owner.as_ref()),
        enabled: unit.run.enabled.as_ref().is_none_or(|e| e.value),
        labels: run::pairs(&unit.run.labels),
        policies: policies(unit),
        inputs: run::inputs(&unit.run),
        secrets: dials::secrets(unit),
        models: models.into_iter().map(models::model).collect(),
        servers: servers
            .into_iter()
            .map(|s| servers::server(s, &target))
            .collect(),
        approvals: approvals.into_iter().map(models::approval).collect(),
        agents: agents
            .iter()
            .map(|a| agents::agent(unit, a, &grants))
            .collect(),
        flow: route::flow(unit),
        limits: run::limits(unit.run.limits.as_ref()),
        finish: run::finish(&unit.run.finish),
        workspace: run::workspace(unit.run.workspace.as_ref()),
        exports: exports::exports(unit, &target),
        record: run::record(&unit.run.record),
        retry: run::retry(unit.run.retry.as_ref()),
        schedule: unit.run.schedule.as_ref().map(run::schedule),
        triggers: run::triggers(&unit.run.triggers),
        queue: text(unit.run.queue.as_ref()),
        upstreams: dials::upstreams(unit),
        effects: Vec::new(),
        worst: WorstCase::default(),
        acknowledged: agents::acknowledged(unit, &agents),
        target,
    };
    plan.effects = effects::effects(&plan, &calls);
    plan.worst = worst::worst_case(&plan);
    plan
}

/// Everything that is reached, each list by name and each name once.
fn by_name(mut reached: Reached<'_>) -> Reached<'_> {
    reached
        .agents
        .sort_by(|a, b| a.name.value.cmp(&b.name.value));
    reached.agents.dedup_by(|a, b| a.name.value == b.name.value);
    reached
        .models
        .sort_by(|a, b| a.name.value.cmp(&b.name.value));
    reached
        .servers
        .sort_by(|a, b| a.name.value.cmp(&b.name.value));
    reached
        .approvals
        .sort_by(|a, b| a.name.value.cmp(&b.name.value));
    reached
}

fn policies(unit: &Unit) -> Vec<String> {
    let mut names: Vec<_> = unit.policies.iter().map(|p| p.name.value.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn text(value: Option<&Spanned<String>>) -> Option<String> {
    value.map(|v| v.value.clone())
}

fn texts(values: &[Spanned<String>]) -> Vec<String> {
    values.iter().map(|v| v.value.clone()).collect()
}

fn number(value: Option<&Spanned<u64>>) -> Option<u64> {
    value.map(|v| v.value)
}

/// A count that the table bounds far below 2^32.
fn count(value: Option<&Spanned<u64>>, default: u32) -> u32 {
    value.map_or(default, |v| u32::try_from(v.value).unwrap_or(u32::MAX))
}

fn port(value: Option<&Spanned<u64>>, default: u16) -> u16 {
    value
        .and_then(|p| u16::try_from(p.value).ok())
        .unwrap_or(default)
}

fn bytes(value: Option<&Spanned<Size>>, default: u64) -> u64 {
    value.map_or(default, |v| v.value.bytes())
}

/// Each once, in order.
fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items.dedup();
    items
}

#[cfg(test)]
mod tests;
