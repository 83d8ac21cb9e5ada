//! A bounded, sorted walk through a hostile folder.
//!
//! A step names one thing; the caller opens it, or not. Nothing is followed, `.git` is never entered,
//! and no name stops the walk: what may not leave is a step of its own, with its rule.
//!
//! Hard links are files like others, read once for each name. That is harmless: a link cannot cross mounts, so
//! whatever it leads to lies in the workspace's volume, and who made it could write or read it there.

use super::door::{Folder, Opened, Shut, refusal};
use super::exclude::Patterns;
use super::finding::Rule;
use super::names;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::vec::IntoIter;

/// What a walk may cost.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Levels of folders, the root not counted.
    pub depth: usize,
    /// Entries of all folders together.
    pub entries: u64,
    /// Bytes of a path, from the root of the walk.
    pub path: usize,
}

impl Bounds {
    /// Those of every run.
    pub const RUN: Self = Self {
        depth: 64,
        entries: 250_000,
        path: 4096,
    };
}

/// Why a walk ends before everything was seen. What was made of it until then may not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// More entries than [`Bounds::entries`].
    TooManyEntries,
    /// The folder that the walk starts in cannot be listed.
    Root(Rule),
    /// The system fails.
    Broken(Errno),
}

/// What stands under `.git` in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Git {
    /// Nothing, and the folder does not look like a repository either.
    None,
    /// A folder: this is a work tree with its repository.
    Folder,
    /// A file, a link or something else: a worktree, a submodule, or a trap.
    Other,
    /// The folder itself looks like a repository without a work tree.
    Bare,
}

/// One step of the walk.
#[derive(Debug)]
pub enum Step {
    /// A folder, which the walk has entered.
    Folder(Item),
    /// A regular file.
    File(Item),
    /// Something that is left out.
    Refused(Refused),
}

/// A folder or file by its name.
#[derive(Debug)]
pub struct Item {
    /// Path from the root of the walk, parts by `/`.
    pub path: String,
    name: CString,
}

/// Something that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// By which rule.
    pub rule: Rule,
    /// Its path; of a thing whose name cannot be written, that of its folder. What is left out is the path
    /// itself, or anything below it.
    pub path: String,
    /// The path for people.
    pub shown: String,
}

#[derive(Debug)]
struct Frame {
    folder: Folder,
    path: String,
    names: IntoIter<CString>,
    git: Git,
}

/// The walk.
#[derive(Debug)]
pub struct Walk<'a> {
    frames: Vec<Frame>,
    exclude: &'a Patterns,
    bounds: Bounds,
    seen: u64,
}

impl<'a> Walk<'a> {
    /// Starts in a folder. What `exclude` matches is not opened and not told.
    ///
    /// # Errors
    /// A root that cannot be listed.
    pub fn new(root: Folder, exclude: &'a Patterns, bounds: Bounds) -> Result<Self, Cut> {
        let mut walk = Self {
            frames: Vec::new(),
            exclude,
            bounds,
            seen: 0,
        };
        match walk.enter(root, String::new()) {
            Ok(()) => Ok(walk),
            Err(Shut::TooMany) => Err(Cut::TooManyEntries),
            Err(Shut::Broken(errno)) => Err(Cut::Broken(errno)),
            Err(Shut::Rule(rule)) => Err(Cut::Root(rule)),
        }
    }

    /// The next step; `None` at the end.
    ///
    /// # Errors
    /// See [`Cut`].
    pub fn step(&mut self) -> Result<Option<Step>, Cut> {
        loop {
            let Some(frame) = self.frames.last_mut() else {
                return Ok(None);
            };
            let Some(name) = frame.names.next() else {
                self.frames.pop();
                continue;
            };
            if name.as_c_str() == c".git" {
                continue;
            }
            if let Some(step) = self.judge(name)? {
                return Ok(Some(step));
            }
        }
    }

    /// What stands under `.git` in the folder that was entered last.
    #[must_use]
    pub fn git(&self) -> Git {
        self.frames.last().map_or(Git::None, |frame| frame.git)
    }

