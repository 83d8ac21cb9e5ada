//! Requests to the API server, with the token of the pod's account. What it says of a failure is not passed on.

use super::super::Failed;
use crate::body::{self, Body};
use crate::contract::ClusterApi;
use crate::net::host::Host;
use crate::strict;
use crate::web::Web;
use bytes::Bytes;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT,
};
use hyper::{Method, Request, Response, Uri};
use memchr::memmem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most bytes of an answer of the API server, which says much more of a pod than is shown.
const MOST_ANSWER: usize = 8 << 20;
/// The rule of what somebody else has made or changed.
const CONFLICT: &str = "kubernetes-conflict";
/// Most bytes of a token.
const MOST_TOKEN: u64 = 16 * 1024;

/// The API server.
#[derive(Debug)]
pub(crate) struct Api {
    url: String,
    token: PathBuf,
    web: Web,
    deadline: Duration,
}

/// Whether a text can be the name of an object: it is then one plain segment of an address.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let label = |label: &str| {
        label.bytes().all(|b| plain(b) || b == b'-')
            && label.bytes().next().is_some_and(plain)
            && label.bytes().last().is_some_and(plain)
    };
    text.len() <= 253 && text.split('.').all(label)
}

impl Api {
    /// The server of a contract, asked within this time.
    ///
    /// # Errors
    /// An address, an authority or a token that cannot be read.
    pub(crate) fn new(web: &Web, api: &ClusterApi, deadline: Duration) -> Result<Self, String> {
        let uri: Uri = api
            .url
            .parse()
            .map_err(|_untold| "its `url` cannot be read".to_owned())?;
        let host = uri.host().and_then(|host| Host::parse(host).ok());
        let bare = uri.path() == "/" && uri.query().is_none() && !api.url.contains(['@', '#']);
        let host = host.filter(|_| bare && uri.scheme_str() == Some("https"));
        let host = host.ok_or("its `url` is none of an API server")?;
        let web = web.trusting(host, Path::new(&api.authority));
        let api = Self {
            url: api.url.trim_end_matches('/').to_owned(),
            token: PathBuf::from(&api.token),
            web: web.map_err(|bad| format!("the cluster's authority: {bad}"))?,
            deadline,
        };
        // An account without a token is told before a port is open.
        api.token().map_err(|failed| failed.message).map(|_| api)
    }

    /// The token as it is now: the node replaces it before it ends.
    fn token(&self) -> Result<HeaderValue, Failed> {
        let missing = || {
            let message = "the gateway's account has no token that can be read";
            Failed::new("kubernetes-token", message)
        };
        let bytes = crate::open::bytes(&self.token, MOST_TOKEN).map_err(|_untold| missing())?;
        let text = std::str::from_utf8(&bytes).map_err(|_untold| missing())?;
        let text = text.trim_end();
        if text.is_empty() || bytes.len() as u64 > MOST_TOKEN {
            return Err(missing());
        }
        let mut value =
            HeaderValue::try_from(format!("Bearer {text}")).map_err(|_untold| missing())?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Reads an object or a list. `path` is made of names that were checked.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failed> {
        let request =
            Request::get(format!("{}{path}", self.url)).header(ACCEPT, "application/json");
        parse(&self.ask(request, body::empty(), MOST_ANSWER).await?)
    }

    /// Reads a log of at most so many bytes.
    pub(super) async fn log(&self, path: &str, most: usize) -> Result<Bytes, Failed> {
        let request = Request::get(format!("{}{path}", self.url)).header(ACCEPT, "*/*");
        self.ask(request, body::empty(), most).await
    }

    /// Changes some members of an object, and reads what became of it.
    pub(super) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        change: &Value,
    ) -> Result<T, Failed> {
        let request = Request::builder()
            .method(Method::PATCH)
            .uri(format!("{}{path}?fieldManager=pure-agent", self.url))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/merge-patch+json");
        let body = body::whole(change.to_string());
        parse(&self.ask(request, body, MOST_ANSWER).await?)
    }

    /// Makes an object that has a name; says whether it was made now.
    ///
    /// # Errors
    /// What the server refuses. An object of this name that is there already is no error.
    pub(crate) async fn create(&self, path: &str, object: &impl Serialize) -> Result<bool, Failed> {
        let request = Request::post(format!("{}{path}?fieldManager=pure-agent", self.url))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json");
        let body = serde_json::to_vec(object).map_err(|_untold| odd())?;
        match self.ask(request, body::whole(body), MOST_ANSWER).await {
            Ok(_) => Ok(true),
            Err(failed) if failed.rule == CONFLICT => Ok(false),
            Err(failed) => Err(failed),
        }
    }

    async fn ask(
        &self,
        request: hyper::http::request::Builder,
        body: Body,
        most: usize,
    ) -> Result<Bytes, Failed> {
        let token = self.token()?;
        let request = request
            .header(ACCEPT_ENCODING, "identity")
            .header(USER_AGENT, "pure-agent")
            .header(AUTHORIZATION, token.clone())
            .body(body)
            .map_err(|_untold| Failed::new("kubernetes-url", "the address cannot be asked"))?;
        let answer = self.web.ask(request, most, self.deadline).await?;
        judge(&answer)?;
        let shown = token
            .as_bytes()
            .strip_prefix(b"Bearer ")
            .unwrap_or_default();
        match !shown.is_empty() && memmem::find(answer.body(), shown).is_some() {
            true => Err(Failed::new(
                "kubernetes-echo",
                "what was answered shows the gateway's token",
            )),
            false => Ok(answer.into_body()),
        }
    }
}

/// A status as a reason; the API server's own words could be those of a webhook or of a log.
fn judge(answer: &Response<Bytes>) -> Result<(), Failed> {
    let status = answer.status().as_u16();
    let (rule, says) = match status {
        200 | 201 => return Ok(()),
        401 => ("kubernetes-token", "the API server does not know the token"),
        403 | 422 => (
            "kubernetes-denied",
            "the API server refuses this to the gateway's account",
        ),
        404 => ("kubernetes-none", "there is no such object"),
        409 => (CONFLICT, "somebody else has just changed the object"),
        429 => ("kubernetes-busy", "the API server is busy"),
        400 => (
            "kubernetes-state",
            "the API server cannot answer this now: a container that has not started has no log",
        ),
        _ => {
            let message = format!("the API server answered with status {status}");
            return Err(Failed::new("kubernetes-status", message));
        }
    };
    Err(Failed::new(rule, says))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failed> {
    strict::read(body).map_err(|_untold| odd())
}

/// What was answered is not what an API server answers.
pub(super) fn odd() -> Failed {
    let message = "the API server's answer cannot be read";
    Failed::new("kubernetes-answer", message)
}
