//! What can only be done on the node: ending and freezing containers, small volumes, an API server that is away.

use super::images::run;
use super::kubectl::{get, kubectl, sure};
use crate::readers::skipped;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

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

/// Freezes the processes of a pod's containers; whether there were any.
#[must_use]
pub fn pause(pod: &Value) -> bool {
    tasks("pause", pod)
}

/// Lets them go on.
#[must_use]
pub fn resume(pod: &Value) -> bool {
    tasks("resume", pod)
}

fn tasks(verb: &str, pod: &Value) -> bool {
    let statuses = pod["status"]["containerStatuses"].as_array();
    let ids = statuses.into_iter().flatten().filter_map(|status| {
        let id = status["containerID"].as_str()?;
        id.strip_prefix("containerd://")
    });
    let Some(socket) = std::env::var_os("CONTAINER_RUNTIME") else {
        return false;
    };
    let done = ids.map(|id| {
        let mut ctr = Command::new("ctr");
        ctr.arg("-a").arg(&socket).args(["-n", "k8s.io"]);
        run(ctr.args(["tasks", verb, id])).is_ok()
    });
    done.filter(|done| *done).count() > 0
}

/// Freezes the API server for a time. It runs on this machine, beside its configuration, as the cluster's `up`
/// starts it.
///
/// # Errors
/// It does not.
pub fn without_api(time: Duration) -> Result<(), String> {
    let known = std::env::var_os("KUBECONFIG")
        .map(PathBuf::from)
        .unwrap_or_default();
    let file = known.with_file_name("run").join("kube-apiserver.pid");
    let pid = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let signal = |name: &str| run(Command::new("kill").args([name, pid.trim()]));
    signal("-STOP")?;
    std::thread::sleep(time);
    signal("-CONT").map(drop)
}

/// Volumes of 64 MiB on this machine, and their class.
#[derive(Debug)]
pub struct Small {
    class: String,
    folders: Vec<PathBuf>,
}

impl Small {
    /// So many of them; none where this machine does not let the test mount, or is no node.
    #[must_use]
    pub fn make(class: &str, count: usize) -> Option<Self> {
        let nodes = get("nodes");
        let node = nodes["items"][0]["metadata"]["name"].as_str()?;
        let known = PathBuf::from(std::env::var_os("KUBECONFIG")?);
        if !known.with_file_name("pv").is_dir() {
            skipped("no volumes of 64 MiB: this machine is not the node");
            return None;
        }
        let folder = |number| std::env::temp_dir().join(format!("{class}-{number}"));
        let small = Self {
            class: class.to_owned(),
            folders: (0..count).map(folder).collect(),
        };
        // A test that was killed has left its own.
        small.unmake();
        for (number, folder) in small.folders.iter().enumerate() {
            let gone = format!("wait --for=delete pv/{class}-{number} --timeout=60s");
            let _gone = kubectl(&gone, "");
            std::fs::create_dir_all(folder).ok()?;
            let mut mount = Command::new("mount");
            mount
                .args(["-t", "tmpfs", "-o", "size=64m,mode=777", "tmpfs"])
                .arg(folder);
            run(&mut mount).ok()?;
            let volume = json!({"apiVersion": "v1", "kind": "PersistentVolume",
                "metadata": {"name": format!("{class}-{number}")},
                "spec": {"capacity": {"storage": "20Gi"}, "accessModes": ["ReadWriteOnce"],
                    "persistentVolumeReclaimPolicy": "Retain", "storageClassName": class, "local": {"path": folder},
                    "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                        {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]}}}});
            let _made = sure("apply -f -", &volume.to_string());
        }
        let kind = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": class},
            "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"});
        let _made = sure("apply -f -", &kind.to_string());
        Some(small)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        self.unmake();
    }
}

impl Small {
    fn unmake(&self) {
        let class = &self.class;
        let _gone = kubectl(
            &format!("delete storageclass {class} --ignore-not-found"),
            "",
        );
        for (number, folder) in self.folders.iter().enumerate() {
            let volume = format!("delete pv {class}-{number} --ignore-not-found --wait=false");
            let _gone = kubectl(&volume, "");
            // What still uses it keeps it until its end.
            drop(run(Command::new("umount").arg("-l").arg(folder)));
            drop(std::fs::remove_dir(folder));
        }
    }
}
