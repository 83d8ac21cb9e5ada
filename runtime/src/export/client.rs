//! Requests of the export step: tried again while that may help and there is time.
//!
//! Every request that is sent here may be sent twice: what it makes has an id or a name of ours, so the second one
//! finds the first. Whoever sends one looks for that thing before, and checks what an answer says.

use super::rehearsal::Rehearsal;
use super::{Refused, refused};
use crate::body::{self, Body};
use crate::strict;
use crate::web::Web;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::Channel;
use hyper::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, StatusCode};
use serde_json::Value;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// Attempts of one request.
const TRIES: u32 = 6;
/// Time for one attempt, beside that for its body.
const ATTEMPT: Duration = Duration::from_secs(60);
/// Bytes of a body for which there is a second.
const SPEED: u64 = 256 * 1024;
/// Most time between two attempts, but for what an upstream asks for.
const MOST_PAUSE: Duration = Duration::from_secs(30);
/// Bytes of a file that are read at once.
const PIECE: usize = 64 * 1024;
/// Most bytes of an answer that is not told otherwise.
pub const SMALL: usize = 1 << 20;

/// What a request carries.
#[derive(Debug, Clone)]
pub enum Payload {
    /// Nothing.
    Empty,
    /// These bytes.
    Whole(Bytes),
    /// A part of a file.
    Part {
        /// The file.
        path: PathBuf,
        /// Where it starts.
        from: u64,
        /// Its bytes.
        length: u64,
    },
}

/// A request.
#[derive(Clone)]
pub struct Ask {
    method: Method,
    url: String,
    shown: Option<String>,
    headers: HeaderMap,
    payload: Payload,
    most: usize,
}

/// What came back.
#[derive(Debug)]
pub struct Got {
    /// The status.
    pub status: StatusCode,
    /// The fields of the header.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl Ask {
    /// A request without a body.
    #[must_use]
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            shown: None,
            headers: HeaderMap::new(),
            payload: Payload::Empty,
            most: SMALL,
        }
    }

    /// The same, of whose URL people see this: it is a credential itself.
    #[must_use]
    pub fn shown_as(mut self, shown: String) -> Self {
        self.shown = Some(shown);
        self
    }

    /// The same with a field more.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with these fields.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    /// The same with a body.
    #[must_use]
    pub fn carrying(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }

    /// The same with another bound on the answer, in bytes.
    #[must_use]
    pub fn most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The URL for people.
    pub(super) fn shown(&self) -> &str {
        self.shown.as_deref().unwrap_or(&self.url)
    }

    /// The host of the URL.
    pub(super) fn host(&self) -> &str {
        let (_, rest) = self.url.split_once("://").unwrap_or_default();
        rest.split('/').next().unwrap_or_default()
    }

    pub(super) fn payload(&self) -> &Payload {
        &self.payload
    }

    pub(super) fn request(&self) -> Result<Request<Body>, Refused> {
        let unfit = || refused("request", "the request cannot be written");
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(&self.url)
            .body(self.payload.body()?)
            .map_err(|_untold| unfit())?;
        request.headers_mut().extend(self.headers.clone());
        if let Some(length) = self.payload.length() {
            request.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        Ok(request)
    }
}

impl Payload {
    fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => None,
            Self::Whole(bytes) => Some(bytes.len() as u64),
            Self::Part { length, .. } => Some(*length),
        }
    }

    fn body(&self) -> Result<Body, Refused> {
        match self {
            Self::Empty => Ok(body::empty()),
            Self::Whole(bytes) => Ok(body::whole(bytes.clone())),
            Self::Part { path, from, length } => {
                let unread = |_untold| refused("outbox", "a file of the outbox cannot be read");
                let mut file = File::open(path).map_err(unread)?;
                file.seek(SeekFrom::Start(*from)).map_err(unread)?;
                Ok(stream(file, *length))
            }
        }
    }
}

/// A file in pieces. One that ends early breaks the request off.
fn stream(file: File, length: u64) -> Body {
    let (mut sender, channel) = Channel::<Bytes, std::io::Error>::new(2);
    drop(tokio::spawn(async move {
        let mut file = file.take(length);
        loop {
            let mut piece = vec![0; PIECE];
            match file.read(&mut piece) {
                Ok(0) => return,
                Ok(count) => piece.truncate(count),
                Err(e) => return sender.abort(e),
            }
            if sender.send_data(piece.into()).await.is_err() {
                return;
            }
        }
    }));
    channel.boxed_unsync()
}

impl Got {
    /// The body as JSON.
    ///
    /// # Errors
    /// What is none.
    pub fn json(&self) -> Result<Value, Refused> {
        strict::value(&self.body)
            .map_err(|_untold| refused("upstream-form", "the service answers with no JSON"))
    }

