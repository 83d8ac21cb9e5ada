//! The only way into the workspace: one name, from the descriptor of its folder.
//!
//! No path is ever resolved: a name is looked up in an open folder, a symbolic link is refused by
//! the kernel, and what was opened is looked at again before it is read. So a folder that is swapped for a link at
//! any moment leads nowhere: either the old folder stays open, or the opening fails.

use super::finding::Rule;
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RawDir, ResolveFlags, Stat};
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Bytes for one reading of a folder.
const LISTING: usize = 64 << 10;
/// How often an interrupted opening is tried again.
const TRIES: usize = 8;

/// How names are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By `openat2`, which also refuses other mounts.
    Openat2,
    /// By `openat` without following links, where the kernel or a seccomp filter has no `openat2`; other
    /// filesystems are known by their device.
    Openat,
}

/// Why something cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// It is left out, by this rule.
    Rule(Rule),
    /// The system fails; whatever follows would be incomplete without a reason.
    Broken(Errno),
    /// The folder holds more than it may.
    TooMany,
}

impl From<Errno> for Shut {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::BADF | Errno::INVAL => {
                Self::Broken(errno)
            }
            Errno::LOOP => Self::Rule(Rule::SymbolicLink),
            Errno::XDEV => Self::Rule(Rule::OtherFilesystem),
            // It was there when the folder was read.
            Errno::NOENT | Errno::NOTDIR => Self::Rule(Rule::ChangedWhileRead),
            _ => Self::Rule(Rule::Unreadable),
        }
    }
}

/// A folder of the workspace, open.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    way: Way,
    device: u64,
}

/// A regular file of the workspace, open.
#[derive(Debug)]
pub struct Opened {
    /// To be read from its beginning.
    pub file: File,
    /// Bytes that it had when it was opened.
    pub size: u64,
    /// Whether its owner may run it.
    pub executable: bool,
}

impl Folder {
    /// Opens the workspace itself, by the best way that the kernel has. The path is the operator's.
    ///
    /// # Errors
    /// What is no folder, or a link to one, or cannot be opened.
    pub fn root(path: &Path) -> io::Result<Self> {
        let mut root = Self::root_by(path, Way::Openat2)?;
        root.way = way(root.open(c".", OFlags::DIRECTORY).map(drop))?;
        Ok(root)
    }

