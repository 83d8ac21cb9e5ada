//! The schema of `set_export_config`, for models.
//!
//! It says what every provider's tools can say: no `if`, no `oneOf`. What depends on the chosen actions is said in
//! words; [`super::read()`] judges it.

use super::pull_request::{FIELDS, MOST_BODY, MOST_TITLE, constant};
use super::{CONTINUE, MOST_SUMMARY, NONE, has_detail, is_offered};
use crate::contract::{Contract, Export, ExportAction, ExportWhen};
use serde_json::{Map, Value, json};

/// JSON Schema of the arguments. A length there counts characters; where the bound is in bytes, it is the same
/// number.
#[must_use]
pub fn schema(contract: &Contract) -> Value {
    let offered = contract.exports.iter().filter(|export| is_offered(export));
    let mut names: Vec<&str> = offered.map(|export| export.name.as_str()).collect();
    if contract.limits.depth > 1 && contract.graph.is_none() {
        names.push(CONTINUE);
    }
    names.push(NONE);
    let about = match contract.graph {
        None => "What should happen. `continue` and `none` must stand alone.",
        Some(_) => "What should happen; nothing unless you say it. `none` must stand alone.",
    };
    let mut properties = Map::new();
    properties.insert(
        "actions".to_owned(),
        json!({
            "type": "array", "minItems": 1, "uniqueItems": true,
            "items": {"type": "string", "enum": names},
            "description": about,
        }),
    );
    properties.insert(
        "summary".to_owned(),
        json!({
            "type": "string", "minLength": 1, "maxLength": MOST_SUMMARY,
            "description": format!("What was done, or what is left; at most {MOST_SUMMARY} bytes of UTF-8."),
        }),
    );
    for export in contract.exports.iter().filter(|export| has_detail(export)) {
        let detail = detail(export, contract.graph.is_some());
        properties.insert(export.name.clone(), detail);
    }
    json!({
        "type": "object", "additionalProperties": false,
        "required": ["actions", "summary"], "properties": properties,
    })
}

fn detail(export: &Export, graph: bool) -> Value {
    let name = &export.name;
    let when = match export.when {
        ExportWhen::Always if graph => "Needed".to_owned(),
        ExportWhen::Always => "Needed unless the action is `continue`".to_owned(),
        ExportWhen::Offer => format!("Needed for the action `{name}`, and only then"),
        ExportWhen::Step => "Used if the run passes a step that makes it".to_owned(),
    };
    match &export.action {
        ExportAction::PullRequest {
            repo, base, branch, ..
        } => pull_request(&when, repo, base, branch),
        ExportAction::Report { size, .. } => json!({
            "type": "string", "minLength": 1, "maxLength": size,
            "description": format!("The text of the report; at most {size} bytes of UTF-8. {when}."),
        }),
        ExportAction::Submit { run, .. } => {
            let mut schema = super::chosen::schema(&super::chosen::chosen(&export.action));
            let about = format!("Inputs of the run `{run}`. {when}.");
            schema["description"] = about.into();
            schema
        }
        ExportAction::Comment { .. }
        | ExportAction::Upload { .. }
        | ExportAction::Notify { .. }
        | ExportAction::S3 { .. }
        | ExportAction::Webhook { .. } => json!({}),
    }
}

fn pull_request(when: &str, repo: &str, base: &str, branch: &str) -> Value {
    let lacks = |name: &&&str| match **name {
        "repository" => constant(repo).is_none(),
        "base" => constant(base).is_none(),
        "body" => false,
        _ => true,
    };
    let required: Vec<&&str> = FIELDS.iter().filter(lacks).collect();
    let text =
        |description: String| json!({"type": "string", "minLength": 1, "description": description});
    json!({
        "type": "object", "additionalProperties": false, "required": required,
        "description": format!("{when}."),
        "properties": {
            "repository": text(format!("`owner/name` that matches `{repo}`")),
            "path": text("Folder of the repository in the workspace, such as `repo`; `.` for the workspace itself.".to_owned()),
            "branch": text(format!("The new branch; it matches `{branch}`")),
            "base": text(format!("The branch that it goes to; it matches `{base}`")),
            "title": {"type": "string", "minLength": 1, "maxLength": MOST_TITLE},
            "body": {"type": "string", "maxLength": MOST_BODY},
        },
    })
}
