//! The contract, verified before a role opens a port or another file.

use crate::contract::{CONTRACT_VERSION, Contract};
use crate::digest::sha256;
use crate::strict;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Most bytes of a contract; a ConfigMap holds no more.
pub const MOST_BYTES: u64 = 1 << 20;

/// Why a contract is refused.
#[derive(Debug)]
pub enum Refused {
    /// The file cannot be read.
    Unreadable(io::Error),
    /// It is longer than [`MOST_BYTES`].
    TooLong,
    /// It is not the file that was reviewed.
    Digest {
        /// The digest of the file, in hexadecimal.
        found: String,
    },
    /// It is no contract: not JSON, a key twice, an unknown field, a missing one.
    Malformed(serde_json::Error),
    /// It is of another version.
    Version(u32),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(e) => write!(f, "the contract cannot be read: {e}"),
            Self::TooLong => write!(f, "the contract has more than {MOST_BYTES} bytes"),
            Self::Digest { found } => {
                write!(
                    f,
                    "the contract is not the reviewed one: its digest is {found}"
                )
            }
            Self::Malformed(e) => write!(f, "the contract is malformed: {e}"),
            Self::Version(found) => write!(
                f,
                "the contract has version {found}, and this runtime reads {CONTRACT_VERSION}"
            ),
        }
    }
}

impl std::error::Error for Refused {}

/// Reads the contract at `path`, which must have the SHA-256 `digest` (64 hexadecimal digits).
///
/// # Errors
/// On any doubt; see [`Refused`].
pub fn contract(path: &Path, digest: &str) -> Result<Contract, Refused> {
    let bytes = bytes(path, MOST_BYTES).map_err(Refused::Unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Refused::TooLong);
    }
    let found = sha256(&bytes);
    if found != digest {
        return Err(Refused::Digest { found });
    }
    parse(&bytes)
}

/// Reads a contract whose digest has been checked.
///
/// # Errors
/// What is no contract of this version.
pub fn parse(bytes: &[u8]) -> Result<Contract, Refused> {
    let value = strict::value(bytes).map_err(Refused::Malformed)?;
    // Another version may have other fields: its number says more than the first of them.
    let version = value.get("version").and_then(serde_json::Value::as_u64);
    if let Some(version) = version.and_then(|v| u32::try_from(v).ok())
        && version != CONTRACT_VERSION
    {
        return Err(Refused::Version(version));
    }
    serde_json::from_value(value).map_err(Refused::Malformed)
}

/// The first bytes of a file: all of it, or one more than `most` where it is longer.
///
/// # Errors
/// A file that cannot be read.
pub fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
