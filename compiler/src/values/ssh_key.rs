//! Public keys of approvers: `"ssh-ed25519 AAAA…"`.

use std::cmp::Ordering;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

use super::{Parsed, Refusal, serialize_as_text, shown};

/// The kinds of key that may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// `ssh-ed25519`
    Ed25519,
    /// `ecdsa-sha2-nistp256`
    EcdsaP256,
    /// `sk-ssh-ed25519@openssh.com`, a key on a token.
    SkEd25519,
    /// `sk-ecdsa-sha2-nistp256@openssh.com`, a key on a token.
    SkEcdsaP256,
}

const KINDS: [(KeyKind, &str); 4] = [
    (KeyKind::Ed25519, "ssh-ed25519"),
    (KeyKind::EcdsaP256, "ecdsa-sha2-nistp256"),
    (KeyKind::SkEd25519, "sk-ssh-ed25519@openssh.com"),
    (KeyKind::SkEcdsaP256, "sk-ecdsa-sha2-nistp256@openssh.com"),
];
const HELP: &str = "write one line of an `id_ed25519.pub`: \"ssh-ed25519 AAAA…\"";

/// Points of small order, but for the sign bit: a signature under such a key can be made by anybody.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// A public key as OpenSSH writes it, without the comment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SshKey {
    kind: KeyKind,
    blob: Vec<u8>,
}

impl SshKey {
    /// Reads a line of a `.pub` file; a comment after the key is allowed and dropped.
    ///
    /// # Errors
    /// Refuses private keys, RSA and DSA, options before the key, broken Base64, data of another kind or
    /// length than the line says, and ed25519 points of small order.
    pub fn parse(text: &str) -> Parsed<Self> {
        if text.contains("PRIVATE KEY") {
            return Err(Refusal::new(
                "a private key stands where a public key belongs",
                HELP,
            ));
        }
        let refuse = |why: &str| Refusal::new(format!("key {} {why}", shown(text)), HELP);
        if text.len() > 1_024 || text.chars().any(char::is_control) {
            return Err(refuse("is not one line of a public key"));
        }
        let mut words = text.split(' ').filter(|word| !word.is_empty());
        let (Some(name), Some(data)) = (words.next(), words.next()) else {
            return Err(refuse("is not one line of a public key"));
        };
        let Some((kind, name)) = KINDS.iter().find(|(_, known)| *known == name) else {
            return Err(match name {
                "ssh-rsa" | "ssh-dss" => refuse("is RSA or DSA"),
                _ => refuse("is of a kind that cannot sign here"),
            });
        };
        let blob = STANDARD
            .decode(data)
            .map_err(|_broken| refuse("is not valid Base64"))?;
        if read_blob(*kind, name, &blob).is_none() {
            return Err(refuse("holds other data than its first word says"));
        }
        Ok(Self { kind: *kind, blob })
    }

    /// The kind of key.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key in the wire format of SSH (RFC 4253): what a signature is checked with.
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// The fingerprint as `ssh-keygen -l` prints it: `SHA256:` and Base64 without padding.
    pub fn fingerprint(&self) -> String {
        format!(
            "SHA256:{}",
            STANDARD_NO_PAD.encode(Sha256::digest(&self.blob))
        )
    }
}

/// Checks every field, and that nothing is left over.
fn read_blob(kind: KeyKind, name: &str, blob: &[u8]) -> Option<()> {
    let (inner, mut rest) = field(blob)?;
    let mut next = || {
        let (value, left) = field(rest)?;
        rest = left;
        Some(value)
    };
    let curve_fits = match kind {
        KeyKind::Ed25519 | KeyKind::SkEd25519 => true,
        KeyKind::EcdsaP256 | KeyKind::SkEcdsaP256 => next()? == b"nistp256",
    };
    let point = next()?;
    let point_fits = match kind {
        KeyKind::Ed25519 | KeyKind::SkEd25519 => point.len() == 32 && !has_small_order(point),
        KeyKind::EcdsaP256 | KeyKind::SkEcdsaP256 => point.len() == 65 && point.starts_with(&[4]),
    };
    let application_fits = match kind {
        KeyKind::Ed25519 | KeyKind::EcdsaP256 => true,
        KeyKind::SkEd25519 | KeyKind::SkEcdsaP256 => next()?.starts_with(b"ssh:"),
    };
    (inner == name.as_bytes() && curve_fits && point_fits && application_fits && rest.is_empty())
        .then_some(())
}

/// A string of SSH's wire format: four bytes of length, then the bytes.
fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

