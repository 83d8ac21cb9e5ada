//! Requests upstream: HTTP/1.1, by names that are judged, on connections that are used again.
//!
//! Nothing is followed: a redirect is an answer like any other, and whoever follows it asks anew.

mod dialer;
#[cfg(test)]
pub(crate) mod testing;

use crate::body::{self, Body, Unread};
use crate::net::host::Host;
use crate::net::tls::Tls;
use bytes::Bytes;
use dialer::Dialer;
pub use dialer::{Proxy, Refused as DialRefused};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error;
use std::fmt;
use std::time::Duration;
use tokio::time::timeout;

/// Time in which a connection may be used again.
const IDLE: Duration = Duration::from_secs(20);
/// Connections of one host that are kept.
const KEPT: usize = 64;
/// Most bytes of the header of an answer.
const MOST_HEADER: usize = 64 * 1024;

/// Asks upstream.
#[derive(Debug, Clone)]
pub struct Web {
    client: Client<Dialer, Body>,
    dialer: Dialer,
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
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(KEPT)
            .http1_max_buf_size(MOST_HEADER)
            .build(dialer.clone());
        Self { client, dialer }
    }

    /// The same for one host, a pod of the run: its address may be private, and no other host is asked.
    #[must_use]
    pub fn only(&self, pod: Host) -> Self {
        Self::new(self.dialer.only(pod))
    }

    /// Sends a request, whose target is a whole URL, and gives the answer when its head is there.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn send(
        &self,
        request: Request<Body>,
        within: Duration,
    ) -> Result<Response<Incoming>, Refused> {
        match timeout(within, self.client.request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(e)) => Err(why(&e)),
            Err(_) => Err(Refused::Late),
        }
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

fn why(error: &legacy::Error) -> Refused {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<DialRefused>() {
            return Refused::Dial(*refused);
        }
        cause = inner.source();
    }
    Refused::Broken
}
