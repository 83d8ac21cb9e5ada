//! The rules that refuse an address.

use std::fmt;

/// The rule that refuses an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// `0.0.0.0`, `::`.
    Unspecified,
    /// `0.0.0.0/8`.
    ThisNetwork,
    /// The machine itself.
    Loopback,
    /// RFC 1918, and unique local addresses.
    Private,
    /// The link.
    LinkLocal,
    /// Serves the credentials of the machine.
    Metadata,
    /// `100.64.0.0/10`.
    Shared,
    /// Groups.
    Multicast,
    /// `255.255.255.255`.
    Broadcast,
    /// Examples.
    Documentation,
    /// Measurements.
    Benchmarking,
    /// Kept free, or given to a protocol.
    Reserved,
    /// Protocol assignments of the IETF.
    Ietf,
    /// `fec0::/10`.
    SiteLocal,
    /// `100::/64`.
    Discard,
    /// `::ffff:0:0/96`.
    Mapped,
    /// `::/96`.
    Compatible,
    /// `::ffff:0:0:0/96`.
    Translated,
    /// `64:ff9b::/96`.
    Nat64,
    /// `64:ff9b:1::/48`.
    Nat64Local,
    /// `2002::/16`, and the relays `192.88.99.0/24`.
    SixToFour,
    /// `2001::/32`.
    Teredo,
    /// An interface identifier that holds an IPv4 address.
    Isatap,
    /// IPv6 outside `2000::/3`.
    NotGlobal,
}

impl Refused {
    /// Whether no named range sets the rule aside.
    pub(super) const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Unspecified
                | Self::ThisNetwork
                | Self::Metadata
                | Self::Multicast
                | Self::Broadcast
                | Self::Discard
                | Self::Mapped
                | Self::Compatible
                | Self::Translated
        )
    }

    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Unspecified => "address-unspecified",
            Self::ThisNetwork => "address-this-network",
            Self::Loopback => "address-loopback",
            Self::Private => "address-private",
            Self::LinkLocal => "address-link-local",
            Self::Metadata => "address-metadata",
            Self::Shared => "address-shared",
            Self::Multicast => "address-multicast",
            Self::Broadcast => "address-broadcast",
            Self::Documentation => "address-documentation",
            Self::Benchmarking => "address-benchmarking",
            Self::Reserved => "address-reserved",
            Self::Ietf => "address-ietf",
            Self::SiteLocal => "address-site-local",
            Self::Discard => "address-discard",
            Self::Mapped => "address-ipv4-mapped",
            Self::Compatible => "address-ipv4-compatible",
            Self::Translated => "address-ipv4-translated",
            Self::Nat64 => "address-nat64",
            Self::Nat64Local => "address-nat64-local",
            Self::SixToFour => "address-6to4",
            Self::Teredo => "address-teredo",
            Self::Isatap => "address-isatap",
            Self::NotGlobal => "address-not-global",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "the address is unspecified",
            Self::ThisNetwork => "the address is of this network",
            Self::Loopback => "the address is the machine itself",
            Self::Private => "the address is private and the target does not name it",
            Self::LinkLocal => "the address is link-local",
            Self::Metadata => "the address serves the credentials of a machine",
            Self::Shared => "the address is shared address space of a provider",
            Self::Multicast => "the address is a group",
            Self::Broadcast => "the address is a broadcast address",
            Self::Documentation => "the address is for documentation",
            Self::Benchmarking => "the address is for benchmarks",
            Self::Reserved => "the address is reserved",
            Self::Ietf => "the address is for protocols of the IETF",
            Self::SiteLocal => "the address is site-local",
            Self::Discard => "the address discards what it gets",
            Self::Mapped => "the address is IPv4 mapped into IPv6",
            Self::Compatible => "the address is an IPv4-compatible one of IPv6",
            Self::Translated => "the address is IPv4 translated into IPv6",
            Self::Nat64 => "the address leads to IPv4 by NAT64",
            Self::Nat64Local => "the address leads to IPv4 by a local NAT64",
            Self::SixToFour => "the address leads to IPv4 by 6to4",
            Self::Teredo => "the address leads to IPv4 by Teredo",
            Self::Isatap => "the address leads to IPv4 by ISATAP",
            Self::NotGlobal => "the address is not global unicast",
        })
    }
}

impl std::error::Error for Refused {}
