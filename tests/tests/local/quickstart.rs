//! The first thing that anybody runs.

use pure_agent_tests::local::{isolates, result};
use pure_agent_tests::program::{Scratch, program, said};
use pure_agent_tests::sources::repository;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn it_runs_offline_in_seconds() {
    if !isolates() {
        return;
    }
    let state = Scratch::new("state");
    let start = Instant::now();
    // As the README has it; the network of this process is one without any way out.
    let mut command = Command::new("unshare");
    let alone = ["--net", "true"];
    let can = Command::new("unshare")
        .args(alone)
        .status()
        .is_ok_and(|done| done.success());
    if can {
        command.args([
            "--net",
            "sh",
            "-c",
            "ip link set lo up 2>/dev/null; exec \"$0\" \"$@\"",
        ]);
        command.arg(program());
    } else {
        command = Command::new(program());
    }
    command
        .args(["run", "examples/quickstart"])
        .current_dir(repository());
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
        .env("XDG_STATE_HOME", state.path())
        .stdin(Stdio::null());
    let done = command.output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(30), "{took:?}");
    let document = result(&done);
    assert_eq!(document["verdict"], "done", "{document}");
    assert_eq!(document["reason"], "submitted", "{document}");
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    for word in [
        "note: memory, CPU",
        "cycle 0 begins",
        "the agent has submitted",
        "1 turns",
        "lines, whole",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    // The run is where it says, and nothing of it is for others to read.
    let line = told
        .lines()
        .find_map(|line| line.strip_prefix("all of it: "));
    let folder = std::path::PathBuf::from(line.unwrap());
    assert!(folder.starts_with(state.path()), "{folder:?}");
    let kept = std::fs::read_to_string(folder.join("result.json")).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&kept).unwrap(),
        document
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(&folder.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
    assert!(!folder.join("workspace").exists(), "the spec keeps none");
}
