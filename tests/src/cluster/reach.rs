//! What a pod could reach if nothing stopped it, and what pods report.

use super::images::tools;
use super::kubectl::{get, kubectl, sure};
use super::wait;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

/// Namespace without policies, with pods to reach and to compare with.
pub const OUTSIDE: &str = "pure-agent-test-outside";

/// An address to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What it is; ends in `-v6` in the second family.
    pub label: String,
    /// `tcp` or `udp`.
    pub kind: &'static str,
    /// Address without brackets.
    pub address: String,
    /// Port.
    pub port: u16,
}

impl Probe {
    /// The line that the stand-in reads.
    #[must_use]
    pub fn line(&self) -> String {
        format!(
            "{} {} {} {}\n",
            self.label, self.kind, self.address, self.port
        )
    }
}

/// Everything worth trying in this cluster: API server (endpoint and service), kubelet, DNS (service and
/// pods, TCP and UDP), metadata addresses, hosts outside, and a pod of another namespace that listens.
#[must_use]
pub fn probes(server_image: &str) -> Vec<Probe> {
    let mut list = Vec::new();
    let mut add = |label: &str, kind, address: &str, port| {
        let family = if address.contains(':') { "-v6" } else { "" };
        list.push(Probe {
            label: format!("{label}{family}"),
            kind,
            address: address.to_owned(),
            port,
        });
    };
    let api = get("endpoints kubernetes -n default");
    let api_port = number(&api["subsets"][0]["ports"][0]["port"]);
    let node = get("nodes");
    for address in texts(&node["items"][0]["status"]["addresses"], "address") {
        if address.contains(['.', ':']) {
            add("kubelet", "tcp", &address, 10250);
            add("api-endpoint", "tcp", &address, api_port);
        }
    }
    for address in plain(&get("service kubernetes -n default")["spec"]["clusterIPs"]) {
        add("api-service", "tcp", &address, 443);
    }
    let service = get("service kube-dns -n kube-system");
    for address in plain(&service["spec"]["clusterIPs"]) {
        add("dns-service", "udp", &address, 53);
        add("dns-service-tcp", "tcp", &address, 53);
    }
    let dns = get("pods -n kube-system -l k8s-app=kube-dns");
    let dns_port = number(&service["spec"]["ports"][0]["targetPort"]);
    for address in texts(&dns["items"][0]["status"]["podIPs"], "ip") {
        add("dns-pod", "udp", &address, dns_port);
        add("dns-pod-tcp", "tcp", &address, dns_port);
    }
    for address in ["169.254.169.254", "fd00:ec2::254"] {
        add("metadata", "tcp", address, 80);
    }
    for address in ["198.51.100.1", "2001:db8:1::1"] {
        add("world", "tcp", address, 443);
        add("world-80", "tcp", address, 80);
    }
    for address in other(server_image) {
        add("other-pod", "tcp", &address, 8081);
    }
    list
}

fn number(value: &Value) -> u16 {
    value
        .as_u64()
        .and_then(|n| u16::try_from(n).ok())
        .unwrap_or(0)
}

fn plain(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

fn texts(list: &Value, key: &str) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|v| v[key].as_str().map(str::to_owned))
        .collect()
}

/// The addresses of a pod in [`OUTSIDE`] that listens on port 8081; it is started if need be.
fn other(image: &str) -> Vec<String> {
    if let Err(why) = super::images::run(Command::new(tools().join("world")).arg("up")) {
        crate::readers::skipped(&format!("no hosts outside the cluster: {why}"));
    }
    let _exists = kubectl(&format!("create namespace {OUTSIDE}"), "");
    start("other", image, &["/search"]);
    wait("a pod to compare with", Duration::from_secs(600), || {
        let status = &get(&format!("pod other -n {OUTSIDE}"))["status"];
        (status["phase"] == "Running").then(|| texts(&status["podIPs"], "ip"))
    })
}

fn start(name: &str, image: &str, command: &[&str]) {
    let _gone = kubectl(
        &format!("delete pod {name} -n {OUTSIDE} --ignore-not-found --grace-period=1"),
        "",
    );
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": OUTSIDE},
        "spec": {
            "automountServiceAccountToken": false, "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
            "containers": [{"name": name, "image": image, "imagePullPolicy": "IfNotPresent", "command": command}],
        },
    });
    let _made = sure("create -f -", &pod.to_string());
}

/// What a pod without any policy reaches: the same program with the same list.
///
/// # Panics
/// When it does not report within two minutes.
#[must_use]
pub fn unbound(runtime_image: &str) -> Report {
    start("compare", runtime_image, &["/pure-agent-runtime", "probe"]);
    wait(
        "the comparison pod's report",
        Duration::from_secs(300),
        || {
            let logs = kubectl(&format!("logs compare -n {OUTSIDE}"), "");
            reports(&logs.out).into_iter().next()
        },
    )
}

/// One line of the stand-in.
#[derive(Debug, Clone)]
pub struct Report(
    /// The line as data.
    pub Value,
);

impl Report {
    /// What it says for a key.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    /// A list of texts, sorted.
    #[must_use]
    pub fn list(&self, key: &str) -> Vec<String> {
        let mut list = plain(&self.0[key]);
        list.sort();
        list
    }

    /// Outcomes by label.
    #[must_use]
    pub fn probes(&self) -> BTreeMap<String, String> {
        let entries = self.0["probes"].as_object().into_iter().flatten();
        entries
            .map(|(label, outcome)| {
                (
                    label.clone(),
                    outcome.as_str().unwrap_or_default().to_owned(),
                )
            })
            .collect()
    }

    /// Labels of all that answered, be it with a refusal.
    #[must_use]
    pub fn reached(&self) -> Vec<String> {
        self.probes()
            .into_iter()
            .filter(|(_, outcome)| outcome == "open" || outcome == "refused")
            .map(|(label, _)| label)
            .collect()
    }
}

/// The reports in a log.
#[must_use]
pub fn reports(log: &str) -> Vec<Report> {
    log.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .map(Report)
        .collect()
}
