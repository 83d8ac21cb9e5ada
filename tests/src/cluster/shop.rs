//! Deployments of somebody else, and a spec whose runs look after one of them. No host outside is needed.

use super::approve::Approver;
use super::kubectl::{get, kubectl, sure};
use super::place::{Place, filled, rolled_out};
use super::programs;
use super::reference::value;
use crate::emitted::files_of;
use pure_agent::load::Extra;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where runs are.
pub const RUNS: &str = "pure-agent-test-kubernetes";
/// What they look after.
pub const SHOP: &str = "pure-agent-test-shop";
/// What they do not.
pub const OTHER: &str = "pure-agent-test-till";
/// What whoever applies such a spec needs.
pub const RIGHTS: &str = include_str!("../../../compiler/doc/rights-workloads.yaml");

/// Namespaces of somebody else, which go with the test, and a namespace with the spec.
#[derive(Debug)]
pub struct Shop {
    /// The installed bundle.
    pub place: Place,
    /// Who signs.
    pub approver: Approver,
}

impl Drop for Shop {
    fn drop(&mut self) {
        close("--wait=false");
        let _gone = kubectl("delete --ignore-not-found -f -", RIGHTS);
    }
}

fn close(wait: &str) {
    let _gone = kubectl(
        &format!("delete namespace {SHOP} {OTHER} --ignore-not-found {wait}"),
        "",
    );
}

impl Shop {
    /// Two Deployments in each namespace, all ready, and the spec.
    ///
    /// # Errors
    /// What is missing, as a sentence.
    ///
    /// # Panics
    /// When an object is refused.
    pub fn open() -> Result<Self, String> {
        let (runtime, approver) = (programs::runtime()?, Approver::new()?);
        let agent =
            programs::scripted("operator", "/usr/bin/agent", include_str!("shop/agent.py"))?;
        close("--wait=true");
        for namespace in [SHOP, OTHER] {
            let _made = sure(&format!("create namespace {namespace}"), "");
            let vault = format!(
                "create secret generic vault -n {namespace} --from-literal=key=hidden-secret"
            );
            let _made = sure(&vault, "");
            for name in ["web", "till"] {
                let one = deployment(namespace, name, &agent);
                let _made = sure("apply --server-side -f -", &one.to_string());
            }
        }
        let files = bundle((&runtime, &agent), &approver);
        let place = Place::install(RUNS, files, &value);
        for name in ["web", "till"] {
            let _ready = ready(name, 2);
        }
        Ok(Self { place, approver })
    }

    /// Starts a run; gives its name and its UID.
    ///
    /// # Panics
    /// When it is refused.
    #[must_use]
    pub fn submit(&self, other: &str) -> (String, String) {
        let inputs = BTreeMap::from([("other".to_owned(), other.to_owned())]);
        let inputs = pure_agent::emit::inputs::encode(&inputs);
        let workflow = super::launch::workflow(&self.place, "operator-1", &inputs);
        let made = sure("create -f - -o json", &workflow.to_string());
        let made: Value = serde_json::from_str(&made).unwrap();
        let uid = made["metadata"]["uid"].as_str().unwrap();
        ("operator-1".to_owned(), uid.to_owned())
    }
}

/// The files of the bundle, the index last.
fn bundle((runtime, agent): (&str, &str), approver: &Approver) -> Vec<(String, String)> {
    let key = approver.public.split(' ').nth(1).unwrap_or_default();
    let words = [
        ("\"SHOP\"", format!("\"{SHOP}\"")),
        ("\"RUNS\"", format!("\"{RUNS}\"")),
        ("\"AGENT\"", format!("\"{agent}\"")),
        ("\"RUNTIME\"", format!("\"{runtime}\"")),
        ("ssh-ed25519 KEY", format!("ssh-ed25519 {key}")),
    ];
    let files = [
        ("pure-agent.kdl", include_str!("shop/pure-agent.kdl")),
        ("policy.kdl", include_str!("shop/policy.kdl")),
        ("spec.kdl", include_str!("shop/spec.kdl")),
        ("target.kdl", include_str!("shop/target.kdl")),
    ];
    files_of(&filled(&files, &words), Extra::default(), &[]).remove(0)
}

/// Two replicas that say a line each second, with texts in it that are nobody's to see.
fn deployment(namespace: &str, name: &str, image: &str) -> Value {
    let says = "import time\nprint('error in the till', flush=True)\nwhile True:\n    print('tick', flush=True)\n    time.sleep(1)";
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}, "annotations": {"note": "hidden-note"}},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "automountServiceAccountToken": false,
                    "containers": [{"name": "main", "image": image, "imagePullPolicy": "IfNotPresent",
                        "command": [super::host::python(), "-I", "-c", says],
                        "env": [{"name": "DB", "value": "hidden-value"}], "resources": {"requests": {"cpu": "5m"}}}],
                },
            },
        },
    })
}

/// Waits until a Deployment has so many ready pods, all of its newest template.
///
/// # Panics
/// When it has not within five minutes.
#[must_use]
pub fn ready(name: &str, replicas: u64) -> Value {
    rolled_out(SHOP, name, replicas)
}

/// The name of a pod of a Deployment.
///
/// # Panics
/// When it has none.
#[must_use]
pub fn pod_of(name: &str) -> String {
    let pods = get(&format!("pods -n {SHOP} -l app={name}"));
    pods["items"][0]["metadata"]["name"]
        .as_str()
        .unwrap()
        .to_owned()
}
