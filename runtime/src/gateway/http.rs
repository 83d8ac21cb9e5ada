//! Requests within bounds: of connections, of time, of bytes.

use super::answer::{Answer, Refusal};
use crate::body::{self, Body};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION,
    TRANSFER_ENCODING, UPGRADE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Connections at once; the next one waits in the kernel's queue.
const CONNECTIONS: usize = 1024;
/// Time for the header of a request, and between two of them.
const HEADER: Duration = Duration::from_secs(30);
/// Time for the body of a request.
const BODY: Duration = Duration::from_secs(60);
/// Time in which a peer takes nothing of what was sent to it, in milliseconds.
const UNREAD: u32 = 60_000;
/// Most bytes of a header.
const MOST_HEADER: usize = 16 * 1024;
/// Most fields of a header.
const MOST_FIELDS: usize = 64;
/// Fields that hold the credential of whoever asks, each as the SDK of a provider sends it.
const KEYS: [&str; 2] = ["x-api-key", "x-goog-api-key"];

/// A request whose shape is fine. Its body has not been read: whoever asks is looked at first.
#[derive(Debug)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// The path; it has escapes below `/http/` only. For `CONNECT`: `host:port`.
    pub path: String,
    /// What follows `?`. Few paths take one.
    pub query: Option<String>,
    /// All fields of the header.
    pub headers: HeaderMap,
    /// The credential, without `Bearer `.
    pub bearer: Option<String>,
    /// For `CONNECT`: the connection, once it was answered.
    pub upgrade: Option<OnUpgrade>,
    body: Option<Incoming>,
}

impl Asked {
    /// The body, of at most so many bytes; empty where it was read before.
    ///
    /// # Errors
    /// One that is longer, or does not come.
    pub async fn read(&mut self, most: usize) -> Result<Bytes, Refusal> {
        match self.body.take() {
            Some(body) => Ok(body::read(body, most, BODY).await?),
            None => Ok(Bytes::new()),
        }
    }

    /// How long the body is, where that is known before it comes.
    #[must_use]
    pub fn body_length(&self) -> Option<u64> {
        self.body
            .as_ref()
            .map_or(Some(0), |body| body.size_hint().exact())
    }

    /// The body, to be read piece by piece; none where it was taken before.
    pub fn stream(&mut self) -> Option<Incoming> {
        self.body.take()
    }
}

/// Serves a port until the process ends; no connection lives longer than `life`.
pub async fn serve<F, A>(listener: TcpListener, life: Duration, answer: F)
where
    F: Fn(Asked) -> A + Clone + Send + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, mostly: those that are open end in time.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let answer = answer.clone();
        drop(tokio::spawn(async move {
            drop(timeout(life, connection(stream, answer)).await);
            drop(place);
        }));
    }
}

async fn connection<F, A>(stream: TcpStream, answer: F) -> Result<(), hyper::Error>
where
    F: Fn(Asked) -> A + Clone + Send + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    // Where an option is not known, the other bounds hold.
    drop(stream.set_nodelay(true));
    let _unknown = rustix::net::sockopt::set_tcp_user_timeout(&stream, UNREAD);
    let service = service_fn(move |request| respond(request, answer.clone()));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(MOST_HEADER)
        .max_headers(MOST_FIELDS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await
}

async fn respond<F, A>(request: Request<Incoming>, answer: F) -> Result<Response<Body>, Infallible>
where
    F: Fn(Asked) -> A,
    A: Future<Output = Answer>,
{
    let answer = match read(request) {
        Ok(asked) => answer(asked).await,
        Err(refusal) => refusal.into(),
    };
    Ok(answer.response())
}

/// Reads a request, or refuses its shape. What two readers could read differently is refused.
fn read(request: Request<Incoming>) -> Result<Asked, Refusal> {
    if request.version() != Version::HTTP_11 {
        return Err(Refusal::Version);
    }
    if request.method() == Method::CONNECT {
        return connect(request);
    }
    let (head, body) = request.into_parts();
    let uri = &head.uri;
    if uri.authority().is_some() || uri.scheme().is_some() || !is_plain(uri.path()) {
        return Err(Refusal::Target);
    }
    shape(&head.headers)?;
    Ok(Asked {
        method: head.method,
        path: uri.path().to_owned(),
        query: uri.query().map(str::to_owned),
        bearer: credential(&head.headers)?,
        headers: head.headers,
        upgrade: None,
        body: Some(body),
    })
}