fn has_small_order(point: &[u8]) -> bool {
    let Some((last, head)) = point.split_last() else {
        return true;
    };
    let bytes = head.iter().copied().chain([last & 0x7f]);
    let hex: String = bytes.map(|byte| format!("{byte:02x}")).collect();
    SMALL_ORDER.contains(&hex.as_str())
}

impl PartialOrd for SshKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SshKey {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.kind, &self.blob).cmp(&(other.kind, &other.blob))
    }
}

impl fmt::Display for SshKey {
    /// The line without its comment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = KINDS
            .iter()
            .find(|(kind, _)| *kind == self.kind)
            .map_or("", |(_, name)| name);
        write!(f, "{name} {}", STANDARD.encode(&self.blob))
    }
}

serialize_as_text!(SshKey);

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, fields: &[&[u8]]) -> String {
        let mut blob = Vec::new();
        for field in fields {
            blob.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
            blob.extend(*field);
        }
        format!("{name} {}", STANDARD.encode(blob))
    }

    fn ed25519(point: &[u8]) -> String {
        line("ssh-ed25519", &[b"ssh-ed25519", point])
    }

    #[test]
    fn reads_a_real_key() {
        // GitHub's own host key and the fingerprint that it publishes.
        let text =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
        let key = SshKey::parse(&format!("{text} git@github.com")).unwrap();
        assert_eq!(key.to_string(), text);
        assert_eq!(
            key.fingerprint(),
            "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
        );
        assert_eq!((key.kind(), key.blob().len()), (KeyKind::Ed25519, 51));
    }

    #[test]
    fn reads_every_kind() {
        let point = [&[4_u8][..], &[9; 64]].concat();
        for (kind, text) in [
            (KeyKind::Ed25519, ed25519(&[9; 32])),
            (
                KeyKind::EcdsaP256,
                line(KINDS[1].1, &[KINDS[1].1.as_bytes(), b"nistp256", &point]),
            ),
            (
                KeyKind::SkEd25519,
                line(KINDS[2].1, &[KINDS[2].1.as_bytes(), &[9; 32], b"ssh:"]),
            ),
            (
                KeyKind::SkEcdsaP256,
                line(
                    KINDS[3].1,
                    &[KINDS[3].1.as_bytes(), b"nistp256", &point, b"ssh:work"],
                ),
            ),
        ] {
            let key = SshKey::parse(&text).unwrap();
            assert_eq!((key.kind(), key.to_string()), (kind, text));
        }
    }

    #[test]
    fn refuses() {
        let good = ed25519(&[9; 32]);
        let point = [&[4_u8][..], &[9; 64]].concat();
        let mut cases = vec![
            String::new(),
            "ssh-ed25519".to_owned(),
            "ssh-ed25519 ".to_owned(),
            "ssh-ed25519 AAAA…".to_owned(),
            "ssh-ed25519 !!!!".to_owned(),
            "-----BEGIN OPENSSH PRIVATE KEY-----".to_owned(),
            format!("no-pty {good}"),
            format!("command=\"x\" {good}"),
            good.replace("ssh-ed25519 ", "SSH-ED25519 "),
            good.replace("ssh-ed25519 ", "ecdsa-sha2-nistp256 "),
            format!("{good}\n{good}"),
            format!("{good}A"),
            format!("{good} {}", "x".repeat(2_000)),
            ed25519(&[9; 31]),
            ed25519(&[9; 33]),
            ed25519(&[]),
            line("ssh-ed25519", &[b"ssh-ed25519", &[9; 32], b"more"]),
            line("ssh-ed25519", &[b"ssh-rsa", &[9; 32]]),
            line("ssh-rsa", &[b"ssh-rsa", &[1, 0, 1], &[9; 256]]),
            line(
                "ecdsa-sha2-nistp384",
                &[b"ecdsa-sha2-nistp384", b"nistp384", &[4; 97]],
            ),
            line(KINDS[1].1, &[KINDS[1].1.as_bytes(), b"nistp384", &point]),
            line(KINDS[1].1, &[KINDS[1].1.as_bytes(), b"nistp256", &[2; 33]]),
            line(KINDS[2].1, &[KINDS[2].1.as_bytes(), &[9; 32]]),
            line(
                KINDS[2].1,
                &[KINDS[2].1.as_bytes(), &[9; 32], b"https://evil"],
            ),
        ];
        // A length that promises more than there is.
        cases.push(format!("ssh-ed25519 {}", STANDARD.encode([0xff_u8; 40])));
        for text in cases {
            assert!(SshKey::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn refuses_keys_under_which_anybody_signs() {
        for hex in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut point: Vec<u8> = (0..32)
                    .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
                    .collect();
                point[31] |= sign;
                assert!(SshKey::parse(&ed25519(&point)).is_err(), "{hex}");
            }
        }
    }
}
