//! What the helper in C asks of the kernel.

use crate::{Attempt, Facts, Outcome};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

const USER: &str = "a user without rights, `allowPrivilegeEscalation: false`, no capabilities";
const USER_HERE: &str = "a user without rights, `no_new_privs`, no capabilities";
const SECCOMP: &str = "`seccompProfile: RuntimeDefault`, no capabilities";
const SECCOMP_HERE: &str = "the runner's filter of system calls, no capabilities";
const MASKED: &str = "the runtime masks `/proc` and mounts `/sys` read-only; the agent is not root";
const MASKED_HERE: &str = "no `/sys`, a `/proc` of its own; the agent is not root";
const DEVICES: &str = "the container's own `/dev`, and no capability to make devices";
const DEVICES_HERE: &str = "a `/dev` of five harmless devices, and no capability to make others";
const OTHERS: &str = "PID and IPC namespaces of its own";

macro_rules! asked {
    ($($name:literal, $tries:literal, $cluster:expr, $local:expr;)*) => {
        &[$(Attempt { name: $name, tries: $tries, cluster: $cluster, local: $local, way: |_| told($name) }),*]
    };
}

pub(crate) const ATTEMPTS: &[Attempt] = asked![
    "setuid-root", "becoming root", USER, USER_HERE;
    "setgid-root", "the groups of root", USER, USER_HERE;
    "setuid-other", "becoming another user", USER, USER_HERE;
    "new-privileges", "programs that give privileges when they are started", USER, USER_HERE;
    "capabilities", "capabilities that somebody left", USER, USER_HERE;
    "ambient-capability", "a capability for programs that it starts", USER, USER_HERE;
    "no-seccomp", "system calls without a filter", SECCOMP, SECCOMP_HERE;
    "mount-tmpfs", "mounting a file system", SECCOMP, SECCOMP_HERE;
    "mount-proc", "mounting another `/proc`", SECCOMP, SECCOMP_HERE;
    "mount-bind", "mounting the root at another place", SECCOMP, SECCOMP_HERE;
    "mount-remount-root", "mounting the root for writing", SECCOMP, SECCOMP_HERE;
    "mount-cgroup", "mounting cgroups, for their `release_agent`", SECCOMP, SECCOMP_HERE;
    "mount-fsopen", "mounting by the newer calls", SECCOMP, SECCOMP_HERE;
    "mount-open-tree", "a copy of the tree of mounts", SECCOMP, SECCOMP_HERE;
    "unmount-proc", "taking a mount away, for what is beneath", SECCOMP, SECCOMP_HERE;
    "chroot", "another root", SECCOMP, SECCOMP_HERE;
    "pivot-root", "the root that was before", SECCOMP, SECCOMP_HERE;
    "unshare-user", "a user namespace, and all rights in it", SECCOMP, SECCOMP_HERE;
    "unshare-net", "a network namespace", SECCOMP, SECCOMP_HERE;
    "unshare-mount", "a mount namespace", SECCOMP, SECCOMP_HERE;
    "clone-user", "a process in a user namespace of its own", SECCOMP, SECCOMP_HERE;
    "clone3-user", "the same by the call that filters cannot look into", SECCOMP, SECCOMP_HERE;
    "setns", "the namespaces of the first process", SECCOMP, SECCOMP_HERE;
    "open-by-handle", "files of the host's disk by their numbers", SECCOMP, SECCOMP_HERE;
    "ptrace-others", "tracing processes of others", OTHERS, OTHERS;
    "signal-others", "signals to processes of others", OTHERS, OTHERS;
    "sysv-shared-memory", "shared memory of others", OTHERS, OTHERS;
    "init-module", "loading a module into the kernel", SECCOMP, SECCOMP_HERE;
    "kexec", "starting another kernel", SECCOMP, SECCOMP_HERE;
    "swapon", "swapping to a file of its own", SECCOMP, SECCOMP_HERE;
    "acct", "writing the accounts of all processes to a file of its own", SECCOMP, SECCOMP_HERE;
    "sethostname", "another name for the machine", SECCOMP, SECCOMP_HERE;
    "set-clock", "another time, to outlive deadlines", SECCOMP, SECCOMP_HERE;
    "iopl", "ports of the machine", SECCOMP, SECCOMP_HERE;
    "kernel-log", "the messages of the kernel", SECCOMP, SECCOMP_HERE;
    "keyring", "keys that the kernel keeps", SECCOMP, SECCOMP_HERE;
    "io-uring", "system calls by a ring, past filters", SECCOMP, SECCOMP_HERE;
    "bpf", "programs in the kernel", SECCOMP, SECCOMP_HERE;
    "perf-event", "what other processes do, by counters", SECCOMP, SECCOMP_HERE;
    "userfaultfd", "holding the kernel at a page", SECCOMP, SECCOMP_HERE;
    "fanotify", "watching the files of others", SECCOMP, SECCOMP_HERE;
    "raw-socket", "raw packets", USER, USER_HERE;
    "raw-socket-v6", "raw packets of IPv6", USER, USER_HERE;
    "packet-socket", "whatever goes by on the wire", USER, USER_HERE;
    "vsock", "the hypervisor's socket, which no network policy sees", SECCOMP, SECCOMP_HERE;
    "socket-families", "sockets of nine other families", SECCOMP, SECCOMP_HERE;
    "netlink-route", "a route of its own", USER, USER_HERE;
    "interface-settings", "settings of an interface", USER, USER_HERE;
    "socket-mark", "marks by which firewalls know their own packets", USER, USER_HERE;
    "ip-transparent", "packets from an address that is not its own", USER, USER_HERE;
    "impersonate-gateway", "listening where the gateway would", "nobody asks an agent's pod: no policy lets anything in", "nobody else is in its network";
    "terminal-input", "typing into the terminal of who started it", "there is no terminal", "a session of its own, without a terminal";
    "mknod-block", "a disk as a device of its own", DEVICES, DEVICES_HERE;
    "mknod-char", "the memory as a device of its own", DEVICES, DEVICES_HERE;
    "device-nodes", "devices: memory, disks, KVM, TUN, FUSE, vhost", DEVICES, DEVICES_HERE;
    "kernel-memory", "`/proc/kcore` and its like", MASKED, MASKED_HERE;
    "proc-sys", "settings of the kernel: `core_pattern`, `modprobe`, `binfmt_misc`", MASKED, MASKED_HERE;
    "sysrq", "`/proc/sysrq-trigger`", MASKED, MASKED_HERE;
    "sys-files", "settings below `/sys`", MASKED, MASKED_HERE;
    "cgroup-release-agent", "cgroups: `release_agent`, limits, new groups", MASKED, MASKED_HERE;
    "debug-files", "debugfs, tracefs, securityfs, EFI", MASKED, MASKED_HERE;
    "priority", "going before everybody else", USER, USER_HERE;
    "real-time", "the same in real time", USER, USER_HERE;
    "raise-rlimit", "more open files than it was given", USER, USER_HERE;
    "oom-immunity", "never being ended for want of memory", USER, USER_HERE;
];

