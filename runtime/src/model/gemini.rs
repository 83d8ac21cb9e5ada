//! Google's Gemini API: `POST /v1beta/models/MODEL:generateContent`, `:streamGenerateContent` and `:countTokens`.
//!
//! What goes upstream equals what was sent but for: `generationConfig.maxOutputTokens`, which always stands (it
//! bounds thoughts and answer together); `generationConfig.temperature`, where the contract says one; `labels`, which are left out (what labels a bill is not the agent's to say);
//! fields that are refused and `null` or `false`, which are left out; order of keys and spelling of numbers. The API
//! also reads names with underscores; no table has one, so nothing stands twice.

mod content;
mod top;

use super::rule::{Refused, Rule};
use super::{Request, bound, read, resolve, set_temperature, write};
use crate::contract::{Agent, Model, Provider};
use serde_json::{Map, Value, json};

/// Reads a body for an agent; `asked` is the model as the path names it, `models` are the contract's. Whether the
/// answer is a stream the path says too.
///
/// # Errors
/// Whatever the tables do not name, another model, a bound that is missing or too large.
pub fn generate(
    asked: &str,
    body: &[u8],
    models: &[Model],
    agent: &Agent,
) -> Result<Request, Refused> {
    let named = model(asked, models, agent)?;
    let mut passed = read(body, &top::GENERATE)?;
    let most = most_output(&mut passed.map, named.1)?;
    passed.request(named, most)
}

/// Reads the body of `:countTokens`, which answers with a number and uses no tokens: both amounts of the result
/// are 0.
///
/// # Errors
/// As [`generate`].
pub fn count_tokens(
    asked: &str,
    body: &[u8],
    models: &[Model],
    agent: &Agent,
) -> Result<Request, Refused> {
    let (model, _) = model(asked, models, agent)?;
    let passed = read(body, &top::COUNT)?;
    Ok(Request {
        model,
        body: write(passed.map)?,
        stream: false,
        most_output: 0,
        input_estimate: 0,
        usage_asked: false,
    })
}

/// The model, whose id becomes a part of the path upstream.
fn model<'m>(
    asked: &str,
    models: &'m [Model],
    agent: &Agent,
) -> Result<(usize, &'m Model), Refused> {
    let (index, model) = resolve(asked, models, agent, speaks)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    match model.id.bytes().all(plain) && !model.id.starts_with('.') {
        true => Ok((index, model)),
        false => Err(Refused::new(
            Rule::Model,
            String::new(),
            "the id of this model cannot stand in a path".to_owned(),
        )),
    }
}

fn speaks(provider: Provider) -> bool {
    provider == Provider::Gemini
}

/// Writes the bound of the answer, and how it is drawn; thoughts are within it, but for a budget of theirs that is larger.
fn most_output(map: &mut Map<String, Value>, model: &Model) -> Result<u64, Refused> {
    let place = "generationConfig/maxOutputTokens";
    let config = map.entry("generationConfig").or_insert(Value::Null);
    if !config.is_object() {
        *config = Value::Object(Map::new());
    }
    let asked = config.get("maxOutputTokens").and_then(Value::as_u64);
    let most = bound(asked, model, place)?;
    let thoughts = config.pointer("/thinkingConfig/thinkingBudget");
    let thoughts = thoughts.and_then(Value::as_u64).unwrap_or(0);
    if model.max_tokens.is_some_and(|bound| thoughts > bound) {
        return Err(Refused::new(
            Rule::MaxTokens,
            "/generationConfig/thinkingConfig/thinkingBudget".to_owned(),
            format!("`thinkingBudget` is {thoughts}, which is more than is allowed"),
        ));
    }
    if let Some(config) = config.as_object_mut() {
        config.insert("maxOutputTokens".to_owned(), json!(most));
        set_temperature(config, model);
    }
    Ok(most.max(thoughts))
}
