//! Signatures of people.

use super::{Target, hold};
use crate::random::Random;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pure_agent_runtime::approval::signature::{MOST, verify};

pub(super) const TARGET: Target = Target {
    name: "signature",
    seeds,
    words: &[
        "-----BEGIN SSH SIGNATURE-----",
        "-----END SSH SIGNATURE-----",
        "\n",
        "=",
        "AAAA",
        "U1NIU0lHAAAAAQ",
        "AAAAC3NzaC1lZDI1NTE5",
    ],
    check,
};

const NAMESPACE: &str = "pure-agent-approval";
const TEXT: &[u8] = b"{\"verdict\":\"approve\"}";
const OTHER: &[u8] = b"{\"verdict\":\"reject\"}";

/// Keys made for this, and for nothing else.
const KEYS: [&str; 2] = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBjjCZy6VYpL9wk1KMgZ/Hh13KKC9bR/MSVNA1OU1y3S",
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKqpu7/H6HV8IUzodCc/q6AOLcZ3YhEWTPn9OR2NSmNjTgwPA8C6qV1CPz7Ve3x+fO9zxgi7zBr8KdSajFKcKmI=",
];

const ED25519: &str = "\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgGOMJnLpVikv3CTUoyBn8eHXcoo
L1tH8xJU0DU5TXLdIAAAATcHVyZS1hZ2VudC1hcHByb3ZhbAAAAAAAAAAGc2hhNTEyAAAA
UwAAAAtzc2gtZWQyNTUxOQAAAECS/0jJv5f3oXjyLtjxNZjOAc6DaMTXhNVGPWgzY3KMog
4hutE7056BcKJdN3HRBew4X+f0Mzm2uFaXf2Dli2kK
-----END SSH SIGNATURE-----
";
const ECDSA: &str = "\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAE
EEqqm7v8fodXwhTOh0Jz+roA4txndiERZM+f05HY1KY2NODA8DwLqpXUI/PtV7fH5873PG
CLvMGvwp1JqMUpwqYgAAABNwdXJlLWFnZW50LWFwcHJvdmFsAAAAAAAAAAZzaGE1MTIAAA
BkAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAABJAAAAIG7ClkQugtUAK4tw4rYKTk8CoPSd
7OCZ7UZRKe6qr0X+AAAAIQDPsAENBtEISVuSlA7w7kmvrDmpDsYPj2Y3tth+ap3drw==
-----END SSH SIGNATURE-----
";

/// As armored texts, and with the bytes inside broken.
fn seeds() -> Vec<Vec<u8>> {
    [ED25519, ECDSA].map(|text| text.as_bytes().to_vec()).into()
}

fn blob(armored: &str) -> Option<Vec<u8>> {
    let lines = armored.lines().filter(|line| !line.starts_with('-'));
    STANDARD.decode(lines.collect::<String>()).ok()
}

/// A signature that is taken is one of the two, for its key, text and namespace and no other.
fn check(bytes: &[u8], random: &mut Random) -> Result<bool, String> {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    if random.below(2) == 0 {
        // The armor is whole, and what is in it was broken.
        let known = *random.of(&[ED25519, ECDSA]);
        let mut inner = blob(known).unwrap_or_default();
        for _ in 0..random.below(4) {
            let at = random.below(inner.len());
            inner[at] ^= 1 << random.below(8);
        }
        inner.truncate(inner.len() - random.below(2) * random.below(inner.len()));
        let inner = STANDARD.encode(inner);
        text = format!("-----BEGIN SSH SIGNATURE-----\n{inner}\n-----END SSH SIGNATURE-----\n");
    }
    let Ok(at) = verify(&text, TEXT, NAMESPACE, &KEYS) else {
        return Ok(false);
    };
    hold(text.len() <= MOST, "one that is too long")?;
    hold(
        verify(&text, OTHER, NAMESPACE, &KEYS).is_err(),
        "one of another text",
    )?;
    hold(
        verify(&text, TEXT, "file", &KEYS).is_err(),
        "one for something else",
    )?;
    let others: Vec<&str> = KEYS
        .iter()
        .enumerate()
        .filter(|(n, _)| *n != at)
        .map(|(_, key)| *key)
        .collect();
    hold(
        verify(&text, TEXT, NAMESPACE, &others).is_err(),
        "one of another key",
    )?;
    if at == 0 {
        let inner: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let known: String = ED25519.chars().filter(|c| !c.is_whitespace()).collect();
        hold(inner == known, "one that nobody made")?;
    }
    Ok(true)
}
