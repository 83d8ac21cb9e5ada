//! Addresses of pages, read so that nobody can read them otherwise: `https`, a name, port 443.

use crate::net::host::{self, Host};
use hyper::Uri;
use std::fmt;

/// Most bytes of an address.
const MOST_BYTES: usize = 16 * 1024;

/// `https://host/path?query`. A fragment is left out, letters outside ASCII stand as escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    host: Host,
    path: String,
    query: Option<String>,
}

/// Why a text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bad {
    /// No address, or one with a user, spaces, backslashes, control characters.
    Form,
    /// Not `https`, or another port.
    Scheme,
    /// The host is none.
    Host(host::Refused),
}

impl Bad {
    /// The rule, as a stable word.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Form => "url-form",
            Self::Scheme => "url-scheme",
            Self::Host(refused) => refused.rule(),
        }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("this is no address of the form `https://host/path`"),
            Self::Scheme => f.write_str("only `https` on port 443 is reached"),
            Self::Host(refused) => refused.fmt(f),
        }
    }
}

impl Url {
    /// Reads an address.
    pub(crate) fn parse(text: &str) -> Result<Self, Bad> {
        let text = plain(text)?;
        let (scheme, rest) = text.split_once("://").ok_or(Bad::Form)?;
        if !scheme.eq_ignore_ascii_case("https") {
            return Err(Bad::Scheme);
        }
        let rest = without_fragment(rest);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let name = match authority.rsplit_once(':') {
            Some((name, "443")) => name,
            Some((name, port))
                if !name.contains('@') && port.bytes().all(|b| b.is_ascii_digit()) =>
            {
                return Err(Bad::Scheme);
            }
            _ => authority,
        };
        let host = Host::parse(name).map_err(Bad::Host)?;
        let (path, query) = split(rest);
        let path = if path.is_empty() { "/" } else { path };
        Self::of(host, path.to_owned(), query)
    }

    /// An address of parts.
    pub(crate) fn of(host: Host, path: String, query: Option<&str>) -> Result<Self, Bad> {
        let query = query.map(str::to_owned);
        let url = Self { host, path, query };
        url.uri().map(|_readable| url)
    }

    /// The address that a page at this one refers to, as in a redirect.
    pub(crate) fn join(&self, reference: &str) -> Result<Self, Bad> {
        let reference = plain(reference)?;
        let reference = without_fragment(&reference);
        if has_scheme(reference) {
            return Self::parse(reference);
        }
        if reference.starts_with("//") {
            return Self::parse(&format!("https:{reference}"));
        }
        let (path, query) = split(reference);
        let (path, query) = match path {
            "" => (self.path.clone(), query.or(self.query.as_deref())),
            _ if path.starts_with('/') => (without_dots(path), query),
            _ => {
                let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                (without_dots(&format!("{folder}/{path}")), query)
            }
        };
        Self::of(self.host.clone(), path, query)
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// As a request asks for it.
    pub(crate) fn uri(&self) -> Result<Uri, Bad> {
        Uri::try_from(self.to_string()).map_err(|_untold| Bad::Form)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}{}", self.host, self.path)?;
        self.query
            .iter()
            .try_for_each(|query| write!(f, "?{query}"))
    }
}

/// The text in ASCII; what some reader drops, turns or ends an address at is refused.
fn plain(text: &str) -> Result<String, Bad> {
    if text.len() > MOST_BYTES {
        return Err(Bad::Form);
    }
    let mut plain = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => return Err(Bad::Form),
            0x21..=0x7e => plain.push(char::from(byte)),
            0x80.. => plain.push_str(&format!("%{byte:02X}")),
            _ => return Err(Bad::Form),
        }
    }
    Ok(plain)
}

fn without_fragment(text: &str) -> &str {
    text.split_once('#').map_or(text, |(before, _)| before)
}

fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    }
}

fn has_scheme(text: &str) -> bool {
    let scheme = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    let named = |(name, _): (&str, &str)| name.bytes().all(scheme);
    text.split_once(':').is_some_and(named)
}

/// RFC 3986, 5.2.4.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." => {}
            ".." => drop(kept.pop()),
            part => kept.push(part),
        }
        if last && matches!(part, "." | "..") {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests;
