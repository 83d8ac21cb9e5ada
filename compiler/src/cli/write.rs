//! Writing a bundle's files, all or nothing, and printing to a pipe that may close.
//!
//! New files are written and flushed beside the target first, so a full disk leaves what is there as it
//! was. They are then renamed into place; what they replace is kept until the last one stands, and put
//! back if a rename fails. Only files that an index of ours lists are replaced or removed.

mod owned;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why nothing was written; the target is as it was.
#[derive(Debug)]
pub enum NotWritten {
    /// The target is a folder with files but without an index of ours, or a file stands where one of
    /// ours should go that no index lists.
    NotOurs(PathBuf),
    /// The target, or a folder in it, is a symbolic link or no folder.
    NotAFolder(PathBuf),
    /// A file name that could leave the target.
    BadName(String),
    /// The system refused.
    Io(PathBuf, io::Error),
}

impl fmt::Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotWritten::NotOurs(path) => {
                write!(
                    f,
                    "`{}` is not written by `compile`, so it is not replaced",
                    path.display()
                )
            }
            NotWritten::NotAFolder(path) => write!(f, "`{}` is not a plain folder", path.display()),
            NotWritten::BadName(name) => write!(f, "`{name}` is no name for an output file"),
            NotWritten::Io(path, error) => write!(f, "cannot write `{}`: {error}", path.display()),
        }
    }
}

impl std::error::Error for NotWritten {}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Files that are new or have new content.
    pub written: usize,
    /// Files that already held the right bytes.
    pub unchanged: usize,
    /// Files of the previous output that are gone.
    pub removed: usize,
}

/// Makes `dir` hold exactly these files of ours, besides files of others that no index lists.
///
/// Files are taken one at a time, so a large workspace is never in memory as a whole. A path has one to
/// three parts, such as `spec/role-a.yaml` or `reviewer/bundle.json`.
///
/// # Errors
/// [`NotWritten`]; then the folder is as it was before.
pub fn write_tree(
    dir: &Path,
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
) -> Result<Written, NotWritten> {
    // Without this, `link/` would be what the link points to.
    let dir: &Path = &dir.components().collect::<PathBuf>();
    let before = owned::in_folder(dir)?;
    before
        .iter()
        .try_for_each(|name| owned::replaceable(dir, name, &before))?;
    let stage = make_stage(dir)?;
    let result = stage_files(dir, &stage, &before, files).and_then(|staged| {
        let mut moves = Moves {
            dir,
            stage: &stage,
            done: Vec::new(),
        };
        moves.all(&staged, &before).inspect_err(|_| moves.undo())?;
        let removed = before.difference(&staged.all).count();
        remove_empty(dir, &before);
        let written = staged.new.len();
        Ok(Written {
            written,
            unchanged: staged.all.len() - written,
            removed,
        })
    });
    // What is left there is only the new files that failed, or the old ones that were replaced.
    fs::remove_dir_all(&stage).or_else(|error| {
        if result.is_ok() {
            Err(NotWritten::Io(stage.clone(), error))
        } else {
            Ok(())
        }
    })?;
    result
}

/// A new folder beside the target, which is therefore on the same file system.
fn make_stage(dir: &Path) -> Result<PathBuf, NotWritten> {
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = dir
        .file_name()
        .ok_or_else(|| NotWritten::NotAFolder(dir.to_owned()))?;
    fs::create_dir_all(parent).map_err(|e| NotWritten::Io(parent.to_owned(), e))?;
    let mut number = 0_u32;
    loop {
        let stage = parent.join(format!(".{}.new-{number}", name.to_string_lossy()));
        match fs::create_dir(&stage) {
            Ok(()) => return Ok(stage),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1_000 => {
                number += 1;
            }
            Err(error) => return Err(NotWritten::Io(stage, error)),
        }
    }
}

/// The files that were written beside the target.
#[derive(Default)]
struct Staged {
    all: BTreeSet<String>,
    new: Vec<String>,
}

fn stage_files(
    dir: &Path,
    stage: &Path,
    before: &BTreeSet<String>,
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
) -> Result<Staged, NotWritten> {
    let mut staged = Staged::default();
    let new = stage.join("new");
    fs::create_dir(&new).map_err(|error| NotWritten::Io(new.clone(), error))?;
    for (name, bytes) in files {
        if !owned::plain(&name) || !staged.all.insert(name.clone()) {
            return Err(NotWritten::BadName(name));
        }
        let target = dir.join(&name);
        owned::replaceable(dir, &name, before)?;
        if before.contains(&name) && fs::read(&target).is_ok_and(|old| old == bytes) {
            continue;
        }
        write_file(&new.join(&name), &bytes).map_err(|error| NotWritten::Io(target, error))?;
        staged.new.push(name);
    }
    Ok(staged)
}

fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let mut file = fs::File::create_new(path)?;
    file.write_all(bytes)?;
    // A full disk may show only now.
    file.sync_all()
}

/// Renames that can be taken back.
struct Moves<'a> {
    dir: &'a Path,
    stage: &'a Path,
    done: Vec<(PathBuf, PathBuf)>,
}

impl Moves<'_> {
    fn all(&mut self, staged: &Staged, before: &BTreeSet<String>) -> Result<(), NotWritten> {
        if self.dir.symlink_metadata().is_err() {
            return self.step(self.stage.join("new"), self.dir.to_owned());
        }
        for name in before.difference(&staged.all) {
            self.put_away(name)?;
        }
        for name in &staged.new {
            if before.contains(name) {
                self.put_away(name)?;
            }
            self.step(self.stage.join("new").join(name), self.dir.join(name))?;
        }
        Ok(())
    }

    /// Moves an old file out of the target; one that is listed but gone is no error.
    fn put_away(&mut self, name: &str) -> Result<(), NotWritten> {
        let from = self.dir.join(name);
        match from.symlink_metadata() {
            Ok(_) => self.step(from, self.stage.join("old").join(name)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(NotWritten::Io(from, error)),
        }
    }

    fn step(&mut self, from: PathBuf, to: PathBuf) -> Result<(), NotWritten> {
        let moved = to
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::rename(&from, &to));
        moved.map_err(|error| NotWritten::Io(to.clone(), error))?;
        self.done.push((from, to));
        Ok(())
    }

    fn undo(&mut self) {
        for (from, to) in self.done.drain(..).rev() {
            // Nothing better can be done with a second error; the first one is reported.
            drop(fs::rename(to, from));
        }
    }
}

/// Removes folders that held files of ours and now hold nothing.
fn remove_empty(dir: &Path, before: &BTreeSet<String>) {
    let folders: BTreeSet<&Path> = before
        .iter()
        .flat_map(|name| Path::new(name).ancestors().skip(1))
        .collect();
    for folder in folders
        .into_iter()
        .rev()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        // `remove_dir` refuses a folder that holds anything, which is what is wanted.
        drop(fs::remove_dir(dir.join(folder)));
    }
}

/// How printing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    /// All of it.
    All,
    /// The reader closed the pipe, as `head` does: stop quietly, without a message.
    ReaderGone,
}

/// Writes text and flushes it.
///
/// # Errors
/// Any error but a closed pipe; a full disk behind a redirection is one.
pub fn print(out: &mut impl Write, text: &[u8]) -> io::Result<Printed> {
    match out.write_all(text).and_then(|()| out.flush()) {
        Ok(()) => Ok(Printed::All),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Printed::ReaderGone),
        Err(error) => Err(error),
    }
}
