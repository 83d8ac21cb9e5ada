//! Credentials as files: read once, before a port is open, and never shown.

use crate::contract::{Contract, SecretRole};
use crate::open;
use hyper::header::HeaderValue;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Most bytes of a credential.
const MOST: u64 = 64 * 1024;

/// The credentials of one role, by their names in the spec.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    /// Reads what the contract gives to the role. White space around a credential is not part of it.
    ///
    /// # Errors
    /// A file that cannot be read, is empty, too long, or no text.
    pub fn read(contract: &Contract, role: SecretRole) -> Result<Self, String> {
        let mine = contract.secrets.iter().filter(|secret| secret.role == role);
        mine.map(|secret| {
            let name = &secret.name;
            let value = read(Path::new(&secret.path));
            let value = value.map_err(|why| format!("secret `{name}` {why}"))?;
            Ok((name.clone(), value))
        })
        .collect::<Result<_, _>>()
        .map(Self)
    }

    /// Credentials by name, as if they had been read.
    #[must_use]
    pub fn of(values: BTreeMap<String, String>) -> Self {
        Self(values)
    }

    /// A credential.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The values of all of them.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// A credential as the value of a header, after `prefix`. It is marked as sensitive.
    #[must_use]
    pub fn header(&self, name: &str, prefix: &str) -> Option<HeaderValue> {
        let value = self.get(name)?;
        let mut value = HeaderValue::try_from(format!("{prefix}{value}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = open::bytes(path, MOST).map_err(|e| format!("cannot be read: {e}"))?;
    if bytes.len() as u64 > MOST {
        return Err(format!("has more than {MOST} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_untold| "is no text".to_owned())?;
    match text.trim() {
        "" => Err("is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}
