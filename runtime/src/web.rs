//! Requests upstream: HTTP/1.1, by names that are judged, on connections that are used again.
//!
//! Nothing is followed: a redirect is an answer like any other, and whoever follows it asks anew.

mod dialer;
mod pool;
#[cfg(test)]
pub(crate) mod testing;
mod wire;

use crate::body::{self, Body, Unread};
use crate::net::host::Host;
use crate::net::tls::{BadTrust, Tls};
use bytes::Bytes;
use dialer::Dialer;
pub use dialer::{Proxy, Refused as DialRefused};
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response, Uri};
use pool::{Place, Pool};
use std::error::Error;
use std::fmt;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;
pub use wire::Coming;
use wire::{Failed, Wire};

/// Asks upstream.
#[derive(Debug, Clone)]
pub struct Web {
    dialer: Dialer,
    pool: Pool,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No connection.
    Dial(DialRefused),
    /// The head of the answer did not come in time.
    Late,
    /// The connection broke, or what came was no HTTP.
    Broken,
    /// The body of the answer was not read.
    Body(Unread),
}

impl Refused {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Dial(refused) => refused.rule(),
            Self::Late => "upstream-late",
            Self::Broken => "upstream-broken",
            Self::Body(unread) => unread.rule(),
        }
    }

    /// Whether the request may have reached the host.
    #[must_use]
    pub const fn asked(&self) -> bool {
        !matches!(self, Self::Dial(_))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dial(refused) => refused.fmt(f),
            Self::Late => f.write_str("the host did not answer in time"),
            Self::Broken => f.write_str("the host broke off, or did not answer with HTTP"),
            Self::Body(unread) => unread.fmt(f),
        }
    }
}

impl Error for Refused {}

impl Web {
    /// Dials hosts itself.
    #[must_use]
    pub fn direct(tls: Tls) -> Self {
        Self::new(Dialer::Direct(tls))
    }

    /// Reaches hosts by a proxy's `CONNECT`; TLS is with the host.
    #[must_use]
    pub fn through(proxy: Proxy, tls: Tls) -> Self {
        Self::new(Dialer::Through(proxy, tls))
    }

    fn new(dialer: Dialer) -> Self {
        let pool = Pool::default();
        Self { dialer, pool }
    }

    /// The same for one host, a pod of the run: its address may be private, and no other host is asked.
    #[must_use]
    pub fn only(&self, pod: Host) -> Self {
        Self::new(self.dialer.only(pod))
    }

    /// The same for one host whose certificate is one of these authorities' and of nobody else's; its address may be
    /// private.
    ///
    /// # Errors
    /// Authorities that cannot be read.
    pub fn trusting(&self, host: Host, authorities: &Path) -> Result<Self, BadTrust> {
        self.dialer.trusting(host, authorities).map(Self::new)
    }

    /// Sends a request, whose target is a whole URL, and gives the answer when its head is there.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn send(
        &self,
        request: Request<Body>,
        within: Duration,
    ) -> Result<Response<Coming>, Refused> {
        let answer = timeout(within, self.exchange(request)).await;
        answer.unwrap_or(Err(Refused::Late))
    }

    /// What could not be begun on a connection that had waited goes to the next one.
    async fn exchange(&self, mut request: Request<Body>) -> Result<Response<Coming>, Refused> {
        let (uri, place) = address(&mut request)?;
        while let Some(wire) = self.pool.take(&place).await {
            match wire.ask(request).await {
                Ok((answer, wire)) => return Ok(self.coming(answer, wire, place)),
                Err(Failed::Unsent(again)) => request = *again,
                Err(Failed::Broken) => return Err(Refused::Broken),
            }
        }
        // In a box, so that what is needed now and then does not make every request large.
        let wire = Box::pin(self.fresh(&uri)).await?;
        let answer = wire.ask(request).await;
        let (answer, wire) = answer.map_err(|_untold| Refused::Broken)?;
        Ok(self.coming(answer, wire, place))
    }

    /// A connection that nobody has used.
    async fn fresh(&self, uri: &Uri) -> Result<Wire, Refused> {
        let stream = self.dialer.dial(uri).await.map_err(Refused::Dial)?;
        Wire::new(stream).await.map_err(|_untold| Refused::Broken)
    }

    fn coming(&self, answer: Response<Incoming>, wire: Wire, place: Place) -> Response<Coming> {
        answer.map(|body| Coming::new(body, wire, place, self.pool.clone()))
    }

    /// The same for an answer that is read whole: at most so many bytes, all within this time.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn ask(
        &self,
        request: Request<Body>,
        most: usize,
        within: Duration,
    ) -> Result<Response<Bytes>, Refused> {
        let start = tokio::time::Instant::now();
        let (head, body) = self.send(request, within).await?.into_parts();
        let left = within.saturating_sub(start.elapsed());
        let body = body::read(body, most, left).await.map_err(Refused::Body)?;
        Ok(Response::from_parts(head, body))
    }
}

/// Takes the URL out of a request, which keeps its host and its path.
fn address(request: &mut Request<Body>) -> Result<(Uri, Place), Refused> {
    let target = || Refused::Dial(DialRefused::Target);
    let uri = std::mem::take(request.uri_mut());
    let place = Place::of(&uri).ok_or_else(target)?;
    let host = uri.host().ok_or_else(target)?;
    let host = match (uri.port_u16(), uri.scheme_str()) {
        (None, _) | (Some(443), Some("https")) | (Some(80), Some("http")) => {
            HeaderValue::from_str(host)
        }
        (Some(port), _) => HeaderValue::try_from(format!("{host}:{port}")),
    };
    let host = host.map_err(|_untold| target())?;
    request.headers_mut().entry(HOST).or_insert(host);
    let path = uri.path_and_query().cloned();
    *request.uri_mut() = path
        .unwrap_or_else(|| PathAndQuery::from_static("/"))
        .into();
    Ok((uri, place))
}
