//! Ranges of addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Most ranges that a contract names.
const MOST_RANGES: usize = 256;

/// A block of addresses of one family; there are no bits beyond its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    first: IpAddr,
    length: u8,
}

impl Range {
    pub(super) const fn v4(first: Ipv4Addr, length: u8) -> Self {
        let first = IpAddr::V4(first);
        Self { first, length }
    }

    pub(super) const fn v6(first: Ipv6Addr, length: u8) -> Self {
        let first = IpAddr::V6(first);
        Self { first, length }
    }

    /// Bits of the prefix.
    pub(super) const fn length(&self) -> u8 {
        self.length
    }

    /// Whether the address is in the block; never one of the other family.
    pub(super) fn holds(&self, addr: IpAddr) -> bool {
        match (self.first, addr) {
            (IpAddr::V4(first), IpAddr::V4(addr)) => {
                prefix(u128::from(first.to_bits()) << 96, self.length)
                    == prefix(u128::from(addr.to_bits()) << 96, self.length)
            }
            (IpAddr::V6(first), IpAddr::V6(addr)) => {
                prefix(first.to_bits(), self.length) == prefix(addr.to_bits(), self.length)
            }
            _ => false,
        }
    }

    /// Reads `10.0.0.0/8` or `fd00::/8`.
    fn parse(text: &str) -> Option<Self> {
        let (first, length) = text.split_once('/')?;
        let plain = length.bytes().all(|b| b.is_ascii_digit()) && !length.starts_with('0');
        if !plain && length != "0" {
            return None;
        }
        let length: u8 = length.parse().ok()?;
        let first: IpAddr = first.parse().ok()?;
        let (bits, width) = match first {
            IpAddr::V4(addr) => (u128::from(addr.to_bits()) << 96, 32),
            IpAddr::V6(addr) if addr.to_ipv4_mapped().is_some() => return None,
            IpAddr::V6(addr) => (addr.to_bits(), 128),
        };
        (length <= width && beyond(bits, length) == 0).then_some(Self { first, length })
    }
}

fn prefix(bits: u128, length: u8) -> u128 {
    bits.checked_shr(128 - u32::from(length.min(128)))
        .unwrap_or(0)
}

fn beyond(bits: u128, length: u8) -> u128 {
    bits.checked_shl(u32::from(length)).unwrap_or(0)
}

/// The ranges that a contract lets the gateway reach although they are not public.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Private(Vec<Range>);

impl Private {
    /// Reads the `network.private` of a contract: texts such as `10.20.0.0/16`. An empty list names nothing.
    ///
    /// # Errors
    /// The first text that is not exactly an address, `/` and a length: host bits, leading zeros, zone ids and
    /// IPv4-mapped addresses are refused; so are more than 256 ranges.
    pub fn parse(texts: &[String]) -> Result<Self, Malformed> {
        if texts.len() > MOST_RANGES {
            return Err(Malformed::TooMany);
        }
        let read = |text: &String| Range::parse(text).ok_or_else(|| Malformed::Text(text.clone()));
        texts.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The same, and the private space in which clusters have their pods.
    #[must_use]
    pub fn and_pods(&self) -> Self {
        let pods = [
            Range::v4(Ipv4Addr::new(10, 0, 0, 0), 8),
            Range::v4(Ipv4Addr::new(172, 16, 0, 0), 12),
            Range::v4(Ipv4Addr::new(192, 168, 0, 0), 16),
            Range::v4(Ipv4Addr::new(100, 64, 0, 0), 10),
            Range::v6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
        ];
        Self(self.0.iter().copied().chain(pods).collect())
    }

    /// Whether a range of at least `length` bits holds the address.
    pub(super) fn names(&self, addr: IpAddr, length: u8) -> bool {
        self.0
            .iter()
            .any(|range| range.length() >= length && range.holds(addr))
    }
}

/// Why the ranges of a contract are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// This text is no range.
    Text(String),
    /// There are more than 256.
    TooMany,
}

impl Malformed {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Text(_) => "range-malformed",
            Self::TooMany => "range-count",
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?} is not a range of addresses"),
            Self::TooMany => write!(f, "there are more than {MOST_RANGES} private ranges"),
        }
    }
}

impl std::error::Error for Malformed {}
