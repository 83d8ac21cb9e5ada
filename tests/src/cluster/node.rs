//! What can only be done on the node: ending a container as a crash does.

use super::images::run;
use serde_json::Value;
use std::process::Command;

/// Kills the processes of a container that runs, by its status in the pod; whether there was one.
///
/// `CONTAINER_RUNTIME` is the socket of containerd, as the cluster's `env.sh` says.
#[must_use]
pub fn kill(status: &Value) -> bool {
    let id = status["containerID"].as_str().unwrap_or_default();
    let id = id.strip_prefix("containerd://").unwrap_or_default();
    let Some(socket) = std::env::var_os("CONTAINER_RUNTIME") else {
        return false;
    };
    if id.is_empty() || status["state"]["running"].is_null() {
        return false;
    }
    let mut kill = Command::new("ctr");
    kill.arg("-a")
        .arg(socket)
        .args(["-n", "k8s.io", "tasks", "kill", "-a", "-s", "SIGKILL", id]);
    run(&mut kill).is_ok()
}
