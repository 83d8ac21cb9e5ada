//! The name that a request asks for, and the patterns that the contract permits.
//!
//! A [`Host`] is a DNS name in lower case. Nothing that some reader takes for an IP address is one, and no text
//! has two readings: user, port, path, percent signs, letters outside ASCII and a dot at the end are refused.

use std::fmt;

mod pattern;

pub use pattern::{HostPattern, Malformed};

/// Most bytes of a name.
const MOST_BYTES: usize = 253;
/// Most bytes of a label.
const MOST_LABEL: usize = 63;

/// A DNS name in lower case, without port and trailing dot; never an IP address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(String);

impl Host {
    /// Reads the name of a request, without its port. Capital letters become small ones; nothing else is mended.
    ///
    /// # Errors
    /// What is no DNS name: an IP address in any notation (also `2130706433`, `0x7f.1`, `127.1`, `[::1]`), a user, a
    /// port, a path, `%`, letters outside ASCII, a trailing dot, empty or overlong labels.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        if text.is_empty() {
            return Err(Refused::Empty);
        }
        if !text.is_ascii() {
            return Err(Refused::NotAscii);
        }
        // Before anything is copied: what is longer is no name, whatever is in it.
        if text.len() > MOST_BYTES {
            return Err(Refused::TooLong);
        }
        if text.contains('[') || text.parse::<std::net::Ipv6Addr>().is_ok() {
            return Err(Refused::IpLiteral);
        }
        if let Some(refused) = text.bytes().find_map(foreign) {
            return Err(refused);
        }
        if text.ends_with('.') {
            return Err(Refused::TrailingDot);
        }
        let name = text.to_ascii_lowercase();
        if ends_in_number(&name) {
            return Err(Refused::IpLiteral);
        }
        if name.split('.').all(is_label) {
            Ok(Self(name))
        } else {
            Err(Refused::Label)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// Nothing stands there.
    Empty,
    /// More than 253 bytes.
    TooLong,
    /// Letters outside ASCII.
    NotAscii,
    /// An IP address in some notation.
    IpLiteral,
    /// `@`.
    User,
    /// `:`.
    Port,
    /// `%`.
    Percent,
    /// Another character that no name has.
    Character,
    /// A dot at the end.
    TrailingDot,
    /// A label that is empty, overlong, or has a hyphen where none may stand.
    Label,
}

impl Refused {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Empty => "host-empty",
            Self::TooLong => "host-length",
            Self::NotAscii => "host-not-ascii",
            Self::IpLiteral => "host-ip-literal",
            Self::User => "host-user",
            Self::Port => "host-port",
            Self::Percent => "host-percent",
            Self::Character => "host-character",
            Self::TrailingDot => "host-trailing-dot",
            Self::Label => "host-label",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the host is empty",
            Self::TooLong => "the host has more than 253 bytes",
            Self::NotAscii => "the host has letters outside ASCII; write such labels as `xn--…`",
            Self::IpLiteral => "the host is an IP address; only names are reached",
            Self::User => "the host has a user in it",
            Self::Port => "the host has a port in it",
            Self::Percent => "the host has a percent sign in it",
            Self::Character => "the host has a character that no name has",
            Self::TrailingDot => "the host ends in a dot",
            Self::Label => "the host has a label that is no DNS label",
        })
    }
}

impl std::error::Error for Refused {}

fn foreign(byte: u8) -> Option<Refused> {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => None,
        b'@' => Some(Refused::User),
        b':' => Some(Refused::Port),
        b'%' => Some(Refused::Percent),
        _ => Some(Refused::Character),
    }
}

/// Many readers take a name whose last label is a number for IPv4: `2130706433`, `0x7f.1`, `0177.0.0.1`.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let hex = last.strip_prefix("0x");
    last.bytes().all(|b| b.is_ascii_digit())
        || hex.is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_label(label: &str) -> bool {
    // `--` in third place marks an encoding; the only one there is is `xn--`.
    let encoded = label.get(2..4) == Some("--");
    (1..=MOST_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && (!encoded
            || label
                .strip_prefix("xn--")
                .is_some_and(|rest| !rest.is_empty()))
}

#[cfg(test)]
mod tests;
