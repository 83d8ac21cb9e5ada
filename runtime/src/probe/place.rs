//! Where something is tried.

use super::Surroundings;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// How something is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A connection.
    Tcp,
    /// A question of the DNS.
    Udp,
}

/// A place: `tcp:10.0.0.1:8080`, `udp:[fd00::1]:53`, and two that only a pod knows, `udp:resolver:53` and
/// `tcp:kubernetes`. No other name is one, so that finding it needs no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// How.
    pub way: Way,
    where_: Where,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    Address(SocketAddr),
    Resolver(u16),
    Kubernetes,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write tcp:ADDRESS:PORT or udp:ADDRESS:PORT".to_owned();
        let (way, rest) = text.split_once(':').ok_or_else(wrong)?;
        let way = match way {
            "tcp" => Way::Tcp,
            "udp" => Way::Udp,
            _ => return Err(wrong()),
        };
        let where_ = match rest.strip_prefix("resolver:") {
            Some(port) => Where::Resolver(port.parse().map_err(|_untold| wrong())?),
            None if rest == "kubernetes" => Where::Kubernetes,
            None => Where::Address(rest.parse().map_err(|_untold| wrong())?),
        };
        Ok(Self { way, where_ })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.way {
            Way::Tcp => "tcp:",
            Way::Udp => "udp:",
        })?;
        match self.where_ {
            Where::Address(address) => address.fmt(f),
            Where::Resolver(port) => write!(f, "resolver:{port}"),
            Where::Kubernetes => f.write_str("kubernetes"),
        }
    }
}

impl Place {
    /// The address that it stands for; none where this pod knows none.
    pub(super) fn address(&self, around: Surroundings) -> Option<SocketAddr> {
        match self.where_ {
            Where::Address(address) => Some(address),
            Where::Resolver(port) => Some(SocketAddr::new(around.resolver?, port)),
            Where::Kubernetes => around.kubernetes,
        }
    }
}

impl Surroundings {
    /// Reads them from the resolver's file and from what the kubelet tells every container.
    #[must_use]
    pub fn read(resolver: &str, host: Option<&str>, port: Option<&str>) -> Self {
        let first = resolver
            .lines()
            .find_map(|line| line.strip_prefix("nameserver "));
        let api = || {
            let host: IpAddr = host?.parse().ok()?;
            Some(SocketAddr::new(host, port?.parse().ok()?))
        };
        Self {
            resolver: first.and_then(|text| text.trim().parse().ok()),
            kubernetes: api(),
        }
    }
}