    /// As [`Folder::root`], by a given way.
    ///
    /// # Errors
    /// As [`Folder::root`].
    pub fn root_by(path: &Path, way: Way) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = fs::openat(fs::CWD, path, flags, Mode::empty())?;
        let device = fs::fstat(&fd)?.st_dev;
        Ok(Self { fd, way, device })
    }

    /// The same folder, opened again: it is listed from its beginning.
    ///
    /// # Errors
    /// As [`Folder::folder`].
    pub fn again(&self) -> Result<Self, Shut> {
        let fd = self.open(c".", OFlags::DIRECTORY)?;
        self.checked(fd)
    }

    /// What stands under the name, without following it.
    ///
    /// # Errors
    /// A name that is gone, or that cannot be looked at.
    pub fn kind(&self, name: &CStr) -> Result<FileType, Shut> {
        one(name)?;
        let stat = fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(FileType::from_raw_mode(stat.st_mode))
    }

    /// Opens a folder in this one.
    ///
    /// # Errors
    /// What is no folder of this filesystem, or cannot be opened.
    pub fn folder(&self, name: &CStr) -> Result<Self, Shut> {
        one(name)?;
        // Without following, `openat` answers ENOTDIR for a link where a folder is asked for.
        let fd = match self.open(name, OFlags::DIRECTORY) {
            Err(Errno::NOTDIR) if self.kind(name) == Ok(FileType::Symlink) => {
                return Err(Shut::Rule(Rule::SymbolicLink));
            }
            other => other?,
        };
        self.checked(fd)
    }

    /// Opens a regular file in this folder. A FIFO does not block, a terminal does not become ours.
    ///
    /// # Errors
    /// What is no regular file of this filesystem, or cannot be opened.
    pub fn file(&self, name: &CStr) -> Result<Opened, Shut> {
        one(name)?;
        let fd = self.open(name, OFlags::NONBLOCK | OFlags::NOCTTY)?;
        let stat = self.looked_at(&fd)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {}
            other => return Err(Shut::Rule(refusal(other))),
        }
        let size = u64::try_from(stat.st_size).map_err(|_negative| Shut::Rule(Rule::Unreadable))?;
        Ok(Opened {
            file: File::from(fd),
            size,
            executable: stat.st_mode & 0o100 != 0,
        })
    }

    /// The names in the folder, sorted by their bytes, without `.` and `..`.
    ///
    /// # Errors
    /// More than `most` names, or a folder that cannot be read.
    pub fn names(&self, most: u64) -> Result<Vec<CString>, Shut> {
        let mut buffer = Vec::with_capacity(LISTING);
        let mut listing = RawDir::new(&self.fd, buffer.spare_capacity_mut());
        let mut names = Vec::new();
        while let Some(entry) = listing.next() {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            if names.len() as u64 >= most {
                return Err(Shut::TooMany);
            }
            names.push(name.to_owned());
        }
        names.sort_unstable();
        // A folder that changes while it is listed may tell a name twice.
        names.dedup();
        Ok(names)
    }

    fn checked(&self, fd: OwnedFd) -> Result<Self, Shut> {
        self.looked_at(&fd)?;
        Ok(Self {
            fd,
            way: self.way,
            device: self.device,
        })
    }

    /// What was opened, which lies on the same filesystem.
    fn looked_at(&self, fd: &OwnedFd) -> Result<Stat, Shut> {
        let stat = fs::fstat(fd)?;
        if self.way == Way::Openat && stat.st_dev != self.device {
            return Err(Shut::Rule(Rule::OtherFilesystem));
        }
        Ok(stat)
    }

    fn open(&self, name: &CStr, flags: OFlags) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let beneath = ResolveFlags::BENEATH
            | ResolveFlags::NO_SYMLINKS
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV;
        let mut last = Errno::AGAIN;
        for _ in 0..TRIES {
            let opened = match self.way {
                Way::Openat2 => fs::openat2(&self.fd, name, flags, Mode::empty(), beneath),
                Way::Openat => fs::openat(&self.fd, name, flags, Mode::empty()),
            };
            match opened {
                Err(errno @ (Errno::AGAIN | Errno::INTR)) => last = errno,
                other => return other,
            }
        }
        Err(last)
    }
}

/// The way for a kernel that answers so to `openat2`: a kernel or filter that does not know it says ENOSYS or
/// EPERM.
pub(super) fn way(answer: Result<(), Errno>) -> io::Result<Way> {
    match answer {
        Ok(()) => Ok(Way::Openat2),
        Err(Errno::NOSYS | Errno::PERM) => Ok(Way::Openat),
        Err(other) => Err(other.into()),
    }
}

/// The rule by which something that is neither a folder nor a regular file is left out.
pub fn refusal(kind: FileType) -> Rule {
    match kind {
        FileType::Symlink => Rule::SymbolicLink,
        FileType::Fifo => Rule::Fifo,
        FileType::Socket => Rule::Socket,
        FileType::CharacterDevice | FileType::BlockDevice => Rule::Device,
        FileType::RegularFile | FileType::Directory => Rule::ChangedWhileRead,
        FileType::Unknown => Rule::Unreadable,
    }
}

/// Refuses what is not the name of one entry: [`Way::Openat`] relies on it.
fn one(name: &CStr) -> Result<(), Shut> {
    match name.to_bytes() {
        b"" | b"." | b".." => Err(Shut::Rule(Rule::NameOfMany)),
        name if name.contains(&b'/') => Err(Shut::Rule(Rule::NameOfMany)),
        _ => Ok(()),
    }
}
