//! Addresses of services: `"https://gatekeeper.example.com"`.

use std::fmt;

use super::host::Host;
use super::pattern::Kind;
use super::{Parsed, Refusal, digits, serialize_as_text, shown};

/// Whether plain HTTP may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plaintext {
    /// `https` only.
    Refused,
    /// `http` too, to hosts that [`Host::is_internal`] knows as internal.
    Internal,
}

/// An absolute URL of scheme, host, port and path; no user, query or fragment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    secure: bool,
    host: Host,
    port: u16,
    path: String,
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// Refuses other schemes, `http` where it may not stand, users, queries, fragments, ports outside
    /// 1 to 65535, what [`Host::parse`] refuses, and paths that are not in normal form.
    pub fn parse(text: &str, plaintext: Plaintext) -> Parsed<Self> {
        let refuse =
            |why: &str, help: &str| Err(Refusal::new(format!("URL {} {why}", shown(text)), help));
        let example =
            "write \"https://\", a host and a path: \"https://gatekeeper.example.com/v1\"";
        let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return refuse("does not start with `https://`", example),
        };
        if rest.contains(['?', '#']) {
            return refuse(
                "has a query or a fragment",
                "leave out everything from the `?` or `#` on",
            );
        }
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if authority.contains('@') {
            return refuse(
                "has a user or a password",
                "leave it out: name a secret with `auth` instead",
            );
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') && !host.starts_with('[') => {
                (host, Some(port))
            }
            _ => (authority, None),
        };
        let host = Host::parse(host)?;
        let default = if secure { 443 } else { 80 };
        let port = port.map_or(Some(default), |port| {
            digits(port)
                .filter(|_| !port.starts_with('0'))
                .and_then(|port| u16::try_from(port).ok())
        });
        let Some(port) = port else {
            return refuse(
                "has a port that is none",
                "write a port from 1 to 65535, or none",
            );
        };
        let may_be_plain = plaintext == Plaintext::Internal && host.is_internal();
        if !secure && !may_be_plain {
            return refuse(
                "is not encrypted",
                "write \"https://\" instead of \"http://\"",
            );
        }
        let path = if path == "/" { "" } else { path };
        if !path.is_empty() && !Kind::Path.is_normal(path) {
            return refuse(
                "has a path that is not in normal form",
                "write it without `//`, `.`, `..`, `%` and `\\`",
            );
        }
        Ok(Self {
            secure,
            host,
            port,
            path: path.to_owned(),
        })
    }

    /// Whether the scheme is `https`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, also where it is not written.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path: empty, or `/` and at least one part.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Url {
    /// Without the scheme's own port, and without a path of `/` only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, default) = if self.secure {
            ("https", 443)
        } else {
            ("http", 80)
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != default {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)
    }
}

serialize_as_text!(Url);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows() {
        for (text, port, canonical) in [
            ("https://a.example.com", 443, "https://a.example.com"),
            ("https://a.example.com/", 443, "https://a.example.com"),
            (
                "https://a.example.com:443/v1",
                443,
                "https://a.example.com/v1",
            ),
            (
                "https://a.example.com:8443/v1/",
                8443,
                "https://a.example.com:8443/v1/",
            ),
        ] {
            let url = Url::parse(text, Plaintext::Refused).unwrap();
            assert_eq!(
                (url.port(), url.to_string().as_str(), url.is_secure()),
                (port, canonical, true)
            );
            assert_eq!(Url::parse(canonical, Plaintext::Refused), Ok(url));
        }
    }

    #[test]
    fn plain_http_is_for_internal_hosts_only() {
        let inside = "http://ollama.models.svc.cluster.local:11434/v1";
        assert_eq!(
            Url::parse(inside, Plaintext::Internal).unwrap().to_string(),
            inside
        );
        assert!(Url::parse(inside, Plaintext::Refused).is_err());
        assert!(Url::parse("http://api.example.com", Plaintext::Internal).is_err());
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "a.example.com",
            "//a.example.com",
            "ftp://a.example.com",
            "HTTPS://a.example.com",
            "https://",
            "https:///x",
            "https://u@a.example.com",
            "https://u:p@a.example.com",
            "https://a.example.com@evil.com",
            "https://a.example.com?x",
            "https://a.example.com/#x",
            "https://a.example.com:0",
            "https://a.example.com:",
            "https://a.example.com:65536",
            "https://a.example.com:+1",
            "https://a.example.com:0443",
            "https://127.0.0.1",
            "https://[::1]",
            "https://[::1]:443",
            "https://2130706433",
            "https://A.example.com",
            "https://a.example.com/../x",
            "https://a.example.com//x",
            "https://a.example.com/%2e",
            "https://a.example.com\\x",
            "https://a.example.com/a b",
            " https://a.example.com",
            "https://a.example.com\n",
            "https://*.example.com",
            "https://metadata.google.internal",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://a.example.com:8:8",
        ] {
            assert!(Url::parse(text, Plaintext::Refused).is_err(), "{text:?}");
            assert!(Url::parse(text, Plaintext::Internal).is_err(), "{text:?}");
        }
    }
}
