//! What this machine lacks for keeping an agent apart, and how to get it.

use super::pod::{Container, Network, Pod};
use super::sandbox::Sandbox;
use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;

/// Most that is read of a setting.
const SYSCTL: &str = "/proc/sys";
/// A user that only the trial has.
const USER: u32 = 10_010;

/// Makes a pod and starts nothing but a word in it.
///
/// # Errors
/// What could not be made, and what to do about it.
pub async fn isolation() -> Result<(), String> {
    match attempt().await {
        Ok(0) => Ok(()),
        Ok(code) => Err(told(&format!("a program in it ended with {code}"))),
        Err(why) => Err(told(&why)),
    }
}

async fn attempt() -> Result<u8, String> {
    let pod = Pod {
        network: Network::Doors(vec![1]),
        user: USER,
        scratch: Vec::new(),
    };
    let container = Container {
        name: "trial".to_owned(),
        command: vec!["/bin/sh".to_owned(), "-c".to_owned(), "exit 0".to_owned()],
        env: BTreeMap::new(),
        user: USER,
        memory: None,
        folder: "/".into(),
        mounts: Vec::new(),
        files: Vec::new(),
    };
    let mut sandbox = Sandbox::start(&pod, &[]).await?;
    let running = sandbox.run(container).await?;
    let code = sandbox.ended(running).await?;
    sandbox.kill().await;
    Ok(code)
}

fn told(why: &str) -> String {
    match reason() {
        Some((what, help)) => format!("{why}\n  because {what}\n  to change it: {help}"),
        None => why.to_owned(),
    }
}

/// The settings by which systems forbid it.
fn reason() -> Option<(&'static str, &'static str)> {
    let set = |name: &str| {
        let text = fs::read_to_string(format!("{SYSCTL}/{name}")).ok()?;
        text.trim().parse::<u64>().ok()
    };
    if set("user/max_user_namespaces") == Some(0) {
        return Some((
            "user.max_user_namespaces is 0",
            "`sysctl user.max_user_namespaces=10000`, as root",
        ));
    }
    if set("kernel/unprivileged_userns_clone") == Some(0) {
        return Some((
            "kernel.unprivileged_userns_clone is 0",
            "`sysctl kernel.unprivileged_userns_clone=1`, as root",
        ));
    }
    if set("kernel/apparmor_restrict_unprivileged_userns") == Some(1) {
        return Some((
            "AppArmor forbids user namespaces to programs without a profile",
            "give this program a profile with `userns,` (see `man apparmor.d`), or, for all programs, \
             `sysctl kernel.apparmor_restrict_unprivileged_userns=0`, as root",
        ));
    }
    let inside = std::path::Path::new("/.dockerenv").exists()
        || std::path::Path::new("/run/.containerenv").exists();
    inside.then_some((
        "this machine is itself a container that allows no further ones",
        "start it with the right to make namespaces and with a whole `/proc`, for instance by \
         `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`",
    ))
}

/// Addresses of the resolvers of this machine.
pub(super) fn resolvers() -> Vec<String> {
    let text = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let named = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"));
    let addresses = named.filter_map(|address| address.trim().parse::<IpAddr>().ok());
    addresses
        .map(|address| std::net::SocketAddr::new(address, 53).to_string())
        .take(3)
        .collect()
}
