//! Files that the command line names, whether or not they are inside the workspace.

use super::exit::Failure;
use crate::world::MAX_READ;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

/// A path without `.` and `..`, from the root of the file system. Links stay what they are, so that
/// the logical path is the one that was typed.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let whole = std::path::absolute(path)
        .map_err(|e| Failure::Io(format!("cannot use `{}`", path.display()), e))?;
    let mut out = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    Ok(out)
}

/// The bytes of a file anywhere, for `--policy` and `--target`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let cannot = |e| Failure::Io(format!("cannot read `{}`", path.display()), e);
    limited(File::open(path).map_err(cannot)?).map_err(cannot)
}

/// Standard input to its end.
pub(super) fn stdin() -> Result<Vec<u8>, Failure> {
    limited(io::stdin().lock()).map_err(|e| Failure::Io("cannot read standard input".to_owned(), e))
}

fn limited(reader: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_READ + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_READ {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than 10 MiB",
        ));
    }
    Ok(bytes)
}

/// Puts new content in place of a file: written beside it, then renamed, so that nobody ever reads
/// half of it. Its mode stays; a link stays one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let real = fs::canonicalize(path)?;
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let beside = real.with_file_name(format!(".{name}.new-{}", std::process::id()));
    let write = || {
        let mut file = File::create_new(&beside)?;
        file.write_all(bytes)?;
        file.set_permissions(fs::metadata(&real)?.permissions())?;
        // A full disk may show only now.
        file.sync_all()?;
        fs::rename(&beside, &real)
    };
    write().inspect_err(|error| {
        // What exists already is somebody else's.
        if error.kind() != io::ErrorKind::AlreadyExists {
            drop(fs::remove_file(&beside));
        }
    })
}

/// A line on standard error, for messages outside of any command.
pub(super) fn stderr_line(text: &str) {
    // What goes wrong there can be told nowhere.
    drop(
        io::stderr()
            .lock()
            .write_all(format!("{text}\n").as_bytes()),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_their_dots_by_their_text() {
        let path = |text: &str| absolute(Path::new(text)).unwrap();
        assert_eq!(path("/a/./b/../c"), Path::new("/a/c"));
        assert_eq!(path("/../.."), Path::new("/"));
    }

    #[test]
    fn input_beyond_the_limit_is_refused_without_being_held() {
        assert!(limited(io::repeat(b'x')).is_err());
        assert_eq!(limited(&b"abc"[..]).unwrap(), b"abc");
    }
}
