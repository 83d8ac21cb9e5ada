//! What was packed, checked before anything of it is believed.

use super::client::Payload;
use super::{Refused, refused};
use crate::contract::Contract;
use crate::digest::{hex, is_sha256};
use crate::open;
use crate::pack::manifest::{Content, MANIFEST_VERSION, MOST_BYTES, Manifest, NAME, Packed, Tree};
use crate::pack::{blobs, names};
use crate::strict;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most bytes of a blob that is sent.
const MOST_BLOB: u64 = 32 << 20;

/// The outbox.
#[derive(Debug)]
pub struct Outbox {
    folder: PathBuf,
    manifest: Result<Manifest, Refused>,
}

/// An archive whose digest was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Its file.
    pub path: PathBuf,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

/// The trees of a workspace, and where their blobs are.
#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
}

impl Outbox {
    /// Reads the manifest. An outbox without one refuses the exports that need it, and no other.
    #[must_use]
    pub fn read(folder: &Path, contract: &Contract) -> Self {
        Self {
            folder: folder.to_owned(),
            manifest: manifest(folder, contract),
        }
    }

    /// The same of a manifest that was read.
    #[must_use]
    pub fn of(folder: &Path, text: &[u8], contract: &Contract) -> Self {
        Self {
            folder: folder.to_owned(),
            manifest: judge(text, contract),
        }
    }

    fn packed(&self, export: &str) -> Result<&Packed, Refused> {
        let manifest = self.manifest.as_ref().map_err(Clone::clone)?;
        let mut all = manifest.exports.iter().filter(|p| p.export == export);
        match (all.next(), all.next()) {
            (Some(packed), None) => Ok(packed),
            _ => Err(unfit("it has not exactly one entry for the export")),
        }
    }

    /// The archive of an export, of at most so many bytes.
    ///
    /// # Errors
    /// One that was not packed, or is not what the manifest says.
    pub fn archive(&self, export: &str, most: u64) -> Result<Archive, Refused> {
        let (file, bytes, sha256) = match &self.packed(export)?.content {
            Content::Archive {
                file,
                bytes,
                sha256,
                files: _,
                content: _,
            } => (file, *bytes, sha256),
            Content::Refused { rule } => return Err(refused(rule.rule(), rule.to_string())),
            Content::Trees { .. } => return Err(unfit("the content is of another kind")),
        };
        if *file != format!("archives/{export}.tar") || !is_sha256(sha256) {
            return Err(unfit("the archive is not where it belongs"));
        }
        if bytes > most {
            return Err(refused(
                "size",
                format!("the archive has more than {most} bytes"),
            ));
        }
        let path = self.folder.join(file);
        let (found, length) = digest(&path, bytes)?;
        match found == *sha256 && length == bytes {
            true => Ok(Archive {
                path,
                bytes,
                sha256: sha256.clone(),
            }),
            false => Err(unfit("the archive has another digest")),
        }
    }

    /// The tree at a path of the workspace, and the blobs.
    ///
    /// # Errors
    /// One that was not packed, or whose paths are none.
    pub fn tree(&self, export: &str, path: &str) -> Result<(Tree, Blobs), Refused> {
        let (trees, gone) = match &self.packed(export)?.content {
            Content::Trees { trees, refused } => (trees, refused),
            Content::Refused { rule } => return Err(refused(rule.rule(), rule.to_string())),
            Content::Archive { .. } => return Err(unfit("the content is of another kind")),
        };
        if let Some(tree) = gone.iter().find(|tree| tree.path == path) {
            return Err(refused(tree.rule.rule(), tree.rule.to_string()));
        }
        let tree = trees.iter().find(|tree| tree.path == path);
        let tree = tree
            .ok_or_else(|| refused("repository", "the workspace has no repository at this path"))?;
        let fits = |entry: &crate::pack::manifest::TreeEntry| {
            is_sha256(&entry.sha256) && entry.path.split('/').all(is_name)
        };
        let sorted = |pair: &[crate::pack::manifest::TreeEntry]| match pair {
            [a, b] => a.path < b.path,
            _ => true,
        };
        if !tree.entries.iter().all(fits) || !tree.entries.windows(2).all(sorted) {
            return Err(unfit("a path or digest of the tree is none"));
        }
        let folder = self.folder.join(blobs::FOLDER);
        Ok((tree.clone(), Blobs { folder }))
    }
}

