//! What a host may be.

use std::net::Ipv6Addr;

use super::super::{Parsed, Refusal, shown};

/// Names under which clouds serve credentials to whoever asks.
const METADATA: [&str; 10] = [
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "metadata.azure.internal",
    "metadata.azure.com",
    "metadata.tencentyun.com",
    "metadata.packet.net",
    "metadata.platformequinix.com",
    "instance-data",
    "instance-data.ec2.internal",
];
/// Endings that are never public, although some look like a zone.
const INTERNAL: [&str; 16] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "svc",
    "cluster",
    "lan",
    "home",
    "corp",
    "intranet",
    "private",
    "arpa",
    "test",
    "example",
    "invalid",
    "onion",
];

/// Refuses what is no host; the most telling reason first.
pub(super) fn host(text: &str) -> Parsed<()> {
    let refuse =
        |why: &str, help: String| Err(Refusal::new(format!("host {} {why}", shown(text)), help));
    if text.is_empty() {
        return Err(Refusal::new("a host is empty", example()));
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let bare = rest
            .split(['/', '?', '#', ':', '@'])
            .next()
            .unwrap_or_default();
        return refuse(&format!("has a scheme, {}", shown(scheme)), instead(bare));
    }
    if text.starts_with('[') || text.parse::<Ipv6Addr>().is_ok() {
        return refuse("is an IP address", example());
    }
    if let Some((bare, _)) = text.split_once(['/', '?', '#', '\\']) {
        return refuse("has a path", instead(bare));
    }
    if text.contains('@') {
        return refuse("has a user", example());
    }
    if let Some((bare, _)) = text.split_once(':') {
        return refuse("has a port", instead(bare));
    }
    if let Some(bare) = text.strip_suffix('.') {
        return refuse("ends in a dot", instead(bare));
    }
    if ends_in_number(text) {
        return refuse("is an IP address", example());
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return refuse("has capital letters", instead(&text.to_ascii_lowercase()));
    }
    if !text.is_ascii() {
        return refuse(
            "has letters outside ASCII",
            "write the name as DNS has it, each such label as `xn--…`: \"xn--bcher-kva.example.com\"".to_owned(),
        );
    }
    if text.len() > 253 || !text.split('.').all(is_label) {
        return refuse("is not a DNS name", example());
    }
    if METADATA.contains(&text) {
        return refuse(
            "serves the credentials of the machine",
            "leave it out: no agent may reach it".to_owned(),
        );
    }
    Ok(())
}

/// Refuses `*.base` where the names below the base belong to strangers.
pub(super) fn may_have_star(base: &str) -> Parsed<()> {
    let whole = |name: &str| {
        psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.as_bytes() == name.as_bytes())
    };
    // Below `kawasaki.jp` every label is a suffix of its own, so no single owner stands behind the star.
    if whole(base) || whole(&format!("any-label.{base}")) {
        return Err(Refusal::new(
            format!(
                "host pattern {} spans names of many owners",
                shown(&format!("*.{base}"))
            ),
            format!(
                "`{base}` is a public suffix: write the name below it that is meant, \"*.example.{base}\""
            ),
        ));
    }
    let hides = METADATA.iter().find(|name| {
        name.strip_suffix(base)
            .is_some_and(|head| head.ends_with('.'))
    });
    match hides {
        Some(name) => Err(Refusal::new(
            format!(
                "host pattern {} matches `{name}`",
                shown(&format!("*.{base}"))
            ),
            "that name serves the credentials of the machine: name the hosts that are meant",
        )),
        None => Ok(()),
    }
}

/// Whether a name, or a pattern's names, live in no public zone.
pub(super) fn is_internal(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let known = || psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known());
    !name.contains('.') || INTERNAL.contains(&last) || !known()
}

/// URL parsers read a name whose last label is a number as IPv4: `2130706433`, `0x7f.1`, `0177.0.0.1`.
fn ends_in_number(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or(text);
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    let all_digits = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    all_digits || hex.is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_label(label: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    // `--` in third place marks an encoding; the only one there is is `xn--`.
    let encoded = label.get(2..4) == Some("--");
    (1..=63).contains(&label.len())
        && label.bytes().all(plain)
        && !label.starts_with('-')
        && !label.ends_with('-')
        && (!encoded
            || label
                .strip_prefix("xn--")
                .is_some_and(|rest| !rest.is_empty()))
}

fn example() -> String {
    "write a DNS name: \"api.github.com\"".to_owned()
}

/// The bare name, if it is one; an example otherwise.
fn instead(bare: &str) -> String {
    let lower = bare.to_ascii_lowercase();
    if lower.len() <= 253 && lower.split('.').all(is_label) && !ends_in_number(&lower) {
        format!("write {lower:?}")
    } else {
        example()
    }
}
