//! Signatures by themselves.

use super::keys::Key;
use crate::approval::signature::{Refused, verify};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use sha2::{Digest as _, Sha256, Sha512};

const NAMESPACE: &str = "pure-agent-approval";
const TEXT: &[u8] = b"{\"verdict\":\"approve\"}";

fn text() -> &'static str {
    std::str::from_utf8(TEXT).unwrap()
}

fn armored(blob: &[u8]) -> String {
    let text = STANDARD.encode(blob);
    format!("-----BEGIN SSH SIGNATURE-----\n{text}\n-----END SSH SIGNATURE-----\n")
}

fn blob(armored: &str) -> Vec<u8> {
    let lines = armored.lines().filter(|line| !line.starts_with('-'));
    STANDARD.decode(lines.collect::<String>()).unwrap()
}

#[test]
fn a_signature_of_openssh_counts_for_its_key_text_and_namespace() {
    for kind in ["ed25519", "ecdsa"] {
        let (key, other) = (Key::new(kind), Key::new(kind));
        for hash in ["sha256", "sha512"] {
            let signed = key.sign_by(hash, NAMESPACE, text());
            let keys = [other.public.as_str(), key.public.as_str()];
            assert_eq!(
                verify(&signed, TEXT, NAMESPACE, &keys),
                Ok(1),
                "{kind} {hash}"
            );
            assert_eq!(
                verify(&signed, TEXT, NAMESPACE, &keys[..1]),
                Err(Refused::Key)
            );
            assert_eq!(verify(&signed, TEXT, NAMESPACE, &[]), Err(Refused::Key));
            assert_eq!(
                verify(&signed, TEXT, "file", &keys),
                Err(Refused::Namespace)
            );
            let changed = text().replace("approve", "reject");
            assert_eq!(
                verify(&signed, changed.as_bytes(), NAMESPACE, &keys),
                Err(Refused::Wrong)
            );
        }
    }
}

/// Kinds that the compiler does not admit do not count, were they in a contract.
#[test]
fn other_kinds_of_keys_do_not_count() {
    let key = Key::new("rsa");
    let signed = key.sign(NAMESPACE, text());
    let found = verify(&signed, TEXT, NAMESPACE, &[&key.public]);
    assert_eq!(found, Err(Refused::Form));
}

/// No byte of a signature can be changed, left out or added.
#[test]
fn a_changed_signature_does_not_count() {
    for kind in ["ed25519", "ecdsa"] {
        let key = Key::new(kind);
        let good = blob(&key.sign(NAMESPACE, text()));
        let counts = |blob: &[u8]| verify(&armored(blob), TEXT, NAMESPACE, &[&key.public]);
        assert_eq!(counts(&good), Ok(0));
        for at in 0..good.len() {
            for bit in [1, 0x80] {
                let mut changed = good.clone();
                changed[at] ^= bit;
                assert!(counts(&changed).is_err(), "{kind}: byte {at}");
            }
            assert!(counts(&good[..at]).is_err(), "{kind}: {at} bytes");
        }
        let mut longer = good;
        longer.push(0);
        assert_eq!(counts(&longer), Err(Refused::Form));
    }
}

#[test]
fn what_is_no_armored_signature_is_refused() {
    let key = Key::new("ed25519");
    let good = key.sign(NAMESPACE, text());
    for bad in [
        String::new(),
        "-----BEGIN SSH SIGNATURE-----".to_owned(),
        good.replace("SSH SIGNATURE", "PGP SIGNATURE"),
        good.replace("-----END SSH SIGNATURE-----\n", ""),
        format!("{good}{good}"),
        good.replacen('U', " U", 1),
        armored(b""),
        armored(b"SSHSIG"),
        armored(&[0xff; 300]),
        format!("{good}{}", " ".repeat(5_000)),
    ] {
        let found = verify(&bad, TEXT, NAMESPACE, &[&key.public]);
        assert_eq!(found, Err(Refused::Form), "{bad}");
    }
}

fn strings(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        out.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
        out.extend(*part);
    }
    out
}

