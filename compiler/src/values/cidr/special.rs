//! Ranges that are not the public internet: what network policies except for both families.

use cidr::IpCidr;

use super::Cidr;

/// Why a range is not the public internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Special {
    /// This host and this network, unspecified addresses.
    This,
    /// Private networks; unique local and the older site-local addresses of IPv6.
    Private,
    /// Shared address space of providers (CGNAT).
    CarrierNat,
    /// The machine itself.
    Loopback,
    /// The link, and with it the metadata services of clouds.
    LinkLocal,
    /// Groups.
    Multicast,
    /// IPv4 written inside IPv6.
    Mapped,
    /// NAT64, 6to4, Teredo and their relays: IPv6 that leads to IPv4 addresses.
    Translation,
    /// Examples.
    Documentation,
    /// Measurements between devices.
    Benchmark,
    /// Protocols' own, reserved, discarded.
    Reserved,
}

/// A range and why it is special.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecialRange {
    /// The block as Kubernetes takes it.
    pub block: &'static str,
    /// Why it is special.
    pub special: Special,
}

impl SpecialRange {
    /// The range as a block; a test shows that it is one for every entry of the tables.
    pub fn block(&self) -> Option<Cidr> {
        self.block
            .parse::<IpCidr>()
            .ok()
            .map(|block| Cidr { block })
    }
}

const fn range(block: &'static str, special: Special) -> SpecialRange {
    SpecialRange { block, special }
}

/// All special ranges of IPv4, rising, none inside another: `except` beside `0.0.0.0/0`.
pub const SPECIAL_V4: [SpecialRange; 15] = [
    range("0.0.0.0/8", Special::This),
    range("10.0.0.0/8", Special::Private),
    range("100.64.0.0/10", Special::CarrierNat),
    range("127.0.0.0/8", Special::Loopback),
    range("169.254.0.0/16", Special::LinkLocal),
    range("172.16.0.0/12", Special::Private),
    range("192.0.0.0/24", Special::Reserved),
    range("192.0.2.0/24", Special::Documentation),
    range("192.88.99.0/24", Special::Translation),
    range("192.168.0.0/16", Special::Private),
    range("198.18.0.0/15", Special::Benchmark),
    range("198.51.100.0/24", Special::Documentation),
    range("203.0.113.0/24", Special::Documentation),
    range("224.0.0.0/4", Special::Multicast),
    range("240.0.0.0/4", Special::Reserved),
];

/// All special ranges of IPv6, rising, none inside another: `except` beside `::/0`.
pub const SPECIAL_V6: [SpecialRange; 20] = [
    range("::/128", Special::This),
    range("::1/128", Special::Loopback),
    range("::ffff:0:0/96", Special::Mapped),
    range("::ffff:0:0:0/96", Special::Translation),
    range("64:ff9b::/96", Special::Translation),
    range("64:ff9b:1::/48", Special::Translation),
    range("100::/64", Special::Reserved),
    range("100:0:0:1::/64", Special::Reserved),
    range("2001::/32", Special::Translation),
    range("2001:2::/48", Special::Benchmark),
    range("2001:10::/28", Special::Reserved),
    range("2001:20::/28", Special::Reserved),
    range("2001:db8::/32", Special::Documentation),
    range("2002::/16", Special::Translation),
    range("3fff::/20", Special::Documentation),
    range("5f00::/16", Special::Reserved),
    range("fc00::/7", Special::Private),
    range("fe80::/10", Special::LinkLocal),
    range("fec0::/10", Special::Private),
    range("ff00::/8", Special::Multicast),
];
