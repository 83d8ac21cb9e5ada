//! Accounts, rights, network policies and bounds.

use super::*;
use serde_json::json;

/// T13, A1: no Role names secrets, and nothing is granted beyond what launchers do.
#[test]
fn rights_are_two_rules_and_none_names_secrets() {
    for (_, plan) in plans() {
        let roles: Vec<_> = objects(&plan)
            .into_iter()
            .filter(|o| o["kind"].as_str().unwrap().ends_with("Role"))
            .collect();
        assert_eq!(roles.len(), 1);
        let rules = json!([
            {
                "apiGroups": ["argoproj.io"],
                "resources": ["workflowtaskresults"],
                "verbs": ["create", "patch"]
            },
            {
                "apiGroups": [""],
                "resources": ["pods"],
                "verbs": ["create", "delete", "get", "list", "patch"]
            }
        ]);
        assert_eq!(roles[0]["rules"], rules);
        let bindings = of_kind(&plan, "RoleBinding");
        assert_eq!(bindings.len(), 1);
        let subjects = list(&bindings[0]["subjects"]);
        assert_eq!(subjects.len(), 1);
        assert_eq!(subjects[0]["name"], format!("{}-launcher", plan.name));
    }
}

#[test]
fn a_token_is_the_launchers_alone() {
    for (_, plan) in plans() {
        for account in of_kind(&plan, "ServiceAccount") {
            let launcher = account["metadata"]["name"]
                .as_str()
                .unwrap()
                .ends_with("-launcher");
            assert_eq!(account["automountServiceAccountToken"], launcher);
        }
        let accounts = of_kind(&plan, "ServiceAccount").len();
        assert_eq!(accounts, names::roles(&plan).len());
    }
}

fn policies(plan: &Plan) -> Vec<Json> {
    let mut all = of_kind(plan, "NetworkPolicy");
    all.retain(|policy| policy["metadata"]["name"] != "default-deny");
    all
}

/// T14, B6: every selector of pods of ours names spec and role and asks for a run.
#[test]
fn selectors_name_spec_and_role_and_ask_for_a_run() {
    for (_, plan) in plans() {
        for policy in policies(&plan) {
            let spec = &policy["spec"];
            let peers = list(&spec["ingress"])
                .iter()
                .flat_map(|rule| list(&rule["from"]))
                .chain(
                    list(&spec["egress"])
                        .iter()
                        .flat_map(|rule| list(&rule["to"])),
                );
            let peers: Vec<_> = peers
                .filter(|peer| peer.get("namespaceSelector").is_none())
                .filter_map(|peer| peer.get("podSelector"))
                .collect();
            for selector in peers.into_iter().chain([&spec["podSelector"]]) {
                assert_eq!(selector["matchLabels"]["pure-agent.dev/spec"], *plan.name);
                assert!(selector["matchLabels"]["pure-agent.dev/role"].is_string());
                let run = json!([{"key": "pure-agent.dev/run", "operator": "Exists"}]);
                assert_eq!(selector["matchExpressions"], run);
            }
            assert_eq!(spec["policyTypes"], json!(["Ingress", "Egress"]));
            // A rule without peers or ports would open everything.
            for rule in list(&spec["ingress"]).iter().chain(list(&spec["egress"])) {
                let peers = list(&rule["to"]).len() + list(&rule["from"]).len();
                assert!(peers > 0 && !list(&rule["ports"]).is_empty(), "{policy}");
            }
        }
    }
}

#[test]
fn each_pod_is_selected_by_its_roles_policy_alone() {
    for (_, plan) in plans() {
        let launcher = of_kind(&plan, "WorkflowTemplate").remove(0)["spec"]["podMetadata"].clone();
        let mut pods: Vec<_> = pods_of(&plan)
            .into_iter()
            .map(|(name, pod)| (name, pod["metadata"].clone()))
            .collect();
        pods.push(("launcher".to_owned(), launcher));
        for (name, metadata) in pods {
            let labels = metadata["labels"].as_object().unwrap();
            assert!(labels.contains_key("pure-agent.dev/run"));
            let selecting: Vec<_> = policies(&plan)
                .into_iter()
                .filter(|policy| {
                    let wanted = policy["spec"]["podSelector"]["matchLabels"].clone();
                    wanted
                        .as_object()
                        .unwrap()
                        .iter()
                        .all(|(k, v)| labels.get(k) == Some(v))
                })
                .collect();
            assert_eq!(selecting.len(), 1, "{name}");
            let role = labels["pure-agent.dev/role"].as_str().unwrap();
            assert_eq!(
                selecting[0]["metadata"]["name"],
                format!("{}-{role}", plan.name)
            );
        }
    }
}

fn policy(plan: &Plan, role: &str) -> Json {
    let name = format!("{}-{role}", plan.name);
    policies(plan)
        .into_iter()
        .find(|policy| policy["metadata"]["name"] == *name)
        .unwrap()
}

