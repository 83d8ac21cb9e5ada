//! By what an export is found again.

use crate::digest::sha256;
use crate::proof::{Key, Use, mac};

/// Hexadecimal digits of a marker.
const DIGITS: usize = 40;

/// Makes the keys of a run.
#[derive(Clone)]
pub struct Keys {
    uid: String,
    secret: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys")
            .field("uid", &self.uid)
            .finish_non_exhaustive()
    }
}

impl Keys {
    /// Keys of the run with this UID; for one that is tried again, that of its first run.
    #[must_use]
    pub fn new(key: &Key, first: &str) -> Self {
        Self {
            uid: first.to_owned(),
            secret: key.proof(first, Use::Marker),
        }
    }

    /// The key of an export: 64 hexadecimal digits.
    #[must_use]
    pub fn of(&self, export: &str) -> String {
        sha256(format!("pure-agent/v1\nexport\n{}\n{export}", self.uid))
    }

    /// What marks the things of this key.
    #[must_use]
    pub fn mark(&self, key: &str) -> Mark {
        Mark {
            secret: self.secret.clone(),
            key: key.to_owned(),
        }
    }
}

/// What only a holder of the run's key can write on a thing.
#[derive(Clone)]
pub struct Mark {
    secret: String,
    key: String,
}

impl std::fmt::Debug for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mark")
    }
}

impl Mark {
    /// The marker for one place, such as an issue or a branch: one that is copied elsewhere is none.
    #[must_use]
    pub fn at(&self, place: &str) -> String {
        let mac = self.mac("marker", place);
        mac.chars().take(DIGITS).collect()
    }

    /// An id that nobody else chooses: a UUID, of version 4 by its form.
    #[must_use]
    pub fn uuid(&self, place: &str) -> String {
        let mac = self.mac("uuid", place);
        let part = |from: usize, to: usize| mac.get(from..to).unwrap_or_default();
        let variant = match part(16, 17) {
            "0" | "4" | "8" | "c" => "8",
            "1" | "5" | "9" | "d" => "9",
            "2" | "6" | "a" | "e" => "a",
            _ => "b",
        };
        format!(
            "{}-{}-4{}-{variant}{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }

    fn mac(&self, what: &str, place: &str) -> String {
        mac(
            self.secret.as_bytes(),
            &format!("pure-agent/v1\n{what}\n{}\n{place}", self.key),
        )
    }
}
