//! `pack`, started as its pod starts it.

use crate::emitted::{command, contract};
use pure_agent_tests::program::{Scratch, runtime};
use pure_agent_tests::sources::folder;
use serde_json::Value;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

fn pack(workspace: &Scratch, outbox: &Scratch) -> Output {
    let scratch = Scratch::new("contract");
    let path = scratch.path().join("contract.json");
    std::fs::write(&path, contract("pure-agent")).unwrap();
    let words = command("pure-agent", "pack");
    assert_eq!(words[0], "/pure-agent-runtime");
    let words = words[1..].iter().map(|word| match word.as_str() {
        "/etc/pure-agent/contract.json" => path.clone().into_os_string(),
        word => word.into(),
    });
    Command::new(runtime())
        .args(words)
        .arg("--workspace")
        .arg(workspace.path())
        .arg("--outbox")
        .arg(outbox.path())
        .env_clear()
        .output()
        .unwrap()
}

/// A link, a planted hook and a secret beside honest work: what leaves is inert, and the same each time.
#[test]
fn only_inert_bytes_leave_a_hostile_workspace() {
    let outside = Scratch::new("outside");
    std::fs::write(outside.path().join("secret"), "canary-outside").unwrap();
    let workspace = Scratch::new("workspace");
    let at = |name: &str| workspace.path().join(name);
    std::fs::write(at("report.txt"), "work").unwrap();
    symlink(outside.path().join("secret"), at("link")).unwrap();
    symlink("/proc/self/environ", at("environ")).unwrap();
    std::fs::create_dir_all(at("repo/.git/hooks")).unwrap();
    std::fs::write(at("repo/.git/hooks/post-checkout"), "canary-hook").unwrap();
    std::fs::write(
        at("repo/.git/config"),
        "[core]\n\tfsmonitor = canary-hook\n",
    )
    .unwrap();
    std::fs::write(at("repo/main.rs"), "fn main() {}\n").unwrap();
    let outbox = Scratch::new("outbox");
    let done = pack(&workspace, &outbox);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let first = folder(outbox.path());
    let manifest: Value = serde_json::from_slice(&first["manifest.json"]).unwrap();
    assert_eq!(manifest["spec"], "pure-agent");
    assert!(manifest.to_string().contains("symbolic-link"), "{manifest}");
    let packed: Vec<u8> = first.values().flatten().copied().collect();
    let packed = String::from_utf8_lossy(&packed);
    assert!(
        packed.contains("fn main() {}") && packed.contains("work"),
        "nothing was packed"
    );
    assert!(!packed.contains("canary"), "something else was packed");
    let again = Scratch::new("outbox");
    assert_eq!(pack(&workspace, &again).status.code(), Some(0));
    assert_eq!(folder(again.path()), first);
}