/// A path that everybody reads alike: no empty part, no `.` and `..`, and escapes only where a path is for
/// another host.
fn is_plain(path: &str) -> bool {
    let escapes = path.starts_with("/http/");
    let plain = |b: u8| {
        b.is_ascii_alphanumeric() || b"/-_.~:@!$&'()*+,;=".contains(&b) || (escapes && b == b'%')
    };
    let mut parts = path.split('/').skip(1).peekable();
    let mut fine = path.bytes().all(plain);
    while let Some(part) = parts.next() {
        // A slash at the end is the other host's affair too.
        let last = parts.peek().is_none() && escapes;
        fine &= !matches!(part, "." | "..") && (last || !part.is_empty());
    }
    fine
}

/// A request for a tunnel: its target is `host:port`, and its credential is the proxy's.
fn connect(mut request: Request<Incoming>) -> Result<Asked, Refusal> {
    shape(request.headers())?;
    let uri = request.uri();
    let path = match uri.authority() {
        Some(authority) if uri.scheme().is_none() => authority.as_str().to_owned(),
        _ => return Err(Refusal::Target),
    };
    Ok(Asked {
        method: Method::CONNECT,
        path,
        query: None,
        headers: HeaderMap::new(),
        bearer: bearer(request.headers(), &PROXY_AUTHORIZATION)?,
        upgrade: Some(hyper::upgrade::on(&mut request)),
        body: None,
    })
}

/// Fields by which a request could be two, or become something else.
fn shape(headers: &HeaderMap) -> Result<(), Refusal> {
    // Two lengths, and a length beside chunks, are settled before by RFC 9112, 6.3.
    if headers.get_all(HOST).iter().count() > 1 {
        return Err(Refusal::Framing);
    }
    let chunked = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"chunked");
    if !headers.get_all(TRANSFER_ENCODING).iter().all(chunked) {
        return Err(Refusal::Framing);
    }
    if headers.contains_key(UPGRADE) || headers.contains_key("http2-settings") {
        return Err(Refusal::Upgrade);
    }
    Ok(())
}

/// The credential of whoever asks. The fields of all SDKs are known; two that differ are refused.
fn credential(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut found = bearer(headers, &AUTHORIZATION)?;
    for name in KEYS {
        let mut all = headers.get_all(name).iter();
        let Some(key) = all.next() else {
            continue;
        };
        let key = key.to_str().map_err(|_untold| Refusal::Credential)?;
        let other = found.as_deref().is_some_and(|known| known != key);
        if other || key.is_empty() || all.next().is_some() {
            return Err(Refusal::Credential);
        }
        found = Some(key.to_owned());
    }
    Ok(found)
}

/// A credential: `Bearer …`; or, as proxies are given it in a URL, `Basic …` of any user and the bearer.
fn bearer(headers: &HeaderMap, field: &HeaderName) -> Result<Option<String>, Refusal> {
    let mut all = headers.get_all(field).iter();
    let Some(first) = all.next() else {
        return Ok(None);
    };
    if all.next().is_some() {
        return Err(Refusal::Credential);
    }
    let text = first.to_str().map_err(|_untold| Refusal::Credential)?;
    let bearer = match text.split_once(' ') {
        Some(("Bearer", bearer)) => Some(bearer.to_owned()),
        Some(("Basic", pair)) => password(pair),
        _ => None,
    };
    let bearer = bearer.filter(|bearer| !bearer.is_empty());
    bearer.map(Some).ok_or(Refusal::Credential)
}

fn password(pair: &str) -> Option<String> {
    let pair = String::from_utf8(STANDARD.decode(pair).ok()?).ok()?;
    pair.split_once(':').map(|(_, bearer)| bearer.to_owned())
}
