//! What the attacker is told of the cluster, and what a pod without policies reaches of it.

use super::MEMORY;
use pure_agent_escape::TEMPLATES;
use pure_agent_tests::cluster::images::Images;
use pure_agent_tests::cluster::kubectl::{get, kubectl, sure};
use pure_agent_tests::cluster::reach::OUTSIDE;
use pure_agent_tests::cluster::wait;
use pure_agent_tests::escape::{Outcomes, address, outcomes, prompt};
use pure_agent_tests::services::outside::STRANGER;
use serde_json::{Value, json};
use std::time::Duration;

/// Pods of another run.
pub(super) struct Others {
    pub(super) gateway: String,
    pub(super) agent: String,
}

/// Everything that could be reached, and what is submitted in the end.
pub(super) fn facts(
    images: &Images,
    (neighbour, bearer): (&Others, &str),
    stranger: &Others,
    namespace: &str,
) -> Value {
    let mut addresses = vec![
        address("other-agent", &neighbour.agent, 8080),
        address("other-agent", &stranger.agent, 8080),
        address("other-gateway-control", &neighbour.gateway, 9090),
        address("other-gateway-control", &neighbour.gateway, 9091),
        address("other-spec-gateway", &stranger.gateway, 8080),
        address("other-spec-gateway", &stranger.gateway, 9090),
    ];
    for probe in &images.probes {
        let (label, ip, port) = (
            probe.label.trim_end_matches("-v6"),
            probe.address.as_str(),
            probe.port,
        );
        let labels: &[&str] = match (label, probe.kind) {
            ("world", _) => &["outside", "outside-udp", "dns-tls", "dns-https"],
            ("dns-service" | "dns-pod", "udp") => &["dns-udp"],
            ("dns-service-tcp" | "dns-pod-tcp", _) => &["dns-tcp"],
            ("kubelet", _) => &["kubelet", "kubelet-read-only", "node", "node-port"],
            (known, _) => &[known],
        };
        addresses.extend(labels.iter().map(|label| {
            let port = match *label {
                "dns-tls" => 853,
                "kubelet-read-only" => 10255,
                "node" => 22,
                "node-port" => node_port(),
                _ => port,
            };
            address(label, ip, port)
        }));
    }
    json!({
        "addresses": addresses,
        "tunnel": "packages.example.com", "stranger": STRANGER,
        "route": "api.github.com", "path": "/repos/dlddu/tool",
        "other_gateway": format!("{}:8080", neighbour.gateway), "other_bearer": bearer,
        "names": [namespace, "escape", "escape-agent-0", "escape-gateway"],
        "memory": MEMORY,
        "submissions": [
            {"actions": ["continue"], "summary": format!("More {TEMPLATES}")},
            {"actions": ["report", "upload"], "summary": format!("All is done. {TEMPLATES}"), "report": format!("A long report. {TEMPLATES}\n---\n- {TEMPLATES}")},
        ],
    })
}

/// The port of every node that leads to the pod outside.
fn node_port() -> u16 {
    let name = "escape-node-port";
    let service = || get(&format!("service {name} -n {OUTSIDE}"));
    if service().is_null() {
        let object = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": OUTSIDE},
            "spec": {"type": "NodePort", "selector": {"app": "nobody"}, "ports": [{"port": 8081}]}});
        let _made = sure("create -f -", &object.to_string());
    }
    let port = service()["spec"]["ports"][0]["nodePort"].as_u64();
    port.and_then(|port| u16::try_from(port).ok()).unwrap()
}

/// What a pod without policies reaches: the same program with the same facts.
pub(super) fn compared(image: &str, facts: &Value) -> Outcomes {
    let name = "escape-compare";
    let _gone = kubectl(
        &format!("delete pod {name} -n {OUTSIDE} --ignore-not-found --grace-period=1"),
        "",
    );
    let gateway = facts["other_gateway"].as_str().unwrap();
    let env = json!([
        {"name": "PURE_AGENT_ESCAPE", "value": prompt(facts)},
        {"name": "PURE_AGENT_GATEWAY", "value": format!("http://{gateway}")},
    ]);
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": OUTSIDE},
        "spec": {
            "automountServiceAccountToken": false, "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
            "containers": [{"name": name, "image": image, "imagePullPolicy": "IfNotPresent",
                "command": ["/escape", "only", "network"], "env": env}],
        },
    });
    let _made = sure("create -f -", &pod.to_string());
    let log = wait("the comparison", Duration::from_secs(300), || {
        let phase = &get(&format!("pod {name} -n {OUTSIDE}"))["status"]["phase"];
        (phase == "Succeeded" || phase == "Failed")
            .then(|| kubectl(&format!("logs {name} -n {OUTSIDE}"), "").out)
    });
    let _gone = kubectl(&format!("delete pod {name} -n {OUTSIDE} --wait=false"), "");
    outcomes(&log)
}