    /// A service says no, for good.
    #[must_use]
    pub fn refusal(&self, what: &str) -> Refused {
        let status = self.status.as_u16();
        match status {
            300..=399 => refused("redirect", format!("{what}: the service sends elsewhere")),
            401 | 403 => refused(
                "upstream-denied",
                format!("{what}: the service denies it with {status}"),
            ),
            _ => refused(
                "upstream-refused",
                format!("{what}: the service answers {status}"),
            ),
        }
    }
}

/// Asks within the time of the step.
#[derive(Debug)]
pub struct Client {
    web: Web,
    over: Instant,
    pause: Duration,
    rehearsal: Option<Rehearsal>,
    steps: Steps,
}

impl Client {
    /// Asks until then.
    #[must_use]
    pub fn new(web: Web, over: Instant) -> Self {
        Self {
            web,
            over,
            pause: Duration::from_secs(1),
            rehearsal: None,
            steps: Steps::default(),
        }
    }

    /// The same, which sends nothing that changes something.
    #[must_use]
    pub fn rehearsed(self, rehearsal: Rehearsal) -> Self {
        Self {
            rehearsal: Some(rehearsal),
            ..self
        }
    }

    /// Shows what would be done where nothing is; says whether that is so.
    pub(super) fn rehearses(&self, what: &Value) -> bool {
        let rehearsal = self.rehearsal.as_ref();
        rehearsal.is_some_and(|rehearsal| {
            rehearsal.show(what);
            true
        })
    }

    #[cfg(test)]
    pub(super) fn stepping(web: Web, steps: Steps) -> Self {
        Self {
            pause: Duration::from_millis(1),
            steps,
            ..Self::new(web, Instant::now() + Duration::from_secs(60))
        }
    }

    /// Sends a request until there is an answer that is not `busy`, as its status or `busy` says.
    ///
    /// # Errors
    /// No answer in any attempt, or no time for another one.
    pub async fn send(&self, ask: &Ask, busy: fn(&Got) -> bool) -> Result<Got, Refused> {
        let Some(rehearsal) = &self.rehearsal else {
            return self.sent(ask, busy).await;
        };
        match rehearsal.answer(ask) {
            Some(got) => Ok(got),
            None => {
                let got = self.sent(ask, busy).await?;
                rehearsal.heard(ask, &got);
                Ok(got)
            }
        }
    }

    async fn sent(&self, ask: &Ask, busy: fn(&Got) -> bool) -> Result<Got, Refused> {
        let length = ask.payload.length().unwrap_or(0);
        let within = ATTEMPT.saturating_add(Duration::from_secs(length / SPEED));
        let mut pause = self.pause;
        let mut last = refused("deadline", "the time of the exports is over");
        for _ in 0..TRIES {
            let left = self.over.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(last);
            }
            let request = ask.request()?;
            self.steps.step().await;
            let got = self.web.ask(request, ask.most, within.min(left)).await;
            self.steps.step().await;
            let mut wait = pause;
            match got {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    let (status, headers) = (head.status, head.headers);
                    let got = Got {
                        status,
                        headers,
                        body,
                    };
                    if !waits(&got) && !busy(&got) {
                        return Ok(got);
                    }
                    last = got.refusal("the service is busy");
                    wait = asked_for(&got).map_or(wait, |asked| asked.max(wait));
                }
                Err(e) if e.rule() == "body-length" => {
                    return Err(refused(e.rule(), e.to_string()));
                }
                Err(e) => last = refused(e.rule(), e.to_string()),
            }
            let left = self.over.saturating_duration_since(Instant::now());
            if wait >= left {
                return Err(last);
            }
            tokio::time::sleep(wait).await;
            pause = pause.saturating_mul(2).min(MOST_PAUSE);
        }
        Err(last)
    }
}

/// Nothing but the status says that a service is busy.
pub fn never(_: &Got) -> bool {
    false
}

fn waits(got: &Got) -> bool {
    matches!(got.status.as_u16(), 429 | 500 | 502..=504)
        || got.status == StatusCode::FORBIDDEN && asked_for(got).is_some()
}

fn asked_for(got: &Got) -> Option<Duration> {
    let seconds = got.headers.get(RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

/// Counts what has an effect outside; a test breaks off there.
#[derive(Debug, Default, Clone)]
pub(super) struct Steps {
    #[cfg(test)]
    pub(super) fault: Option<std::sync::Arc<super::tests::Fault>>,
}

impl Steps {
    pub(super) async fn step(&self) {
        #[cfg(test)]
        if let Some(fault) = &self.fault {
            fault.step().await;
        }
    }
}
