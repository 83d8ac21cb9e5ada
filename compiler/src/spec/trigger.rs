//! Triggers as their author wrote them.

use super::S;
use crate::shape::Item;
use crate::span::Span;

/// `trigger`
#[derive(Debug, Clone)]
pub struct Trigger {
    /// Name of the event.
    pub event: S<String>,
    /// What of its payload is handed in.
    pub inputs: Vec<Handed>,
}

/// `input` of a trigger
#[derive(Debug, Clone)]
pub struct Handed {
    /// The node.
    pub span: Span,
    /// The input.
    pub input: S<String>,
    /// Where its text stands.
    pub text: Option<S<String>>,
    /// Where a value stands whose JSON is the text.
    pub json: Option<S<String>>,
    /// Whether something in it was refused: what seems to be missing may be what was meant.
    pub spoilt: bool,
}

pub(super) fn trigger(item: &Item) -> Option<Trigger> {
    let handed = |i: &Item| {
        Some(Handed {
            span: i.span,
            input: i.text(0)?,
            text: i.prop("text"),
            json: i.prop("json"),
            spoilt: i.spoilt(),
        })
    };
    Some(Trigger {
        event: item.text(0)?,
        inputs: item.children("input").filter_map(handed).collect(),
    })
}
