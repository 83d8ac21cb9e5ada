//! The rules that refuse a hello.

use std::fmt;

/// The rule that refuses a hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// The bytes are no ClientHello of TLS, or a broken one.
    NotHello,
    /// More than 16 KiB.
    TooLong,
    /// Too many pieces or records.
    Split,
    /// Bytes of the handshake behind the hello.
    Trailing,
    /// No server name.
    NoName,
    /// Another server name.
    OtherName,
    /// Two server names, or an extension twice.
    Twice,
    /// An encrypted ClientHello, also a pretended one.
    Encrypted,
    /// The stream ended before the hello was whole.
    Ended,
    /// The time for it is over.
    Late,
}

impl Refused {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::NotHello => "hello-malformed",
            Self::TooLong => "hello-length",
            Self::Split => "hello-split",
            Self::Trailing => "hello-trailing",
            Self::NoName => "hello-no-name",
            Self::OtherName => "hello-other-name",
            Self::Twice => "hello-twice",
            Self::Encrypted => "hello-encrypted",
            Self::Ended => "hello-ended",
            Self::Late => "hello-late",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotHello => "the tunnel does not begin with a ClientHello of TLS",
            Self::TooLong => "the ClientHello has more than 16 KiB",
            Self::Split => "the ClientHello comes in too many pieces",
            Self::Trailing => "the handshake goes on behind the ClientHello",
            Self::NoName => "the ClientHello has no server name",
            Self::OtherName => "the ClientHello names another server",
            Self::Twice => "the ClientHello has two names, or an extension twice",
            Self::Encrypted => "the ClientHello has an encrypted one inside",
            Self::Ended => "the stream ended before the ClientHello was whole",
            Self::Late => "the ClientHello was not whole in time",
        })
    }
}

impl std::error::Error for Refused {}
