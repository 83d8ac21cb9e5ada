//! The request as upstream gets it: nothing of the agent's header is in it but a version and betas that are known.

use super::super::Gateway;
use super::No;
use super::endpoint::Endpoint;
use crate::body::{self, Body};
use crate::contract::{Model, Provider};
use crate::model::anthropic::{self, Version};
use crate::secret::Secrets;
use bytes::Bytes;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    USER_AGENT,
};
use hyper::{Method, Request, Uri};

/// How tokens of a subscription begin, which go another way than keys.
const OAUTH: &str = "sk-ant-oat";
/// The beta without which such a token is not taken.
const OAUTH_BETA: &str = "oauth-2025-04-20";
const ANTHROPIC_BETA: HeaderName = HeaderName::from_static("anthropic-beta");
const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// A request that can be sent again. It has no `Debug`, for the credential stands in it.
pub(super) struct Upstream {
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    /// The credential, so that it can be found in what comes back.
    pub(super) secret: Option<String>,
}

impl Upstream {
    /// The request for a model; `headers` and `query` are the agent's.
    pub(super) fn new(
        gateway: &Gateway,
        (endpoint, query): (Endpoint, Option<&str>),
        model: &Model,
        headers: &HeaderMap,
        stream: bool,
    ) -> Result<Self, No> {
        let uri = endpoint.url(model, query).parse();
        let uri = uri.map_err(|_untold| {
            No::Upstream("upstream-target", "the address of this model is no URL")
        })?;
        let mut fields = plain(stream);
        let named = headers.get_all(ANTHROPIC_VERSION).iter();
        let version = anthropic::version(named.map(HeaderValue::as_bytes));
        let secret = match &model.auth {
            Some(name) => {
                let known = credential(&gateway.secrets, name, (model.provider, version));
                let (secret, field, value) = known.ok_or(No::Upstream(
                    "upstream-credential",
                    "the credential of this model cannot be used",
                ))?;
                fields.insert(field, value);
                Some(secret)
            }
            None => None,
        };
        if model.provider == Provider::Anthropic {
            let oauth = secret.as_deref().is_some_and(|key| key.starts_with(OAUTH));
            fields.insert(ANTHROPIC_VERSION, HeaderValue::from_static(version.name));
            betas(&mut fields, headers, oauth);
        }
        Ok(Self {
            uri,
            headers: fields,
            body: Bytes::new(),
            secret,
        })
    }

    /// The same with a body.
    pub(super) fn with(self, body: Bytes) -> Self {
        Self { body, ..self }
    }

    /// The request, once more.
    pub(super) fn request(&self) -> Request<Body> {
        let mut request = Request::new(body::whole(self.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

fn plain(stream: bool) -> HeaderMap {
    let accept = if stream {
        "text/event-stream"
    } else {
        "application/json"
    };
    HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (ACCEPT, HeaderValue::from_static(accept)),
        (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        (USER_AGENT, HeaderValue::from_static("pure-agent")),
    ])
}

/// A credential, and the field by which the provider takes it; Anthropic's depends on the version.
fn credential(
    secrets: &Secrets,
    name: &str,
    (provider, version): (Provider, Version),
) -> Option<(String, HeaderName, HeaderValue)> {
    let secret = secrets.get(name)?.to_owned();
    let (field, prefix) = match provider {
        Provider::Anthropic if !version.bearer && !secret.starts_with(OAUTH) => {
            (HeaderName::from_static("x-api-key"), "")
        }
        Provider::Gemini => (HeaderName::from_static("x-goog-api-key"), ""),
        Provider::Anthropic
        | Provider::Openai
        | Provider::Ollama
        | Provider::Compatible
        | Provider::Stub => (AUTHORIZATION, "Bearer "),
    };
    let value = secrets.header(name, prefix)?;
    Some((secret, field, value))
}

/// The betas that the agent asks for and may have.
fn betas(fields: &mut HeaderMap, asked: &HeaderMap, oauth: bool) {
    let asked = asked.get_all(ANTHROPIC_BETA).iter();
    let asked: Vec<&str> = asked.filter_map(|value| value.to_str().ok()).collect();
    let mut betas = anthropic::beta(&asked.join(","));
    if oauth && !betas.iter().any(|beta| beta == OAUTH_BETA) {
        betas.push(OAUTH_BETA.to_owned());
    }
    if let Ok(betas) = HeaderValue::try_from(betas.join(","))
        && !betas.is_empty()
    {
        fields.insert(ANTHROPIC_BETA, betas);
    }
}
