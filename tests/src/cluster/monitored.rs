//! `examples/monitoring` as a cluster of the tests can run it, and the shop that it looks after: Deployments behind
//! Services, each of which a test can break.

use super::approve::Approver;
use super::host::python;
use super::kubectl::{get, kubectl, sure};
use super::place::{Facts, rolled_out};
use super::programs::{self, Programs};
use super::reference;
use super::site::{Run, Site};
use super::wait;
use crate::emitted::files_of;
use crate::services::anthropic;
use crate::sources::{folder, repository};
use pure_agent::load::Extra;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Where runs are.
pub const RUNS: &str = "pure-agent-test-monitoring";
/// What they look after.
pub const SHOP: &str = "pure-agent-test-monitored";
/// Its services, with the ports of the example.
const SERVICES: [(&str, u16); 4] = [
    ("load-balancer", 7100),
    ("api-gateway", 7101),
    ("auth", 7102),
    ("blog", 7103),
];

/// The namespace of the shop, which goes with the test, and one with the spec.
#[derive(Debug)]
pub struct Monitored {
    /// The installed bundle, and everything around its runs.
    pub site: Site,
}

impl Drop for Monitored {
    fn drop(&mut self) {
        let _gone = kubectl(
            &format!("delete namespace {SHOP} --ignore-not-found --wait=false"),
            "",
        );
    }
}

impl Monitored {
    /// The shop, in which all is well, and the spec. `None`, said loudly, where the cluster or its tools are missing.
    ///
    /// # Panics
    /// When an object is refused.
    #[must_use]
    pub fn or_skip() -> Option<Self> {
        let site = Site::of_or_skip(RUNS, |_, approver| Self::made(approver))?;
        for (name, _) in SERVICES {
            ready(name, 1);
        }
        Some(Self { site })
    }

    /// The shop is there; the images and the bundle of the spec.
    fn made(approver: &Approver) -> Result<(Programs, Vec<(String, String)>), String> {
        let programs = Programs {
            runtime: programs::runtime()?,
            agent: programs::scripted(
                "operations",
                "/usr/bin/claude",
                include_str!("monitored/agent.py"),
            )?,
        };
        open()?;
        let files = bundle(&programs, approver);
        Ok((programs, files))
    }

    /// Submits a run that looks at one service.
    #[must_use]
    pub fn submit(&self, focus: &str) -> Run<'_> {
        self.site.submit_with("diagnose", &[("focus", focus)])
    }
}

/// The namespace and what is in it.
fn open() -> Result<(), String> {
    let image = programs::scripted(
        "shop-service",
        "/usr/bin/service",
        include_str!("monitored/service.py"),
    )?;
    let _gone = sure(
        &format!("delete namespace {SHOP} --ignore-not-found --wait=true"),
        "",
    );
    let _made = sure(&format!("create namespace {SHOP}"), "");
    for (name, port) in SERVICES {
        for one in [deployment((name, port), &image), service(name, port)] {
            let _made = sure("apply --server-side -f -", &one.to_string());
        }
    }
    Ok(())
}

/// A service that says of itself how it is; the load balancer says it of all.
fn deployment((name, port): (&str, u16), image: &str) -> Value {
    let ready = json!({"httpGet": {"path": "/health", "port": port}, "periodSeconds": 1});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": SHOP},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "automountServiceAccountToken": false,
                    "volumes": [{"name": "state", "emptyDir": {}}],
                    "containers": [{"name": "main", "image": image, "imagePullPolicy": "IfNotPresent",
                        "command": ["/usr/bin/service", name, port.to_string()], "readinessProbe": ready,
                        "volumeMounts": [{"name": "state", "mountPath": "/state"}],
                        "resources": {"requests": {"cpu": "5m"}}}],
                },
            },
        },
    })
}

fn service(name: &str, port: u16) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": SHOP},
        "spec": {"selector": {"app": name}, "ports": [{"port": port}]},
    })
}

