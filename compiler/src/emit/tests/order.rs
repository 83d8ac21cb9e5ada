//! Order, sameness, and what the digest depends on.

use super::*;
use crate::bundle;
use crate::yaml;

fn sealed(plan: &Plan) -> bundle::Bundle {
    bundle::seal(emit(plan).unwrap(), required_secrets(plan), Vec::new()).unwrap()
}

#[test]
fn the_order_is_fixed() {
    let kinds: Vec<_> = objects(&rich())
        .iter()
        .map(|o| o["kind"].as_str().unwrap().to_owned())
        .collect();
    let mut once = kinds;
    // Each policy is followed by its binding.
    once.retain(|kind| kind != "ValidatingAdmissionPolicyBinding");
    once.dedup();
    let expected = [
        "Namespace",
        "LimitRange",
        "ResourceQuota",
        "ConfigMap",
        "NetworkPolicy",
        "ValidatingAdmissionPolicy",
        "ServiceAccount",
        "Role",
        "RoleBinding",
        "NetworkPolicy",
        "ValidatingAdmissionPolicy",
        "ConfigMap",
        "WorkflowTemplate",
        "CronWorkflow",
        "WorkflowEventBinding",
    ];
    assert_eq!(once, expected);
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    for (_, plan) in plans() {
        let text = |bundle: &bundle::Bundle| -> String {
            bundle
                .objects
                .iter()
                .map(|one| yaml::document(&one.object.value))
                .collect()
        };
        assert_eq!(text(&sealed(&plan)), text(&sealed(&plan)));
    }
}

/// A second spec of a target leaves the target's objects as they are.
#[test]
fn platform_objects_do_not_depend_on_the_spec() {
    let mut other = rich();
    other.name = "other".to_owned();
    other.owner = None;
    other.limits.depth = 1;
    assert_eq!(
        sealed(&rich()).platform_digest,
        sealed(&other).platform_digest
    );
    assert_ne!(sealed(&rich()).digest, sealed(&other).digest);
}

#[test]
fn the_bundle_digest_stands_in_every_pod_and_no_placeholder_is_left() {
    let plan = rich();
    let bundle = sealed(&plan);
    for one in &bundle.objects {
        assert!(!bundle::mentions_placeholder(&yaml::document(
            &one.object.value
        )));
        for (name, manifest) in &one.object.manifests {
            let manifest = json(manifest);
            assert_eq!(
                manifest["metadata"]["annotations"]["pure-agent.dev/bundle"],
                *bundle.digest
            );
            for container in containers(&manifest) {
                let command: Vec<_> = list(&container["command"])
                    .iter()
                    .map(|c| c.as_str().unwrap())
                    .collect();
                let ours = command.first() == Some(&"/pure-agent-runtime");
                assert_eq!(ours, command.contains(&bundle.digest.as_str()), "{name}");
            }
        }
    }
}

/// The program's version is in labels that no digest counts, and never in a pod.
#[test]
fn pods_do_not_name_the_programs_version() {
    for (name, pod) in pods_of(&rich()) {
        assert!(
            pod["metadata"]["labels"]
                .get("app.kubernetes.io/version")
                .is_none(),
            "{name}"
        );
    }
    for object in objects(&rich()) {
        for label in ["name", "part-of", "managed-by", "version"] {
            let label = format!("app.kubernetes.io/{label}");
            assert!(object["metadata"]["labels"][&label].is_string(), "{object}");
        }
    }
}

#[test]
fn the_contract_is_named_by_its_digest_and_reads_back() {
    for (_, plan) in plans() {
        let map = of_kind(&plan, "ConfigMap").pop().unwrap();
        assert_eq!(map["immutable"], true);
        let text = map["data"]["contract.json"].as_str().unwrap();
        let digest = json::sha256_hex_bytes(text.as_bytes());
        let name = format!("{}-contract-{}", plan.name, &digest[..10]);
        assert_eq!(map["metadata"]["name"], name);
        let back: pure_agent_runtime::contract::Contract = serde_json::from_str(text).unwrap();
        assert_eq!(back, contract::contract(&plan));
        for (_, pod) in pods_of(&plan) {
            for container in containers(&pod) {
                let command = container["command"].to_string();
                assert_eq!(command.contains("--digest"), command.contains(&digest));
            }
        }
    }
}

#[test]
fn the_gate_tries_what_must_be_closed() {
    let closed = contract::contract(&rich()).network.closed;
    let expected = [
        "10.0.12.34:443",
        "169.254.169.254:80",
        "[fd00::34]:443",
        "gateway.pure-agent:9090",
        "gateway.pure-agent:9091",
    ];
    assert_eq!(closed, expected);
}

/// A spec may be called like one of the target's own policies.
#[test]
fn policy_names_do_not_collide() {
    let mut plan = rich();
    let first = names::spec_policy(&plan);
    plan.name = "pods".to_owned();
    assert_ne!(
        names::spec_policy(&plan),
        names::platform_policy(&plan, "pods")
    );
    assert_ne!(names::spec_policy(&plan), first);
}
