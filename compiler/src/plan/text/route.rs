//! How the agent is chosen, where one of several is.

use super::page::Row;
use super::words;
use crate::plan::{Flow, Plan};
use pure_agent_runtime::contract::RouteBy;

/// Who chooses, within which bounds, and what each agent is chosen for.
pub(super) fn route(plan: &Plan) -> Vec<Row> {
    let Flow::Route {
        by,
        fallback,
        choices,
    } = &plan.flow
    else {
        return Vec::new();
    };
    let row = |word: &str, name: &str, fact: String| vec![word.to_owned(), name.to_owned(), fact];
    let (who, bounds) = match by {
        RouteBy::Model {
            name,
            turns,
            tokens,
            deadline,
        } => (
            format!("model {name}"),
            format!(
                "{}, {}, {}; within the limits of the run",
                words::count(*turns, "turn", "turns"),
                words::count(*tokens, "token", "tokens"),
                words::time(*deadline)
            ),
        ),
        RouteBy::Input { name } => (format!("input {name}"), "by its value".to_owned()),
    };
    let mut rows = vec![row("by", &who, bounds)];
    for (at, choice) in choices.iter().enumerate() {
        let word = if at == 0 { "one of" } else { "" };
        let when: Vec<String> = choice.when.iter().map(|w| words::quoted(w)).collect();
        let mut facts = Vec::new();
        facts.extend((!when.is_empty()).then(|| when.join(" or ")));
        facts.extend((choice.agent == *fallback).then(|| "the fallback".to_owned()));
        rows.push(row(word, &choice.agent, facts.join("; ")));
    }
    rows
}
