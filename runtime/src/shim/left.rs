//! What the start gate left in the folder.

use super::harness::Model;
use crate::contract::Agent;
use crate::start::claim::is_bearer;
use crate::start::{AGENT, BEARER, MODELS};
use crate::{open, strict};
use serde::de::DeserializeOwned;
use std::fmt;
use std::path::{Path, PathBuf};

/// The files, read.
#[derive(Clone)]
pub struct Left {
    /// Where they are.
    pub folder: PathBuf,
    /// The agent's part of the contract.
    pub agent: Agent,
    /// Its models, first the default.
    pub models: Vec<Model>,
    /// The bearer of the cycle.
    pub bearer: String,
}

impl fmt::Debug for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Left")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Left {
    /// Reads them.
    ///
    /// # Errors
    /// Names the file that cannot be read, or is not what it should be.
    pub fn read(folder: &Path) -> Result<Self, String> {
        Ok(Self {
            folder: folder.to_owned(),
            agent: document(folder, AGENT)?,
            models: document(folder, MODELS)?,
            bearer: bearer(folder)?,
        })
    }
}

/// The bearer alone.
///
/// # Errors
/// As [`Left::read`].
pub fn bearer(folder: &Path) -> Result<String, String> {
    let text = String::from_utf8(bytes(folder, BEARER)?);
    let text = text.ok().filter(|text| is_bearer(text));
    text.ok_or_else(|| format!("`{BEARER}` holds no bearer"))
}

fn document<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T, String> {
    strict::read(&bytes(folder, name)?).map_err(|_untold| format!("`{name}` is malformed"))
}

fn bytes(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    let bytes = open::bytes(&folder.join(name), open::MOST_BYTES);
    let bytes = bytes.map_err(|e| format!("`{name}`: {e}"))?;
    match bytes.len() as u64 > open::MOST_BYTES {
        true => Err(format!("`{name}` has more than {} bytes", open::MOST_BYTES)),
        false => Ok(bytes),
    }
}
