//! Requests within bounds: of connections, of time, of bytes.

use super::answer::{Answer, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
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
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Connections at once; the next one waits in the kernel's queue.
const CONNECTIONS: usize = 1024;
/// Time for the header of a request.
const HEADER: Duration = Duration::from_secs(10);
/// Time for the body of a request.
const BODY: Duration = Duration::from_secs(30);
/// Time of a connection, whatever it does.
const LIFE: Duration = Duration::from_secs(600);
/// Most bytes of a header.
const MOST_HEADER: usize = 16 * 1024;
/// Most fields of a header.
const MOST_FIELDS: usize = 64;
/// Most bytes of a body.
const MOST_BODY: usize = 1 << 20;

/// A request, read whole.
#[derive(Debug)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// The path; a request with a query is refused before. For `CONNECT`: `host:port`.
    pub path: String,
    /// The credential, without `Bearer `.
    pub bearer: Option<String>,
    /// The body.
    pub body: Bytes,
    /// For `CONNECT`: the connection, once it was answered.
    pub upgrade: Option<OnUpgrade>,
}

/// Serves a port until the process ends.
pub async fn serve<F, A>(listener: TcpListener, answer: F)
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
            let service = service_fn(move |request| respond(request, answer.clone()));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER)
                .max_buf_size(MOST_HEADER)
                .max_headers(MOST_FIELDS)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades();
            drop(timeout(LIFE, connection).await);
            drop(place);
        }));
    }
}

async fn respond<F, A>(
    request: Request<Incoming>,
    answer: F,
) -> Result<Response<Full<Bytes>>, Infallible>
where
    F: Fn(Asked) -> A,
    A: Future<Output = Answer>,
{
    let answer = match read(request).await {
        Ok(asked) => answer(asked).await,
        Err(refusal) => refusal.into(),
    };
    Ok(answer.response())
}

/// Reads a request, or refuses its shape. What two readers could read differently is refused.
async fn read(request: Request<Incoming>) -> Result<Asked, Refusal> {
    if request.version() != Version::HTTP_11 {
        return Err(Refusal::Version);
    }
    if request.method() == Method::CONNECT {
        return connect(request);
    }
    let (head, body) = request.into_parts();
    let uri = &head.uri;
    if uri.authority().is_some() || uri.scheme().is_some() || uri.query().is_some() {
        return Err(Refusal::Target);
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.');
    if !uri.path().bytes().all(plain) || uri.path().contains("..") || uri.path().contains("//") {
        return Err(Refusal::Target);
    }
    shape(&head.headers)?;
    let bearer = bearer(&head.headers, AUTHORIZATION)?;
    let path = uri.path().to_owned();
    let body = timeout(BODY, Limited::new(body, MOST_BODY).collect()).await;
    let body = body.map_err(|_untold| Refusal::Late)?.map_err(|e| {
        match e.downcast_ref::<LengthLimitError>() {
            Some(_) => Refusal::TooLong,
            None => Refusal::Body,
        }
    })?;
    Ok(Asked {
        method: head.method,
        path,
        bearer,
        body: body.to_bytes(),
        upgrade: None,
    })
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
        bearer: bearer(request.headers(), PROXY_AUTHORIZATION)?,
        body: Bytes::new(),
        upgrade: Some(hyper::upgrade::on(&mut request)),
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

/// A credential: `Bearer …`; or, as proxies are given it in a URL, `Basic …` of any user and the bearer.
fn bearer(headers: &HeaderMap, field: HeaderName) -> Result<Option<String>, Refusal> {
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
