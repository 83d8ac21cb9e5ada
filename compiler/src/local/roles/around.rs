//! What stands around a role in its root: names of users and hosts, and where programs are.

use crate::emit::names::GATEWAY_HOST;
use crate::emit::paths;
use crate::local::pod::File;
use std::path::{Path, PathBuf};

/// Where programs of the system are.
pub(super) const SYSTEM: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];
/// Names of the users that there are.
pub(super) fn accounts(user: u32) -> Vec<File> {
    let passwd = format!(
        "root:x:0:0::/:/bin/sh\nagent:x:{user}:{user}::{}:/bin/sh\n",
        paths::HOME
    );
    let group = format!("root:x:0:\nagent:x:{user}:\n");
    vec![
        File::public("/etc/passwd", passwd),
        File::public("/etc/group", group),
    ]
}

/// Names of hosts where there is one beside this.
pub(super) fn alone() -> Vec<File> {
    let hosts = format!("127.0.0.1 localhost {GATEWAY_HOST}\n::1 localhost\n");
    vec![
        File::public("/etc/hosts", hosts),
        File::public("/etc/resolv.conf", "nameserver 127.0.0.1\n"),
        File::public("/etc/nsswitch.conf", "hosts: files dns\n"),
    ]
}

/// Whether a program is where agents find it.
pub(in crate::local) fn finds(agent_path: &[PathBuf], program: &str) -> bool {
    let folders = agent_path.iter().flat_map(|folder| places_of(folder));
    let mut folders = folders.chain(SYSTEM.map(PathBuf::from));
    match Path::new(program).is_absolute() {
        true => Path::new(program).is_file(),
        false => folders.any(|folder| folder.join(program).is_file()),
    }
}

/// Where the programs of a folder are: in it, and in its `bin`.
pub(super) fn places_of(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    [folder.join("bin"), folder.to_owned()]
        .into_iter()
        .filter(|place| place.is_dir())
}
