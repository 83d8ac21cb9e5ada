//! Connections for requests upstream.

use crate::net::host::Host;
use crate::net::tls::{self, BadTrust, Tls};
use hyper::Uri;
use std::fmt;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

/// Time for a proxy to answer.
const PROXY: Duration = Duration::from_secs(30);
/// Most bytes of a proxy's answer.
const MOST_ANSWER: usize = 8 * 1024;

/// The proxy by which a role without a way of its own leaves.
#[derive(Clone)]
pub struct Proxy {
    /// `host:port`.
    pub address: String,
    /// Its credential.
    pub bearer: String,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No `http` or `https` URL with a host.
    Target,
    /// The host cannot be reached, or is not who it should be.
    Tls(tls::Refused),
    /// The proxy cannot be reached, or does not speak HTTP.
    Proxy,
    /// The proxy answered with this status.
    Status(u16),
}

impl Refused {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Target => "upstream-target",
            Self::Tls(refused) => refused.rule(),
            Self::Proxy => "proxy",
            Self::Status(_) => "proxy-refused",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target => f.write_str("this is no URL that can be asked"),
            Self::Tls(refused) => refused.fmt(f),
            Self::Proxy => f.write_str("the gateway cannot be reached"),
            Self::Status(status) => write!(f, "the gateway refuses the host with {status}"),
        }
    }
}

impl std::error::Error for Refused {}

/// How hosts are reached.
#[derive(Debug, Clone)]
pub(super) enum Dialer {
    Direct(Tls),
    Through(Proxy, Tls),
    #[cfg(test)]
    Standin(std::collections::BTreeMap<String, std::net::SocketAddr>),
}

impl Dialer {
    /// The same for one host, a pod of the run. A proxy judges for itself.
    pub(super) fn only(&self, pod: Host) -> Self {
        match self {
            Self::Direct(tls) => Self::Direct(tls.only(pod)),
            Self::Through(proxy, tls) => Self::Through(proxy.clone(), tls.clone()),
            #[cfg(test)]
            Self::Standin(hosts) => Self::Standin(hosts.clone()),
        }
    }

    /// The same for one host whose certificate is one of these authorities'. A proxy judges addresses for itself.
    pub(super) fn trusting(&self, host: Host, authorities: &Path) -> Result<Self, BadTrust> {
        Ok(match self {
            Self::Direct(tls) => Self::Direct(tls.only(host).trusting(authorities)?),
            Self::Through(proxy, tls) => Self::Through(proxy.clone(), tls.trusting(authorities)?),
            #[cfg(test)]
            Self::Standin(hosts) => Self::Standin(hosts.clone()),
        })
    }

    /// A connection to the host of a URL.
    pub(super) async fn dial(&self, uri: &Uri) -> Result<Stream, Refused> {
        #[cfg(test)]
        if let Self::Standin(hosts) = self {
            return super::testing::dial(hosts, uri).await;
        }
        let (host, port, secure) = target(uri)?;
        match (self, secure) {
            (Self::Direct(tls), true) => {
                let stream = tls.connect(&host, port).await.map_err(Refused::Tls)?;
                Ok(Stream::Secure(Box::new(stream)))
            }
            (Self::Direct(tls), false) => {
                let stream = tls.plain(&host, port).await.map_err(Refused::Tls)?;
                Ok(Stream::Plain(stream))
            }
            (Self::Through(proxy, tls), true) => {
                let stream = proxy.connect(&host, port).await?;
                let stream = tls.over(stream, &host).await.map_err(Refused::Tls)?;
                Ok(Stream::Secure(Box::new(stream)))
            }
            // What goes through a tunnel is encrypted.
            (Self::Through(..), false) => Err(Refused::Target),
            #[cfg(test)]
            (Self::Standin(_), _) => Err(Refused::Target),
        }
    }
}

fn target(uri: &Uri) -> Result<(Host, u16, bool), Refused> {
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(Refused::Target),
    };
    let host = uri.host().and_then(|host| Host::parse(host).ok());
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    Ok((host.ok_or(Refused::Target)?, port, secure))
}

impl Proxy {
    /// A tunnel to the host.
    async fn connect(&self, host: &Host, port: u16) -> Result<TcpStream, Refused> {
        let tunnel = timeout(PROXY, self.tunnel(host, port)).await;
        match tunnel {
            Ok(Ok((stream, 200))) => Ok(stream),
            Ok(Ok((_, status))) => Err(Refused::Status(status)),
            Ok(Err(_)) | Err(_) => Err(Refused::Proxy),
        }
    }

    async fn tunnel(&self, host: &Host, port: u16) -> io::Result<(TcpStream, u16)> {
        let mut stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        let (host, bearer) = (host.as_str(), &self.bearer);
        let head = format!(
            "CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nProxy-Authorization: Bearer {bearer}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        let mut answer = Vec::new();
        // Byte by byte, so that nothing of what follows is taken.
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() >= MOST_ANSWER {
                return Err(io::ErrorKind::InvalidData.into());
            }
            answer.push(stream.read_u8().await?);
        }
        let text = std::str::from_utf8(&answer).ok();
        let status = text
            .and_then(|text| text.strip_prefix("HTTP/1.1 "))
            .and_then(|rest| rest.get(..3)?.parse().ok());
        status
            .map(|status| (stream, status))
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

/// A connection, encrypted or not.
pub(super) enum Stream {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Secure(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Secure(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Secure(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Secure(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
            Self::Secure(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Secure(stream) => stream.is_write_vectored(),
        }
    }
}