/// The example with the lines of this cluster: who may run what where, and the key of a person.
fn sources(programs: &Programs, approver: &Approver) -> BTreeMap<String, Vec<u8>> {
    let small = "    harness \"claude-code\"\n    resources {\n        cpu \"50m\"\n        memory \"128Mi\"\n    }\n";
    let image = format!("ghcr.io/pure-agent/claude-agent@sha256:{}", "1".repeat(64));
    let key = approver.public.split(' ').nth(1).unwrap_or_default();
    let words = [
        // Its images are not there, and nobody has the private half of its key.
        (image.as_str(), programs.agent.as_str()),
        ("ghcr.io/pure-agent/*", "localhost/*"),
        (
            "AAAAC3NzaC1lZDI1NTE5AAAAIBCwVzP8iK3f5ChFgAgjTr0mYeLZobVxCjK/MScgPTf0",
            key,
        ),
        // The only model that answers here.
        ("claude-haiku-4-5", anthropic::MODEL),
        ("claude-haiku-*", "claude-opus-*"),
        // The namespace is one of the tests'.
        (".shop.svc", &format!(".{SHOP}.svc")),
        ("\"shop\"", &format!("\"{SHOP}\"")),
        // Many runs share the machine, and what is waited for must come; no run starts by itself meanwhile.
        ("    harness \"claude-code\"\n", small),
        ("deadline \"90m\"", "deadline \"20m\""),
        ("cycle \"15m\"", "cycle \"5m\""),
        ("\"*/10 * * * *\"", "\"0 6 29 2 *\""),
    ];
    let mut files = folder(&repository().join("examples/monitoring"));
    let mut met = BTreeSet::new();
    for text in files.values_mut() {
        let mut changed = String::from_utf8_lossy(text).into_owned();
        for (from, to) in words {
            if changed.contains(from) {
                met.insert(from);
                changed = changed.replace(from, to);
            }
        }
        *text = changed.into_bytes();
    }
    assert_eq!(met.len(), words.len(), "the example says something else");
    files
}

/// The tests' target, which opens the shop.
fn target(programs: &Programs) -> String {
    let mut lines = format!("    workloads \"{SHOP}\"\n");
    for (name, port) in SERVICES {
        // What the gateway dials, and what network policies see behind it.
        let service = get(&format!("service {name} -n {SHOP}"));
        let pods = get(&format!("pods -n {SHOP} -l app={name}"));
        let addresses = [
            &service["spec"]["clusterIP"],
            &pods["items"][0]["status"]["podIP"],
        ];
        for address in addresses {
            let block = block(address.as_str().unwrap_or_default());
            lines += &format!("    private \"{block}\" port={port}\n");
        }
    }
    let text = reference::target(RUNS, programs, &Facts::of_cluster());
    let (before, after) = text.split_once("    dns {").unwrap_or_default();
    format!("{before}{lines}    dns {{{after}")
}

/// The block of 16 bits around an address.
fn block(address: &str) -> String {
    let parts: Vec<&str> = address.split('.').collect();
    match parts.as_slice() {
        [first, second, _, _] => format!("{first}.{second}.0.0/16"),
        _ => panic!("`{address}` is no address of IPv4"),
    }
}

/// The files of the bundle, the index last.
fn bundle(programs: &Programs, approver: &Approver) -> Vec<(String, String)> {
    for (name, _) in SERVICES {
        ready(name, 1);
    }
    let extra = Extra {
        target_file: Some(("test.kdl".to_owned(), target(programs).into_bytes())),
        ..Extra::default()
    };
    files_of(&sources(programs, approver), extra, &[]).remove(0)
}

/// A Deployment of the shop.
#[must_use]
pub fn deployed(name: &str) -> Value {
    get(&format!("deployment {name} -n {SHOP}"))
}

/// Waits until a Deployment has so many ready pods, all of its newest template.
///
/// # Panics
/// When it has not within five minutes.
pub fn ready(name: &str, replicas: u64) {
    let _there = rolled_out(SHOP, name, replicas);
}

/// The pod of a service hangs from now on: it says so in its log, and is well no more until it is replaced.
///
/// # Panics
/// When it cannot be told so.
pub fn hang(name: &str) {
    let told = sure(
        &format!(
            "exec deployment/{name} -n {SHOP} -- {} -I /usr/bin/service hang",
            python()
        ),
        "",
    );
    assert_eq!(told, "hangs\n");
    wait("it to be out of order", Duration::from_secs(60), || {
        deployed(name)["status"]["readyReplicas"]
            .is_null()
            .then_some(())
    });
}

/// A service has no pod from now on.
pub fn empty(name: &str) {
    let _scaled = sure(
        &format!("scale deployment {name} -n {SHOP} --replicas=0"),
        "",
    );
    ready(name, 0);
}
