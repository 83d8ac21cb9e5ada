//! OpenAI's API, for OpenAI, Ollama, vLLM and others that speak it: `POST /v1/chat/completions`, `/v1/responses`
//! and `/v1/embeddings`.
//!
//! What goes upstream equals what was sent but for:
//! - `model`, the provider's id;
//! - the bound of the answer, which always stands and has one name: `max_output_tokens` (responses),
//!   `max_completion_tokens` (chat, OpenAI), `max_tokens` (chat, others: some know no other name);
//! - `temperature` of chat and responses, where the contract says one;
//! - `store`, which is `false` (responses: always; chat: for OpenAI, the only one that keeps answers);
//! - `stream_options.include_usage`, which is `true` for a chat that streams;
//! - `user`, `safety_identifier`, `metadata` and `client_metadata`, which are left out: who asks is not the agent's
//!   to say, and what labels stored answers has no use;
//! - in items of responses `id`, which is left out: it can stand for what the provider keeps;
//! - fields that are refused and `null` or `false`, which are left out; order of keys and spelling of numbers.

mod chat;
mod responses;

use super::rule::{Refused, Rule};
use super::shape::Field::{Drop, May, Must};
use super::shape::{Object, Shape};
use super::{Request, bound, name_model, read, set_temperature};
use crate::contract::{Agent, Model, Provider};
use serde_json::{Map, Value, json};

/// Reads the body of `/v1/chat/completions` for an agent; `models` are the contract's.
///
/// # Errors
/// Whatever the tables do not name, another model, a bound that is missing, twice or too large.
pub fn chat(body: &[u8], models: &[Model], agent: &Agent) -> Result<Request, Refused> {
    let mut passed = read(body, &chat::TABLE)?;
    let map = &mut passed.map;
    let (index, model) = name_model(map, models, agent, chats)?;
    let most = chat_bound(map, model)?;
    set_temperature(map, model);
    if model.provider == Provider::Openai {
        map.insert("store".to_owned(), Value::Bool(false));
    } else {
        map.remove("store");
    }
    let stream = map.get("stream") == Some(&Value::Bool(true));
    let usage_asked = stream && ask_usage(map);
    let request = passed.request((index, model), most)?;
    Ok(Request {
        usage_asked,
        ..request
    })
}

/// Reads the body of `/v1/responses` for an agent; `models` are the contract's.
///
/// # Errors
/// Whatever the tables do not name, another model, a bound that is missing or too large.
pub fn responses(body: &[u8], models: &[Model], agent: &Agent) -> Result<Request, Refused> {
    let mut passed = read(body, &responses::TABLE)?;
    let map = &mut passed.map;
    let (index, model) = name_model(map, models, agent, speaks)?;
    let asked = map.get("max_output_tokens").and_then(Value::as_u64);
    let most = bound(asked, model, "max_output_tokens")?;
    map.insert("max_output_tokens".to_owned(), json!(most));
    set_temperature(map, model);
    map.insert("store".to_owned(), Value::Bool(false));
    passed.request((index, model), most)
}

/// Reads the body of `/v1/embeddings` for an agent; `models` are the contract's. Nothing is put out but vectors.
///
/// # Errors
/// Whatever the table does not name, another model.
pub fn embeddings(body: &[u8], models: &[Model], agent: &Agent) -> Result<Request, Refused> {
    let mut passed = read(body, &EMBEDDINGS)?;
    let named = name_model(&mut passed.map, models, agent, speaks)?;
    passed.request(named, 0)
}

static EMBEDDINGS: Object = Object {
    fields: &[
        Must("model", &Shape::Text),
        Must(
            "input",
            &Shape::Or(&[
                Shape::Text,
                Shape::List(
                    &Shape::Or(&[
                        Shape::Text,
                        Shape::Count,
                        Shape::List(&Shape::Count, 100_000),
                    ]),
                    100_000,
                ),
            ]),
        ),
        May("encoding_format", &Shape::Words(&["float", "base64"])),
        May("dimensions", &Shape::Count),
        Drop("user", &Shape::Text),
    ],
    denied: &[],
};

fn speaks(provider: Provider) -> bool {
    match provider {
        Provider::Openai | Provider::Ollama | Provider::Compatible => true,
        Provider::Anthropic | Provider::Gemini | Provider::Stub => false,
    }
}

/// A stub chats, and that is all that it can of this protocol.
fn chats(provider: Provider) -> bool {
    speaks(provider) || provider == Provider::Stub
}

/// Gives the bound of a chat the one name that the provider knows.
fn chat_bound(map: &mut Map<String, Value>, model: &Model) -> Result<u64, Refused> {
    const NEW: &str = "max_completion_tokens";
    const OLD: &str = "max_tokens";
    let new = map.remove(NEW).and_then(|v| v.as_u64());
    let old = map.remove(OLD).and_then(|v| v.as_u64());
    if new.is_some() && old.is_some() {
        return Err(Refused::new(
            Rule::MaxTokens,
            format!("/{OLD}"),
            format!("`{OLD}` and `{NEW}` both stand; one of them says the bound"),
        ));
    }
    let asked_as = if old.is_some() { OLD } else { NEW };
    let most = bound(new.or(old), model, asked_as)?;
    let name = if model.provider == Provider::Openai {
        NEW
    } else {
        OLD
    };
    map.insert(name.to_owned(), json!(most));
    Ok(most)
}

/// Asks for the usage of a stream; whether the client did so too.
fn ask_usage(map: &mut Map<String, Value>) -> bool {
    let options = map.entry("stream_options").or_insert(Value::Null);
    if !options.is_object() {
        *options = Value::Object(Map::new());
    }
    let before = options
        .as_object_mut()
        .and_then(|o| o.insert("include_usage".to_owned(), Value::Bool(true)));
    before == Some(Value::Bool(true))
}
