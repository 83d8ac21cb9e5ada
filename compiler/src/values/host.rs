//! Hosts and host patterns.

use super::pattern::{Kind, Pattern};
use super::{Parsed, Refusal, serialize_as_text, shown, text_value};

mod check;

text_value! {
    /// A DNS name in lower case, without port, scheme, path and trailing dot; never an IP address.
    Host
}

impl Host {
    /// Reads a host.
    ///
    /// # Errors
    /// Refuses IP addresses in every notation, upper case, Unicode, ports, schemes, paths, a trailing dot,
    /// `*`, and the names of cloud metadata services.
    pub fn parse(text: &str) -> Parsed<Self> {
        check::host(text)?;
        Ok(Self(text.to_owned()))
    }

    /// Whether the name lives in no public zone: a single label, `localhost`, `.local`, `.internal`, `.svc`,
    /// `cluster.local`, or any ending that is no public suffix.
    pub fn is_internal(&self) -> bool {
        check::is_internal(&self.0)
    }
}

/// A host, or `*.` and a host for all names that are one label below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPattern {
    pattern: Pattern,
}

impl HostPattern {
    /// Reads `"api.github.com"` or `"*.example.com"`.
    ///
    /// # Errors
    /// Refuses what [`Host::parse`] refuses, a `*` anywhere but as the whole first label, and `*.` before a public
    /// suffix (`*.com`, `*.co.uk`, `*.github.io`), before public suffixes, or over a metadata service.
    pub fn parse(text: &str) -> Parsed<Self> {
        match text.strip_prefix("*.") {
            None if text.contains('*') => return Err(misplaced_star(text)),
            None => check::host(text)?,
            Some(base) if base.contains('*') => return Err(misplaced_star(text)),
            Some(base) => {
                check::host(base)?;
                check::may_have_star(base)?;
            }
        }
        Ok(Self {
            pattern: Pattern::parse(Kind::Host, text)?,
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        self.pattern.as_str()
    }

    /// The host, where the pattern is exact.
    pub fn exact(&self) -> Option<Host> {
        self.pattern
            .is_exact()
            .then(|| Host(self.as_str().to_owned()))
    }

    /// Whether the host matches.
    pub fn matches(&self, host: &Host) -> bool {
        self.pattern.matches(host.as_str())
    }

    /// Whether everything that `wish` matches is matched by this pattern.
    pub fn covers(&self, wish: &Self) -> bool {
        self.pattern.covers(&wish.pattern)
    }

    /// As [`Host::is_internal`], for all the hosts that match.
    pub fn is_internal(&self) -> bool {
        check::is_internal(self.as_str())
    }
}

impl std::fmt::Display for HostPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

serialize_as_text!(HostPattern);

fn misplaced_star(text: &str) -> Refusal {
    if text == "*" || text == "**" {
        return Refusal::new(
            format!("host pattern {} is every host", shown(text)),
            "name the host: \"api.github.com\"; one line for each",
        );
    }
    Refusal::new(
        format!("host pattern {} has `*` where it cannot stand", shown(text)),
        "write `*.` first for the names one label below a host: \"*.example.com\"",
    )
}

#[cfg(test)]
mod tests;
