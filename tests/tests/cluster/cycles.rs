//! One run from beginning to end: three cycles, the second of which fails.

use crate::ready;
use pure_agent_tests::cluster::kubectl::{get, kubectl, sure};
use pure_agent_tests::cluster::launch::workflow;
use pure_agent_tests::cluster::place::Place;
use pure_agent_tests::cluster::reach::{OUTSIDE, Report, reports, unbound};
use pure_agent_tests::cluster::wait;
use pure_agent_tests::readers;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const RUN: &str = "whole";

/// What every pod without a policy reaches; were it closed anyway, nothing would be shown.
const OPEN_OUTSIDE: &[&str] = &[
    "api-endpoint",
    "api-endpoint-v6",
    "api-service",
    "dns-pod",
    "dns-pod-tcp",
    "dns-pod-tcp-v6",
    "dns-pod-v6",
    "dns-service",
    "dns-service-tcp",
    "kubelet",
    "kubelet-v6",
    "metadata",
    "metadata-v6",
    "other-pod",
    "other-pod-v6",
    "world",
    "world-80",
    "world-80-v6",
    "world-v6",
];

/// The logs of every pod of the run, by name without the run's.
fn follow(place: &Place) -> (String, BTreeMap<String, String>) {
    let mut logs: BTreeMap<String, String> = BTreeMap::new();
    let start = Instant::now();
    let phase = wait("the end of the run", Duration::from_secs(900), || {
        let pods = get(&format!(
            "pods -n {} -l pure-agent.dev/run={RUN}",
            place.namespace
        ));
        for pod in pods["items"].as_array().into_iter().flatten() {
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            let log = kubectl(
                &format!("logs {name} -n {} --all-containers", place.namespace),
                "",
            );
            let short = name.trim_start_matches(RUN).trim_start_matches('-');
            let known = logs.entry(short.to_owned()).or_default();
            // A kubelet that has removed a container says so in place of its log.
            if log.ok && log.out.len() > known.len() && !log.out.contains("unable to retrieve") {
                *known = log.out;
            }
        }
        let run = get(&format!("workflow {RUN} -n {}", place.namespace));
        match run["status"]["phase"].as_str() {
            Some(phase @ ("Succeeded" | "Failed" | "Error")) => Some(format!(
                "{phase} after {} s\n{}",
                start.elapsed().as_secs(),
                troubles(&run)
            )),
            _ => None,
        }
    });
    (phase, logs)
}

/// What the nodes of a Workflow have to complain about.
fn troubles(run: &Value) -> String {
    let nodes = run["status"]["nodes"].as_object().into_iter().flatten();
    nodes
        .filter(|(_, node)| node["phase"] == "Failed" || node["phase"] == "Error")
        .map(|(_, node)| format!("{}: {}\n", node["name"], node["message"]))
        .collect()
}

/// The report of a role in a pod's log.
fn report(logs: &BTreeMap<String, String>, pod: &str, role: &str) -> Report {
    let log = logs.get(pod).map(String::as_str).unwrap_or_default();
    reports(log)
        .into_iter()
        .find(|report| report.text("role") == role)
        .unwrap_or_else(|| {
            panic!(
                "no report of {role} in {pod}: {log:?}, of {:?}",
                logs.keys()
            )
        })
}

fn agents(logs: &BTreeMap<String, String>) {
    for cycle in ["0", "1", "2"] {
        let agent = report(logs, &format!("agent-{cycle}"), "agent");
        assert_eq!(agent.text("cycle"), cycle);
        assert_eq!(
            agent.reached(),
            ["gateway-8080", "gateway-8080-v6"],
            "agent {cycle}"
        );
        let tried = agent.probes();
        for label in OPEN_OUTSIDE.iter().chain(&[
            "gateway-9090",
            "gateway-9090-v6",
            "gateway-9091",
            "gateway-9091-v6",
        ]) {
            assert!(
                tried.contains_key(*label),
                "agent {cycle} did not try {label}"
            );
        }
        assert_eq!(agent.list("secrets"), [""; 0], "agent {cycle}");
        assert_eq!(
            agent.list("seen"),
            ["/run/pure-agent/pure-agent-runtime", "/workspace"]
        );
        assert_eq!(
            agent.list("writable"),
            ["/home/agent", "/tmp", "/workspace"]
        );
        let strange: Vec<_> = agent
            .list("env")
            .into_iter()
            .filter(|name| {
                !name.starts_with("KUBERNETES_")
                    && !["PATH", "HOSTNAME", "HOME", "GREETING", "NOTES"].contains(&name.as_str())
            })
            .collect();
        assert_eq!(
            strange, [""; 0],
            "agent {cycle} has variables that nobody declared"
        );
        let start = report(logs, &format!("agent-{cycle}"), "start");
        assert_eq!(start.text("cycle"), cycle);
        assert_eq!(
            start.reached(),
            agent.reached(),
            "the start gate of {cycle}"
        );
    }
}

