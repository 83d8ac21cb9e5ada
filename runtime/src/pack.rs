//! A workspace becomes inert bytes.
//!
//! The workspace was written by a hostile agent. Nothing in it is executed, no link in it is followed, nothing
//! outside of it is read, and what does not fit is left out with a finding or refused as a whole. The
//! outbox holds, when [`pack`] is done:
//!
//! - `manifest.json`: what follows, with digests, and the findings; written last, so that without it
//!   nothing was packed;
//! - `archives/<export>.tar`: for an upload or S3;
//! - `blobs/<sha256>`: the contents of the files of all repositories, for pull requests.
//!
//! [`door`] is the only way in, [`walk`] the only way through.

pub mod archive;
pub mod blobs;
pub mod content;
pub mod door;
pub mod exclude;
pub mod finding;
pub mod manifest;
pub mod names;
pub mod scan;
pub mod tree;
pub mod walk;

use crate::contract::{Contract, Export, ExportAction};
use archive::Job;
use blobs::Blobs;
use door::{Folder, Shut};
use exclude::Patterns;
use finding::{Findings, Rule};
use manifest::{Content, MANIFEST_VERSION, Manifest, Packed};
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use tree::Caps;

/// Name of the folder of archives in the outbox.
const ARCHIVES: &str = "archives";

/// Why nothing was packed. What the agent wrote leads to a finding instead.
#[derive(Debug)]
pub enum Failed {
    /// The workspace cannot be opened, or the system fails while it is read.
    Workspace(io::Error),
    /// The outbox cannot be written.
    Outbox(io::Error),
    /// One of the two folders lies in the other, or both are one.
    Nested,
    /// The name of an export is no name of a file, or stands twice.
    Name(String),
    /// A path pattern means nothing.
    Pattern(String),
    /// The manifest would be longer than [`manifest::MOST_BYTES`].
    ManifestTooLong,
}

impl Failed {
    /// The stable word of the rule.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Workspace(_) => "workspace-unreadable",
            Self::Outbox(_) => "outbox-unwritable",
            Self::Nested => "outbox-in-workspace",
            Self::Name(_) => "export-name",
            Self::Pattern(_) => "path-pattern",
            Self::ManifestTooLong => "manifest-too-long",
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workspace(e) => write!(f, "the workspace cannot be read: {e}"),
            Self::Outbox(e) => write!(f, "the outbox cannot be written: {e}"),
            Self::Nested => f.write_str("workspace and outbox lie in one another"),
            Self::Name(name) => write!(f, "{name:?} is no name of an export, or stands twice"),
            Self::Pattern(pattern) => write!(f, "the path pattern {pattern:?} means nothing"),
            Self::ManifestTooLong => {
                write!(
                    f,
                    "the manifest has more than {} bytes",
                    manifest::MOST_BYTES
                )
            }
        }
    }
}

impl std::error::Error for Failed {}

/// Packs what the exports of the contract need from the workspace into the outbox. Packing the same
/// workspace again gives the same bytes; what an earlier attempt left in the outbox goes first.
///
/// # Errors
/// See [`Failed`]; there is no manifest then.
pub fn pack(contract: &Contract, workspace: &Path, outbox: &Path) -> Result<Manifest, Failed> {
    let root = Folder::root(workspace).map_err(Failed::Workspace)?;
    apart(workspace, outbox)?;
    pack_within(contract, &root, outbox, Caps::RUN)
}

fn pack_within(
    contract: &Contract,
    root: &Folder,
    outbox: &Path,
    caps: Caps,
) -> Result<Manifest, Failed> {
    named(&contract.exports)?;
    empty(outbox).map_err(Failed::Outbox)?;
    let mut packing = Packing {
        root,
        outbox,
        caps,
        trees: None,
        exclude: common(&contract.exports)?,
    };
    let mut exports = Vec::new();
    for export in &contract.exports {
        if let Some((content, findings)) = packing.export(export)? {
            let export = export.name.clone();
            exports.push(Packed {
                export,
                content,
                findings,
            });
        }
    }
    let spec = contract.spec.clone();
    let manifest = Manifest {
        version: MANIFEST_VERSION,
        spec,
        exports,
    };
    manifest.write(outbox)?;
    Ok(manifest)
}

