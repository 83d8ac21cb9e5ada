//! Repositories become trees of blobs, without git.
//!
//! A repository is a folder with a folder `.git` in it. `.git` itself is never entered, so no hook, filter or
//! configuration is so much as read, and the index is not asked: the tree is what stands on disk. What
//! the base commit has is not known here; the export judges by the marks of each entry.

use super::archive::Stop;
use super::blobs::{Blob, Blobs};
use super::content::Broken;
use super::door::{Folder, Opened, Shut};
use super::exclude::Patterns;
use super::finding::{Findings, Rule};
use super::manifest::{Content, FileMode, LeftOut, RefusedTree, Tree, TreeEntry};
use super::walk::{Bounds, Cut, Git, Item, Step, Walk};
use super::{Failed, names};

/// What the trees of a workspace may cost together.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// Repositories.
    pub trees: usize,
    /// Paths, of files and of what is left out.
    pub paths: usize,
    /// Bytes of all these paths.
    pub names: usize,
    /// Bytes of all files, also where the same content is stored once.
    pub bytes: u64,
    /// What a walk may cost.
    pub walk: Bounds,
}

impl Caps {
    /// Those of every run. The contract bounds what changes, which only the export can tell: these bound
    /// whole work trees.
    pub const RUN: Self = Self {
        trees: 16,
        paths: 100_000,
        names: 8 << 20,
        bytes: 1 << 30,
        walk: Bounds::RUN,
    };
}

/// The repositories of a workspace.
#[derive(Debug)]
struct Trees<'e> {
    /// What no tree has, at any depth.
    exclude: &'e Patterns,
    trees: Vec<Tree>,
    refused: Vec<RefusedTree>,
    findings: Findings,
    /// What is left of the caps. A tree that is refused costs nothing.
    left: Caps,
}

/// Finds the repositories below a folder, outermost only, and makes a tree of each. Where the workspace
/// cannot be searched to its end, all are refused and no blob is left. What `exclude` matches is not read.
///
/// # Errors
/// What hinders every export: the outbox cannot be written, the system fails.
pub fn trees(
    root: Folder,
    blobs: &mut Blobs,
    exclude: &Patterns,
    caps: Caps,
) -> Result<(Content, Findings), Failed> {
    let mut found = Trees {
        exclude,
        trees: Vec::new(),
        refused: Vec::new(),
        findings: Findings::default(),
        left: caps,
    };
    match search(root, blobs, &mut found) {
        Ok(()) => {
            let Trees {
                trees,
                refused,
                findings,
                ..
            } = found;
            Ok((Content::Trees { trees, refused }, findings))
        }
        Err(Stop::Refused(rule)) => {
            blobs.clear().map_err(Failed::Outbox)?;
            found.findings.add(rule, String::new());
            Ok((Content::Refused { rule }, found.findings))
        }
        Err(Stop::Failed(failed)) => Err(failed),
    }
}

fn search(root: Folder, blobs: &mut Blobs, found: &mut Trees<'_>) -> Result<(), Stop> {
    let none = Patterns::default();
    let mut walk = Walk::new(root, &none, found.left.walk)?;
    let mut path = String::new();
    loop {
        match walk.git() {
            Git::Folder => {
                if let Some(folder) = walk.skip() {
                    found.repository(&path, folder, blobs)?;
                }
            }
            Git::Other => {
                let shown = names::shown(names::join(&path, ".git").as_bytes());
                found.findings.add(Rule::GitFile, shown);
                walk.skip();
            }
            Git::None | Git::Bare => {}
        }
        // Files outside of repositories, and what is refused there, concern no tree.
        loop {
            match walk.step()? {
                None => return Ok(()),
                Some(Step::Folder(item)) => {
                    path = item.path;
                    break;
                }
                Some(Step::File(_) | Step::Refused(_)) => {}
            }
        }
    }
}

impl Trees<'_> {
    fn repository(&mut self, path: &str, folder: Folder, blobs: &mut Blobs) -> Result<(), Stop> {
        let path = path.to_owned();
        if self.trees.len().saturating_add(self.refused.len()) >= self.left.trees {
            return Err(Stop::Refused(Rule::TooManyRepositories));
        }
        let mut making = Making::new(&path, blobs, self.left);
        let made = making.fill(folder, self.exclude);
        let Making {
            tree,
            findings,
            left,
            blobs,
        } = making;
        self.findings.extend(&findings);
        match made {
            Ok(()) => {
                blobs.keep();
                self.left = left;
                self.trees.push(tree);
            }
            Err(Stop::Refused(rule)) => {
                blobs.forget().map_err(outbox)?;
                self.findings.add(rule, names::shown(path.as_bytes()));
                self.refused.push(RefusedTree { path, rule });
            }
            Err(failed) => return Err(failed),
        }
        Ok(())
    }
}

/// A tree that is being made.
struct Making<'a> {
    tree: Tree,
    findings: Findings,
    blobs: &'a mut Blobs,
    /// What is left of the caps.
    left: Caps,
}