fn trusted(logs: &BTreeMap<String, String>) {
    let gateway = report(logs, "gateway", "gateway");
    assert_eq!(
        gateway.reached(),
        [
            "dns-pod",
            "dns-pod-tcp",
            "dns-pod-tcp-v6",
            "dns-pod-v6",
            "dns-service",
            "dns-service-tcp",
            "world",
            "world-v6"
        ]
    );
    assert_eq!(
        gateway.list("secrets"),
        [
            "claude",
            "gatekeeper",
            "linear",
            "linear-session",
            "rates",
            "s3"
        ]
    );
    assert_eq!(gateway.list("writable"), ["/record"]);
    for cycle in ["0", "1", "2"] {
        let router = report(logs, &format!("router-{cycle}"), "router");
        assert_eq!(router.reached(), ["gateway-9090"], "router {cycle}");
        assert_eq!(router.list("secrets"), [""; 0]);
        assert_eq!(router.list("writable"), [""; 0]);
        let told = report(logs, &format!("router-{cycle}"), "told");
        let (phase, code) = if cycle == "1" {
            ("Failed", "3")
        } else {
            ("Succeeded", "0")
        };
        assert_eq!(
            (told.text("phase"), told.text("exit-code")),
            (phase, code),
            "router {cycle}"
        );
    }
    let pack = report(logs, "pack", "pack");
    assert_eq!(pack.reached(), [""; 0]);
    assert_eq!(pack.list("secrets"), [""; 0]);
    assert_eq!(pack.list("writable"), ["/outbox"]);
    assert_eq!(
        pack.list("seen"),
        ["/etc/pure-agent/contract.json", "/outbox", "/workspace"]
    );
    let export = report(logs, "export", "export");
    assert_eq!(export.reached(), ["gateway-9090", "gateway-9091"]);
    assert_eq!(export.list("secrets"), ["github", "linear-out"]);
    assert_eq!(export.list("writable"), [""; 0]);
    let told = report(logs, "export", "told");
    assert_eq!(
        (told.text("cycles"), told.text("packing"), told.text("log")),
        ("Succeeded", "Succeeded", "0 1 2 ")
    );
}

/// Every policy of the bundle is bound, and the API server has nothing to say against its expressions.
fn policies(place: &Place) {
    let mut count = 0;
    for yaml in place.of_kind("ValidatingAdmissionPolicy") {
        let policy = readers::rust(&yaml).unwrap_or_default();
        let name = policy["metadata"]["name"].as_str().unwrap_or_default();
        let policy = get(&format!("validatingadmissionpolicy {name}"));
        assert_eq!(
            policy["status"]["observedGeneration"],
            policy["metadata"]["generation"]
        );
        let binding = get(&format!("validatingadmissionpolicybinding {name}"));
        assert_eq!(binding["spec"]["policyName"], name);
        assert_eq!(binding["spec"]["validationActions"][0], "Deny");
        let warnings = &policy["status"]["typeChecking"]["expressionWarnings"];
        assert!(warnings.is_null(), "{name}: {warnings}");
        count += 1;
    }
    assert!(count >= 9, "{count} policies");
}

#[test]
fn a_run_goes_through_three_cycles_behind_closed_doors() {
    let Some(images) = ready() else { return };
    let place = Place::new("pure-agent-test-run", images);
    let run = workflow(&place, RUN, "eyJpc3N1ZSI6IkEtMSJ9");
    let _made = sure("create -f -", &run.to_string());
    let compared = unbound(&images.runtime);
    for label in OPEN_OUTSIDE {
        assert!(
            compared.reached().iter().any(|reached| reached == label),
            "a pod in {OUTSIDE} does not reach {label}, so nothing is shown: {:?}",
            compared.probes()
        );
    }
    let (phase, logs) = follow(&place);
    assert!(phase.starts_with("Succeeded"), "{phase}\n{logs:#?}");
    agents(&logs);
    trusted(&logs);
    policies(&place);
    wait("the cleanup", Duration::from_secs(900), || {
        let left = get(&format!(
            "pods,pvc -n {} -l pure-agent.dev/run={RUN}",
            place.namespace
        ));
        let claims = get(&format!("pvc -n {}", place.namespace));
        let none = |list: &Value| list["items"].as_array().is_some_and(Vec::is_empty);
        (none(&left) && none(&claims)).then_some(())
    });
}
