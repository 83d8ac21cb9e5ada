//! The blobs of the outbox: contents under their digests, each stored once.

use super::content::{self, Broken};
use super::door::Opened;
use super::finding::Rule;
use crate::digest::hex;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Name of the folder in the outbox.
pub const FOLDER: &str = "blobs";

/// The folder of blobs.
#[derive(Debug)]
pub struct Blobs {
    folder: PathBuf,
    /// What was stored since the last [`Blobs::keep`].
    fresh: Vec<String>,
    stored: BTreeSet<String>,
}

/// A stored blob.
#[derive(Debug)]
pub struct Blob {
    /// Its digest, which is its name.
    pub sha256: String,
    /// What looks like a secret in it.
    pub secrets: Vec<Rule>,
}

impl Blobs {
    /// An empty folder in the outbox.
    ///
    /// # Errors
    /// A folder that exists, or cannot be made.
    pub fn new(outbox: &Path) -> io::Result<Self> {
        let folder = outbox.join(FOLDER);
        fs::create_dir(&folder)?;
        Ok(Self {
            folder,
            fresh: Vec::new(),
            stored: BTreeSet::new(),
        })
    }

    /// Stores the content of a file.
    ///
    /// # Errors
    /// See [`Broken`]; nothing is stored then.
    pub fn store(&mut self, opened: Opened) -> Result<Blob, Broken> {
        let partial = self.folder.join("partial");
        let file = File::create_new(&partial).map_err(Broken::Sink)?;
        let mut sink = Hashed {
            file,
            hash: Sha256::new(),
        };
        let copied = content::copy(opened, &mut sink);
        let Hashed { file, hash } = sink;
        drop(file);
        let sha256 = hex(&hash.finalize());
        match copied {
            Ok(secrets) if self.stored.contains(&sha256) => {
                fs::remove_file(&partial).map_err(Broken::Sink)?;
                Ok(Blob {
                    sha256,
                    secrets: secrets.into_iter().collect(),
                })
            }
            Ok(secrets) => {
                fs::rename(&partial, self.folder.join(&sha256)).map_err(Broken::Sink)?;
                self.stored.insert(sha256.clone());
                self.fresh.push(sha256.clone());
                Ok(Blob {
                    sha256,
                    secrets: secrets.into_iter().collect(),
                })
            }
            Err(broken) => {
                fs::remove_file(&partial).map_err(Broken::Sink)?;
                Err(broken)
            }
        }
    }

    /// What was stored since the last call stays.
    pub fn keep(&mut self) {
        self.fresh.clear();
    }

    /// What was stored since the last [`Blobs::keep`] goes.
    ///
    /// # Errors
    /// A blob that cannot be removed.
    pub fn forget(&mut self) -> io::Result<()> {
        for sha256 in self.fresh.drain(..) {
            fs::remove_file(self.folder.join(&sha256))?;
            self.stored.remove(&sha256);
        }
        Ok(())
    }

    /// All go.
    ///
    /// # Errors
    /// As [`Blobs::forget`].
    pub fn clear(&mut self) -> io::Result<()> {
        self.fresh = self.stored.iter().cloned().collect();
        self.forget()
    }
}

struct Hashed {
    file: File,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
