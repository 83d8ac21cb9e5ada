//! The manifest: what lies in the outbox, and what was found on the way.

use super::Failed;
use super::finding::{Findings, Rule};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// The version that this library writes and reads.
pub const MANIFEST_VERSION: u32 = 1;
/// Its name in the outbox.
pub const NAME: &str = "manifest.json";
/// Its name while it is written.
pub const PARTIAL: &str = "manifest.json.partial";
/// Most bytes of it.
pub const MOST_BYTES: usize = 128 << 20;

/// What was packed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`MANIFEST_VERSION`].
    pub version: u32,
    /// Name of the run spec.
    pub spec: String,
    /// One for each export that needs files, in the order of the contract.
    pub exports: Vec<Packed>,
}

/// What was packed for one export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packed {
    /// Name of the export in the contract.
    pub export: String,
    /// What it may send.
    pub content: Content,
    /// What was left out or noticed.
    pub findings: Findings,
}

/// What an export may send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Content {
    /// One tar archive.
    Archive {
        /// Path in the outbox.
        file: String,
        /// Bytes of the archive.
        bytes: u64,
        /// SHA-256 of the archive, in hexadecimal.
        sha256: String,
        /// Files in it.
        files: u64,
        /// Bytes of these files.
        content: u64,
    },
    /// The work trees of the repositories in the workspace, by their paths.
    Trees {
        /// Those that are whole.
        trees: Vec<Tree>,
        /// Those that are not there.
        refused: Vec<RefusedTree>,
    },
    /// Nothing.
    Refused {
        /// By this rule.
        rule: Rule,
    },
}

/// A work tree, as it stood on disk. What is ignored or not committed is part of it: git was not asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// Path of its folder in the workspace; empty for the workspace itself.
    pub path: String,
    /// Its files, sorted by the bytes of their paths.
    pub entries: Vec<TreeEntry>,
    /// What may exist and is not among the entries: at these paths, absence is no deletion. Sorted.
    pub left_out: Vec<LeftOut>,
}

/// A work tree that is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedTree {
    /// Path of its folder in the workspace.
    pub path: String,
    /// By this rule.
    pub rule: Rule,
}

/// One file of a tree. Its content is `blobs/<sha256>` in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeEntry {
    /// Path in the tree, parts by `/`.
    pub path: String,
    /// `100644` or `100755`.
    pub mode: FileMode,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content, in hexadecimal.
    pub sha256: String,
    /// The first `protect` pattern that matches: the export refuses the path where the base has not the same
    /// content and mode under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected: Option<String>,
    /// Whether it is `.gitmodules` on some system.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub submodules: bool,
    /// What looks like a secret in it: it may not leave where the base has not the same content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Rule>,
}

/// Modes of git.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileMode {
    /// A file.
    #[serde(rename = "100644")]
    Plain,
    /// A file that may be run.
    #[serde(rename = "100755")]
    Executable,
}

/// Something of a work tree that is not among its entries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Path in the tree; empty for its root. Of a thing whose name cannot be written, that of its folder.
    pub path: String,
    /// By which rule. What is left out is the path itself or anything below it.
    pub rule: Rule,
}

impl Manifest {
    /// Writes it to the outbox: beside its place, then renamed, so that it is there whole or not at all. What
    /// it names is on disk before.
    ///
    /// # Errors
    /// More than [`MOST_BYTES`] bytes, or an outbox that cannot be written.
    pub fn write(&self, outbox: &Path) -> Result<(), Failed> {
        let text = self.text(MOST_BYTES)?;
        let folder = File::open(outbox).map_err(Failed::Outbox)?;
        rustix::fs::syncfs(&folder).map_err(|e| Failed::Outbox(e.into()))?;
        replace(outbox, &folder, &text).map_err(Failed::Outbox)
    }

    pub(super) fn text(&self, most: usize) -> Result<Vec<u8>, Failed> {
        let mut text = Bounded {
            text: Vec::new(),
            most,
        };
        serde_json::to_writer(&mut text, self).map_err(|_full| Failed::ManifestTooLong)?;
        Ok(text.text)
    }
}

fn replace(outbox: &Path, folder: &File, text: &[u8]) -> io::Result<()> {
    let partial = outbox.join(PARTIAL);
    let mut file = File::create_new(&partial)?;
    file.write_all(text)?;
    file.sync_all()?;
    std::fs::rename(&partial, outbox.join(NAME))?;
    folder.sync_all()
}

/// Takes at most `most` bytes.
struct Bounded {
    text: Vec<u8>,
    most: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len().saturating_add(bytes.len()) > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
