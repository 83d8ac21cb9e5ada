//! A real server of Argo, as a pod that each request speaks through with the right of its caller.
//!
//! The program is the `argo` that `PURE_AGENT_ARGO` names or that is on the `PATH`; else the image of the cluster's own
//! `argo-server` is taken. Where there is none, that is said loudly.

use super::host::Root;
use super::kubectl::{get, kubectl, sure};
use super::wait;
use crate::place::try_ask;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Where it runs, beside the accounts that post.
pub const NAMESPACE: &str = "pure-agent-test-argo";

/// A server in a namespace of its own, reached by a forwarded port of this machine. Both go with the test.
#[derive(Debug)]
pub struct Server {
    forward: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.forward.kill());
        drop(self.forward.wait());
        remove("--wait=false");
    }
}

fn remove(wait: &str) {
    for what in [
        format!("clusterrolebinding {NAMESPACE}"),
        format!("namespace {NAMESPACE}"),
    ] {
        let _gone = kubectl(&format!("delete {what} --ignore-not-found {wait}"), "");
    }
}

impl Server {
    /// Starts one.
    ///
    /// # Errors
    /// What is missing, as a sentence.
    ///
    /// # Panics
    /// When it does not get ready.
    pub fn start() -> Result<Self, String> {
        let (image, command) = image()?;
        remove("--wait=true");
        let _made = sure(&format!("create namespace {NAMESPACE}"), "");
        for object in objects(&image, &command) {
            let _made = sure("apply --server-side -f -", &object.to_string());
        }
        let ready = format!("wait pod/server -n {NAMESPACE} --for=condition=Ready --timeout=60s");
        let answer = kubectl(&ready, "");
        let told = || kubectl(&format!("logs server -n {NAMESPACE} --tail=20"), "");
        assert!(answer.ok, "{answer}{}", told());
        let mut forward = Command::new("kubectl")
            .args(["port-forward", "-n", NAMESPACE, "pod/server", ":2746"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        let mut line = String::new();
        let out = forward.stdout.take().ok_or("no output")?;
        let mut out = BufReader::new(out);
        out.read_line(&mut line).map_err(|e| e.to_string())?;
        // `Forwarding from 127.0.0.1:40123 -> 2746`
        let address = line.split(' ').nth(2).unwrap_or_default().to_owned();
        // The client ends where nobody reads what it says.
        drop(std::thread::spawn(move || {
            drop(std::io::copy(&mut out, &mut std::io::sink()));
        }));
        Ok(Self { forward, address })
    }

    /// Posts an event as the bearer of a token.
    #[must_use]
    pub fn post(
        &self,
        (namespace, event): (&str, &str),
        bearer: Option<&str>,
        body: &str,
    ) -> (u16, Value) {
        let what = format!("POST /api/v1/events/{namespace}/{event}");
        try_ask(&self.address, &what, bearer, body).unwrap_or((0, Value::Null))
    }
}

/// A new account and a token of it.
#[must_use]
pub fn account(name: &str) -> String {
    let _made = sure(&format!("create serviceaccount {name} -n {NAMESPACE}"), "");
    wait("a token", Duration::from_secs(30), || {
        let made = kubectl(&format!("create token {name} -n {NAMESPACE}"), "");
        made.ok.then(|| made.out.trim().to_owned())
    })
}

/// The image, and what is started in it where that does not say so itself.
fn image() -> Result<(String, Vec<&'static str>), String> {
    let named = std::env::var_os("PURE_AGENT_ARGO").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join("argo"));
    if let Some(program) = named.or_else(|| places.find(|place| place.is_file())) {
        let bytes = std::fs::read(&program).map_err(|e| format!("{}: {e}", program.display()))?;
        let root = Root::default();
        root.file("/argo", bytes, 0o755)?;
        return Ok((root.image("argo-server")?, vec!["/argo"]));
    }
    let server = get("deployment argo-server -n argo");
    let image = server["spec"]["template"]["spec"]["containers"][0]["image"].as_str();
    image.map(|image| (image.to_owned(), Vec::new())).ok_or_else(|| {
        "no server of Argo: no `argo` on the PATH, PURE_AGENT_ARGO is not set, the cluster has none".to_owned()
    })
}

fn objects(image: &str, command: &[&str]) -> Vec<Value> {
    let meta = |name: &str| json!({"name": name, "namespace": NAMESPACE});
    let mut container = json!({"name": "main", "image": image, "imagePullPolicy": "IfNotPresent",
        "args": ["server", "--auth-mode=client", "--secure=false"],
        "ports": [{"containerPort": 2746}],
        "readinessProbe": {"tcpSocket": {"port": 2746}, "periodSeconds": 1}});
    if !command.is_empty() {
        container["command"] = json!(command);
    }
    vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta("server")}),
        // Of its own it looks things up only; what is asked of it is asked with the caller's right.
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": NAMESPACE},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "ServiceAccount", "name": "server", "namespace": NAMESPACE}]}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta("server"),
            "rules": [{"apiGroups": [""], "resources": ["configmaps", "secrets", "serviceaccounts"],
                "verbs": ["get", "list", "watch", "create", "update"]}]}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta("server"),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "server"},
            "subjects": [{"kind": "ServiceAccount", "name": "server", "namespace": NAMESPACE}]}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("workflow-controller-configmap")}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta("server"),
            "spec": {"serviceAccountName": "server", "terminationGracePeriodSeconds": 0, "containers": [container]}}),
    ]
}
