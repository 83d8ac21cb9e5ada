//! A credential that comes back from where it was sent goes no further.

use bytes::Bytes;
use memchr::memmem::Finder;
use std::mem;

/// The rule of an answer that shows the credential it was asked with.
pub(super) const RULE: &str = "upstream-echo";
/// Fewest bytes that are looked for: shorter ones stand in texts by chance.
const LEAST: usize = 8;

/// Looks for a credential, as it is written, in what comes back.
#[derive(Default)]
pub(super) struct Echo {
    secret: Option<Finder<'static>>,
    /// The end of the last piece, which may be the begin of the credential.
    held: Bytes,
}

/// The credential was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Echoed;

impl Echo {
    /// Looks for this credential; for none where there is none.
    pub(super) fn new(secret: Option<&str>) -> Self {
        let secret = secret.filter(|secret| secret.len() >= LEAST);
        Self {
            secret: secret.map(|secret| Finder::new(secret).into_owned()),
            held: Bytes::new(),
        }
    }

    /// Whether it stands in a whole.
    pub(super) fn is_in(&self, whole: &[u8]) -> bool {
        self.secret
            .as_ref()
            .is_some_and(|f| f.find(whole).is_some())
    }

    /// What of a piece may go on. Bytes that may be the begin of the credential wait for the next one.
    pub(super) fn pass(&mut self, piece: Bytes) -> Result<Bytes, Echoed> {
        let Some(finder) = &self.secret else {
            return Ok(piece);
        };
        let mut all = match self.held.is_empty() {
            true => piece,
            false => [mem::take(&mut self.held), piece].concat().into(),
        };
        if finder.find(&all).is_some() {
            return Err(Echoed);
        }
        self.held = all.split_off(all.len() - begun(&all, finder.needle()));
        Ok(all)
    }

    /// What still waits when there is no more.
    pub(super) fn rest(&mut self) -> Bytes {
        mem::take(&mut self.held)
    }
}

/// How many bytes at the end are the begin of the secret.
fn begun(bytes: &[u8], secret: &[u8]) -> usize {
    let most = bytes.len().min(secret.len().saturating_sub(1));
    let is = |n: &usize| secret.get(..*n).is_some_and(|begin| bytes.ends_with(begin));
    (1..=most).rev().find(is).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However it is cut, nothing of it goes on but what is not yet it.
    #[test]
    fn a_credential_never_passes_whole_wherever_it_is_cut() {
        let (secret, text) = ("ababac-secret", "xx abab ababababac-secret yy");
        for size in 1..text.len() {
            let mut echo = Echo::new(Some(secret));
            let (mut passed, mut found) = (Vec::new(), false);
            for piece in text.as_bytes().chunks(size) {
                match echo.pass(Bytes::copy_from_slice(piece)) {
                    Ok(fine) => passed.extend_from_slice(&fine),
                    Err(Echoed) => {
                        found = true;
                        break;
                    }
                }
            }
            assert!(found, "{size}");
            let passed = String::from_utf8(passed).unwrap();
            assert!("xx abab abab".starts_with(&passed), "{size}: {passed}");
        }
    }

    #[test]
    fn what_holds_no_credential_comes_whole() {
        for secret in [None, Some("short"), Some("ababac-secret")] {
            for size in 1..20 {
                let mut echo = Echo::new(secret);
                let text = b"xx ababac-secre short ababac-secr";
                let mut passed = Vec::new();
                for piece in text.chunks(size) {
                    passed.extend_from_slice(&echo.pass(Bytes::copy_from_slice(piece)).unwrap());
                }
                passed.extend_from_slice(&echo.rest());
                assert_eq!(passed, text);
            }
        }
    }
}