    /// Leaves the folder that was entered last, without its other entries.
    pub fn skip(&mut self) -> Option<Folder> {
        self.frames.pop().map(|frame| frame.folder)
    }

    /// Opens the file of the last step.
    ///
    /// # Errors
    /// See [`Folder::file`].
    pub fn open(&self, item: &Item) -> Result<Opened, Shut> {
        let frame = self
            .frames
            .last()
            .ok_or(Shut::Rule(Rule::ChangedWhileRead))?;
        frame.folder.file(&item.name)
    }

    fn judge(&mut self, name: CString) -> Result<Option<Step>, Cut> {
        let Some(frame) = self.frames.last() else {
            return Ok(None);
        };
        let text = match names::text(name.to_bytes()) {
            Ok(text) => text,
            Err(rule) => return Ok(Some(unnamed(rule, &frame.path, &name))),
        };
        let path = names::join(&frame.path, text);
        if path.len() > self.bounds.path {
            return Ok(Some(unnamed(Rule::PathTooLong, &frame.path, &name)));
        }
        if self.exclude.anywhere(&path) {
            return Ok(None);
        }
        if let Some(rule) = super::scan::whole(text.as_bytes()).into_iter().next() {
            return Ok(Some(unnamed(rule, &frame.path, &name)));
        }
        let step = match frame.folder.kind(&name) {
            Ok(FileType::RegularFile) => Ok(Step::File(Item { path, name })),
            Ok(FileType::Directory) => self.descend(path, name),
            Ok(other) => Ok(refused(refusal(other), path)),
            Err(shut) => shut_out(shut, path),
        };
        step.map(Some)
    }

    fn descend(&mut self, path: String, name: CString) -> Result<Step, Cut> {
        let Some(frame) = self.frames.last() else {
            return Ok(refused(Rule::ChangedWhileRead, path));
        };
        if self.frames.len() > self.bounds.depth {
            return Ok(refused(Rule::TooDeep, path));
        }
        let entered = frame.folder.folder(&name);
        match entered.and_then(|folder| self.enter(folder, path.clone())) {
            Ok(()) => Ok(Step::Folder(Item { path, name })),
            Err(shut) => shut_out(shut, path),
        }
    }

    fn enter(&mut self, folder: Folder, path: String) -> Result<(), Shut> {
        let names = folder.names(self.bounds.entries.saturating_sub(self.seen))?;
        self.seen = self.seen.saturating_add(names.len() as u64);
        let git = git(&folder, &names);
        self.frames.push(Frame {
            folder,
            path,
            names: names.into_iter(),
            git,
        });
        Ok(())
    }
}

fn git(folder: &Folder, names: &[CString]) -> Git {
    let holds = |name: &CStr| names.binary_search_by(|n| n.as_c_str().cmp(name)).is_ok();
    if holds(c".git") {
        return match folder.kind(c".git") {
            Ok(FileType::Directory) => Git::Folder,
            _ => Git::Other,
        };
    }
    if [c"HEAD", c"objects", c"refs"].into_iter().all(holds) {
        return Git::Bare;
    }
    Git::None
}

fn refused(rule: Rule, path: String) -> Step {
    let shown = names::shown(path.as_bytes());
    Step::Refused(Refused { rule, path, shown })
}

/// A thing whose name may not be written: its folder stands for it.
fn unnamed(rule: Rule, folder: &str, name: &CStr) -> Step {
    let mut shown = folder.as_bytes().to_vec();
    if !folder.is_empty() {
        shown.push(b'/');
    }
    shown.extend_from_slice(name.to_bytes());
    let shown = names::shown(&shown);
    Step::Refused(Refused {
        rule,
        path: folder.to_owned(),
        shown,
    })
}

/// What cannot be opened is left out; what hinders everything ends the walk.
fn shut_out(shut: Shut, path: String) -> Result<Step, Cut> {
    match shut {
        Shut::Rule(rule) => Ok(refused(rule, path)),
        Shut::TooMany => Err(Cut::TooManyEntries),
        Shut::Broken(errno) => Err(Cut::Broken(errno)),
    }
}
