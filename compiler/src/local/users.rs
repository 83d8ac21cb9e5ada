//! Which users there are in a pod.

use std::fs;
use std::io;

/// Users that a system has at least, where root is root.
const USERS: u64 = 1 << 16;

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

/// Whether the users in a pod differ from each other: this process is root, and of more than itself.
pub(super) fn is_root() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    rustix::process::geteuid().is_root() && has(&map, USERS)
}

/// Whether a map has as many users as every system has.
fn has(map: &str, users: u64) -> bool {
    let count = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let first = words.next()? == "0";
        words.nth(1)?.parse::<u64>().ok().filter(|_| first)
    };
    map.lines().filter_map(count).any(|count| count >= users)
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
    use super::{USERS, has, same};

    #[test]
    fn root_of_itself_alone_is_a_user_like_others() {
        assert!(has("0 0 4294967295", USERS) && has("0 100000 65536\n65536 9 1", USERS));
        assert!(!has("0 0 1", USERS) && !has("10 0 70000", USERS) && !has("", USERS));
    }

    #[test]
    fn a_map_of_a_container_keeps_its_numbers() {
        let map = "         0     100000      65536\n     65536    1000000          1\n";
        assert_eq!(same(map), "0 0 65536\n65536 65536 1\n");
        assert_eq!(same(""), "");
    }
}
