//! Judges what an agent hands in: all that is wrong, at once.

use super::text::{self, Form, Most};
use super::{
    CONTINUE, Detail, Document, MOST_DOCUMENT, MOST_SUMMARY, NONE, Problem, VERSION, chosen,
    has_detail, is_offered, pull_request, target,
};
use crate::contract::{Contract, Export, ExportAction, ExportWhen};
use crate::gateway::inputs::Inputs;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Most problems that are told at once.
pub(super) const MOST_PROBLEMS: usize = 32;
/// Most bytes of a stranger's key that a pointer shows.
const MOST_KEY: usize = 64;

const SUMMARY: Form = Form {
    most: Most::Bytes(MOST_SUMMARY),
    lines: true,
    empty: false,
};

/// Reads the arguments of `set_export_config` by what the contract offers.
///
/// # Errors
/// All that is wrong with them, at most 32 problems.
pub fn read(
    contract: &Contract,
    inputs: &Inputs,
    arguments: &Value,
) -> Result<Document, Vec<Problem>> {
    let mut problems = Vec::new();
    let document = document(contract, inputs, arguments, &mut problems);
    match document {
        Some(document) if problems.is_empty() => bounded(document),
        _ => {
            problems.truncate(MOST_PROBLEMS);
            Err(problems)
        }
    }
}

/// A document that the record can hold.
pub(super) fn bounded(document: Document) -> Result<Document, Vec<Problem>> {
    if document
        .text()
        .is_ok_and(|text| text.len() <= MOST_DOCUMENT)
    {
        return Ok(document);
    }
    Err(vec![Problem {
        pointer: String::new(),
        rule: "submission-size",
        message: format!("the whole submission may have {MOST_DOCUMENT} bytes of JSON"),
    }])
}

fn document(
    contract: &Contract,
    inputs: &Inputs,
    arguments: &Value,
    problems: &mut Vec<Problem>,
) -> Option<Document> {
    let mut fields = Fields::of(arguments, String::new(), problems)?;
    let with_details = contract.exports.iter().filter(|export| has_detail(export));
    let names = with_details.map(|export| export.name.as_str());
    let known: Vec<&str> = ["actions", "summary"].into_iter().chain(names).collect();
    fields.known(&known);
    let summary = fields.text("summary", SUMMARY);
    let actions = actions(contract, inputs, &mut fields);
    let details = details(contract, &mut fields, actions.as_deref());
    Some(Document {
        version: VERSION,
        actions: actions?,
        summary: summary?,
        verdict: None,
        answers: BTreeMap::new(),
        details,
    })
}

fn actions(contract: &Contract, inputs: &Inputs, fields: &mut Fields<'_>) -> Option<Vec<String>> {
    let before = fields.problems.len();
    let list = fields.list("actions")?;
    if list.is_empty() {
        let message = format!("it needs an action; `{NONE}` alone says that nothing should happen");
        fields.wrong("actions", "actions-none", message);
    }
    let mut seen = BTreeSet::new();
    for (at, item) in list.iter().enumerate() {
        let place = format!("actions/{at}");
        let Some(name) = item.as_str() else {
            fields.wrong(&place, "field-type", "it must be a text".to_owned());
            continue;
        };
        if !seen.insert(name) {
            fields.wrong(&place, "action-twice", "it stands there twice".to_owned());
        }
        if let Err((rule, message)) = action(contract, inputs, name, list.len()) {
            fields.wrong(&place, rule, message);
        }
    }
    let names = list.iter().filter_map(Value::as_str).map(str::to_owned);
    (fields.problems.len() == before).then(|| names.collect())
}

/// Whether one action may stand in a list of so many.
fn action(
    contract: &Contract,
    inputs: &Inputs,
    name: &str,
    of: usize,
) -> Result<(), (&'static str, String)> {
    if matches!(name, CONTINUE | NONE) {
        if of > 1 {
            return Err(("action-alone", format!("`{name}` must stand alone")));
        }
        if name == CONTINUE && contract.graph.is_some() {
            let message = "the steps of this run say what follows; say it by the verdict";
            return Err(("action-continue", message.to_owned()));
        }
        if name == CONTINUE && contract.limits.depth < 2 {
            let message = "the run has one cycle, so there is none to continue in";
            return Err(("action-continue", message.to_owned()));
        }
        return Ok(());
    }
    let mut offered = contract.exports.iter().filter(|export| is_offered(export));
    let Some(export) = offered.find(|export| export.name == name) else {
        let message = "it is none of the offered actions; `get_export_actions` lists them";
        return Err(("action-unknown", message.to_owned()));
    };
    match target(export, inputs) {
        Ok(_) => Ok(()),
        Err(input) => Err((
            "action-target",
            format!("it goes to what input `{input}` names, which was not given"),
        )),
    }
}

