//! The trust bundle: PEM certificates of authorities beside the public ones.

use crate::open::bytes;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{PemObject as _, SectionKind};
use std::fmt;
use std::io;
use std::path::Path;

/// Most bytes of a bundle; a ConfigMap holds no more.
const MOST_BYTES: u64 = 1 << 20;

/// Why a trust bundle, or TLS at all, is refused.
#[derive(Debug)]
pub enum BadTrust {
    /// The file cannot be read.
    Unreadable(io::Error),
    /// It is longer than 1 MiB.
    TooLong,
    /// It is no PEM, or a part of it is no certificate.
    Malformed,
    /// A certificate cannot be an authority.
    Certificate(rustls::Error),
    /// There is no certificate in it.
    Empty,
    /// The provider of TLS does not know a safe version.
    Tls(rustls::Error),
}

impl BadTrust {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "trust-unreadable",
            Self::TooLong => "trust-length",
            Self::Malformed => "trust-malformed",
            Self::Certificate(_) => "trust-certificate",
            Self::Empty => "trust-empty",
            Self::Tls(_) => "trust-tls",
        }
    }
}

impl fmt::Display for BadTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(e) => write!(f, "the trust bundle cannot be read: {e}"),
            Self::TooLong => write!(f, "the trust bundle has more than {MOST_BYTES} bytes"),
            Self::Malformed => f.write_str("the trust bundle is not PEM of certificates only"),
            Self::Certificate(e) => write!(f, "the trust bundle has a bad certificate: {e}"),
            Self::Empty => f.write_str("the trust bundle has no certificate"),
            Self::Tls(e) => write!(f, "TLS cannot be set up: {e}"),
        }
    }
}

impl std::error::Error for BadTrust {}

/// The bytes of a bundle.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, BadTrust> {
    let bytes = bytes(path, MOST_BYTES).map_err(BadTrust::Unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(BadTrust::TooLong);
    }
    Ok(bytes)
}

/// Adds every certificate of a bundle; one bad part refuses the whole.
pub(super) fn add(pem: &[u8], roots: &mut RootCertStore) -> Result<(), BadTrust> {
    let before = roots.len();
    for part in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
        match part {
            Ok((SectionKind::Certificate, der)) => {
                roots
                    .add(CertificateDer::from(der))
                    .map_err(BadTrust::Certificate)?;
            }
            _ => return Err(BadTrust::Malformed),
        }
    }
    if roots.len() == before {
        return Err(BadTrust::Empty);
    }
    Ok(())
}
