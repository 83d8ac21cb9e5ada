//! Names of repositories, with the meaning that the compiler gives them and their patterns.

use crate::net::host::Host;
use crate::segment::{MOST_BYTES, Segment, bounded, matches};
use std::fmt;

/// Most bytes of a branch.
const MOST_BRANCH: usize = 256;

/// `host/owner/name`, in the one form that all readers take for the same. Hosts that do not tell capital letters
/// apart are no reason to do so: a pattern means what is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    host: Host,
    owner: String,
    name: String,
}

impl Repository {
    /// Reads `host/owner/name` or `https://host/owner/name`; a `.git` at the end is left out.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix("https://").unwrap_or(text);
        let text = text.strip_suffix('/').unwrap_or(text);
        let mut parts = text.split('/');
        let (host, owner, name) = (parts.next()?, parts.next()?, parts.next()?);
        let rest = parts.next();
        Self::of(host, owner, name).filter(|_| rest.is_none())
    }

    /// The same of parts.
    #[must_use]
    pub fn of(host: &str, owner: &str, name: &str) -> Option<Self> {
        let read = Host::parse(host)
            .ok()
            .filter(|read| read.as_str() == host)?;
        let name = name.strip_suffix(".git").unwrap_or(name);
        (is_owner(owner) && is_name(name)).then(|| Self {
            host: read,
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Its name, without its owner.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address at the host.
    #[must_use]
    pub fn upstream(&self) -> String {
        format!("https://{self}.git")
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.owner, self.name)
    }
}

/// A pattern over repositories, such as `github.com/dlddu/*`. The host is always written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    host: Host,
    parts: Vec<Segment>,
}

impl Pattern {
    /// Reads a pattern.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let known = |b: u8| is_word(b) || b == b'*' || b == b'/';
        if text.len() > MOST_BYTES || !text.bytes().all(known) {
            return None;
        }
        let (host, rest) = text.split_once('/')?;
        let host = Host::parse(host)
            .ok()
            .filter(|read| read.as_str() == host)?;
        let read = |part| Segment::read(part, false).filter(|_| !str::is_empty(part));
        let parts: Vec<_> = rest.split('/').map(read).collect::<Option<_>>()?;
        (parts.len() == 2 && bounded(&parts)).then_some(Self { host, parts })
    }

    /// Whether the repository matches.
    #[must_use]
    pub fn matches(&self, repository: &Repository) -> bool {
        let parts = [repository.owner.as_str(), repository.name.as_str()];
        self.host == repository.host && matches(&self.parts, &parts)
    }
}

/// Whether a text is the name of a branch that needs no quotes, nowhere.
#[must_use]
pub fn is_branch(text: &str) -> bool {
    let known = |b: u8| is_word(b) || b"/+@#".contains(&b);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    (1..=MOST_BRANCH).contains(&text.len())
        && text.bytes().all(known)
        && !text.starts_with(['-', '@'])
        && !text.ends_with('.')
        && !text.contains("..")
        && text.split('/').all(part)
}

/// Letters, digits and `-`, at most 39; managed users have `_`.
fn is_owner(owner: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    (1..=39).contains(&owner.len())
        && owner.starts_with(edge)
        && owner.ends_with(edge)
        && owner.bytes().all(|b| is_word(b) && b != b'.')
}

fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && !matches!(name, "." | "..")
        && !name.to_ascii_lowercase().ends_with(".git")
        && name.bytes().all(is_word)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}
