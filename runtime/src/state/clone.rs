//! Repositories that agents were given.

use super::refusal::Refusal;
use crate::record::event::Cloned;
use std::collections::BTreeMap;

/// Most repositories of a run.
const MOST: usize = 256;
/// Most bytes of a name.
const MOST_BYTES: usize = 512;

/// The last time of each repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clones(BTreeMap<String, Cloned>);

impl Clones {
    /// How a repository was last given.
    #[must_use]
    pub fn get(&self, repository: &str) -> Option<&Cloned> {
        self.0.get(repository)
    }

    /// All of them, by their names.
    pub fn all(&self) -> impl Iterator<Item = &Cloned> {
        self.0.values()
    }

    pub(super) fn check(&self, cloned: &Cloned) -> Result<(), Refusal> {
        let short = |text: &str| !text.is_empty() && text.len() <= MOST_BYTES;
        let branch = cloned.branch.as_deref().is_none_or(short);
        if !(is_commit(&cloned.commit) && short(&cloned.repository) && branch) {
            return Err(Refusal::CloneForm);
        }
        if self.0.len() >= MOST && !self.0.contains_key(&cloned.repository) {
            return Err(Refusal::CloneMany);
        }
        Ok(())
    }

    pub(super) fn note(&mut self, cloned: &Cloned) {
        self.0.insert(cloned.repository.clone(), cloned.clone());
    }
}

/// Whether a text is the name of a commit: SHA-1 or SHA-256, in lower-case hexadecimal.
#[must_use]
pub fn is_commit(text: &str) -> bool {
    let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    matches!(text.len(), 40 | 64) && digits
}
