//! Paths of the command line, by the workspace that each belongs to.
//!
//! The root of a workspace is the nearest folder upwards that holds `pure-agent.kdl`. The search ends
//! at the root of a repository: a file above it was not reviewed with the sources.

use super::args::{Sources, TargetArg};
use super::exit::Failure;
use super::input::{absolute, read, stdin};
use crate::diag::Base;
use crate::load::{Extra, Loader, WORKSPACE_FILE};
use crate::world::Disk;
use std::path::{Path, PathBuf};

/// Name under which standard input is shown where `--stdin-path` says nothing.
const STDIN: &str = "stdin.kdl";

/// Part of one workspace.
#[derive(Debug)]
pub(super) struct Group {
    /// The root, links unresolved.
    pub(super) root: PathBuf,
    picks: Vec<Pick>,
    stdin: Option<(String, Vec<u8>)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Pick {
    /// Every spec of the workspace.
    All,
    /// The specs below a folder.
    Folder(String),
    /// One file.
    File(String),
}

/// Sorts the paths of the command line into workspaces, in the order of their first path.
pub(super) fn groups(sources: &Sources) -> Result<Vec<Group>, Failure> {
    let mut list: Vec<Group> = Vec::new();
    if sources.paths.is_empty() {
        list.push(here()?);
    }
    for path in &sources.paths {
        if path == Path::new("-") {
            add_stdin(&mut list, sources.stdin_path.as_deref())?;
        } else {
            add(&mut list, path)?;
        }
    }
    Ok(list)
}

/// Every spec of the workspace that the command runs in.
pub(super) fn here() -> Result<Group, Failure> {
    let root = root_above(&absolute(Path::new("."))?).ok_or_else(|| {
        Failure::usage(
            format!("neither this folder nor one above it holds `{WORKSPACE_FILE}`"),
            "name a file, or run `pure-agent init` to begin",
        )
    })?;
    Ok(Group {
        root,
        picks: vec![Pick::All],
        stdin: None,
    })
}

/// No spec, seen from the folder that the command runs in: for what needs a target alone.
#[cfg(feature = "cluster")]
pub(super) fn nothing() -> Result<Group, Failure> {
    Ok(Group {
        root: absolute(Path::new("."))?,
        picks: Vec::new(),
        stdin: None,
    })
}

fn add(list: &mut Vec<Group>, path: &Path) -> Result<(), Failure> {
    let whole = absolute(path)?;
    let metadata = std::fs::metadata(&whole)
        .map_err(|e| Failure::Io(format!("cannot read `{}`", path.display()), e))?;
    let folder = if metadata.is_dir() {
        Some(&*whole)
    } else {
        whole.parent()
    };
    let folder = folder.unwrap_or(&whole);
    let root = match root_above(folder) {
        Some(root) => root,
        None if metadata.is_dir() => {
            return Err(Failure::usage(
                format!("`{}` belongs to no workspace", path.display()),
                format!("name a file, or add `{WORKSPACE_FILE}` with the specs that belong to it"),
            ));
        }
        None => folder.to_owned(),
    };
    let logical = logical(&root, &whole)?;
    let pick = match (metadata.is_dir(), logical.is_empty()) {
        (true, true) => Pick::All,
        (true, false) => Pick::Folder(logical),
        (false, _) => Pick::File(logical),
    };
    in_group(list, root, |group| group.picks.push(pick));
    Ok(())
}

fn add_stdin(list: &mut Vec<Group>, named: Option<&Path>) -> Result<(), Failure> {
    if list.iter().any(|g| g.stdin.is_some()) {
        return Err(Failure::usage(
            "standard input is named twice",
            "write `-` once",
        ));
    }
    let whole = absolute(named.unwrap_or(Path::new(STDIN)))?;
    let folder = whole.parent().unwrap_or(&whole);
    let root = root_above(folder).unwrap_or_else(|| folder.to_owned());
    let logical = logical(&root, &whole)?;
    let bytes = stdin()?;
    in_group(list, root, |group| {
        group.picks.push(Pick::File(logical.clone()));
        group.stdin = Some((logical, bytes));
    });
    Ok(())
}

fn in_group(list: &mut Vec<Group>, root: PathBuf, add: impl FnOnce(&mut Group)) {
    if let Some(known) = list.iter_mut().find(|g| g.root == root) {
        add(known);
    } else {
        let mut group = Group {
            root,
            picks: Vec::new(),
            stdin: None,
        };
        add(&mut group);
        list.push(group);
    }
}

/// The nearest folder at or above this one that holds a workspace file.
fn root_above(folder: &Path) -> Option<PathBuf> {
    for above in folder.ancestors() {
        if above.join(WORKSPACE_FILE).is_file() {
            return Some(above.to_owned());
        }
        if above.join(".git").exists() {
            return None;
        }
    }
    None
}

fn logical(root: &Path, path: &Path) -> Result<String, Failure> {
    let parts: Option<Vec<&str>> = path
        .strip_prefix(root)
        .ok()
        .and_then(|inner| inner.iter().map(|part| part.to_str()).collect());
    parts.map(|parts| parts.join("/")).ok_or_else(|| {
        Failure::usage(
            format!("the name of `{}` is not UTF-8", path.display()),
            "rename it, so that everybody reads the same name",
        )
    })
}

impl Group {
    /// Opens the workspace on disk.
    pub(super) fn disk(&self) -> Result<Disk, Failure> {
        Disk::new(&self.root)
            .map_err(|e| Failure::Io(format!("cannot read `{}`", self.root.display()), e))
    }