/// Who may send to whom on which TCP ports, as the policies together have it.
#[test]
fn the_edges_are_exactly_those_of_the_design() {
    let plan = rich();
    let ports = |rule: &Json| -> Vec<u64> {
        list(&rule["ports"])
            .iter()
            .map(|port| port["port"].as_u64().unwrap())
            .collect()
    };
    let role = |peer: &Json| {
        peer["podSelector"]["matchLabels"]["pure-agent.dev/role"]
            .as_str()
            .map(str::to_owned)
    };
    let mut sends = Vec::new();
    let mut takes = Vec::new();
    for one in [
        "launcher", "gateway", "agent", "router", "pack", "export", "server",
    ] {
        let spec = policy(&plan, one)["spec"].clone();
        for rule in list(&spec["egress"]) {
            for peer in list(&rule["to"]).iter().filter_map(role) {
                sends.extend(
                    ports(rule)
                        .into_iter()
                        .map(|p| (one.to_owned(), peer.clone(), p)),
                );
            }
        }
        for rule in list(&spec["ingress"]) {
            for peer in list(&rule["from"]).iter().filter_map(role) {
                takes.extend(
                    ports(rule)
                        .into_iter()
                        .map(|p| (peer.clone(), one.to_owned(), p)),
                );
            }
        }
    }
    sends.sort();
    takes.sort();
    assert_eq!(sends, takes, "an edge is open on one side only");
    let expected = [
        ("agent", "gateway", 8080),
        ("export", "gateway", 9090),
        ("export", "gateway", 9091),
        ("gateway", "server", 8000),
        ("router", "gateway", 9090),
    ];
    let expected: Vec<_> = expected
        .map(|(from, to, port)| (from.to_owned(), to.to_owned(), port))
        .to_vec();
    assert_eq!(sends, expected);
}

#[test]
fn only_gateway_and_launcher_reach_beyond_the_run() {
    for (_, plan) in plans() {
        for role in names::roles(&plan) {
            let spec = policy(&plan, role.as_str())["spec"].clone();
            let beyond = list(&spec["egress"])
                .iter()
                .flat_map(|rule| list(&rule["to"]))
                .any(|p| p.get("ipBlock").is_some() || p.get("namespaceSelector").is_some());
            let may = matches!(role, names::Role::Gateway | names::Role::Launcher);
            assert_eq!(beyond, may, "{role}");
        }
    }
}

/// B1, B9: whatever is not the public internet is excepted, in both families.
#[test]
fn the_gateway_reaches_no_private_address() {
    let plan = rich();
    let spec = policy(&plan, "gateway")["spec"].clone();
    let blocks: Vec<_> = list(&spec["egress"])
        .iter()
        .flat_map(|rule| list(&rule["to"]))
        .filter_map(|peer| peer.get("ipBlock").cloned())
        .collect();
    let open = |address: &str| {
        let address: std::net::IpAddr = address.parse().unwrap();
        let within = |block: &Json| {
            block
                .as_str()
                .unwrap()
                .parse::<cidr::IpCidr>()
                .unwrap()
                .contains(&address)
        };
        blocks
            .iter()
            .any(|block| within(&block["cidr"]) && !list(&block["except"]).iter().any(within))
    };
    for address in ["1.1.1.1", "140.82.112.3", "2606:4700::1", "2a00:1450::1"] {
        assert!(open(address), "{address}");
    }
    // The target names this one.
    assert!(open("10.9.1.1"));
    let closed = [
        "10.0.12.34",
        "10.8.255.255",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "fd00:ec2::254",
        "fc00::1",
        "ff02::1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:0:a00:1::",
    ];
    for address in closed {
        assert!(!open(address), "{address}");
    }
}

#[test]
fn public_ports_are_those_of_the_plan() {
    let ports = |plan: &Plan| -> Vec<u64> {
        let spec = policy(plan, "gateway")["spec"].clone();
        let rules = list(&spec["egress"]).to_vec();
        let public = rules
            .iter()
            .find(|rule| rule["to"][0]["ipBlock"]["cidr"] == "0.0.0.0/0")
            .cloned();
        let public = public.unwrap_or_default();
        list(&public["ports"])
            .iter()
            .map(|port| port["port"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(ports(&rich()), [443, 8443]);
    assert_eq!(ports(&minimal()), [11434]);
    let mut silent = minimal();
    silent.upstreams.clear();
    assert!(ports(&silent).is_empty());
}

#[test]
fn the_namespace_is_restricted_and_closed() {
    let plan = rich();
    let namespace = of_kind(&plan, "Namespace").remove(0);
    for mode in ["enforce", "audit", "warn"] {
        let label = format!("pod-security.kubernetes.io/{mode}");
        assert_eq!(namespace["metadata"]["labels"][&label], "restricted");
    }
    let deny = of_kind(&plan, "NetworkPolicy").remove(0);
    assert_eq!(
        deny["spec"],
        json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
    );
    assert_eq!(of_kind(&plan, "ResourceQuota").len(), 1);
    assert_eq!(of_kind(&minimal(), "ResourceQuota").len(), 0);
}

#[test]
fn no_secret_is_emitted_and_each_is_required() {
    for (_, plan) in plans() {
        assert!(of_kind(&plan, "Secret").is_empty());
        let required = required_secrets(&plan);
        assert_eq!(required.len(), plan.secrets.len() + 1);
        assert!(
            required
                .iter()
                .any(|s| s.name == format!("{}-key", plan.name) && s.key == "key")
        );
    }
}
