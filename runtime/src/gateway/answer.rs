//! Answers. Every refusal names its rule; nothing of a request stands in it.

use crate::body::{self, Body, Unread};
use crate::state::journal::Denied;
use bytes::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;

/// A status, fields and a body.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

impl Answer {
    /// An answer of any kind; nothing of it is kept by caches.
    #[must_use]
    pub fn new(status: StatusCode, kind: &'static str, body: Body) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self {
            status,
            headers,
            body,
        }
    }

    /// JSON that stands already.
    #[must_use]
    pub fn json(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json", body::whole(body))
    }

    /// 200, with a document.
    #[must_use]
    pub fn fine(document: &impl Serialize) -> Self {
        match serde_json::to_vec(document) {
            Ok(body) => Self::json(StatusCode::OK, body),
            Err(_) => Refusal::Record.into(),
        }
    }

    /// 200, after which the connection is a tunnel.
    #[must_use]
    pub fn tunnel() -> Self {
        Self {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: body::empty(),
        }
    }

    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// As hyper sends it.
    #[must_use]
    pub fn response(self) -> Response<Body> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Not HTTP/1.1.
    Version,
    /// A target that is no plain path: absolute, with escapes, with a query where none belongs.
    Target,
    /// Bytes that two readers could read as different requests.
    Framing,
    /// A header that is too long.
    Head,
    /// A header that did not come in time.
    Late,
    /// It wants to become another protocol.
    Upgrade,
    /// A credential that is no single bearer.
    Credential,
    /// The body was not read.
    Unread(Unread),
    /// No credential, or not the one for this.
    Unknown,
    /// The same for a tunnel: clients such as git show a proxy their credential only when they are asked for it.
    UnknownProxy,
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
            Self::Head => "http-head",
            Self::Late => "http-late",
            Self::Upgrade => "http-upgrade",
            Self::Credential => "credential-shape",
            Self::Unread(unread) => unread.rule(),
            Self::Unknown | Self::UnknownProxy => "credential",
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
            Self::Unread(Unread::Broken) | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Head => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Late | Self::Unread(Unread::Late) => StatusCode::REQUEST_TIMEOUT,
            Self::Unread(Unread::TooLong) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::UnknownProxy => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
            Self::Path => StatusCode::NOT_FOUND,
            Self::Egress | Self::Host(_) | Self::Deadline => StatusCode::FORBIDDEN,
            Self::State(..) => StatusCode::CONFLICT,
            Self::Record => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::Version => "the gateway speaks HTTP/1.1",
            Self::Target => {
                "the target must be a plain path, without query and escapes where none belong"
            }
            Self::Framing => {
                "the bytes are no request that has one host, one length and plain fields"
            }
            Self::Head => "the header has more than 16 KiB or more than 64 fields",
            Self::Late => "the header did not come in time",
            Self::Upgrade => "the connection stays HTTP/1.1",
            Self::Credential => {
                "there is one credential: `Authorization: Bearer …`, or the key of a provider's SDK"
            }
            Self::Unread(Unread::Late) => "the body did not come in time",
            Self::Unread(Unread::TooLong) => "the body has more bytes than it may have there",
            Self::Unread(Unread::Broken) => "the body broke off",
            Self::Unknown | Self::UnknownProxy => "this credential is not known here",
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

impl From<Unread> for Refusal {
    fn from(unread: Unread) -> Self {
        Self::Unread(unread)
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let body = json!({"error": {"rule": refusal.rule(), "message": refusal.message()}});
        let answer = Self::json(refusal.status(), body.to_string());
        match refusal {
            Refusal::UnknownProxy => {
                let basic = HeaderValue::from_static("Basic realm=\"pure-agent\"");
                answer.with(PROXY_AUTHENTICATE, basic)
            }
            _ => answer,
        }
    }
}

impl From<Result<Answer, Refusal>> for Answer {
    fn from(result: Result<Answer, Refusal>) -> Self {
        result.unwrap_or_else(Self::from)
    }
}