    /// What the command line adds to the workspace.
    pub(super) fn extra(&self, sources: &Sources) -> Result<Extra, Failure> {
        let mut extra = Extra::default();
        for path in &sources.policy {
            extra.policies.push((self.name(path)?, read(path)?));
        }
        match &sources.target {
            Some(TargetArg::File(path)) => {
                extra.target_file = Some((self.name(path)?, read(path)?));
            }
            Some(TargetArg::Name(name)) => extra.target = Some(name.clone()),
            None => {}
        }
        extra.texts.extend(self.stdin.clone());
        Ok(extra)
    }

    /// How a file of the command line is shown: as every other file of the workspace, and by its name
    /// alone if it is outside, because no output names a folder of the machine.
    fn name(&self, path: &Path) -> Result<String, Failure> {
        let whole = absolute(path)?;
        if whole.starts_with(&self.root) {
            return logical(&self.root, &whole);
        }
        Ok(whole
            .file_name()
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned()))
    }

    /// The files that were asked for, each once, in the order of the command line; those of a folder
    /// are sorted.
    pub(super) fn files(&self, loader: &mut Loader<'_>) -> Result<Vec<String>, Failure> {
        let mut all: Option<Vec<String>> = None;
        let mut files: Vec<String> = Vec::new();
        for pick in &self.picks {
            match pick {
                Pick::File(path) => files.push(path.clone()),
                Pick::All => files.extend(specs(&mut all, loader).iter().cloned()),
                Pick::Folder(folder) => {
                    let inside = |p: &&String| {
                        p.strip_prefix(&**folder)
                            .is_some_and(|rest| rest.starts_with('/'))
                    };
                    let found: Vec<String> = specs(&mut all, loader)
                        .iter()
                        .filter(inside)
                        .cloned()
                        .collect();
                    if found.is_empty() {
                        return Err(Failure::usage(
                            format!("no spec of the workspace is in `{folder}`"),
                            format!("name a file, or list it under `specs` in `{WORKSPACE_FILE}`"),
                        ));
                    }
                    files.extend(found);
                }
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        files.retain(|path| seen.insert(path.clone()));
        Ok(files)
    }

    /// Whether every spec of the workspace was asked for.
    pub(super) fn is_whole(&self) -> bool {
        self.picks.contains(&Pick::All)
    }

    /// Paths as seen from the folder in which the command runs.
    pub(super) fn seen_from_here(&self) -> Base {
        match absolute(Path::new(".")) {
            Ok(here) => base(&self.root, &here),
            Err(_) => Base::default(),
        }
    }

    /// Paths as seen from the root of the repository, which is what services want.
    pub(super) fn seen_from_repository(&self) -> Base {
        match self
            .root
            .ancestors()
            .find(|above| above.join(".git").exists())
        {
            Some(repository) => base(&self.root, repository),
            None => Base::default(),
        }
    }
}

fn specs<'a>(all: &'a mut Option<Vec<String>>, loader: &mut Loader<'_>) -> &'a [String] {
    all.get_or_insert_with(|| loader.spec_paths())
}

fn base(root: &Path, seen_from: &Path) -> Base {
    let parts = |path: &Path| -> Vec<String> {
        path.iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect()
    };
    if let Ok(down) = root.strip_prefix(seen_from) {
        Base {
            down: parts(down),
            below: Vec::new(),
        }
    } else if let Ok(below) = seen_from.strip_prefix(root) {
        Base {
            down: Vec::new(),
            below: parts(below),
        }
    } else {
        Base::default()
    }
}
