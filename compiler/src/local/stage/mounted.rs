//! Mounts: bound from what this machine has, and never with more rights than there.

use super::cannot;
use rustix::mount::{
    MountFlags, MountPropagationFlags, mount_bind_recursive, mount_change, mount_remount,
};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// What no mount of a container has.
const NEVER: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV);

/// From here on no mount is seen outside, and none from outside in here.
pub(super) fn private() -> Result<(), String> {
    let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", flags).map_err(cannot("keep mounts apart"))
}

/// Binds a file or folder with all that is mounted below it. `proc` is where the list of mounts is.
pub(super) fn bind(from: &Path, to: &Path, write: bool, proc: &Path) -> Result<(), String> {
    let what = |what: &str| format!("{what} `{}`", from.display());
    mount_bind_recursive(from, to).map_err(cannot(&what("mount")))?;
    // The list has the names by which this process sees them.
    let to = std::fs::canonicalize(to).map_err(cannot(&what("find")))?;
    for (place, has) in below(&to, proc)? {
        let mut flags = has | NEVER | MountFlags::BIND;
        if !write {
            flags |= MountFlags::RDONLY;
        }
        match mount_remount(&place, flags, c"") {
            Ok(()) => {}
            // What nobody in here can enter needs no bounds.
            Err(rustix::io::Errno::ACCESS) if place != to => {}
            Err(why) => return Err(cannot(&what("bound"))(why)),
        }
    }
    Ok(())
}

/// Makes a mount that is there already one that is only read.
pub(super) fn read_only(at: &Path) -> Result<(), String> {
    let flags = NEVER | MountFlags::BIND | MountFlags::RDONLY;
    mount_remount(at, flags, c"").map_err(cannot("bound the root"))
}

/// The mounts at and below a place, with their flags.
fn below(to: &Path, proc: &Path) -> Result<Vec<(PathBuf, MountFlags)>, String> {
    let list = proc.join("self/mountinfo");
    let list = std::fs::read(&list).map_err(cannot("read the list of mounts"))?;
    let lines = list.split(|b| *b == b'\n');
    let all = lines.filter_map(|line| {
        let mut fields = line.split(|b| *b == b' ').skip(4);
        let place = PathBuf::from(unescaped(fields.next()?));
        let flags = String::from_utf8_lossy(fields.next()?).into_owned();
        place.starts_with(to).then(|| (place, flags_of(&flags)))
    });
    Ok(all.collect())
}

/// What a mount may not lose.
fn flags_of(words: &str) -> MountFlags {
    let flag = |word: &str| match word {
        "ro" => MountFlags::RDONLY,
        "nosuid" => MountFlags::NOSUID,
        "nodev" => MountFlags::NODEV,
        "noexec" => MountFlags::NOEXEC,
        "noatime" => MountFlags::NOATIME,
        "nodiratime" => MountFlags::NODIRATIME,
        "relatime" => MountFlags::RELATIME,
        _ => MountFlags::empty(),
    };
    words.split(',').map(flag).collect()
}

/// `\040` is a blank, and so on.
fn unescaped(text: &[u8]) -> OsString {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let octal = rest.get(1..4).filter(|_| byte == b'\\');
        let octal = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = rest.get(4..).unwrap_or_default();
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    OsString::from_vec(out)
}

/// A path of this machine below another place.
pub(super) fn under(place: &Path, path: &Path) -> PathBuf {
    let bytes = path.as_os_str().as_bytes();
    let relative = bytes.strip_prefix(b"/").unwrap_or(bytes);
    place.join(std::ffi::OsStr::from_bytes(relative))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_flags_of_the_list_are_read() {
        assert_eq!(unescaped(br"/a\040b\134c"), OsString::from("/a b\\c"));
        assert_eq!(unescaped(br"/a\9"), OsString::from("/a\\9"));
        let flags = flags_of("ro,nosuid,relatime,idmapped");
        let known = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::RELATIME;
        assert_eq!(flags, known);
        assert_eq!(
            under(Path::new("/old"), Path::new("/a/b")),
            Path::new("/old/a/b")
        );
    }

    #[test]
    fn the_list_of_this_process_has_its_proc() {
        let found = below(Path::new("/proc"), Path::new("/proc")).unwrap();
        assert!(
            found.iter().any(|(place, _)| place == Path::new("/proc")),
            "{found:?}"
        );
        assert!(
            below(Path::new("/no/such/place"), Path::new("/proc"))
                .unwrap()
                .is_empty()
        );
    }
}
