//! The run's key: what gateway, router and export know and nobody else does.
//!
//! From it follow the bearers of the control port, each bound to one run, by its UID, and to one use, so that
//! none opens another door. The start gate of an agent's pod has no key: it proves with the UID alone, which
//! it knows and the agent does not ([`claim`]).

use crate::digest::hex;
use crate::open::bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;
use std::io;
use std::path::Path;
use subtle::ConstantTimeEq as _;

/// Fewest bytes of a key.
const FEWEST: usize = 32;
/// Most bytes of a key file.
const MOST: u64 = 4096;

/// The key, which is never shown.
#[derive(Clone)]
pub struct Key(Vec<u8>);

/// What a proof is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The router asks the control port.
    Router,
    /// The export step asks the control port and leaves by the export port.
    Export,
    /// People ask the control port.
    People,
    /// A submitted comment or branch is known again by this marker.
    Marker,
    /// A file was given by the gateway.
    Files,
}

impl Key {
    /// Reads the key file.
    ///
    /// # Errors
    /// A file that cannot be read, or that is too short to be a key or too long.
    pub fn read(path: &Path) -> io::Result<Self> {
        Self::new(bytes(path, MOST)?)
    }

    /// A key of these bytes.
    ///
    /// # Errors
    /// Fewer than 32 bytes, or more than 4096.
    pub fn new(bytes: Vec<u8>) -> io::Result<Self> {
        if bytes.len() < FEWEST || bytes.len() as u64 > MOST {
            let why = format!("a key has {FEWEST} to {MOST} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(Self(bytes))
    }

    /// The proof for one use in the run of this UID, in hexadecimal.
    #[must_use]
    pub fn proof(&self, uid: &str, purpose: Use) -> String {
        let word = match purpose {
            Use::Router => "router",
            Use::Export => "export",
            Use::People => "people",
            Use::Marker => "marker",
            Use::Files => "files",
        };
        mac(&self.0, &format!("pure-agent/v1\n{word}\n{uid}"))
    }

    /// Whether `shown` is that proof; the time that this takes tells nothing.
    #[must_use]
    pub fn verifies(&self, uid: &str, purpose: Use, shown: &str) -> bool {
        same(&self.proof(uid, purpose), shown)
    }
}

/// The proof with which the start gate of a cycle claims the agent's bearer, in hexadecimal.
#[must_use]
pub fn claim(uid: &str, cycle: u32) -> String {
    claim_as(uid, cycle, None)
}

/// The same, good for one agent alone where the run chooses one of several.
#[must_use]
pub fn claim_as(uid: &str, cycle: u32, agent: Option<&str>) -> String {
    let agent = agent.map_or_else(String::new, |agent| format!("\n{agent}"));
    mac(
        uid.as_bytes(),
        &format!("pure-agent/v1\nclaim\nagent\n{cycle}{agent}"),
    )
}

/// HMAC-SHA-256 in hexadecimal.
#[must_use]
pub fn mac(key: &[u8], text: &str) -> String {
    // HMAC takes a key of any length; were it otherwise, an empty proof would open nothing.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(text.as_bytes());
            hex(&mac.finalize().into_bytes())
        },
    )
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Whether two secrets are the same, in a time that depends on their lengths only. Nothing is the same as an
/// empty one.
#[must_use]
pub fn same(known: &str, shown: &str) -> bool {
    !known.is_empty() && bool::from(known.as_bytes().ct_eq(shown.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{Key, Use, claim, claim_as, same};

    const UID: &str = "34f30468-bff5-4185-9f89-33119f4650fd";

    fn key(byte: u8) -> Key {
        Key::new(vec![byte; 32]).unwrap()
    }

    #[test]
    fn a_proof_is_good_for_one_key_run_and_use() {
        let uses = [
            Use::Router,
            Use::Export,
            Use::People,
            Use::Marker,
            Use::Files,
        ];
        for purpose in uses {
            let proof = key(1).proof(UID, purpose);
            assert!(key(1).verifies(UID, purpose, &proof));
            assert!(!key(2).verifies(UID, purpose, &proof));
            assert!(!key(1).verifies("other", purpose, &proof));
            for other in uses.into_iter().filter(|other| *other != purpose) {
                assert!(!key(1).verifies(UID, other, &proof), "{other:?}");
            }
        }
    }

    #[test]
    fn a_claim_is_good_for_one_run_cycle_and_agent() {
        let all = [
            claim(UID, 0),
            claim(UID, 1),
            claim(UID, 10),
            claim("other", 1),
            claim_as(UID, 1, Some("a")),
            claim_as(UID, 1, Some("b")),
        ];
        for (at, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 64);
            for other in &all[at + 1..] {
                assert!(!same(one, other));
            }
        }
    }

    #[test]
    fn nothing_is_the_same_as_no_secret() {
        assert!(!same("", ""));
        assert!(!same("a", ""));
        assert!(!same("a", "ab"));
        assert!(same("ab", "ab"));
    }

    #[test]
    fn a_short_key_is_refused_and_no_key_is_shown() {
        assert!(Key::new(vec![1; 31]).is_err());
        assert!(Key::new(vec![1; 4097]).is_err());
        assert_eq!(format!("{:?}", key(65)), "Key");
    }
}
