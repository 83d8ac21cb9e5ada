//! Which calls of the kernel a container may make.
//!
//! What is not on a list does not exist ([`ENOSYS`](libc::ENOSYS), so that programs do without it, as they do on an
//! older kernel). What programs are used to see refused is refused ([`EPERM`](libc::EPERM)). Some calls exist for some
//! arguments only: sockets of a few families, processes without namespaces of their own, terminals without typing into
//! them. A call of another machine's kind ends the process.

mod calls;

use calls::{allowed, refused};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};
use std::collections::BTreeMap;

/// `CLONE_NEW…`, all of them.
const NAMESPACES: u64 = 0x7e02_0080;
/// The kind in the type of a socket; the rest are flags.
const KIND: u64 = 0xf;

/// `TIOCSTI`, `TIOCLINUX` and `TIOCSETD`: typing for somebody else, and other drivers for a terminal.
const TYPING: [u64; 3] = [0x5412, 0x541c, 0x5423];

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Applies it to this process and all that it starts.
pub(super) fn apply() -> Result<(), String> {
    let cannot = |why: seccompiler::Error| format!("cannot filter system calls: {why}");
    for program in programs().map_err(|why| cannot(why.into()))? {
        apply_filter(&program).map_err(cannot)?;
    }
    Ok(())
}

/// First what exists, then what of the rest is refused: where both say no, the later one says how.
fn programs() -> Result<[BpfProgram; 2], seccompiler::BackendError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let number = |errno: i32| SeccompAction::Errno(errno.unsigned_abs());
    let exists = SeccompFilter::new(exists()?, number(libc::ENOSYS), SeccompAction::Allow, arch)?;
    let refused = refused().map(|call| (call, Vec::new())).collect();
    let refused = SeccompFilter::new(refused, SeccompAction::Allow, number(libc::EPERM), arch)?;
    Ok([exists.try_into()?, refused.try_into()?])
}

fn exists() -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = allowed().map(|call| (call, Vec::new())).collect();
    rules.insert(libc::SYS_clone, vec![rule([masked(0, NAMESPACES, 0)?])?]);
    rules.insert(libc::SYS_socket, sockets()?);
    rules.insert(
        libc::SYS_socketpair,
        vec![rule([equal(0, libc::AF_UNIX)?])?],
    );
    rules.insert(libc::SYS_personality, personalities()?);
    let others = TYPING.map(|request| unequal(1, request)).into_iter();
    let others = others.collect::<Result<Vec<_>, _>>()?;
    rules.insert(libc::SYS_ioctl, vec![SeccompRule::new(others)?]);
    Ok(rules)
}

/// The internet's, this machine's, and routes to read: no packets, no virtual machines, no audit.
fn sockets() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let mut rules = vec![rule([equal(0, libc::AF_UNIX)?])?];
    for family in [libc::AF_INET, libc::AF_INET6] {
        for kind in [libc::SOCK_STREAM, libc::SOCK_DGRAM] {
            let kind = masked(1, KIND, u64::from(kind.unsigned_abs()))?;
            rules.push(rule([equal(0, family)?, kind])?);
        }
    }
    let routes = [equal(0, libc::AF_NETLINK)?, equal(2, libc::NETLINK_ROUTE)?];
    rules.push(rule(routes)?);
    Ok(rules)
}

/// The plain one, that of a 32-bit machine's name, and asking.
fn personalities() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    [0, 0x8, u64::from(u32::MAX)]
        .into_iter()
        .map(|number| rule([condition(0, SeccompCmpOp::Eq, number)?]))
        .collect()
}

fn rule<const N: usize>(
    conditions: [SeccompCondition; N],
) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(conditions.to_vec())
}

fn equal(argument: u8, number: i32) -> Result<SeccompCondition, seccompiler::BackendError> {
    condition(argument, SeccompCmpOp::Eq, u64::from(number.unsigned_abs()))
}

fn unequal(argument: u8, number: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    condition(argument, SeccompCmpOp::Ne, number)
}

fn masked(argument: u8, mask: u64, is: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    condition(argument, SeccompCmpOp::MaskedEq(mask), is)
}

fn condition(
    argument: u8,
    compare: SeccompCmpOp,
    number: u64,
) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_is_on_both_lists_and_the_programs_fit() {
        let both: Vec<_> = allowed()
            .filter(|call| refused().any(|other| other == *call))
            .collect();
        assert!(both.is_empty(), "{both:?}");
        let [exists, refused] = programs().unwrap();
        // The kernel takes 4096 instructions.
        assert!(exists.len() < 4096 && refused.len() < 4096);
        assert!(exists.len() > allowed().count());
    }
}
