//! What an agent is told of the exports: what it may choose, what that needs, and what happens anyway.

use super::chosen::chosen;
use super::pull_request::{MOST_BODY, MOST_TITLE, constant};
use super::{CONTINUE, MOST_SUMMARY, NONE, is_offered, kind, target};
use crate::contract::{Contract, Export, ExportAction, ExportWhen};
use crate::gateway::inputs::Inputs;
use serde_json::{Map, Value, json};

/// What `get_export_actions` answers.
#[must_use]
pub fn actions(contract: &Contract, inputs: &Inputs) -> Value {
    let told = |of: fn(&Export) -> bool| -> Vec<Value> {
        let exports = contract.exports.iter().filter(|export| of(export));
        exports.map(|export| one(export, inputs)).collect()
    };
    let mut alone = Map::new();
    if contract.limits.depth > 1 && contract.graph.is_none() {
        alone.insert(
            CONTINUE.to_owned(),
            "The work is not done: another cycle starts with the same workspace. Say in the summary what is left."
                .into(),
        );
    }
    alone.insert(
        NONE.to_owned(),
        "The work is done, and none of the offered actions should happen.".into(),
    );
    json!({
        "summary": {"required": true, "most_bytes": MOST_SUMMARY},
        "offered": told(is_offered),
        "always": told(|export| export.when == ExportWhen::Always),
        "alone": alone,
    })
}

fn one(export: &Export, inputs: &Inputs) -> Value {
    let mut told = Map::new();
    told.insert("name".to_owned(), export.name.as_str().into());
    told.insert("kind".to_owned(), kind(export).into());
    match target(export, inputs) {
        Ok(Some(to)) => {
            told.insert("to".to_owned(), to.into());
        }
        Ok(None) => {}
        Err(input) => {
            let why = format!("input `{input}` was not given");
            told.insert("impossible".to_owned(), why.into());
        }
    }
    if let ExportAction::Submit { run, .. } = &export.action {
        told.insert("run".to_owned(), run.as_str().into());
    }
    if export.approval.is_some() {
        told.insert("approval".to_owned(), "a person is asked first".into());
    }
    if let Some(fields) = fields(export) {
        told.insert("needs".to_owned(), json!({ export.name.clone(): fields }));
    }
    told.extend(bounds(&export.action));
    Value::Object(told)
}

/// What the submission must say for it.
fn fields(export: &Export) -> Option<Value> {
    match &export.action {
        ExportAction::Report { size, .. } => Some(json!({"text": {"most_bytes": size}})),
        ExportAction::PullRequest {
            repo, base, branch, ..
        } => Some(json!({
            "repository": choice(repo),
            "path": "folder of the repository in the workspace, such as `repo`",
            "branch": {"match": branch},
            "base": choice(base),
            "title": {"most_characters": MOST_TITLE},
            "body": {"most_characters": MOST_BODY, "optional": true},
        })),
        ExportAction::Submit { .. } => {
            let chosen = chosen(&export.action);
            (!chosen.is_empty()).then(|| super::chosen::schema(&chosen))
        }
        ExportAction::Comment { .. }
        | ExportAction::Upload { .. }
        | ExportAction::Notify { .. }
        | ExportAction::S3 { .. }
        | ExportAction::Webhook { .. } => None,
    }
}

fn choice(pattern: &str) -> Value {
    match constant(pattern) {
        Some(only) => json!({"only": only, "optional": true}),
        None => json!({"match": pattern}),
    }
}

/// What of the workspace it takes.
fn bounds(action: &ExportAction) -> Option<(String, Value)> {
    let bounds = match action {
        ExportAction::Upload { exclude, size, .. } | ExportAction::S3 { exclude, size, .. } => {
            json!({"most_bytes": size, "leaves_out": exclude})
        }
        ExportAction::PullRequest {
            protect,
            files,
            size,
            ..
        } => json!({"most_files": files, "most_bytes": size, "must_not_change": protect}),
        ExportAction::Comment { .. }
        | ExportAction::Report { .. }
        | ExportAction::Notify { .. }
        | ExportAction::Submit { .. }
        | ExportAction::Webhook { .. } => return None,
    };
    Some(("workspace".to_owned(), bounds))
}
