//! The only door to the files of a workspace.
//!
//! Paths are logical: relative to the workspace root, `/` between parts, no `.` or `..`. No path
//! leaves the root, neither by its text nor by a symbolic link.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

mod glob;
pub use glob::{MAX_ENTRIES, matches};

/// The most bytes that are read of one file; a file of more than [`MAX_READ`] is refused.
pub const MAX_READ: u64 = 10 * 1024 * 1024;

/// Why a file could not be read. Each names the logical path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// There is no such file.
    Missing(String),
    /// The path is absolute, holds a backslash or NUL, or climbs above the root.
    OutsideRoot(String),
    /// A symbolic link on the way points outside the root.
    LinkLeavesRoot(String),
    /// A folder, pipe, socket or device.
    NotAFile(String),
    /// Larger than [`MAX_READ`] bytes.
    TooLarge(String),
    /// A pattern that matches more than [`MAX_ENTRIES`] entries has to look at too much.
    TooMany(String),
    /// The system said no; its words.
    Io(String, String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "file `{path}` does not exist"),
            Self::OutsideRoot(path) => write!(f, "path `{path}` leaves the workspace root"),
            Self::LinkLeavesRoot(path) => {
                write!(f, "a symbolic link in `{path}` leaves the workspace root")
            }
            Self::NotAFile(path) => write!(f, "`{path}` is not a regular file"),
            Self::TooLarge(path) => write!(f, "file `{path}` is larger than 10 MiB"),
            Self::TooMany(path) => write!(f, "pattern `{path}` looks at too many files"),
            Self::Io(path, why) => write!(f, "file `{path}` cannot be read: {why}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// Where sources come from.
pub trait World {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Says why the file was not read.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;

    /// The logical paths of the files that a pattern matches, sorted. `*` stands for any part of
    /// one segment, `**` as a whole segment for any number of segments; names that begin with a
    /// dot are matched only by segments that begin with one.
    ///
    /// # Errors
    /// Says why the folder could not be listed.
    fn glob(&self, pattern: &str) -> Result<Vec<String>, ReadError>;
}

/// The logical path of `relative` as seen from the file `base`.
///
/// # Errors
/// [`ReadError::OutsideRoot`] if it is absolute, holds a backslash, a drive letter or a NUL, or
/// climbs above the root.
pub fn join(base: &str, relative: &str) -> Result<String, ReadError> {
    let folder = base.rfind('/').map_or("", |n| base.get(..n).unwrap_or(""));
    normal(&[folder, relative], relative)
}

/// Resolves `.` and `..` in a path of several pieces; only the last one comes from outside.
fn normal(pieces: &[&str], shown: &str) -> Result<String, ReadError> {
    let outside = || ReadError::OutsideRoot(shown.to_owned());
    let last = pieces.last().copied().unwrap_or("");
    if last.is_empty() {
        return Err(ReadError::Missing(shown.to_owned()));
    }
    let is_drive = last.as_bytes().get(1) == Some(&b':');
    if last.starts_with('/') || is_drive || last.contains(['\\', '\0']) {
        return Err(outside());
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in pieces.iter().flat_map(|p| p.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(outside)?;
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        Err(ReadError::NotAFile(shown.to_owned()))
    } else {
        Ok(parts.join("/"))
    }
}

/// A folder on disk.
#[derive(Debug, Clone)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The folder as workspace root.
    ///
    /// # Errors
    /// If it does not exist or is no folder.
    pub fn new(root: &Path) -> io::Result<Self> {
        let root = fs::canonicalize(root)?;
        if root.is_dir() {
            Ok(Self { root })
        } else {
            Err(io::Error::new(io::ErrorKind::NotADirectory, "not a folder"))
        }
    }

    /// The root with all links resolved. For messages of the command only: never emitted.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Resolves every link on the way and sees to it that the end lies within the root.
    fn resolve(&self, path: &str) -> Result<PathBuf, ReadError> {
        let real = fs::canonicalize(self.root.join(path)).map_err(|e| io_error(path, &e))?;
        if real.starts_with(&self.root) {
            Ok(real)
        } else {
            Err(ReadError::LinkLeavesRoot(path.to_owned()))
        }
    }
}

fn io_error(path: &str, error: &io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            ReadError::Missing(path.to_owned())
        }
        kind => ReadError::Io(path.to_owned(), kind.to_string()),
    }
}

impl World for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let path = normal(&[path], path)?;
        let real = self.resolve(&path)?;
        // The kind is looked at before opening, because opening a pipe waits for its writer.
        let before = fs::metadata(&real).map_err(|e| io_error(&path, &e))?;
        if !before.is_file() {
            return Err(ReadError::NotAFile(path));
        }
        let file = open(&real).map_err(|e| io_error(&path, &e))?;
        let opened = file.metadata().map_err(|e| io_error(&path, &e))?;
        if !opened.is_file() {
            return Err(ReadError::NotAFile(path));
        }
        // Whoever swaps a folder for a link between the two looks is noticed here.
        if self.resolve(&path)? != real || !is_same(&before, &opened) {
            return Err(ReadError::LinkLeavesRoot(path));
        }
        let mut bytes =
            Vec::with_capacity(usize::try_from(opened.len().min(MAX_READ)).unwrap_or(0));
        file.take(MAX_READ + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| io_error(&path, &e))?;
        if bytes.len() as u64 > MAX_READ {
            return Err(ReadError::TooLarge(path));
        }
        Ok(bytes)
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, ReadError> {
        let pattern = normal(&[pattern], pattern)?;
        glob::on_disk(&self.root, &pattern)
    }
}

/// Opens a file without waiting and without following a link at its end.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    /// `O_NONBLOCK | O_NOFOLLOW`; the numbers are those of the system's C headers.
    #[cfg(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "riscv64")
    ))]
    const FLAGS: i32 = 0o4000 | 0o400_000;
    #[cfg(all(target_os = "linux", target_arch = "aarch64"))]
    const FLAGS: i32 = 0o4000 | 0o100_000;
    #[cfg(target_os = "macos")]
    const FLAGS: i32 = 0x4 | 0x100;
    #[cfg(not(any(
        target_os = "macos",
        all(
            target_os = "linux",
            any(
                target_arch = "x86_64",
                target_arch = "riscv64",
                target_arch = "aarch64"
            )
        )
    )))]
    const FLAGS: i32 = 0;
    fs::OpenOptions::new()
        .read(true)
        .custom_flags(FLAGS)
        .open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn is_same(a: &fs::Metadata, b: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    a.dev() == b.dev() && a.ino() == b.ino()
}

#[cfg(not(unix))]
fn is_same(a: &fs::Metadata, b: &fs::Metadata) -> bool {
    a.len() == b.len()
}

/// Files in memory: standard input, tests.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// Logical path to bytes.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// Adds a file, or replaces it.
    pub fn add(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }
}

impl World for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let path = normal(&[path], path)?;
        match self.files.get(&path) {
            Some(bytes) if bytes.len() as u64 > MAX_READ => Err(ReadError::TooLarge(path)),
            Some(bytes) => Ok(bytes.clone()),
            None => Err(ReadError::Missing(path)),
        }
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, ReadError> {
        let pattern = normal(&[pattern], pattern)?;
        Ok(self
            .files
            .keys()
            .filter(|path| matches(&pattern, path))
            .cloned()
            .collect())
    }
}