impl<'a> Making<'a> {
    fn new(path: &str, blobs: &'a mut Blobs, left: Caps) -> Self {
        let tree = Tree {
            path: path.to_owned(),
            entries: Vec::new(),
            left_out: Vec::new(),
        };
        Self {
            tree,
            findings: Findings::default(),
            blobs,
            left,
        }
    }

    fn fill(&mut self, folder: Folder, exclude: &Patterns) -> Result<(), Stop> {
        let root = folder.again().map_err(shut)?;
        let mut walk = Walk::new(root, exclude, self.left.walk)?;
        while let Some(step) = walk.step()? {
            match step {
                Step::Refused(it) => self.leave_out(it.rule, it.path, it.shown)?,
                Step::Folder(item) => self.nested(item.path, &mut walk)?,
                Step::File(item) => match walk.open(&item) {
                    Ok(opened) => self.add(item, opened)?,
                    Err(Shut::Rule(rule)) => self.leave_out_file(rule, item.path)?,
                    Err(other) => return Err(shut(other)),
                },
            }
        }
        self.tree.entries.sort_by(|a, b| a.path.cmp(&b.path));
        self.tree.left_out.sort();
        self.tree.left_out.dedup();
        Ok(())
    }

    fn nested(&mut self, path: String, walk: &mut Walk<'_>) -> Result<(), Stop> {
        let rule = match walk.git() {
            Git::None => return Ok(()),
            Git::Folder | Git::Bare => Rule::NestedRepository,
            Git::Other => Rule::GitFile,
        };
        walk.skip();
        self.leave_out_file(rule, path)
    }

    fn add(&mut self, item: Item, opened: Opened) -> Result<(), Stop> {
        let (size, executable) = (opened.size, opened.executable);
        self.count(&item.path)?;
        let bytes = self.left.bytes.checked_sub(size);
        self.left.bytes = bytes.ok_or(Stop::Refused(Rule::TooManyBytes))?;
        let Blob { sha256, secrets } = match self.blobs.store(opened) {
            Ok(blob) => blob,
            Err(Broken::Source(rule)) => return self.leave_out_file(rule, item.path),
            Err(Broken::Sink(e)) => return Err(outbox(e)),
        };
        for rule in &secrets {
            self.findings.add(*rule, self.shown(&item.path));
        }
        let name = item.path.rsplit('/').next().unwrap_or_default();
        self.tree.entries.push(TreeEntry {
            mode: if executable {
                FileMode::Executable
            } else {
                FileMode::Plain
            },
            size,
            sha256,
            protected: None,
            submodules: names::is_gitmodules(name),
            secrets,
            path: item.path,
        });
        Ok(())
    }

    fn leave_out_file(&mut self, rule: Rule, path: String) -> Result<(), Stop> {
        let shown = self.shown(&path);
        self.findings.add(rule, shown);
        self.count(&path)?;
        self.tree.left_out.push(LeftOut { path, rule });
        Ok(())
    }

    fn leave_out(&mut self, rule: Rule, path: String, shown: String) -> Result<(), Stop> {
        let place = names::shown(self.tree.path.as_bytes());
        self.findings.add(rule, names::join(&place, &shown));
        self.count(&path)?;
        self.tree.left_out.push(LeftOut { path, rule });
        Ok(())
    }

    fn count(&mut self, path: &str) -> Result<(), Stop> {
        let (paths, names) = (
            self.left.paths.checked_sub(1),
            self.left.names.checked_sub(path.len()),
        );
        self.left.paths = paths.ok_or(Stop::Refused(Rule::TooManyEntries))?;
        self.left.names = names.ok_or(Stop::Refused(Rule::TooManyEntries))?;
        Ok(())
    }

    fn shown(&self, path: &str) -> String {
        names::shown(names::join(&self.tree.path, path).as_bytes())
    }
}

fn shut(shut: Shut) -> Stop {
    match shut {
        Shut::TooMany => Stop::Refused(Rule::TooManyEntries),
        Shut::Broken(errno) => Cut::Broken(errno).into(),
        // The folder was open a moment ago.
        Shut::Rule(rule) => Stop::Refused(rule),
    }
}

fn outbox(e: std::io::Error) -> Stop {
    Stop::Failed(Failed::Outbox(e))
}

/// Takes away the entries that the patterns leave out.
pub fn exclude(content: &mut Content, exclude: &Patterns) {
    if let Content::Trees { trees, .. } = content {
        for tree in trees {
            tree.entries
                .retain(|entry| !exclude.leaves_out(&entry.path));
            tree.left_out.retain(|left| !exclude.leaves_out(&left.path));
        }
    }
}

/// Marks the entries that the patterns protect.
pub fn protect(content: &mut Content, protect: &Patterns) {
    match content {
        Content::Trees { trees, refused: _ } => {
            for entry in trees.iter_mut().flat_map(|tree| &mut tree.entries) {
                entry.protected = protect.protecting(&entry.path).map(str::to_owned);
            }
        }
        Content::Archive { .. } | Content::Refused { .. } => {}
    }
}
