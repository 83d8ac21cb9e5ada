//! Whether an IP address is one that the gateway may reach.
//!
//! Only addresses of the public internet are. A table names what is not, by the registries of IANA and by what
//! clouds use for metadata; for IPv6, what no table names must be global unicast (`2000::/3`).
//!
//! The contract names ranges that are reached nevertheless. A range counts only where it is as narrow as the rule
//! that it sets aside: `10.20.0.0/16` is private and named, `0.0.0.0/0` names nothing. Metadata, multicast,
//! broadcast, unspecified, IPv4-mapped and IPv4-compatible addresses stay refused, whatever is named. IPv6 that
//! leads to an IPv4 address passes only by a named range of its own form (`64:ff9b::/96`), and then only if
//! the IPv4 address inside passes too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

mod embedded;
mod range;
mod refused;
mod table;

use range::Range;
pub use range::{Malformed, Private};
pub use refused::Refused;

/// Narrowest range of IPv6 outside `2000::/3` and the table that can be named.
const LEAST_NAMED: u8 = 16;
/// Global unicast, the part of IPv6 that is given out to networks.
const GLOBAL: Range = Range::v6(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Whether the gateway may reach `addr`, given the ranges that the contract names.
///
/// # Errors
/// The rule that refuses it.
pub fn verdict(addr: IpAddr, private: &Private) -> Result<(), Refused> {
    match addr {
        IpAddr::V4(addr) => v4(addr, private),
        IpAddr::V6(addr) => v6(addr, private),
    }
}

fn v4(addr: Ipv4Addr, private: &Private) -> Result<(), Refused> {
    let addr = IpAddr::V4(addr);
    match table::V4.iter().find(|block| block.range.holds(addr)) {
        Some(block) => block.unless_named(addr, private),
        None => Ok(()),
    }
}

fn v6(addr: Ipv6Addr, private: &Private) -> Result<(), Refused> {
    if let Some(form) = embedded::form(addr) {
        if form.refused.is_final() || !private.names(IpAddr::V6(addr), form.length) {
            return Err(form.refused);
        }
        for inside in form.inside.into_iter().flatten() {
            v4(inside, private)?;
        }
    }
    let addr = IpAddr::V6(addr);
    match table::V6.iter().find(|block| block.range.holds(addr)) {
        Some(block) => block.unless_named(addr, private),
        None if GLOBAL.holds(addr) || private.names(addr, LEAST_NAMED) => Ok(()),
        None => Err(Refused::NotGlobal),
    }
}

#[cfg(test)]
mod tests;
