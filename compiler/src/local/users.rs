//! Which users there are in a pod.

use std::fs;
use std::io;

/// Maps the users of a process that has left its user namespace, from outside. Root has all of its own users in there;
/// anybody else is the one user `inside`.
pub(super) fn map(process: u32, inside: u32) -> io::Result<()> {
    let at = |name: &str| format!("/proc/{process}/{name}");
    if is_root() {
        fs::write(
            at("uid_map"),
            same(&fs::read_to_string("/proc/self/uid_map")?),
        )?;
        return fs::write(
            at("gid_map"),
            same(&fs::read_to_string("/proc/self/gid_map")?),
        );
    }
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    fs::write(at("setgroups"), "deny")?;
    fs::write(at("uid_map"), format!("{inside} {} 1\n", user.as_raw()))?;
    fs::write(at("gid_map"), format!("{inside} {} 1\n", group.as_raw()))
}

/// Whether the users in a pod differ from each other.
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The same numbers in there as out here.
fn same(map: &str) -> String {
    let line = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let (inside, _outside, count) = (words.next()?, words.next()?, words.next()?);
        Some(format!("{inside} {inside} {count}\n"))
    };
    map.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn a_map_of_a_container_keeps_its_numbers() {
        let map = "         0     100000      65536\n     65536    1000000          1\n";
        assert_eq!(same(map), "0 0 65536\n65536 65536 1\n");
        assert_eq!(same(""), "");
    }
}
