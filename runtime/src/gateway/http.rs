//! Requests within bounds: of connections, of time, of bytes. Their shape is the affair of [`super::front`].

use super::answer::{Answer, Refusal};
use super::front::{Front, Seen};
use super::workers::Workers;
use crate::body::{self, Body, Unread};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    AUTHORIZATION, CONNECTION, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use room::Room;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

mod room;

/// Time between two requests; the front gives a header that has begun less.
const BETWEEN: Duration = Duration::from_secs(60);
/// Time for the body of a request.
const BODY: Duration = Duration::from_secs(60);
/// Time in which a peer takes nothing of what was sent to it, in milliseconds.
const UNREAD: u32 = 60_000;
/// Most bytes that hyper holds of a connection; more than a header can have.
const MOST_HELD: usize = 32 * 1024;
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
    seen: Arc<Seen>,
}

impl Asked {
    /// The body, of at most so many bytes; empty where it was read before.
    ///
    /// # Errors
    /// One that is longer, does not come, or is framed so that it could end elsewhere.
    pub async fn read(&mut self, most: usize) -> Result<Bytes, Refusal> {
        let Some(body) = self.body.take() else {
            return Ok(Bytes::new());
        };
        body::read(body, most, BODY).await.map_err(|unread| {
            let broken = (unread == Unread::Broken)
                .then(|| self.seen.body())
                .flatten();
            broken.cloned().unwrap_or(Refusal::Unread(unread))
        })
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

/// Serves a port until the process ends; no connection lives longer than `life`. `refused` hears of every request
/// that is refused before `answer` could be asked.
pub async fn serve<F, A, R>(listener: TcpListener, life: Duration, answer: F, refused: R)
where
    F: Fn(Asked) -> A + Clone + Send + 'static,
    A: Future<Output = Answer> + Send + 'static,
    R: Fn(&Refusal) + Clone + Send + 'static,
{
    serve_on(Workers::here(), listener, life, answer, refused).await;
}

/// The same, on these threads.
pub async fn serve_on<F, A, R>(
    workers: Workers,
    listener: TcpListener,
    life: Duration,
    answer: F,
    refused: R,
) where
    F: Fn(Asked) -> A + Clone + Send + 'static,
    A: Future<Output = Answer> + Send + 'static,
    R: Fn(&Refusal) + Clone + Send + 'static,
{
    let mut room = Room::new(workers);
    loop {
        room.one_more().await;
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, mostly: those that are open end in time.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let seen = Arc::new(Seen::default());
        let (answer, refused) = (answer.clone(), refused.clone());
        let mine = Arc::clone(&seen);
        room.enter(stream, seen, move |stream| async move {
            let served = connection(stream, mine, answer, refused);
            drop(timeout(life, served).await);
        });
    }
}

async fn connection<F, A, R>(
    stream: TcpStream,
    seen: Arc<Seen>,
    answer: F,
    refused: R,
) -> Result<(), hyper::Error>
where
    F: Fn(Asked) -> A + Clone + Send + 'static,
    A: Future<Output = Answer> + Send + 'static,
    R: Fn(&Refusal) + Clone + Send + 'static,
{
    // Where an option is not known, the other bounds hold.
    drop(stream.set_nodelay(true));
    let _unknown = rustix::net::sockopt::set_tcp_user_timeout(&stream, UNREAD);
    let front = Front::new(stream, Arc::clone(&seen));
    let service = service_fn(move |request| {
        let asked = read(request, &seen).inspect_err(&refused);
        respond(asked, Arc::clone(&seen), answer.clone())
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(BETWEEN)
        .max_buf_size(MOST_HELD)
        .serve_connection(TokioIo::new(front), service)
        .with_upgrades()
        .await
}

async fn respond<F, A>(
    asked: Result<Asked, Refusal>,
    seen: Arc<Seen>,
    answer: F,
) -> Result<Response<Body>, Infallible>
where
    F: Fn(Asked) -> A,
    A: Future<Output = Answer>,
{
    let asked = match asked {
        Ok(asked) => asked,
        Err(refusal) => return Ok(Answer::from(refusal).response()),
    };
    let tunnel = asked.method == Method::CONNECT;
    let mut response = answer(asked).await.response();
    if tunnel && response.status() == StatusCode::OK {
        seen.stand_aside();
    } else if tunnel {
        // What comes behind it could have been meant for the tunnel.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    Ok(response)
}

/// Reads a request, unless the front has refused it.
fn read(mut request: Request<Incoming>, seen: &Arc<Seen>) -> Result<Asked, Refusal> {
    if let Some(refusal) = seen.next() {
        return Err(refusal.clone());
    }
    let tunnel = request.method() == Method::CONNECT;
    let upgrade = tunnel.then(|| hyper::upgrade::on(&mut request));
    let (head, body) = request.into_parts();
    let path = if tunnel {
        head.uri.authority().map(|authority| authority.as_str())
    } else {
        Some(head.uri.path())
    };
    let path = path.ok_or(Refusal::Target)?.to_owned();
    let bearer = if tunnel {
        bearer(&head.headers, &PROXY_AUTHORIZATION)?
    } else {
        credential(&head.headers)?
    };
    Ok(Asked {
        method: head.method,
        path,
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        bearer,
        upgrade,
        body: (!tunnel).then_some(body),
        seen: Arc::clone(seen),
    })
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
