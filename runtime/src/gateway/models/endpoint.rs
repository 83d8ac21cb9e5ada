//! What is served to agents, and where it is upstream.

use super::super::answer::Refusal;
use super::super::http::Asked;
use crate::contract::{Agent, Model};
use crate::model::{Protocol, Refused, Request, anthropic, gemini, openai};

/// One thing that can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `POST /v1/messages`
    Messages,
    /// `POST /v1/messages/count_tokens`
    CountTokens,
    /// `POST /v1/chat/completions`
    Chat,
    /// `POST /v1/responses`
    Responses,
    /// `POST /v1/embeddings`
    Embeddings,
    /// `POST /v1beta/models/MODEL:generateContent`
    Generate,
    /// `POST /v1beta/models/MODEL:streamGenerateContent?alt=sse`
    StreamGenerate,
    /// `POST /v1beta/models/MODEL:countTokens`
    CountContents,
}

/// An endpoint, and the model where the path names it.
pub(super) type Found = (Endpoint, Option<String>);

/// The endpoint of a request.
///
/// # Errors
/// A path where nothing is served, a query that does not belong there.
pub(super) fn find(asked: &Asked) -> Result<Found, Refusal> {
    let words: Vec<&str> = asked.path.split('/').skip(1).collect();
    let found = match (asked.method.as_str(), words.as_slice()) {
        ("POST", ["v1", "messages"]) => (Endpoint::Messages, None),
        ("POST", ["v1", "messages", "count_tokens"]) => (Endpoint::CountTokens, None),
        ("POST", ["v1", "chat", "completions"]) => (Endpoint::Chat, None),
        ("POST", ["v1", "responses"]) => (Endpoint::Responses, None),
        ("POST", ["v1", "embeddings"]) => (Endpoint::Embeddings, None),
        ("POST", ["v1beta", "models", named]) => generated(named)?,
        _ => return Err(Refusal::Path),
    };
    match found.0.takes(asked.query.as_deref()) {
        true => Ok(found),
        false => Err(Refusal::Target),
    }
}

fn generated(named: &str) -> Result<Found, Refusal> {
    let (model, action) = named.rsplit_once(':').ok_or(Refusal::Path)?;
    let endpoint = match action {
        "generateContent" => Endpoint::Generate,
        "streamGenerateContent" => Endpoint::StreamGenerate,
        "countTokens" => Endpoint::CountContents,
        _ => return Err(Refusal::Path),
    };
    Ok((endpoint, Some(model.to_owned())))
}

impl Endpoint {
    /// How it speaks.
    pub(super) fn protocol(self) -> Protocol {
        match self {
            Self::Messages | Self::CountTokens => Protocol::Messages,
            Self::Chat => Protocol::Chat,
            Self::Responses => Protocol::Responses,
            Self::Embeddings => Protocol::Embeddings,
            Self::Generate | Self::StreamGenerate | Self::CountContents => Protocol::Generate,
        }
    }

    /// The operation, as the record names it.
    pub(super) fn operation(self) -> &'static str {
        match self {
            Self::Messages | Self::Chat | Self::Responses => "chat",
            Self::Embeddings => "embeddings",
            Self::Generate | Self::StreamGenerate => "generate_content",
            Self::CountTokens | Self::CountContents => "count_tokens",
        }
    }

    /// Whether a model works for it, so that it is a turn and uses tokens.
    pub(super) fn is_turn(self) -> bool {
        !matches!(self, Self::CountTokens | Self::CountContents)
    }

    fn takes(self, query: Option<&str>) -> bool {
        match (self, query) {
            (Self::StreamGenerate, query) => query == Some("alt=sse"),
            (Self::Messages | Self::CountTokens, Some(query)) => query == "beta=true",
            (_, query) => query.is_none(),
        }
    }

    /// Reads a body for an agent, or says why it is refused.
    pub(super) fn read(
        self,
        named: Option<&str>,
        body: &[u8],
        models: &[Model],
        agent: &Agent,
    ) -> Result<Request, Refused> {
        let named = named.unwrap_or_default();
        match self {
            Self::Messages => anthropic::messages(body, models, agent),
            Self::CountTokens => anthropic::count_tokens(body, models, agent),
            Self::Chat => openai::chat(body, models, agent),
            Self::Responses => openai::responses(body, models, agent),
            Self::Embeddings => openai::embeddings(body, models, agent),
            Self::Generate => gemini::generate(named, body, models, agent),
            Self::StreamGenerate => {
                let request = gemini::generate(named, body, models, agent)?;
                Ok(Request {
                    stream: true,
                    ..request
                })
            }
            Self::CountContents => gemini::count_tokens(named, body, models, agent),
        }
    }

    /// The URL upstream. A base address that ends with the version has it once.
    pub(super) fn url(self, model: &Model, query: Option<&str>) -> String {
        let (version, path) = match self {
            Self::Messages => ("/v1", "messages".to_owned()),
            Self::CountTokens => ("/v1", "messages/count_tokens".to_owned()),
            Self::Chat => ("/v1", "chat/completions".to_owned()),
            Self::Responses => ("/v1", "responses".to_owned()),
            Self::Embeddings => ("/v1", "embeddings".to_owned()),
            Self::Generate => ("/v1beta", format!("models/{}:generateContent", model.id)),
            Self::StreamGenerate => (
                "/v1beta",
                format!("models/{}:streamGenerateContent", model.id),
            ),
            Self::CountContents => ("/v1beta", format!("models/{}:countTokens", model.id)),
        };
        let base = model.url.trim_end_matches('/');
        let base = base.strip_suffix(version).unwrap_or(base);
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{base}{version}/{path}{query}")
    }
}
