//! Address blocks: `"10.0.12.34/32"`, `"2000::/3"`.

use std::fmt;
use std::net::IpAddr;

use cidr::IpCidr;

use super::{Parsed, Refusal, digits, serialize_as_text, shown};

mod special;

pub use special::{SPECIAL_V4, SPECIAL_V6, Special, SpecialRange};

/// A block of IPv4 or IPv6 addresses without host bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    block: IpCidr,
}

const HELP: &str = "write an address and a length: \"10.0.12.34/32\"";

impl Cidr {
    /// Reads an address, `/` and a length.
    ///
    /// # Errors
    /// Refuses a missing length, host bits, leading zeros, zone ids, and IPv4 inside IPv6 (`::ffff:10.0.0.0/104`).
    pub fn parse(text: &str) -> Parsed<Self> {
        let refuse =
            |why: &str, help: String| Err(Refusal::new(format!("{} {why}", shown(text)), help));
        let Some((address, length)) = text.split_once('/') else {
            return match text.parse::<IpAddr>() {
                Ok(address) => refuse(
                    "has no length",
                    format!("write \"{address}/{}\"", bits(address)),
                ),
                Err(_) => refuse("is not an address block", HELP.to_owned()),
            };
        };
        let length = digits(length).filter(|_| !(length.len() > 1 && length.starts_with('0')));
        let length = length.and_then(|length| u8::try_from(length).ok());
        let (Ok(address), Some(length)) = (address.parse::<IpAddr>(), length) else {
            return refuse("is not an address block", HELP.to_owned());
        };
        if length > bits(address) {
            return refuse(
                "is longer than its address",
                format!("write at most `/{}`", bits(address)),
            );
        }
        let Ok(block) = IpCidr::new(address, length) else {
            let help = match cidr::IpInet::new(address, length) {
                Ok(inet) => format!(
                    "write \"{}\", or \"{address}/{}\" for the one address",
                    network(inet),
                    bits(address)
                ),
                Err(_) => HELP.to_owned(),
            };
            return refuse("has bits beyond its length", help);
        };
        let block = Self { block };
        if block.within_range("::ffff:0:0/96") {
            return refuse(
                "is IPv4 inside IPv6",
                "write it as IPv4: \"10.0.0.0/8\"".to_owned(),
            );
        }
        Ok(block)
    }

    /// Whether the block is IPv4.
    pub fn is_v4(&self) -> bool {
        self.block.is_ipv4()
    }

    /// The length of the prefix in bits.
    pub fn length(&self) -> u8 {
        self.block.network_length()
    }

    /// Whether the block is a single address.
    pub fn is_single(&self) -> bool {
        self.length() == bits(self.block.first_address())
    }

    /// Whether every address of `other` is in this block. Blocks of two families never are.
    pub fn contains(&self, other: &Self) -> bool {
        self.is_v4() == other.is_v4()
            && self.length() <= other.length()
            && self.block.contains(&other.block.first_address())
    }

    /// Whether the blocks share an address.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// The special ranges that the block shares an address with, in the order of the tables.
    pub fn special(&self) -> Vec<&'static SpecialRange> {
        let table: &'static [SpecialRange] = if self.is_v4() {
            &SPECIAL_V4
        } else {
            &SPECIAL_V6
        };
        table
            .iter()
            .filter(|range| range.block().is_some_and(|block| block.overlaps(self)))
            .collect()
    }

    /// Whether the block shares an address with a range of this kind.
    pub fn is(&self, special: Special) -> bool {
        self.special().iter().any(|range| range.special == special)
    }

    /// What a network policy that permits this block has to except: the special ranges strictly inside it.
    ///
    /// `::ffff:0:0/96` is left out: the API server reads it as IPv4 and refuses it beside an IPv6 block, and such
    /// addresses never travel.
    pub fn exceptions(&self) -> Vec<&'static str> {
        let strictly_inside = |range: &&SpecialRange| {
            range
                .block()
                .is_some_and(|block| self.contains(&block) && block != *self)
        };
        let ranges = self.special().into_iter().filter(strictly_inside);
        ranges
            .filter(|range| range.special != Special::Mapped)
            .map(|range| range.block)
            .collect()
    }

    fn within_range(&self, range: &str) -> bool {
        range
            .parse::<IpCidr>()
            .is_ok_and(|block| Self { block }.contains(self))
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn network(inet: cidr::IpInet) -> String {
    format!("{}/{}", inet.first_address(), inet.network_length())
}

impl fmt::Display for Cidr {
    /// Always with the length, also for a single address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.block.first_address(), self.length())
    }
}

serialize_as_text!(Cidr);

#[cfg(test)]
mod tests;