/// Where the helper is: beside this program.
fn helper() -> Option<PathBuf> {
    let path = std::env::current_exe()
        .ok()?
        .with_file_name("escape-kernel");
    path.exists().then_some(path)
}

fn said(arguments: &[String]) -> BTreeMap<String, Outcome> {
    let Some(output) = helper().and_then(|path| Command::new(path).args(arguments).output().ok())
    else {
        return BTreeMap::new();
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(read).collect()
}

fn read(line: &str) -> Option<(String, Outcome)> {
    let mut parts = line.split('\t').map(str::to_owned);
    let (name, outcome, evidence) = (parts.next()?, parts.next()?, parts.next()?);
    let outcome = match outcome.as_str() {
        "blocked" => Outcome::Blocked(evidence),
        "escaped" => Outcome::Escaped(evidence),
        _ => Outcome::NotApplicable(evidence),
    };
    Some((name, outcome))
}

/// What the helper says of an attempt. It tries all when it is asked for the first.
fn told(name: &str) -> Outcome {
    static ALL: OnceLock<BTreeMap<String, Outcome>> = OnceLock::new();
    let none = || Outcome::NotApplicable("the helper is not there, or said nothing".to_owned());
    ALL.get_or_init(|| said(&[]))
        .get(name)
        .cloned()
        .unwrap_or_else(none)
}

/// An echo request to the hosts outside.
pub(crate) fn echo(facts: &Facts, six: bool) -> Outcome {
    let hosts: Vec<String> = facts
        .of("outside", six)
        .iter()
        .map(|to| to.ip.to_string())
        .collect();
    if hosts.is_empty() {
        return Outcome::NotApplicable("no such address is known".to_owned());
    }
    let arguments: Vec<String> = std::iter::once("icmp".to_owned()).chain(hosts).collect();
    let none = || Outcome::NotApplicable("the helper is not there, or said nothing".to_owned());
    said(&arguments).remove("icmp").unwrap_or_else(none)
}

/// A FIFO at this path.
pub(crate) fn fifo(path: &std::path::Path) -> Outcome {
    let none = || Outcome::NotApplicable("the helper is not there, or said nothing".to_owned());
    match said(&["fifo".to_owned(), path.display().to_string()]).remove("fifo") {
        // The helper says whether the kernel made it; what comes of it shows outside.
        Some(Outcome::Escaped(_)) => Outcome::Planted("a FIFO".to_owned()),
        other => other.unwrap_or_else(none),
    }
}

/// As many processes as this, at once and for a moment.
pub(crate) fn processes(count: u32) -> Outcome {
    let none = || Outcome::NotApplicable("the helper is not there, or said nothing".to_owned());
    said(&["forks".to_owned(), count.to_string()])
        .remove("forks")
        .unwrap_or_else(none)
}

/// The end of a process, as `kill -9` brings it.
pub(crate) fn kill(pid: u32) -> Outcome {
    let none = || Outcome::NotApplicable("the helper is not there, or said nothing".to_owned());
    said(&["kill".to_owned(), pid.to_string()])
        .remove("kill")
        .unwrap_or_else(none)
}
