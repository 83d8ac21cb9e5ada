//! System calls that no agent gets, whatever the container's own profile lets through.
//!
//! A pod asks for the profile of its container runtime, and what that holds depends on the runtime: older ones allow
//! sockets to the hypervisor (`AF_VSOCK`), which no network policy sees, and rings (`io_uring`), whose requests no filter
//! sees. The shim starts before any code of the agent, and what it gives up here nothing that it starts gets back.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};
use std::collections::BTreeMap;

/// Families of sockets that there are: this machine's, the internet's, and the kernel's own tables.
const FAMILIES: [i32; 4] = [
    libc::AF_UNIX,
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_NETLINK,
];
/// Calls that there are not: rings, keys that the kernel keeps for everybody, programs in the kernel, counters of
/// other processes, and faults that hold the kernel up.
const NONE: [i64; 9] = [
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
];

/// Gives them up for this thread and all that it starts.
///
/// # Errors
/// The kernel does not filter, as a sentence.
pub fn apply() -> Result<(), String> {
    let cannot = |why: seccompiler::Error| format!("system calls cannot be filtered: {why}");
    let filter = filter().map_err(|why| cannot(why.into()))?;
    let program: BpfProgram = filter
        .try_into()
        .map_err(|why: seccompiler::BackendError| cannot(why.into()))?;
    apply_filter(&program).map_err(cannot)
}

fn filter() -> Result<SeccompFilter, seccompiler::BackendError> {
    let other = |family: &i32| {
        let number = u64::from(family.unsigned_abs());
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, number)
    };
    let others = FAMILIES.iter().map(other).collect::<Result<Vec<_>, _>>()?;
    let mut refused: BTreeMap<i64, Vec<SeccompRule>> =
        NONE.into_iter().map(|call| (call, Vec::new())).collect();
    refused.insert(libc::SYS_socket, vec![SeccompRule::new(others)?]);
    let number = libc::EPERM.unsigned_abs();
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(
        refused,
        SeccompAction::Allow,
        SeccompAction::Errno(number),
        arch,
    )
}
