//! One resolution, every address judged, only judged addresses dialled.

use super::address::{self, Private, verdict};
use super::host::Host;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

/// Most addresses of one answer.
const MOST_ADDRESSES: usize = 64;

/// The addresses of a name, when they are there.
pub type Answer<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Turns a name into addresses.
pub trait Resolve: fmt::Debug + Send + Sync {
    /// All addresses of the name, asked for once.
    fn resolve<'a>(&'a self, host: &'a Host) -> Answer<'a>;
}

/// The resolver of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Resolve for System {
    fn resolve<'a>(&'a self, host: &'a Host) -> Answer<'a> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.take(MOST_ADDRESSES + 1).map(|at| at.ip()).collect())
        })
    }
}

/// How long a connection may take to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The answer of the resolver.
    pub resolve: Duration,
    /// One address.
    pub address: Duration,
    /// All addresses together.
    pub connect: Duration,
    /// The handshake of TLS, where the gateway makes one.
    pub handshake: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(5),
            address: Duration::from_secs(5),
            connect: Duration::from_secs(15),
            handshake: Duration::from_secs(10),
        }
    }
}

/// Dials hosts; nothing else in the runtime does.
#[derive(Debug, Clone)]
pub struct Connector {
    resolver: Arc<dyn Resolve>,
    private: Arc<Private>,
    times: Times,
    only: Option<Host>,
}

impl Connector {
    /// A connector that asks this resolver, and reaches these ranges beside the public internet.
    #[must_use]
    pub fn new(resolver: Arc<dyn Resolve>, private: Private, times: Times) -> Self {
        let private = Arc::new(private);
        Self {
            resolver,
            private,
            times,
            only: None,
        }
    }

    /// The same for one host, which is a pod of the run and so may have a private address; it dials no other.
    #[must_use]
    pub fn only(&self, pod: Host) -> Self {
        Self {
            resolver: Arc::clone(&self.resolver),
            private: Arc::new(self.private.and_pods()),
            times: self.times,
            only: Some(pod),
        }
    }

    /// The times it was made with.
    #[must_use]
    pub fn times(&self) -> Times {
        self.times
    }

    /// A connection to the host, which is resolved once: one address that is refused refuses them all.
    ///
    /// # Errors
    /// No answer, an answer with an address that is refused, no connection in time.
    pub async fn dial(&self, host: &Host, port: u16) -> Result<TcpStream, Refused> {
        if self.only.as_ref().is_some_and(|only| only != host) {
            return Err(Refused::OtherHost);
        }
        let addresses = self.addresses(host).await?;
        let end = Instant::now() + self.times.connect;
        let mut last = Refused::NoAddress;
        for addr in addresses {
            let end = end.min(Instant::now() + self.times.address);
            // By address: a name here would be resolved again.
            last = match timeout_at(end, TcpStream::connect(SocketAddr::new(addr, port))).await {
                Ok(Ok(stream)) => {
                    stream
                        .set_nodelay(true)
                        .map_err(|e| Refused::Connect(e.kind()))?;
                    return Ok(stream);
                }
                Ok(Err(e)) => Refused::Connect(e.kind()),
                Err(_) => Refused::ConnectLate,
            };
        }
        Err(last)
    }

    /// The addresses of the host, all of them judged.
    async fn addresses(&self, host: &Host) -> Result<Vec<IpAddr>, Refused> {
        let answer = timeout(self.times.resolve, self.resolver.resolve(host)).await;
        let addresses = match answer {
            Ok(Ok(addresses)) => addresses,
            Ok(Err(e)) => return Err(Refused::Resolve(e.kind())),
            Err(_) => return Err(Refused::ResolveLate),
        };
        if addresses.len() > MOST_ADDRESSES {
            return Err(Refused::TooMany);
        }
        for addr in &addresses {
            verdict(*addr, &self.private).map_err(|rule| Refused::Address(*addr, rule))?;
        }
        Ok(addresses)
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The connector is for another host.
    OtherHost,
    /// The resolver has no answer.
    Resolve(io::ErrorKind),
    /// The resolver took too long.
    ResolveLate,
    /// The name has no address.
    NoAddress,
    /// The name has more than 64 addresses.
    TooMany,
    /// The name has this address, which a rule refuses.
    Address(IpAddr, address::Refused),
    /// The last address could not be reached.
    Connect(io::ErrorKind),
    /// The last address took too long.
    ConnectLate,
}

impl Refused {
    /// The rule, as a stable word; that of the address where one was refused.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::OtherHost => "other-host",
            Self::Resolve(_) => "resolve-failed",
            Self::ResolveLate => "resolve-late",
            Self::NoAddress => "resolve-empty",
            Self::TooMany => "resolve-count",
            Self::Address(_, rule) => rule.rule(),
            Self::Connect(_) => "connect-failed",
            Self::ConnectLate => "connect-late",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherHost => f.write_str("this connection is for another host"),
            Self::Resolve(_) => f.write_str("the name cannot be resolved"),
            Self::ResolveLate => f.write_str("the name was not resolved in time"),
            Self::NoAddress => f.write_str("the name has no address"),
            Self::TooMany => write!(f, "the name has more than {MOST_ADDRESSES} addresses"),
            Self::Address(_, rule) => write!(f, "an address of the name is refused: {rule}"),
            Self::Connect(kind) => write!(f, "the host cannot be reached: {kind}"),
            Self::ConnectLate => f.write_str("the host did not answer in time"),
        }
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
pub(in crate::net) mod tests;