/// What a token signs for `TEXT`.
fn of_token(application: &[u8], flags: u8) -> Vec<u8> {
    let hash = Sha512::digest(TEXT);
    let mut message = b"SSHSIG".to_vec();
    message.extend(strings(&[NAMESPACE.as_bytes(), b"", b"sha512", &hash]));
    let mut signed = Sha256::digest(application).to_vec();
    signed.push(flags);
    signed.extend([0, 0, 0, 9]);
    signed.extend(Sha256::digest(&message));
    signed
}

fn envelope(key: &[u8], kind: &[u8], value: &[u8], flags: u8) -> String {
    let mut signature = strings(&[kind, value]);
    signature.push(flags);
    signature.extend([0, 0, 0, 9]);
    let mut blob = b"SSHSIG\0\0\0\x01".to_vec();
    blob.extend(strings(&[
        key,
        NAMESPACE.as_bytes(),
        b"",
        b"sha512",
        &signature,
    ]));
    armored(&blob)
}

fn line(kind: &str, key: &[u8]) -> String {
    format!("{kind} {}", STANDARD.encode(key))
}

/// There is no token here: another implementation of the same format signs.
#[test]
fn a_key_on_a_token_counts_when_it_was_touched() {
    let random = SystemRandom::new();
    let pair = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(pair.as_ref()).unwrap();
    let kind = "sk-ssh-ed25519@openssh.com";
    let key = strings(&[kind.as_bytes(), pair.public_key().as_ref(), b"ssh:"]);
    let public = line(kind, &key);
    let sign = |application: &[u8], flags| {
        let value = pair.sign(&of_token(application, flags));
        envelope(&key, kind.as_bytes(), value.as_ref(), flags)
    };
    let counts = |signed: &str| verify(signed, TEXT, NAMESPACE, &[&public]);
    assert_eq!(counts(&sign(b"ssh:", 1)), Ok(0));
    assert_eq!(counts(&sign(b"ssh:", 5)), Ok(0), "touched and verified");
    assert_eq!(counts(&sign(b"ssh:", 0)), Err(Refused::Presence));
    assert_eq!(counts(&sign(b"ssh:", 4)), Err(Refused::Presence));
    assert_eq!(counts(&sign(b"ssh:other", 1)), Err(Refused::Wrong));
    // A flag that was set afterwards.
    let value = pair.sign(&of_token(b"ssh:", 0));
    let forged = envelope(&key, kind.as_bytes(), value.as_ref(), 1);
    assert_eq!(counts(&forged), Err(Refused::Wrong));
    // The same key, as if it were not on a token.
    let plain = strings(&[b"ssh-ed25519", pair.public_key().as_ref()]);
    let forged = envelope(&plain, b"ssh-ed25519", value.as_ref(), 1);
    assert_eq!(counts(&forged), Err(Refused::Key));
    let forged = envelope(&key, b"ssh-ed25519", value.as_ref(), 1);
    assert_eq!(counts(&forged), Err(Refused::Form));
}

#[test]
fn a_p256_key_on_a_token_counts() {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pair.as_ref(), &random).unwrap();
    let kind = "sk-ecdsa-sha2-nistp256@openssh.com";
    let key = strings(&[
        kind.as_bytes(),
        b"nistp256",
        pair.public_key().as_ref(),
        b"ssh:",
    ]);
    let public = line(kind, &key);
    for flags in [1, 0] {
        let value = pair.sign(&random, &of_token(b"ssh:", flags)).unwrap();
        let (r, s) = value.as_ref().split_at(32);
        let number = |half: &[u8]| {
            let start = half.iter().position(|b| *b != 0).unwrap();
            let mut number = half[start..].to_vec();
            if number[0] & 0x80 != 0 {
                number.insert(0, 0);
            }
            number
        };
        let value = strings(&[&number(r), &number(s)]);
        let signed = envelope(&key, kind.as_bytes(), &value, flags);
        let expected = if flags == 1 {
            Ok(0)
        } else {
            Err(Refused::Presence)
        };
        assert_eq!(verify(&signed, TEXT, NAMESPACE, &[&public]), expected);
    }
}
