//! What a process may do, and how it gives that up for good.

use super::cannot;
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    configure_capability_in_ambient_set, remove_capability_from_bounding_set, set_capabilities,
    set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

/// Highest number that a capability can have here.
const CAPABILITIES: u32 = 63;
/// Processes and threads of a container.
const PROCESSES: u64 = 8192;
/// Open files of a process.
const FILES: u64 = 65_536;
/// A limit of 1 is how a program that takes dumps is told to take none of this one: with 0 it is started all the same.
const DUMP: u64 = 1;

/// Closes what whoever started the run left open.
pub(super) fn close_strangers() -> Result<(), String> {
    let list = std::fs::read_dir("/proc/self/fd").map_err(cannot("list open files"))?;
    let numbers: Vec<i32> = list
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    for number in numbers {
        // 3 and what follows may be this function's own, which is closed by now, or the wire, which no command keeps.
        let path = format!("/proc/self/fdinfo/{number}");
        let kept = std::fs::read_to_string(path).is_ok_and(|about| !closes_on_exec(&about));
        if number > 2 && kept {
            nix::unistd::close(number).map_err(cannot("close a file"))?;
        }
    }
    Ok(())
}

/// Whether `flags` of a file in `fdinfo` has `O_CLOEXEC`.
fn closes_on_exec(about: &str) -> bool {
    let flags = about.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|octal| u32::from_str_radix(octal.trim(), 8).ok());
    flags.is_some_and(|flags| flags & 0o2_000_000 != 0)
}

/// The rights in a new user namespace stay with the next stages, whoever they are in there.
pub(super) fn keep_over_exec() -> Result<(), rustix::io::Errno> {
    let mut sets = capabilities(None)?;
    sets.inheritable = sets.permitted;
    set_capabilities(None, sets)?;
    for one in each(sets.permitted) {
        configure_capability_in_ambient_set(one, true)?;
    }
    Ok(())
}

/// Becomes a user who can do nothing, and whom nothing that is started makes more.
/// `memory` is for each process: what it may write to and shares with nobody.
pub(super) fn bound(user: u32, memory: Option<u64>) -> Result<(), String> {
    let limits = [
        (Resource::Nproc, PROCESSES),
        (Resource::Nofile, FILES),
        (Resource::Core, DUMP),
    ];
    let memory = memory.map(|most| (Resource::Data, most));
    for (resource, most) in limits.into_iter().chain(memory) {
        limit(resource, most).map_err(cannot("set a limit"))?;
    }
    for one in each(CapabilitySet::all()) {
        match remove_capability_from_bounding_set(one) {
            // This kernel does not know it.
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(why) => return Err(cannot("give up a right")(why)),
        }
    }
    become_user(user).map_err(cannot("become the container's user"))?;
    clear_ambient_capability_set().map_err(cannot("give up rights"))?;
    let none = CapabilitySet::empty();
    let none = CapabilitySets {
        effective: none,
        permitted: none,
        inheritable: none,
    };
    set_capabilities(None, none).map_err(cannot("give up rights"))?;
    set_no_new_privs(true).map_err(cannot("give up new rights"))
}

/// Nothing where a user without rights started the run: then there is one user in here.
fn become_user(user: u32) -> Result<(), rustix::io::Errno> {
    if rustix::process::getuid().as_raw() == user {
        return Ok(());
    }
    let (uid, gid) = (
        rustix::process::Uid::from_raw(user),
        rustix::process::Gid::from_raw(user),
    );
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)
}

fn limit(resource: Resource, most: u64) -> Result<(), rustix::io::Errno> {
    let has = rustix::process::getrlimit(resource);
    let most = has.maximum.map_or(most, |has| has.min(most));
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    setrlimit(resource, limit)
}

fn each(set: CapabilitySet) -> impl Iterator<Item = CapabilitySet> {
    let one = |number| CapabilitySet::from_bits_retain(1_u64 << number);
    (0..=CAPABILITIES)
        .map(one)
        .filter(move |one| set.contains(*one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_right_is_one_right() {
        let two = CapabilitySet::CHOWN | CapabilitySet::SYS_ADMIN;
        let found: Vec<_> = each(two).collect();
        assert_eq!(found, [CapabilitySet::CHOWN, CapabilitySet::SYS_ADMIN]);
        assert!(each(CapabilitySet::all()).count() >= 41);
    }

    #[test]
    fn flags_of_an_open_file_are_octal() {
        assert!(closes_on_exec("pos:\t0\nflags:\t02100002\nmnt_id:\t15\n"));
        assert!(!closes_on_exec("pos:\t0\nflags:\t0100002\n"));
        assert!(!closes_on_exec("pos:\t0\n"));
    }
}
