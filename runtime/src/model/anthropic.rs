//! Anthropic's Messages API: `POST /v1/messages` and `POST /v1/messages/count_tokens`.
//!
//! What goes upstream equals what was sent but for: `model` (the provider's id); `temperature`, where the contract says
//! one; `metadata` and
//! `cache_control.scope`, which are left out (who the user is, and sharing of caches, are not the agent's to say);
//! fields that are refused and `null` or `false`, which are left out; order of keys and spelling of numbers.

mod content;
mod top;

use super::rule::{Refused, Rule};
use super::{Request, bound, name_model, read, set_temperature, write};
use crate::contract::{Agent, Model, Provider};
use serde_json::Value;

/// A published version of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The header `anthropic-version`.
    pub name: &'static str,
    /// Its official SDKs show a key as `Authorization: Bearer …`; those of another as `x-api-key`.
    pub bearer: bool,
}

/// The version for whoever names none of the list.
const OWN: Version = Version {
    name: "2023-06-01",
    bearer: false,
};

/// The published versions.
const VERSIONS: [Version; 2] = [
    OWN,
    Version {
        name: "2026-10-21",
        bearer: true,
    },
];

/// The version that goes upstream for a client's `anthropic-version` headers: what it names, if that is one
/// version and published; else our own.
#[must_use]
pub fn version<'h>(headers: impl IntoIterator<Item = &'h [u8]>) -> Version {
    let mut headers = headers.into_iter();
    let (named, more) = (headers.next(), headers.next());
    let mut versions = VERSIONS.into_iter();
    let known = versions.find(|version| named == Some(version.name.as_bytes()));
    known.filter(|_| more.is_none()).unwrap_or(OWN)
}

/// Reads the body of `/v1/messages` for an agent; `models` are the contract's.
///
/// # Errors
/// Whatever the tables do not name, another model, a missing or too large `max_tokens`.
pub fn messages(body: &[u8], models: &[Model], agent: &Agent) -> Result<Request, Refused> {
    let mut passed = read(body, &top::MESSAGES)?;
    let (index, model) = name_model(&mut passed.map, models, agent, speaks)?;
    let asked = passed.map.get("max_tokens").and_then(Value::as_u64);
    // 0 fills the cache and puts out nothing.
    let most = match asked {
        Some(0) => 0,
        asked => bound(asked, model, "max_tokens")?,
    };
    let thinking = budget(passed.map.get("thinking"), model)?;
    set_temperature(&mut passed.map, model);
    passed.request((index, model), most.max(thinking))
}

/// Reads the body of `/v1/messages/count_tokens`, which answers with a number and uses no tokens: both
/// amounts of the result are 0.
///
/// # Errors
/// As [`messages`]; `max_tokens` and `stream` are no fields of it.
pub fn count_tokens(body: &[u8], models: &[Model], agent: &Agent) -> Result<Request, Refused> {
    let mut passed = read(body, &top::COUNT_TOKENS)?;
    let (index, _) = name_model(&mut passed.map, models, agent, speaks)?;
    Ok(Request {
        model: index,
        body: write(passed.map)?,
        stream: false,
        most_output: 0,
        input_estimate: 0,
        usage_asked: false,
    })
}

/// The values of an `anthropic-beta` header that go upstream, each once, in their order.
///
/// Others are left out, not refused: harnesses add experiments with each release, and a feature that is left out is
/// off. What it would unlock in the body is refused by name there.
#[must_use]
pub fn beta(header: &str) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for value in header.split(',').map(str::trim) {
        let known = BETAS.contains(&value);
        if known && !kept.iter().any(|k| k == value) {
            kept.push(value.to_owned());
        }
    }
    kept
}

/// Betas that change how a model reads and answers, and reach nothing else.
const BETAS: [&str; 17] = [
    "claude-code-20250219",
    "context-1m-2025-08-07",
    "context-management-2025-06-27",
    "effort-2025-11-24",
    "extended-cache-ttl-2025-04-11",
    "fine-grained-tool-streaming-2025-05-14",
    "interleaved-thinking-2025-05-14",
    "max-tokens-3-5-sonnet-2024-07-15",
    "oauth-2025-04-20",
    "mid-conversation-system-2026-04-07",
    "output-128k-2025-02-19",
    "pdfs-2024-09-25",
    "prompt-caching-2024-07-31",
    "structured-outputs-2025-11-13",
    "structured-outputs-2025-12-15",
    "token-counting-2024-11-01",
    "token-efficient-tools-2025-02-19",
];

fn speaks(provider: Provider) -> bool {
    matches!(provider, Provider::Anthropic | Provider::Stub)
}

/// Tokens of thinking, which may stand above `max_tokens` where thoughts and calls alternate.
fn budget(thinking: Option<&Value>, model: &Model) -> Result<u64, Refused> {
    let asked = thinking
        .and_then(|t| t.get("budget_tokens"))
        .and_then(Value::as_u64)
        .unwrap_or(0);
    match model.max_tokens {
        Some(most) if asked > most => Err(Refused::new(
            Rule::MaxTokens,
            "/thinking/budget_tokens".to_owned(),
            format!("`budget_tokens` is {asked}, and {most} is allowed"),
        )),
        _ => Ok(asked),
    }
}
