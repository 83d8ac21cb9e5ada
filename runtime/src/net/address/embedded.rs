//! IPv6 addresses that hold an IPv4 address: what checks one family only can be led around by them.

use super::Refused;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What an address turned out to be.
pub(super) struct Form {
    /// The rule that refuses it.
    pub(super) refused: Refused,
    /// Bits that a range must have at least to name this form.
    pub(super) length: u8,
    /// The IPv4 addresses inside.
    pub(super) inside: [Option<Ipv4Addr>; 2],
}

/// The form, if the address has one.
pub(super) fn form(addr: Ipv6Addr) -> Option<Form> {
    let [a, b, c, d, e, f, g, h] = addr.segments();
    let last = joined(g, h);
    let one = |refused, length, addr| Form {
        refused,
        length,
        inside: [Some(addr), None],
    };
    match [a, b, c, d, e, f] {
        // `::` and `::1` have rules of their own.
        [0, 0, 0, 0, 0, 0] if g == 0 && h <= 1 => None,
        [0, 0, 0, 0, 0, 0] => Some(one(Refused::Compatible, 96, last)),
        [0, 0, 0, 0, 0, 0xffff] => Some(one(Refused::Mapped, 96, last)),
        [0, 0, 0, 0, 0xffff, 0] => Some(one(Refused::Translated, 96, last)),
        [0x64, 0xff9b, 0, 0, 0, 0] => Some(one(Refused::Nat64, 96, last)),
        // The place of the IPv4 address depends on the prefix in use; only one of 96 bits can be named.
        [0x64, 0xff9b, 1, ..] => Some(one(Refused::Nat64Local, 96, last)),
        [0x2002, high, low, ..] => Some(one(Refused::SixToFour, 16, joined(high, low))),
        [0x2001, 0, server, port, ..] => Some(Form {
            refused: Refused::Teredo,
            length: 32,
            inside: [Some(joined(server, port)), Some(joined(!g, !h))],
        }),
        // The interface identifier `0:5efe` or `200:5efe`, whatever stands before it.
        [.., flags, 0x5efe] if flags & 0xfcff == 0 => Some(one(Refused::Isatap, 96, last)),
        _ => None,
    }
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}
