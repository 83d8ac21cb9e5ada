//! Answers. Every refusal names its rule; nothing of a request stands in it.

use crate::state::journal::Denied;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;

/// A status and a JSON body.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    body: Vec<u8>,
}

impl Answer {
    /// 200, with a document.
    #[must_use]
    pub fn fine(document: &impl Serialize) -> Self {
        match serde_json::to_vec(document) {
            Ok(body) => Self {
                status: StatusCode::OK,
                body,
            },
            Err(_) => Refusal::Record.into(),
        }
    }

    /// 200, after which the connection is a tunnel.
    #[must_use]
    pub fn tunnel() -> Self {
        Self {
            status: StatusCode::OK,
            body: Vec::new(),
        }
    }

    /// As hyper sends it.
    #[must_use]
    pub fn response(self) -> Response<Full<Bytes>> {
        let plain = self.body.is_empty();
        let mut response = Response::new(Full::new(Bytes::from(self.body)));
        *response.status_mut() = self.status;
        if plain {
            return response;
        }
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            hyper::header::HeaderValue::from_static("application/json"),
        );
        headers.insert(
            CACHE_CONTROL,
            hyper::header::HeaderValue::from_static("no-store"),
        );
        response
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Not HTTP/1.1.
    Version,
    /// A target that is no plain path: absolute, with a query, with escapes.
    Target,
    /// Two hosts, or an unknown encoding.
    Framing,
    /// It wants to become another protocol.
    Upgrade,
    /// A credential that is no single bearer.
    Credential,
    /// The body did not come in time.
    Late,
    /// The body has too many bytes.
    TooLong,
    /// The body broke off.
    Body,
    /// No credential, or not the one for this.
    Unknown,
    /// Nothing is served there.
    Path,
    /// The body is not what is asked for there.
    Malformed,
    /// The spec does not name this host and port for the agent.
    Egress,
    /// The host is none; with the rule.
    Host(&'static str),
    /// The run's time is over.
    Deadline,
    /// The state does not allow it; with the rule.
    State(&'static str, String),
    /// It could not be recorded, so it did not happen.
    Record,
}

impl Refusal {
    /// The rule, as a stable word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Version => "http-version",
            Self::Target => "http-target",
            Self::Framing => "http-framing",
            Self::Upgrade => "http-upgrade",
            Self::Credential => "credential-shape",
            Self::Late => "body-late",
            Self::TooLong => "body-length",
            Self::Body => "body-broken",
            Self::Unknown => "credential",
            Self::Path => "path",
            Self::Malformed => "body-form",
            Self::Egress => "egress",
            Self::Deadline => "deadline",
            Self::Host(rule) | Self::State(rule, _) => rule,
            Self::Record => "record",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::Target | Self::Framing | Self::Upgrade | Self::Credential => {
                StatusCode::BAD_REQUEST
            }
            Self::Body | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Late => StatusCode::REQUEST_TIMEOUT,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::Path => StatusCode::NOT_FOUND,
            Self::Egress | Self::Host(_) | Self::Deadline => StatusCode::FORBIDDEN,
            Self::State(..) => StatusCode::CONFLICT,
            Self::Record => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::Version => "the gateway speaks HTTP/1.1",
            Self::Target => "the target must be a plain path, without query and escapes",
            Self::Framing => "the host is told twice, or the body is encoded in an unknown way",
            Self::Upgrade => "the connection stays HTTP/1.1",
            Self::Credential => "a credential is one `Authorization: Bearer …`",
            Self::Late => "the body did not come in time",
            Self::TooLong => "the body has more than a MiB",
            Self::Body => "the body broke off",
            Self::Unknown => "this credential is not known here",
            Self::Path => "nothing is served there",
            Self::Malformed => "the body is not the JSON document that belongs there",
            Self::Egress => "the spec does not let the agent reach this host and port",
            Self::Host(_) => "this is no name of a host",
            Self::Deadline => "the time of the run is over",
            Self::State(_, message) => message,
            Self::Record => "it could not be recorded, so it was not done",
        }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match &denied {
            Denied::Refusal(refusal) => Self::State(refusal.rule(), refusal.to_string()),
            Denied::Unrecorded(_) => Self::Record,
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let body = json!({"error": {"rule": refusal.rule(), "message": refusal.message()}});
        Self {
            status: refusal.status(),
            body: body.to_string().into_bytes(),
        }
    }
}

impl From<Result<Answer, Refusal>> for Answer {
    fn from(result: Result<Answer, Refusal>) -> Self {
        result.unwrap_or_else(Self::from)
    }
}
