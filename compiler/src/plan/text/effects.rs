//! Exports and other acts that change the outside world.

use super::page::Row;
use super::words;
use crate::plan::build::effects::place;
use crate::plan::{Effect, Plan};
use pure_agent_runtime::contract::{Bound, Export, ExportAction, ExportWhen};
use std::collections::BTreeMap;

/// Exports, in the order in which they happen.
pub(super) fn exports(plan: &Plan) -> Vec<Row> {
    if plan.exports.is_empty() {
        return vec![vec!["none".to_owned()]];
    }
    plan.exports.iter().map(export).collect()
}

fn export(export: &Export) -> Row {
    let when = match export.when {
        ExportWhen::Always => "always",
        ExportWhen::Offer => "offered",
        ExportWhen::Step => "by a step",
    };
    let often = format!("{when}, {}", words::times(u64::from(export.times)));
    let what = [Some(place(&export.action)), bounds(&export.action)];
    let what: Vec<String> = what.into_iter().flatten().collect();
    vec![
        export.name.clone(),
        approved(often, export.approval.as_deref()),
        what.join("; "),
    ]
}

/// Tools, requests and the record; then what nobody can see.
pub(super) fn others(plan: &Plan) -> Vec<Row> {
    let others = plan
        .effects
        .iter()
        .filter(|e| !e.act.starts_with("export "))
        .map(effect);
    let tunnels = plan
        .agents
        .iter()
        .flat_map(|a| &a.contract.tunnels)
        .map(|tunnel| {
            let act = format!("tunnel {}:{}", tunnel.host, tunnel.port);
            vec![
                act,
                "not seen".to_owned(),
                "whatever the host permits".to_owned(),
            ]
        });
    let rows: Vec<Row> = others.chain(tunnels).collect();
    if rows.is_empty() {
        vec![vec!["none".to_owned()]]
    } else {
        rows
    }
}

fn effect(effect: &Effect) -> Row {
    let often = effect
        .times
        .map_or_else(|| "any number of times".to_owned(), words::times);
    vec![
        effect.act.clone(),
        approved(often, effect.approval.as_deref()),
        effect.place.clone(),
    ]
}

fn approved(often: String, approval: Option<&str>) -> String {
    match approval {
        Some(name) => format!("{often}, {name} approves"),
        None => often,
    }
}

/// What another run is given.
fn given(chosen: &[String], bind: &BTreeMap<String, Bound>) -> Option<String> {
    let chosen = chosen
        .iter()
        .map(|name| format!("the agent chooses {name}"));
    let bound = bind.iter().map(|(name, bound)| match bound {
        Bound::Input(input) => format!("{name} is input {input}"),
        Bound::Value(value) => format!("{name} is {value:?}"),
    });
    let all: Vec<String> = chosen.chain(bound).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// Bounds on the content of an export.
fn bounds(action: &ExportAction) -> Option<String> {
    let most = |size: &u64| format!("at most {}", words::size(*size));
    let without = |exclude: &[String]| match exclude {
        [] => String::new(),
        some => format!(", without {}", some.join(", ")),
    };
    match action {
        ExportAction::Comment { .. } | ExportAction::Webhook { .. } => None,
        ExportAction::Notify { text, summary, .. } => {
            let words = if *summary {
                ", then the agent's summary"
            } else {
                ""
            };
            Some(format!("says {}{words}", words::quoted(text)))
        }
        ExportAction::Submit { chosen, bind, .. } => given(chosen, bind),
        ExportAction::Report { size, .. } => Some(most(size)),
        ExportAction::Upload { size, exclude, .. } => {
            Some(format!("{}{}", most(size), without(exclude)))
        }
        ExportAction::S3 {
            size,
            exclude,
            region,
            ..
        } => Some(format!("{region}; {}{}", most(size), without(exclude))),
        ExportAction::PullRequest {
            size,
            files,
            exclude,
            protect,
            ..
        } => {
            let protected = match protect.as_slice() {
                [] => String::new(),
                some => format!("; never touches {}", some.join(", ")),
            };
            let files = words::count(u64::from(*files), "file", "files");
            Some(format!(
                "at most {files}, {}{}{protected}",
                words::size(*size),
                without(exclude)
            ))
        }
    }
}
