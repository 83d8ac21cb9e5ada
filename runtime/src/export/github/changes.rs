//! What a work tree changes in a base, and whether it may.

use super::super::{Refused, refused};
use crate::pack::exclude::Patterns;
use crate::pack::manifest::{FileMode, LeftOut, Tree, TreeEntry};
use crate::pack::names;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// An entry of the base, folders aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    /// Its path.
    pub(super) path: String,
    /// Its mode, as git writes it.
    pub(super) mode: String,
    /// Its name in git.
    pub(super) sha: String,
}

/// What may change.
pub(super) struct Bounds<'b> {
    /// Paths that stay as they are, because the tree does not have them.
    pub(super) exclude: &'b Patterns,
    /// Paths that must not.
    pub(super) protect: &'b Patterns,
    /// Files at most.
    pub(super) files: u32,
    /// Bytes at most.
    pub(super) size: u64,
}

/// One change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A file has this content.
    Put {
        /// Its path.
        path: String,
        /// Its mode.
        mode: FileMode,
        /// Its name in git.
        git: String,
        /// Its name in the outbox.
        sha256: String,
        /// Its bytes.
        size: u64,
    },
    /// A file is no more.
    Delete {
        /// Its path.
        path: String,
        /// Its mode in the base.
        mode: String,
    },
}

impl Change {
    /// As GitHub's API takes it.
    pub(super) fn entry(&self) -> Value {
        match self {
            Self::Put {
                path, mode, git, ..
            } => {
                json!({"path": path, "mode": mode, "type": "blob", "sha": git})
            }
            Self::Delete { path, mode } => {
                json!({"path": path, "mode": mode, "type": "blob", "sha": null})
            }
        }
    }

    fn path(&self) -> &str {
        match self {
            Self::Put { path, .. } | Self::Delete { path, .. } => path,
        }
    }
}

/// The changes, by `git`'s names of the contents of the tree.
///
/// What is neither a plain nor an executable file in the base stays as it is: nothing stands for it in the tree, and
/// nothing may take its place.
pub(super) fn changes(
    tree: &Tree,
    git: &BTreeMap<&str, String>,
    base: &[Base],
    bounds: &Bounds<'_>,
) -> Result<Vec<Change>, Refused> {
    let before: BTreeMap<&str, &Base> = base.iter().map(|b| (b.path.as_str(), b)).collect();
    let now: BTreeSet<&str> = tree.entries.iter().map(|e| e.path.as_str()).collect();
    let mut all = Vec::new();
    let mut bytes = 0_u64;
    for entry in &tree.entries {
        let git = git.get(entry.sha256.as_str());
        let git = git.ok_or_else(|| refused("manifest", "a blob has no name"))?;
        let old = before.get(entry.path.as_str());
        if old.is_some_and(|old| old.sha == *git && old.mode == mode(entry.mode)) {
            continue;
        }
        let same = old.is_some_and(|old| old.sha == *git);
        may_be(entry, old.map(|old| old.mode.as_str()), same)?;
        let beside = above(&entry.path).find_map(|folder| before.get(folder));
        if beside.is_some_and(|beside| !is_file(&beside.mode)) {
            return Err(special());
        }
        bytes = bytes.saturating_add(if same { 0 } else { entry.size });
        all.push(Change::Put {
            path: entry.path.clone(),
            mode: entry.mode,
            git: git.clone(),
            sha256: entry.sha256.clone(),
            size: entry.size,
        });
    }
    let gone = |old: &&Base| {
        is_file(&old.mode)
            && !now.contains(old.path.as_str())
            && !bounds.exclude.leaves_out(&old.path)
            && !kept(&tree.left_out, &old.path)
    };
    all.extend(base.iter().filter(gone).map(|old| Change::Delete {
        path: old.path.clone(),
        mode: old.mode.clone(),
    }));
    bounded(&all, bytes, bounds)?;
    Ok(all)
}

fn bounded(all: &[Change], bytes: u64, bounds: &Bounds<'_>) -> Result<(), Refused> {
    if all.is_empty() {
        return Err(refused("no-change", "nothing differs from what was cloned"));
    }
    if all.len() as u64 > u64::from(bounds.files) {
        let why = format!("{} files differ, and {} may", all.len(), bounds.files);
        return Err(refused("files", why));
    }
    if bytes > bounds.size {
        let why = format!("{bytes} bytes differ, and {} may", bounds.size);
        return Err(refused("size", why));
    }
    match all.iter().find_map(|c| bounds.protect.protecting(c.path())) {
        Some(pattern) => Err(refused(
            "path-protected",
            format!("a path that `{pattern}` protects differs"),
        )),
        None => Ok(()),
    }
}

/// Whether a file that differs may leave at all.
fn may_be(entry: &TreeEntry, old: Option<&str>, same: bool) -> Result<(), Refused> {
    if old.is_some_and(|mode| !is_file(mode)) {
        return Err(special());
    }
    if entry.submodules {
        return Err(refused("submodules", "the list of submodules differs"));
    }
    if let Some(pattern) = &entry.protected {
        let why = format!("a path that `{pattern}` protects differs");
        return Err(refused("path-protected", why));
    }
    match entry.secrets.first() {
        Some(rule) if !same => {
            let path = names::shown(entry.path.as_bytes());
            Err(refused("secret-inside", format!("`{path}` holds {rule}")))
        }
        _ => Ok(()),
    }
}

fn special() -> Refused {
    refused(
        "special-entry",
        "a file stands in the place of a symbolic link or a submodule",
    )
}

fn mode(mode: FileMode) -> &'static str {
    match mode {
        FileMode::Plain => "100644",
        FileMode::Executable => "100755",
    }
}

fn is_file(mode: &str) -> bool {
    mode.starts_with("100")
}

/// The folders above a path.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..at))
}

/// Whether a path may exist without being in the tree.
fn kept(left_out: &[LeftOut], path: &str) -> bool {
    left_out.iter().any(|out| {
        out.path.is_empty() || out.path == path || above(path).any(|folder| folder == out.path)
    })
}
