//! The root of a container: the system's folders to read, its own for everything else, and nothing of a user.

use super::mounted::{bind, private, read_only, under};
use super::{cannot, system};
use crate::local::pod::{Container, File, Mount, What};
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, unmount};
use rustix::process::pivot_root;
use std::ffi::CString;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;

/// A folder that every system has. It is covered for a moment, and seen by nobody else then.
const COVERED: &str = "/tmp";
/// Where the old root and the new one stand in between.
const OLD: &str = "/old";
const NEW: &str = "/new";
/// Most bytes of what stands in the root itself: files of `/etc`, secrets, empty folders.
const ROOT: &str = "mode=0755,size=64m";
const MEMORY: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV);
/// Files of `/proc` that tell of the machine, or that a root's processes could write.
const HIDDEN: [&str; 9] = [
    "acpi",
    "kallsyms",
    "kcore",
    "keys",
    "kmsg",
    "latency_stats",
    "sched_debug",
    "scsi",
    "timer_list",
];
const READ: [&str; 5] = ["bus", "fs", "irq", "sys", "sysrq-trigger"];
/// Devices that hold nothing.
const DEVICES: [&str; 6] = ["full", "null", "random", "tty", "urandom", "zero"];

/// Makes it, and leaves the old one.
pub(super) fn make(container: &Container) -> Result<(), String> {
    private()?;
    memory(Path::new(COVERED), ROOT)?;
    for folder in [OLD, NEW] {
        folder_at(&under(Path::new(COVERED), Path::new(folder)))?;
    }
    pivot_root(COVERED, format!("{COVERED}{OLD}")).map_err(cannot("change the root"))?;
    std::env::set_current_dir("/").map_err(cannot("enter the root"))?;
    mount_bind(NEW, NEW).map_err(cannot("mount the root"))?;
    let (old, new) = (Path::new(OLD), Path::new(NEW));
    system::folders(old, new)?;
    proc(new)?;
    devices(old, new)?;
    for one in &container.mounts {
        place(one, container.user, old, new)?;
    }
    for file in &container.files {
        write(file, container.user, new)?;
    }
    std::env::set_current_dir(NEW).map_err(cannot("enter the root"))?;
    // The old root ends up above the new one, and is taken away from there.
    pivot_root(".", ".").map_err(cannot("change the root"))?;
    unmount(".", UnmountFlags::DETACH).map_err(cannot("leave the old root"))?;
    std::env::set_current_dir("/").map_err(cannot("enter the root"))?;
    read_only(Path::new("/"))
}

fn memory(at: &Path, options: &str) -> Result<(), String> {
    let options = CString::new(options).map_err(cannot("name a size"))?;
    mount("tmpfs", at, "tmpfs", MEMORY, options.as_c_str()).map_err(cannot("mount memory"))
}

fn place(one: &Mount, user: u32, old: &Path, new: &Path) -> Result<(), String> {
    let to = under(new, &one.at);
    match &one.what {
        What::Read(from) => bound(&under(old, from), &to, false),
        What::Write(from) => bound(&under(old, from), &to, true),
        What::Memory(size, own) => {
            folder_at(&to)?;
            let mode = if *own { "0700" } else { "1777" };
            memory(
                &to,
                &format!("mode={mode},size={size},uid={user},gid={user}"),
            )
        }
    }
}

/// Binds, to a place that is made like what is bound.
pub(super) fn bound(from: &Path, to: &Path, write: bool) -> Result<(), String> {
    let about = fs::metadata(from);
    let about = about.map_err(cannot(&format!("find `{}`", from.display())))?;
    if about.is_dir() {
        folder_at(to)?;
    } else {
        file_at(to)?;
    }
    bind(from, to, write, &under(Path::new(OLD), Path::new("/proc")))
}

pub(super) fn folder_at(at: &Path) -> Result<(), String> {
    fs::create_dir_all(at).map_err(cannot(&format!("make `{}`", at.display())))
}

fn file_at(at: &Path) -> Result<(), String> {
    if let Some(folder) = at.parent() {
        folder_at(folder)?;
    }
    let made = fs::OpenOptions::new().create(true).append(true).open(at);
    made.map(drop)
        .map_err(cannot(&format!("make `{}`", at.display())))
}

fn write(file: &File, user: u32, new: &Path) -> Result<(), String> {
    let at = under(new, &file.at);
    let what = format!("write `{}`", file.at.display());
    if let Some(folder) = at.parent() {
        folder_at(folder)?;
    }
    let written = || {
        let mut open = fs::OpenOptions::new();
        let mut to = open.write(true).create_new(true).mode(0o600).open(&at)?;
        to.write_all(&file.bytes)?;
        let mode = if file.secret { 0o400 } else { 0o444 };
        to.set_permissions(fs::Permissions::from_mode(mode))?;
        chown(&at, Some(user), Some(user))
    };
    written().map_err(cannot(&what))
}

/// Processes of this container, and of the machine what programs ask for.
fn proc(new: &Path) -> Result<(), String> {
    let at = under(new, Path::new("/proc"));
    folder_at(&at)?;
    let flags = MEMORY | MountFlags::NOEXEC;
    mount("proc", &at, "proc", flags, None).map_err(|why| {
        format!("cannot mount `/proc` of a container ({why}): in a container of its own a run needs one whose `/proc` is whole")
    })?;
    let null = under(Path::new(OLD), Path::new("/dev/null"));
    let list = under(Path::new(OLD), Path::new("/proc"));
    for name in HIDDEN {
        let to = at.join(name);
        match fs::metadata(&to) {
            Ok(about) if about.is_dir() => memory(&to, "mode=0555,size=0,nr_inodes=1")?,
            Ok(_) => bind(&null, &to, false, &list)?,
            Err(_) => {}
        }
    }
    for name in READ {
        let to = at.join(name);
        if to.exists() {
            bind(&to, &to, false, &list)?;
        }
    }
    Ok(())
}

fn devices(old: &Path, new: &Path) -> Result<(), String> {
    let dev = under(new, Path::new("/dev"));
    folder_at(&dev)?;
    memory(&dev, "mode=0755,size=64k")?;
    for name in DEVICES {
        let to = dev.join(name);
        file_at(&to)?;
        // As it is: a device on a mount without devices is none.
        let from = under(old, &Path::new("/dev").join(name));
        mount_bind(&from, &to).map_err(cannot(&format!("mount `/dev/{name}`")))?;
    }
    for (name, to) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
        ("ptmx", "pts/ptmx"),
    ] {
        symlink(to, dev.join(name)).map_err(cannot(&format!("link `/dev/{name}`")))?;
    }
    let (pts, shm) = (dev.join("pts"), dev.join("shm"));
    folder_at(&pts)?;
    folder_at(&shm)?;
    let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
    mount(
        "devpts",
        &pts,
        "devpts",
        flags,
        c"newinstance,ptmxmode=0666,mode=0620",
    )
    .map_err(cannot("mount `/dev/pts`"))?;
    memory(&shm, "mode=1777,size=64m")?;
    read_only(&dev)
}
