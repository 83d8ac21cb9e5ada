//! The system's folders: programs and libraries, and of `/etc` what these need.

use super::cannot;
use super::mounted::under;
use super::root::{bound, folder_at};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Folders of programs and libraries. A link stays one, as on systems where all of this is in `/usr`.
const FOLDERS: [&str; 9] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/gnu/store",
];
/// Of `/etc`: certificates, how libraries are found, which program has which name, time. No host, no account.
const OF_ETC: [&str; 18] = [
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "debian_version",
    "java",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "magic",
    "mime.types",
    "os-release",
    "perl",
    "pki",
    "python3",
    "ssl/certs",
    "ssl/openssl.cnf",
];

/// Mounts them into the new root.
pub(super) fn folders(old: &Path, new: &Path) -> Result<(), String> {
    for folder in FOLDERS {
        same(Path::new(folder), old, new)?;
    }
    folder_at(&under(new, Path::new("/etc")))?;
    for name in OF_ETC {
        same(&Path::new("/etc").join(name), old, new)?;
    }
    for folder in ["/run", "/var", "/mnt", "/opt", "/srv"] {
        folder_at(&under(new, Path::new(folder)))?;
    }
    Ok(())
}

/// The same in the new root: a link as a link, what is not there not.
fn same(path: &Path, old: &Path, new: &Path) -> Result<(), String> {
    let (from, to) = (under(old, path), under(new, path));
    let Ok(about) = fs::symlink_metadata(&from) else {
        return Ok(());
    };
    if !about.is_symlink() {
        return bound(&from, &to, false);
    }
    if let Some(folder) = to.parent() {
        folder_at(folder)?;
    }
    let what = format!("link `{}`", path.display());
    let leads = fs::read_link(&from).map_err(cannot(&what))?;
    symlink(leads, to).map_err(cannot(&what))
}
