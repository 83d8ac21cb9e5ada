//! Signatures of OpenSSH (`ssh-keygen -Y sign`, PROTOCOL.sshsig), by the kinds of key that the compiler admits.
//!
//! The key that a signature brings along is compared with those that are known, byte by byte; it is never believed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey, VerificationAlgorithm};
use sha2::{Digest as _, Sha256, Sha512};
use std::fmt;

/// Most bytes of a signature's text.
pub const MOST: usize = 4 * 1024;
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const MAGIC: &[u8] = b"SSHSIG";
/// Flag of a key on a token: somebody touched it.
const PRESENT: u8 = 1;

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is no signature of OpenSSH, or has more in it than one has.
    Form,
    /// It was made for something else.
    Namespace,
    /// It was made with a key that may not sign this.
    Key,
    /// The token was not touched.
    Presence,
    /// It is not of this text.
    Wrong,
}

impl Refused {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Form => "signature-form",
            Self::Namespace => "signature-namespace",
            Self::Key => "signature-key",
            Self::Presence => "signature-presence",
            Self::Wrong => "signature-wrong",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "this is no signature of `ssh-keygen -Y sign`",
            Self::Namespace => "the signature was made for something else",
            Self::Key => "the signature was made with a key that may not sign this",
            Self::Presence => "nobody touched the token that holds the key",
            Self::Wrong => "the signature is not one of this text",
        })
    }
}

impl std::error::Error for Refused {}

/// A signature, taken apart and not verified.
struct Signed<'a> {
    key: &'a [u8],
    namespace: &'a [u8],
    hash: &'a [u8],
    signature: &'a [u8],
}

/// Finds the key, among lines of public keys, by which the armored signature is one of this text in this namespace;
/// gives its place in the list.
///
/// # Errors
/// See [`Refused`].
pub fn verify(
    armored: &str,
    text: &[u8],
    namespace: &str,
    keys: &[&str],
) -> Result<usize, Refused> {
    let bytes = unarmored(armored).ok_or(Refused::Form)?;
    let signed = Signed::read(&bytes).ok_or(Refused::Form)?;
    if signed.namespace != namespace.as_bytes() {
        return Err(Refused::Namespace);
    }
    let mut known = keys.iter();
    let at = known.position(|line| blob(line).is_some_and(|blob| blob == signed.key));
    let at = at.ok_or(Refused::Key)?;
    signed.verify(text)?;
    Ok(at)
}

/// The key of a line `KIND BASE64`.
fn blob(line: &str) -> Option<Vec<u8>> {
    STANDARD.decode(line.split(' ').nth(1)?).ok()
}

fn unarmored(text: &str) -> Option<Vec<u8>> {
    if text.len() > MOST {
        return None;
    }
    let inner = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let inner: String = inner
        .chars()
        .filter(|c| !matches!(c, '\n' | '\r'))
        .collect();
    STANDARD.decode(inner).ok()
}

impl<'a> Signed<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = Wire(bytes.strip_prefix(MAGIC)?);
        let version = rest.number()?;
        let signed = Self {
            key: rest.string()?,
            namespace: rest.string()?,
            // A reserved field means something to somebody: whoever fills it is refused.
            hash: rest.empty().and_then(|()| rest.string())?,
            signature: rest.string()?,
        };
        (version == 1 && rest.0.is_empty()).then_some(signed)
    }

    fn verify(&self, text: &[u8]) -> Result<(), Refused> {
        let hash = match self.hash {
            b"sha256" => Sha256::digest(text).to_vec(),
            b"sha512" => Sha512::digest(text).to_vec(),
            _ => return Err(Refused::Form),
        };
        let mut message = MAGIC.to_vec();
        for part in [self.namespace, b"", self.hash, &hash] {
            push(&mut message, part);
        }
        let parts = Parts::read(self.key, self.signature).ok_or(Refused::Form)?;
        parts.verify(&message)
    }
}

/// A key and a signature of its kind.
struct Parts<'a> {
    algorithm: &'static dyn VerificationAlgorithm,
    point: &'a [u8],
    signature: Vec<u8>,
    token: Option<Token<'a>>,
}

/// What a token signs beside the message.
struct Token<'a> {
    application: &'a [u8],
    flags: u8,
    counter: [u8; 4],
}

impl<'a> Parts<'a> {
    /// The kind stands in both, and must be the same; nothing may be left over.
    fn read(key: &'a [u8], signature: &'a [u8]) -> Option<Self> {
        let (mut key, mut rest) = (Wire(key), Wire(signature));
        let kind = key.string()?;
        if rest.string()? != kind {
            return None;
        }
        let (is_ed25519, on_token) = match kind {
            b"ssh-ed25519" => (true, false),
            b"ecdsa-sha2-nistp256" => (false, false),
            b"sk-ssh-ed25519@openssh.com" => (true, true),
            b"sk-ecdsa-sha2-nistp256@openssh.com" => (false, true),
            _ => return None,
        };
        if !is_ed25519 && key.string()? != b"nistp256" {
            return None;
        }
        let point = key.string()?;
        let value = rest.string()?;
        let token = match on_token {
            true => Some(Token {
                application: key.string()?,
                flags: rest.bytes::<1>()?[0],
                counter: rest.bytes::<4>()?,
            }),
            false => None,
        };
        let (algorithm, signature): (&'static dyn VerificationAlgorithm, _) = match is_ed25519 {
            true => (&ED25519, value.to_vec()),
            false => (&ECDSA_P256_SHA256_FIXED, fixed(value)?),
        };
        let parts = Self {
            algorithm,
            point,
            signature,
            token,
        };
        (key.0.is_empty() && rest.0.is_empty()).then_some(parts)
    }

    fn verify(&self, message: &[u8]) -> Result<(), Refused> {
        let key = UnparsedPublicKey::new(self.algorithm, self.point);
        let signed = match &self.token {
            None => message.to_vec(),
            Some(token) => {
                if token.flags & PRESENT == 0 {
                    return Err(Refused::Presence);
                }
                let mut signed = Sha256::digest(token.application).to_vec();
                signed.push(token.flags);
                signed.extend(token.counter);
                signed.extend(Sha256::digest(message));
                signed
            }
        };
        key.verify(&signed, &self.signature)
            .map_err(|_wrong| Refused::Wrong)
    }
}

/// Two numbers of SSH as 64 bytes.
fn fixed(value: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Wire(value);
    let mut both = Vec::with_capacity(64);
    for _ in 0..2 {
        let number = rest.string()?;
        // A number whose first bit is set has a zero before it.
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        let zeros = 32_usize.checked_sub(number.len())?;
        both.extend(std::iter::repeat_n(0, zeros));
        both.extend(number);
    }
    rest.0.is_empty().then_some(both)
}

fn push(out: &mut Vec<u8>, part: &[u8]) {
    // No part is longer than a key or a hash.
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    out.extend(length.to_be_bytes());
    out.extend(part);
}

/// Bytes in SSH's wire format.
struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn number(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_be_bytes)
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }

    fn empty(&mut self) -> Option<()> {
        self.string()?.is_empty().then_some(())
    }
}
