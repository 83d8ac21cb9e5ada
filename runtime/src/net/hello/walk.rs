//! One strict walk over the body of a ClientHello (RFC 8446, 4.1.2).
//!
//! Every length must fill exactly what it stands in. What is not needed for the name is stepped over.

use super::Refused;
use std::collections::BTreeSet;

const SERVER_NAME: u16 = 0;
/// Encrypted ClientHello: RFC 9849, its inner references, and drafts.
const ENCRYPTED: [u16; 8] = [
    0xfe0d, 0xfd00, 0xfe08, 0xfe09, 0xfe0a, 0xfe0b, 0xff02, 0xffce,
];
/// Kind of a name that is a host.
const HOST_NAME: u8 = 0;
/// Version and random.
const FIXED: usize = 2 + 32;

/// The one name that the hello asks for, as it stands there.
pub(super) fn server_name(body: &[u8]) -> Result<&[u8], Refused> {
    let mut at = Reader(body);
    let version = at.take(FIXED)?;
    // Older hellos have no extensions; newer ones keep this number.
    if version.first() != Some(&3) {
        return Err(Refused::NotHello);
    }
    at.short()?; // session id
    at.long()?; // cipher suites
    at.short()?; // compression methods
    if at.0.is_empty() {
        return Err(Refused::NoName);
    }
    let mut extensions = Reader(at.long()?);
    at.end()?;
    let mut seen = BTreeSet::new();
    let mut name = None;
    // Each turn takes at least four bytes of at most 16 KiB.
    while !extensions.0.is_empty() {
        let kind = extensions.number()?;
        let content = extensions.long()?;
        if ENCRYPTED.contains(&kind) {
            return Err(Refused::Encrypted);
        }
        if !seen.insert(kind) {
            return Err(Refused::Twice);
        }
        if kind == SERVER_NAME {
            name = Some(single(content)?);
        }
    }
    name.ok_or(Refused::NoName)
}

/// The name in the content of the extension, which must be the only one.
fn single(content: &[u8]) -> Result<&[u8], Refused> {
    let mut at = Reader(content);
    let mut names = Reader(at.long()?);
    at.end()?;
    if names.0.is_empty() {
        return Err(Refused::NoName);
    }
    if names.take(1)? != [HOST_NAME] {
        return Err(Refused::NotHello);
    }
    let name = names.long()?;
    if names.0.is_empty() {
        Ok(name)
    } else {
        Err(Refused::Twice)
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Refused> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Refused::NotHello)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u16, Refused> {
        match self.take(2)? {
            [high, low] => Ok(u16::from_be_bytes([*high, *low])),
            _ => Err(Refused::NotHello),
        }
    }

    /// What a length of one byte stands before.
    fn short(&mut self) -> Result<&'a [u8], Refused> {
        let length = self.take(1)?.first().copied().unwrap_or_default();
        self.take(usize::from(length))
    }

    /// What a length of two bytes stands before.
    fn long(&mut self) -> Result<&'a [u8], Refused> {
        let length = self.number()?;
        self.take(usize::from(length))
    }

    fn end(&self) -> Result<(), Refused> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refused::NotHello)
        }
    }
}
