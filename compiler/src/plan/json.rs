//! The JSON form of a plan, for programs.
//!
//! What a reader may rely on, as long as `schema` is the number that it knows:
//!
//! - Every field of [`Plan`] is present in every document; what does not apply is `null` or an empty
//!   list. The parts that are the runtime's contract ([`pure_agent_runtime::contract`]) leave out
//!   what does not apply instead, as the contract itself does.
//! - No field goes away, none changes its name, type, unit or meaning. New fields and new words of an
//!   enumeration may come: a reader ignores fields that it does not know, and treats a word that it
//!   does not know as something that it has not reviewed.
//! - Durations are seconds, sizes bytes, money millionths of its currency, CPUs thousandths. Numbers
//!   are integers of at most 2^53 - 1.
//! - Lists have a fixed order; the same sources give the same bytes.
//!
//! Anything else raises [`PLAN_SCHEMA`](crate::plan::PLAN_SCHEMA).

use crate::plan::Plan;

/// The plan as JSON: two spaces of indentation, fields in the order of the types, a newline at the end.
#[must_use]
pub fn json(plan: &Plan) -> String {
    // Only maps whose keys are no strings and failing writers refuse; a plan has neither.
    let mut text = serde_json::to_string_pretty(plan).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