fn is_name(name: &str) -> bool {
    names::text(name.as_bytes()).is_ok() && !names::is_git(name)
}

impl Blobs {
    /// The content with this digest, of so many bytes.
    ///
    /// # Errors
    /// One that is too large, or is not what the manifest says.
    pub fn content(&self, sha256: &str, size: u64) -> Result<Vec<u8>, Refused> {
        if size > MOST_BLOB {
            let why = format!("a file has more than {MOST_BLOB} bytes");
            return Err(refused("blob-too-large", why));
        }
        let bytes = open::bytes(&self.folder.join(sha256), size);
        let bytes = bytes.map_err(|_untold| unfit("a blob cannot be read"))?;
        match crate::digest::sha256(&bytes) == sha256 && bytes.len() as u64 == size {
            true => Ok(bytes),
            false => Err(unfit("a blob has another digest")),
        }
    }

    /// Reads a blob in pieces, checking its digest at the end.
    ///
    /// # Errors
    /// As [`Blobs::content`], but of any size.
    pub fn pieces(
        &self,
        sha256: &str,
        size: u64,
        mut with: impl FnMut(&[u8]),
    ) -> Result<(), Refused> {
        let (found, length) = read(&self.folder.join(sha256), size, &mut with)?;
        match found == sha256 && length == size {
            true => Ok(()),
            false => Err(unfit("a blob has another digest")),
        }
    }
}

impl Archive {
    /// A part of it.
    #[must_use]
    pub fn part(&self, from: u64, length: u64) -> Payload {
        Payload::Part {
            path: self.path.clone(),
            from,
            length,
        }
    }

    /// SHA-256 of a part of it, as bytes.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn digest_of(&self, from: u64, length: u64) -> Result<Vec<u8>, Refused> {
        use std::io::{Seek as _, SeekFrom};
        let unread = |_untold| unfit("the archive cannot be read");
        let mut file = File::open(&self.path).map_err(unread)?;
        file.seek(SeekFrom::Start(from)).map_err(unread)?;
        let mut hash = Sha256::new();
        let mut part = file.take(length);
        each(&mut part, &mut |piece| hash.update(piece))?;
        Ok(hash.finalize().to_vec())
    }
}

fn manifest(folder: &Path, contract: &Contract) -> Result<Manifest, Refused> {
    let absent = |_untold| refused("packing", "there is no manifest: nothing was packed");
    let bytes = open::bytes(&folder.join(NAME), MOST_BYTES as u64).map_err(absent)?;
    judge(&bytes, contract)
}

fn judge(bytes: &[u8], contract: &Contract) -> Result<Manifest, Refused> {
    if bytes.len() > MOST_BYTES {
        return Err(unfit("it is too long"));
    }
    let manifest: Manifest = strict::read(bytes).map_err(|_untold| unfit("it is malformed"))?;
    if manifest.version != MANIFEST_VERSION || manifest.spec != contract.spec {
        return Err(unfit("it is of another version or spec"));
    }
    Ok(manifest)
}

fn unfit(why: &str) -> Refused {
    refused(
        "manifest",
        format!("the manifest is not to be believed: {why}"),
    )
}

fn digest(path: &Path, most: u64) -> Result<(String, u64), Refused> {
    read(path, most, &mut |_| ())
}

/// Digest and length of a file of which at most one byte more than `most` is read.
fn read(path: &Path, most: u64, with: &mut dyn FnMut(&[u8])) -> Result<(String, u64), Refused> {
    let file = File::open(path).map_err(|_untold| unfit("a file of it cannot be read"))?;
    let (mut hash, mut length) = (Sha256::new(), 0_u64);
    let mut file = file.take(most.saturating_add(1));
    each(&mut file, &mut |piece| {
        hash.update(piece);
        length = length.saturating_add(piece.len() as u64);
        with(piece);
    })?;
    Ok((hex(&hash.finalize()), length))
}

fn each(from: &mut impl Read, with: &mut dyn FnMut(&[u8])) -> Result<(), Refused> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => with(piece.get(..count).unwrap_or_default()),
            Err(_) => return Err(unfit("a file of it cannot be read")),
        }
    }
}