/// What the chosen exports need, and those that happen always. Where the actions are wrong, nobody knows what is
/// needed: then only the form of what is there is judged.
fn details(
    contract: &Contract,
    fields: &mut Fields<'_>,
    actions: Option<&[String]>,
) -> BTreeMap<String, Detail> {
    let mut details = BTreeMap::new();
    let goes_on = actions.is_some_and(|actions| actions.iter().any(|name| name == CONTINUE));
    for export in contract.exports.iter().filter(|export| has_detail(export)) {
        let name = &export.name;
        let chosen = actions.is_none_or(|actions| actions.contains(name));
        let happens = !goes_on
            && match export.when {
                ExportWhen::Always => true,
                ExportWhen::Offer => chosen,
                // Whether it does is decided by the steps that come.
                ExportWhen::Step => fields.has(name),
            };
        match (fields.has(name), happens) {
            (true, true) => {
                let detail = detail(export, fields);
                details.extend(detail.map(|detail| (name.clone(), detail)));
            }
            (false, true) if actions.is_some() => {
                fields.wrong(name, "field-missing", format!("action `{name}` needs it"))
            }
            (true, false) => fields.wrong(
                name,
                "field-unused",
                format!("`{name}` is not among the actions: add it, or leave this out"),
            ),
            (false, _) => {}
        }
    }
    details
}

fn detail(export: &Export, fields: &mut Fields<'_>) -> Option<Detail> {
    let name = &export.name;
    if let ExportAction::Report { size, .. } = export.action {
        let form = Form {
            most: Most::Bytes(size),
            lines: true,
            empty: false,
        };
        return fields.text(name, form).map(Detail::Report);
    }
    let pointer = fields.pointer(name);
    let value = fields.map.get(name)?;
    if let ExportAction::Submit { .. } = export.action {
        let chosen = chosen::chosen(&export.action);
        let read = chosen::read(&chosen, value, &pointer, fields.problems);
        return read.map(Detail::Inputs);
    }
    let mut inner = Fields::of(value, pointer, fields.problems)?;
    pull_request::read(&mut inner, &export.action).map(Detail::PullRequest)
}

/// The fields of an object, and what is wrong with them.
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    pointer: String,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Fields<'a> {
    fn of(value: &'a Value, pointer: String, problems: &'a mut Vec<Problem>) -> Option<Self> {
        match value.as_object() {
            Some(map) => Some(Self {
                map,
                pointer,
                problems,
            }),
            None => {
                problems.push(Problem {
                    pointer,
                    rule: "field-type",
                    message: "it must be an object".to_owned(),
                });
                None
            }
        }
    }

    /// Refuses every other field.
    pub(super) fn known(&mut self, names: &[&str]) {
        let map = self.map;
        let unknown = map.keys().filter(|key| !names.contains(&key.as_str()));
        for key in unknown.take(MOST_PROBLEMS) {
            let plain = key.len() <= MOST_KEY
                && !key.is_empty()
                && key
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
            let message = format!("there is no such field; there are {}", names.join(", "));
            self.wrong(if plain { key } else { "" }, "field-unknown", message);
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// A text of a form; nothing where it is none, with the problem.
    pub(super) fn text(&mut self, name: &str, form: Form) -> Option<String> {
        let before = self.problems.len();
        match self.map.get(name) {
            Some(Value::String(text)) => {
                text::check(text, form, &self.pointer(name), self.problems);
                (self.problems.len() == before).then(|| text.clone())
            }
            found => self.absent(name, found.is_some(), "a text"),
        }
    }

    fn list(&mut self, name: &str) -> Option<&'a [Value]> {
        match self.map.get(name) {
            Some(Value::Array(list)) => Some(list),
            found => self.absent(name, found.is_some(), "a list of names"),
        }
    }

    fn absent<T>(&mut self, name: &str, found: bool, what: &str) -> Option<T> {
        match found {
            true => self.wrong(name, "field-type", format!("it must be {what}")),
            false => self.wrong(
                name,
                "field-missing",
                format!("it must be there, as {what}"),
            ),
        }
        None
    }

    /// One problem is enough to refuse; more than are told are not kept.
    pub(super) fn wrong(&mut self, name: &str, rule: &'static str, message: String) {
        if self.problems.len() >= MOST_PROBLEMS {
            return;
        }
        let pointer = self.pointer(name);
        self.problems.push(Problem {
            pointer,
            rule,
            message,
        });
    }

    fn pointer(&self, name: &str) -> String {
        match name {
            "" => self.pointer.clone(),
            name => format!("{}/{name}", self.pointer),
        }
    }
}