struct Packing<'a> {
    root: &'a Folder,
    outbox: &'a Path,
    caps: Caps,
    /// Those of all repositories, which every pull request shares.
    trees: Option<(Content, Findings)>,
    /// What every pull request leaves out.
    exclude: Patterns,
}

impl Packing<'_> {
    /// What one export needs; `None` where it needs no files.
    fn export(&mut self, export: &Export) -> Result<Option<(Content, Findings)>, Failed> {
        match &export.action {
            ExportAction::Upload { exclude, size, .. } | ExportAction::S3 { exclude, size, .. } => {
                let name = format!("{ARCHIVES}/{}.tar", export.name);
                let (exclude, size) = (&patterns(exclude)?, *size);
                let job = Job {
                    name: &name,
                    exclude,
                    size,
                    bounds: self.caps.walk,
                };
                archive::archive(again(self.root)?, self.outbox, job).map(Some)
            }
            ExportAction::PullRequest {
                exclude, protect, ..
            } => {
                let (exclude, protect) = (patterns(exclude)?, patterns(protect)?);
                let (mut content, findings) = self.trees()?.clone();
                tree::exclude(&mut content, &exclude);
                tree::protect(&mut content, &protect);
                Ok(Some((content, findings)))
            }
            ExportAction::Comment { .. }
            | ExportAction::Report { .. }
            | ExportAction::Notify { .. }
            | ExportAction::Submit { .. }
            | ExportAction::Webhook { .. } => Ok(None),
        }
    }

    fn trees(&mut self) -> Result<&(Content, Findings), Failed> {
        let trees = match self.trees.take() {
            Some(trees) => trees,
            None => {
                let mut blobs = Blobs::new(self.outbox).map_err(Failed::Outbox)?;
                tree::trees(again(self.root)?, &mut blobs, &self.exclude, self.caps)?
            }
        };
        Ok(self.trees.insert(trees))
    }
}

/// The patterns that all pull requests leave out, so that nothing of them is read.
fn common(exports: &[Export]) -> Result<Patterns, Failed> {
    let mut lists = exports.iter().filter_map(|export| match &export.action {
        ExportAction::PullRequest { exclude, .. } => Some(exclude.clone()),
        _ => None,
    });
    let first = lists.next().unwrap_or_default();
    let common = lists.fold(first, |all, next| {
        let both = |pattern: &String| next.contains(pattern);
        all.into_iter().filter(both).collect()
    });
    patterns(&common)
}

fn again(root: &Folder) -> Result<Folder, Failed> {
    root.again().map_err(|shut| {
        Failed::Workspace(match shut {
            Shut::Broken(errno) => errno.into(),
            Shut::Rule(rule) => io::Error::other(rule.rule()),
            Shut::TooMany => io::Error::other(Rule::TooManyEntries.rule()),
        })
    })
}

fn patterns(texts: &[String]) -> Result<Patterns, Failed> {
    Patterns::read(texts).map_err(|e| Failed::Pattern(e.0))
}

/// Refuses names of exports that are no names of files, and those that stand twice.
fn named(exports: &[Export]) -> Result<(), Failed> {
    let mut seen = BTreeSet::new();
    for Export { name, .. } in exports {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_name = (1..=63).contains(&name.len()) && name.bytes().all(plain);
        if !is_name || !seen.insert(name) {
            return Err(Failed::Name(name.clone()));
        }
    }
    Ok(())
}

/// Refuses an outbox that is part of the workspace, and the other way round.
fn apart(workspace: &Path, outbox: &Path) -> Result<(), Failed> {
    let workspace = workspace.canonicalize().map_err(Failed::Workspace)?;
    let outbox = outbox.canonicalize().map_err(Failed::Outbox)?;
    if workspace.starts_with(&outbox) || outbox.starts_with(&workspace) {
        return Err(Failed::Nested);
    }
    Ok(())
}

/// Removes what an earlier attempt left, the manifest first: it never names what is gone.
fn empty(outbox: &Path) -> io::Result<()> {
    for file in [manifest::NAME, manifest::PARTIAL] {
        gone(fs::remove_file(outbox.join(file)))?;
    }
    for folder in [ARCHIVES, blobs::FOLDER] {
        gone(fs::remove_dir_all(outbox.join(folder)))?;
    }
    fs::create_dir(outbox.join(ARCHIVES))
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
