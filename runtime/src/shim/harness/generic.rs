//! Any command that reads a prompt on standard input.
//!
//! It is told where the gateway is in the variables that the SDKs of providers read: base URLs, keys, and the id of
//! its first model as `PURE_AGENT_MODEL`.

use super::{Launch, Turn, speaking, url};
use crate::shim::Shim;
use crate::shim::left::Left;

pub(super) fn launch(shim: &Shim, left: &Left, turn: &Turn) -> Launch {
    let mut words = left.agent.command.iter().cloned();
    let bearer = || left.bearer.clone();
    let mut variables = vec![
        ("ANTHROPIC_BASE_URL", url(shim, "")),
        ("ANTHROPIC_API_KEY", bearer()),
        ("GEMINI_API_KEY", bearer()),
        ("GOOGLE_GEMINI_BASE_URL", url(shim, "")),
        ("OPENAI_API_KEY", bearer()),
        ("OPENAI_BASE_URL", url(shim, "/v1")),
    ];
    if let Some(model) = speaking(left, |_| true).next() {
        variables.push(("PURE_AGENT_MODEL", model.to_owned()));
    }
    Launch {
        program: words.next().unwrap_or_default(),
        arguments: words.collect(),
        variables,
        settings: None,
        input: turn.whole(),
    }
}
