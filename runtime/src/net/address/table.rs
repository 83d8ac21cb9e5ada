//! The blocks that are not the public internet. The first that holds an address decides: what is never set
//! aside stands first.

use super::{Private, Range, Refused};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block and the rule that refuses it.
pub(super) struct Block {
    pub(super) range: Range,
    refused: Refused,
}

impl Block {
    /// Refuses an address of the block, unless a range that is as narrow names it.
    pub(super) fn unless_named(&self, addr: IpAddr, private: &Private) -> Result<(), Refused> {
        if !self.refused.is_final() && private.names(addr, self.range.length()) {
            return Ok(());
        }
        Err(self.refused)
    }
}

const fn v4(first: [u8; 4], length: u8, refused: Refused) -> Block {
    let [a, b, c, d] = first;
    let range = Range::v4(Ipv4Addr::new(a, b, c, d), length);
    Block { range, refused }
}

const fn v6(first: [u16; 8], length: u8, refused: Refused) -> Block {
    let [a, b, c, d, e, f, g, h] = first;
    let range = Range::v6(Ipv6Addr::new(a, b, c, d, e, f, g, h), length);
    Block { range, refused }
}

/// IPv4: the registry of special-purpose addresses, and what clouds answer with credentials.
pub(super) const V4: [Block; 25] = [
    // AWS, Azure, Google, Oracle and others; 169.254.170.0/24 is for containers and pods.
    v4([169, 254, 169, 0], 24, Refused::Metadata),
    v4([169, 254, 170, 0], 24, Refused::Metadata),
    v4([169, 254, 0, 23], 32, Refused::Metadata), // Tencent
    v4([169, 254, 42, 42], 32, Refused::Metadata), // Scaleway
    v4([100, 100, 100, 200], 32, Refused::Metadata), // Alibaba
    v4([192, 0, 0, 192], 32, Refused::Metadata),  // Oracle
    v4([168, 63, 129, 16], 32, Refused::Metadata), // Azure's host, a public address
    v4([0, 0, 0, 0], 32, Refused::Unspecified),
    v4([0, 0, 0, 0], 8, Refused::ThisNetwork),
    v4([255, 255, 255, 255], 32, Refused::Broadcast),
    v4([224, 0, 0, 0], 4, Refused::Multicast),
    v4([10, 0, 0, 0], 8, Refused::Private),
    v4([172, 16, 0, 0], 12, Refused::Private),
    v4([192, 168, 0, 0], 16, Refused::Private),
    v4([100, 64, 0, 0], 10, Refused::Shared),
    v4([127, 0, 0, 0], 8, Refused::Loopback),
    v4([169, 254, 0, 0], 16, Refused::LinkLocal),
    v4([192, 0, 0, 0], 24, Refused::Ietf),
    v4([192, 0, 2, 0], 24, Refused::Documentation),
    v4([198, 51, 100, 0], 24, Refused::Documentation),
    v4([203, 0, 113, 0], 24, Refused::Documentation),
    v4([192, 88, 99, 0], 24, Refused::SixToFour), // its relays
    v4([198, 18, 0, 0], 15, Refused::Benchmarking),
    v4([240, 0, 0, 0], 4, Refused::Reserved),
    v4([192, 175, 48, 0], 24, Refused::Reserved), // AS112, answers for private zones
];

/// IPv6 without the forms that hold an IPv4 address.
pub(super) const V6: [Block; 17] = [
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32, Refused::Metadata), // AWS
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, Refused::Metadata), // Google
    v6([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128, Refused::Metadata), // Scaleway
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, Refused::Unspecified),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, Refused::Loopback),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Refused::Multicast),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Refused::Private),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Refused::LinkLocal),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Refused::SiteLocal),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, Refused::Discard),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64, Refused::Discard),
    v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, Refused::Benchmarking),
    // Protocol assignments, ORCHID among them.
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Refused::Ietf),
    v6(
        [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0],
        32,
        Refused::Documentation,
    ),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Refused::Documentation),
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, Refused::Reserved), // AS112
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, Refused::Reserved),         // segment routing
];
