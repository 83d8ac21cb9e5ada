//! TLS to an upstream of the gateway's own requests.
//!
//! The certificate must be valid for the host, by the public roots or by the trust bundle of the contract.

use super::dial::{self, Connector};
use super::host::Host;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

mod bundle;

pub use bundle::BadTrust;

/// Dials and speaks TLS.
#[derive(Clone)]
pub struct Tls {
    connector: Connector,
    config: Arc<ClientConfig>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("connector", &self.connector)
            .finish_non_exhaustive()
    }
}

impl Tls {
    /// TLS by the public roots and, where the contract names one, a trust bundle: a file of PEM certificates.
    ///
    /// # Errors
    /// A bundle that cannot be read, has anything but certificates in it, or none.
    pub fn new(connector: Connector, bundle: Option<&Path>) -> Result<Self, BadTrust> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        if let Some(path) = bundle {
            bundle::add(&bundle::read(path)?, &mut roots)?;
        }
        Self::with_roots(connector, roots)
    }

    fn with_roots(connector: Connector, roots: RootCertStore) -> Result<Self, BadTrust> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(BadTrust::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        Ok(Self { connector, config })
    }

    /// The same for one host, a pod of the run: see [`Connector::only`].
    #[must_use]
    pub fn only(&self, pod: Host) -> Self {
        Self {
            connector: self.connector.only(pod),
            config: Arc::clone(&self.config),
        }
    }

    /// The same, trusting these authorities and nobody else.
    ///
    /// # Errors
    /// As [`Tls::new`].
    pub fn trusting(&self, authorities: &Path) -> Result<Self, BadTrust> {
        let mut roots = RootCertStore::empty();
        bundle::add(&bundle::read(authorities)?, &mut roots)?;
        Self::with_roots(self.connector.clone(), roots)
    }

    /// A connection to the host whose certificate is verified; it speaks `http/1.1`.
    ///
    /// # Errors
    /// As [`Connector::dial`], and a handshake that fails or takes too long.
    pub async fn connect(&self, host: &Host, port: u16) -> Result<TlsStream<TcpStream>, Refused> {
        self.over(self.plain(host, port).await?, host).await
    }

    /// A connection to the host without TLS, where the contract says `http`.
    ///
    /// # Errors
    /// As [`Connector::dial`].
    pub async fn plain(&self, host: &Host, port: u16) -> Result<TcpStream, Refused> {
        let stream = self.connector.dial(host, port).await;
        stream.map_err(Refused::Dial)
    }

    /// TLS with the host over a connection that stands.
    ///
    /// # Errors
    /// A handshake that fails or takes too long.
    pub async fn over(
        &self,
        stream: TcpStream,
        host: &Host,
    ) -> Result<TlsStream<TcpStream>, Refused> {
        let Ok(name) = ServerName::try_from(host.as_str().to_owned()) else {
            return Err(Refused::Handshake(io::ErrorKind::InvalidInput));
        };
        let shake = TlsConnector::from(Arc::clone(&self.config)).connect(name, stream);
        match timeout(self.connector.times().handshake, shake).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(e)) if is_certificate(&e) => Err(Refused::Certificate),
            Ok(Err(e)) => Err(Refused::Handshake(e.kind())),
            Err(_) => Err(Refused::HandshakeLate),
        }
    }
}

fn is_certificate(error: &io::Error) -> bool {
    let inner = error
        .get_ref()
        .and_then(|e| e.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}

/// Why there is no TLS connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No connection at all.
    Dial(dial::Refused),
    /// The certificate is not valid for the host.
    Certificate,
    /// The handshake failed.
    Handshake(io::ErrorKind),
    /// The handshake took too long.
    HandshakeLate,
}

impl Refused {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Dial(refused) => refused.rule(),
            Self::Certificate => "tls-certificate",
            Self::Handshake(_) => "tls-handshake",
            Self::HandshakeLate => "tls-late",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dial(refused) => refused.fmt(f),
            Self::Certificate => f.write_str("the certificate of the host is not valid"),
            Self::Handshake(kind) => write!(f, "TLS with the host failed: {kind}"),
            Self::HandshakeLate => f.write_str("TLS with the host took too long"),
        }
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
pub(in crate::net) mod tests;
