//! The models of the agent, as the contract has them: nobody else is asked.

use super::super::Gateway;
use super::super::answer::{Answer, Refusal};
use super::super::http::Asked;
use crate::contract::{Model, Provider};
use crate::model::Protocol;
use serde_json::{Value, json};

/// Answers `/v1/models`, `/v1/models/ID`, `/v1beta/models` and `/v1beta/models/ID`. An id is a model's name in the
/// spec, or the provider's. What a query asks for is left out of account: there is one page.
///
/// # Errors
/// A path where nothing is served, a model that the agent does not have.
pub(super) fn answer(gateway: &Gateway, asked: &Asked) -> Result<Answer, Refusal> {
    let protocol = super::protocol(asked).ok_or(Refusal::Path)?;
    let path = asked.path.strip_prefix("/v1beta/models");
    let path = path.or_else(|| asked.path.strip_prefix("/v1/models"));
    let path = path.ok_or(Refusal::Path)?;
    let agent = super::agent(gateway)?;
    let models = agent.models.iter();
    let models = models.filter_map(|name| gateway.contract.models.iter().find(|m| m.name == *name));
    let models: Vec<&Model> = models.filter(|m| family(m.provider) == protocol).collect();
    if path.is_empty() {
        return Ok(Answer::fine(&all(protocol, &models)));
    }
    let id = path.strip_prefix('/').ok_or(Refusal::Path)?;
    let by_name = models.iter().find(|model| model.name == id);
    let found = by_name.or_else(|| models.iter().find(|model| model.id == id));
    let found = found.ok_or(Refusal::Path)?;
    Ok(Answer::fine(&one(protocol, found)))
}

/// One protocol for all that list alike.
fn family(provider: Provider) -> Protocol {
    match provider {
        Provider::Anthropic | Provider::Stub => Protocol::Messages,
        Provider::Openai | Provider::Ollama | Provider::Compatible => Protocol::Chat,
        Provider::Gemini => Protocol::Generate,
    }
}

fn all(protocol: Protocol, models: &[&Model]) -> Value {
    let list: Vec<Value> = models.iter().map(|model| one(protocol, model)).collect();
    let id = |model: Option<&&Model>| model.map(|model| model.name.clone());
    match protocol {
        Protocol::Messages => json!({
            "data": list,
            "has_more": false,
            "first_id": id(models.first()),
            "last_id": id(models.last()),
        }),
        Protocol::Generate => json!({ "models": list }),
        Protocol::Chat | Protocol::Responses | Protocol::Embeddings => {
            json!({ "object": "list", "data": list })
        }
    }
}

fn one(protocol: Protocol, model: &Model) -> Value {
    match protocol {
        Protocol::Messages => json!({
            "type": "model",
            "id": model.name,
            "display_name": model.id,
            "created_at": "1970-01-01T00:00:00Z",
        }),
        Protocol::Generate => {
            let mut shown = json!({
                "name": format!("models/{}", model.name),
                "displayName": model.id,
                "supportedGenerationMethods": ["generateContent", "countTokens"],
            });
            if let (Some(most), Some(shown)) = (model.max_tokens, shown.as_object_mut()) {
                shown.insert("outputTokenLimit".to_owned(), json!(most));
            }
            shown
        }
        Protocol::Chat | Protocol::Responses | Protocol::Embeddings => json!({
            "id": model.name,
            "object": "model",
            "created": 0,
            "owned_by": "pure-agent",
        }),
    }
}
