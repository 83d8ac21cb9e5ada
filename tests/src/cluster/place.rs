//! A namespace with a bundle in it, the Secrets that it needs, and everything in force.

use super::bundle::bundle;
use super::images::Images;
use super::kubectl::{get, kubectl, sure};
use super::launch::Launch;
use super::wait;
use crate::readers;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// What of the cluster goes into a target.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Argo's account; `PURE_AGENT_CONTROLLER` overrides it.
    pub controller: String,
    /// Argo's executor image.
    pub executor: String,
    /// Blocks and ports of the API server.
    pub api_servers: Vec<(String, u16)>,
}

impl Facts {
    /// Asks the cluster. Argo is expected in the namespace `argo`.
    #[must_use]
    pub fn of_cluster() -> Facts {
        let controller = get("deployment workflow-controller -n argo");
        let pod = &controller["spec"]["template"]["spec"];
        let account = pod["serviceAccountName"].as_str().unwrap_or("argo");
        let args: Vec<&str> = pod["containers"][0]["args"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let executor = args
            .iter()
            .position(|arg| *arg == "--executor-image")
            .and_then(|at| args.get(at + 1));
        let api = &get("endpoints kubernetes -n default")["subsets"][0];
        let port = api["ports"][0]["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(6443);
        let addresses = api["addresses"].as_array().into_iter().flatten();
        Facts {
            controller: std::env::var("PURE_AGENT_CONTROLLER")
                .unwrap_or_else(|_| format!("system:serviceaccount:argo:{account}")),
            executor: executor.map(ToString::to_string).unwrap_or_default(),
            api_servers: addresses
                .filter_map(|one| one["ip"].as_str())
                .map(|ip| {
                    (
                        format!("{ip}/{}", if ip.contains(':') { 128 } else { 32 }),
                        port,
                    )
                })
                .collect(),
        }
    }

    /// The lines of a target that say where the API server is.
    #[must_use]
    pub fn servers(&self) -> String {
        let line =
            |(block, port): &(String, u16)| format!("    api-server \"{block}\" port={port}\n");
        self.api_servers.iter().map(line).collect()
    }
}

/// Sources with these words, and those of this cluster, in the place of what stands for them.
#[must_use]
pub fn filled(files: &[(&str, &str)], words: &[(&str, String)]) -> BTreeMap<String, Vec<u8>> {
    let facts = Facts::of_cluster();
    let own = [
        ("\"CONTROLLER\"", format!("\"{}\"", facts.controller)),
        ("\"EXECUTOR\"", format!("\"{}\"", facts.executor)),
        ("API\n", facts.servers()),
    ];
    let put = |text: String, (from, to): &(&str, String)| text.replace(from, to);
    let one = |(name, text): &(&str, &str)| {
        let text = words.iter().chain(&own).fold((*text).to_owned(), put);
        ((*name).to_owned(), text.into_bytes())
    };
    files.iter().map(one).collect()
}

/// A namespace of a test, removed with its policies when the test ends, however it ends. `PURE_AGENT_KEEP`
/// in the environment leaves it for a look.
#[derive(Debug)]
pub struct Place {
    /// Its name.
    pub namespace: String,
    /// The files of its bundle.
    pub files: Vec<(String, String)>,
    /// Name of the spec.
    pub spec: String,
}

/// The value of a secret, by Secret and key; none: any.
pub type Values<'v> = &'v dyn Fn(&str, &str) -> Option<String>;

impl Place {
    /// Installs a bundle in a new namespace and waits until its admission policies are in force.
    ///
    /// # Panics
    /// When an object is refused, or the policies are not in force within a minute.
    #[must_use]
    pub fn new(namespace: &str, images: &Images) -> Place {
        let files = bundle(namespace, images, &Facts::of_cluster());
        Place::install(namespace, files, &|_, _| None)
    }

    /// The same with any bundle.
    ///
    /// # Panics
    /// As [`Place::new`].
    #[must_use]
    pub fn install(namespace: &str, files: Vec<(String, String)>, values: Values<'_>) -> Place {
        let place = Place::of(namespace, files);
        place.remove("--wait=true");
        place.apply(values);
        place
    }

    /// One more bundle in the namespace.
    ///
    /// # Panics
    /// As [`Place::new`].
    #[must_use]
    pub fn beside(&self, files: Vec<(String, String)>, values: Values<'_>) -> Place {
        let place = Place::of(&self.namespace, files);
        place.apply(values);
        place
    }

    fn of(namespace: &str, files: Vec<(String, String)>) -> Place {
        let namespace = namespace.to_owned();
        let mut place = Place {
            namespace,
            files,
            spec: String::new(),
        };
        let template = place.of_kind("WorkflowTemplate").pop();
        let template = readers::rust(&template.unwrap_or_default()).unwrap_or_default();
        let name = template["metadata"]["name"].as_str();
        name.unwrap_or_default().clone_into(&mut place.spec);
        place
    }

    fn apply(&self, values: Values<'_>) {
        for yaml in self.of_kind("Namespace") {
            let _made = sure("apply --server-side --validate=strict -f -", &yaml);
        }
        self.secrets(values);
        let objects: Vec<&str> = self.objects().map(|(_, yaml)| yaml).collect();
        let stream = objects.join("---\n");
        let dry = "apply --server-side --dry-run=server --validate=strict -f -";
        let _accepted = sure(dry, &stream);
        let _applied = sure("apply --server-side --validate=strict -f -", &stream);
        self.in_force();
    }

    /// The objects of the bundle: file and YAML.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(|(file, _)| {
                std::path::Path::new(file)
                    .extension()
                    .is_some_and(|e| e == "yaml")
            })
            .map(|(file, yaml)| (file.as_str(), yaml.as_str()))
    }

    /// The objects of a kind, as YAML.
    #[must_use]
    pub fn of_kind(&self, kind: &str) -> Vec<String> {
        self.objects()
            .filter(|(_, yaml)| readers::rust(yaml).is_ok_and(|object| object["kind"] == kind))
            .map(|(_, yaml)| yaml.to_owned())
            .collect()
    }

    /// The account of the spec's launcher.
    #[must_use]
    pub fn launcher(&self) -> String {
        format!(
            "system:serviceaccount:{}:{}-launcher",
            self.namespace, self.spec
        )
    }

    /// Gives `user` every right in the namespace, so that RBAC refuses nothing.
    pub fn grant(&self, user: &str) {
        let _made = sure(
            &format!(
                "create rolebinding {user} -n {} --clusterrole=cluster-admin --user={user}",
                self.namespace
            ),
            "",
        );
    }

    /// Pod Security would refuse some mutations before our policies are asked.
    pub fn without_pod_security(&self) {
        let labels = "pod-security.kubernetes.io/enforce- pod-security.kubernetes.io/warn- pod-security.kubernetes.io/audit-";
        let _done = sure(&format!("label namespace {} {labels}", self.namespace), "");
    }

    /// Deletes the namespace and its cluster-wide policies.
    fn remove(&self, wait: &str) {
        let _gone = kubectl(
            &format!(
                "delete workflows --all -n {} --ignore-not-found --wait=false",
                self.namespace
            ),
            "",
        );
        for kind in [
            "ValidatingAdmissionPolicyBinding",
            "ValidatingAdmissionPolicy",
        ] {
            for yaml in self.of_kind(kind) {
                let _gone = kubectl("delete --ignore-not-found -f -", &yaml);
            }
        }
        let _gone = kubectl(
            &format!(
                "delete namespace {} --ignore-not-found {wait}",
                self.namespace
            ),
            "",
        );
    }

    /// Makes the Secrets that the index lists.
    fn secrets(&self, values: Values<'_>) {
        let index = self
            .files
            .iter()
            .find(|(file, _)| file == "bundle.json")
            .and_then(|(_, text)| serde_json::from_str::<Value>(text).ok())
            .unwrap_or_default();
        let mut objects: BTreeMap<String, Value> = BTreeMap::new();
        for secret in index["secrets"].as_array().into_iter().flatten() {
            let (Some(name), Some(key)) = (secret["name"].as_str(), secret["key"].as_str()) else {
                continue;
            };
            let object = objects.entry(name.to_owned()).or_insert_with(|| {
                json!({"apiVersion": "v1", "kind": "Secret",
                    "metadata": {"name": name, "namespace": self.namespace}, "stringData": {}})
            });
            let any = || "0123456789abcdef0123456789abcdef".to_owned();
            object["stringData"][key] = json!(values(name, key).unwrap_or_else(any));
        }
        for object in objects.values() {
            let _made = sure("apply --server-side -f -", &object.to_string());
        }
    }

    /// Waits until a stranger's pod, a free Workflow and an undeclared image are refused by our rules.
    fn in_force(&self) {
        let made = Launch::of(self, "probe-run");
        let good = made.pod("pack").clone();
        let mut other = good.clone();
        other["spec"]["containers"][0]["image"] =
            json!(format!("localhost/other@sha256:{}", "0".repeat(64)));
        let free = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
            "metadata": {"name": "free", "namespace": self.namespace},
            "spec": {"entrypoint": "x", "templates": []}});
        let launcher = format!("--as={}", self.launcher());
        for (object, by, rule) in [
            (&good, "", "maker"),
            (&free, "", "workflow"),
            (&other, launcher.as_str(), "image"),
        ] {
            let message = format!("pure-agent: {rule}:");
            wait(&message, Duration::from_secs(600), || {
                let answer = kubectl(
                    &format!("create --dry-run=server -f - {by}"),
                    &object.to_string(),
                );
                answer.err.contains(&message).then_some(())
            });
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::env::var_os("PURE_AGENT_KEEP").is_none() {
            self.remove("--wait=false");
        }
    }
}

/// Waits until a Deployment has so many ready pods, all of its newest template.
///
/// # Panics
/// When it has not within five minutes.
pub fn rolled_out(namespace: &str, name: &str, replicas: u64) -> Value {
    let what = format!("{replicas} pods of {name}");
    wait(&what, Duration::from_secs(300), || {
        let found = get(&format!("deployment {name} -n {namespace}"));
        let status = &found["status"];
        // What is none is not told.
        let count = |field: &str| status[field].as_u64().unwrap_or(0);
        let all = ["replicas", "updatedReplicas", "readyReplicas"];
        let there = all.iter().all(|field| count(field) == replicas)
            && status["observedGeneration"] == found["metadata"]["generation"];
        there.then_some(found)
    })
}
