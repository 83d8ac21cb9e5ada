//! Pods: hardening, secrets, and what tells roles apart.

use super::*;
use serde_json::json;

#[test]
fn every_pod_is_hardened() {
    for (plan_name, plan) in plans() {
        for (name, pod) in pods_of(&plan) {
            let at = format!("{plan_name}/{name}");
            let spec = &pod["spec"];
            assert_eq!(spec["automountServiceAccountToken"], false, "{at}");
            assert_eq!(spec["enableServiceLinks"], false, "{at}");
            assert!(spec["activeDeadlineSeconds"].as_u64().unwrap() > 0, "{at}");
            let security = &spec["securityContext"];
            assert_eq!(security["runAsNonRoot"], true, "{at}");
            assert_eq!(
                security["seccompProfile"],
                json!({"type": "RuntimeDefault"}),
                "{at}"
            );
            for number in ["runAsUser", "runAsGroup", "fsGroup"] {
                assert!(
                    security[number].as_u64().unwrap() >= 10_000,
                    "{at} {number}"
                );
            }
            for container in containers(&pod) {
                hardened(container, &at);
            }
        }
    }
}

fn hardened(container: &Json, at: &str) {
    let security = &container["securityContext"];
    assert_eq!(security["allowPrivilegeEscalation"], false, "{at}");
    assert_eq!(security["readOnlyRootFilesystem"], true, "{at}");
    assert_eq!(security["capabilities"], json!({"drop": ["ALL"]}), "{at}");
    assert!(security.get("privileged").is_none(), "{at}");
    let image = container["image"].as_str().unwrap();
    assert!(image.contains("@sha256:"), "{at} {image}");
    assert!(!list(&container["command"]).is_empty(), "{at}");
    let resources = &container["resources"];
    // Memory and storage cannot be lent: who may take them is promised them.
    for amount in ["memory", "ephemeral-storage"] {
        let (promised, most) = (&resources["requests"][amount], &resources["limits"][amount]);
        assert_eq!(promised, most, "{at} {amount}");
    }
    let ours = image.contains("runtime");
    let cpu = &resources["requests"]["cpu"];
    assert!(*cpu == resources["limits"]["cpu"] || ours, "{at} {cpu}");
    assert!(*cpu == "100m" || !ours, "{at} {cpu}");
    for amount in ["cpu", "memory", "ephemeral-storage"] {
        assert!(resources["limits"][amount].is_string(), "{at} {amount}");
    }
    for port in list(&container["ports"]) {
        assert!(port["containerPort"].as_u64().unwrap() >= 1024, "{at}");
        assert!(port.get("hostPort").is_none(), "{at}");
    }
}

/// The fields are a closed list: what is not here (host namespaces, `args`, `envFrom`, hooks, `tty`, …)
/// is in no pod.
#[test]
fn pods_have_no_other_fields() {
    let pod_fields = [
        "activeDeadlineSeconds",
        "automountServiceAccountToken",
        "containers",
        "dnsConfig",
        "dnsPolicy",
        "enableServiceLinks",
        "hostAliases",
        "initContainers",
        "nodeSelector",
        "restartPolicy",
        "runtimeClassName",
        "securityContext",
        "serviceAccountName",
        "terminationGracePeriodSeconds",
        "tolerations",
        "volumes",
    ];
    let fields = [
        "command",
        "env",
        "image",
        "imagePullPolicy",
        "name",
        "ports",
        "readinessProbe",
        "resources",
        "securityContext",
        "volumeMounts",
    ];
    let sources = [
        "name",
        "emptyDir",
        "persistentVolumeClaim",
        "secret",
        "configMap",
    ];
    for (name, pod) in plans().iter().flat_map(|(_, plan)| pods_of(plan)) {
        let keys = |value: &Json| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert!(
            keys(&pod["spec"])
                .iter()
                .all(|k| pod_fields.contains(&k.as_str())),
            "{name}"
        );
        for container in containers(&pod) {
            assert!(
                keys(container).iter().all(|k| fields.contains(&k.as_str())),
                "{name}"
            );
            for variable in list(&container["env"]) {
                assert_eq!(keys(variable), ["name", "value"], "{name}");
            }
        }
        for volume in list(&pod["spec"]["volumes"]) {
            assert!(
                keys(volume).iter().all(|k| sources.contains(&k.as_str())),
                "{name}"
            );
        }
    }
}

/// T12: no pod has both a secret and the workspace.
#[test]
fn no_pod_has_both_a_secret_and_the_workspace() {
    for (name, pod) in plans().iter().flat_map(|(_, plan)| pods_of(plan)) {
        let volumes = list(&pod["spec"]["volumes"]);
        let secret = volumes.iter().any(|volume| volume.get("secret").is_some());
        let mounts: Vec<_> = containers(&pod)
            .iter()
            .flat_map(|c| list(&c["volumeMounts"]).to_vec())
            .collect();
        let workspace = mounts.iter().any(|mount| mount["subPath"] == "workspace");
        assert!(!(secret && workspace), "{name}");
        // The claim is never mounted as a whole, so a subPath is all that a role sees.
        for mount in mounts.iter().filter(|mount| mount["name"] == "run") {
            assert!(
                ["workspace", "outbox"].contains(&mount["subPath"].as_str().unwrap()),
                "{name}"
            );
        }
    }
}

#[test]
fn secrets_are_files_of_gateway_and_export_alone() {
    let expected = [
        (
            "gateway",
            vec!["agent-secrets", "gatekeeper", "log-store", "pure-agent-key"],
        ),
        ("router", vec!["pure-agent-key"]),
        ("export", vec!["export-handler-secrets", "pure-agent-key"]),
    ];
    for (name, pod) in pods_of(&rich()) {
        let volumes = list(&pod["spec"]["volumes"]);
        let mut found: Vec<_> = volumes
            .iter()
            .filter_map(|v| v["secret"]["secretName"].as_str())
            .collect();
        found.sort_unstable();
        let wanted = expected.iter().find(|(role, _)| *role == name);
        assert_eq!(
            found,
            wanted.map(|(_, list)| list.clone()).unwrap_or_default(),
            "{name}"
        );
        for volume in volumes.iter().filter(|v| v.get("secret").is_some()) {
            assert_eq!(volume["secret"]["defaultMode"], 0o440, "{name}");
            // Without items every key of the Secret would be there.
            assert!(!list(&volume["secret"]["items"]).is_empty(), "{name}");
        }
    }
}

#[test]
fn each_secret_is_one_file_from_the_key_that_it_names() {
    let plan = rich();
    for secret in &plan.secrets {
        let role = names::holder(secret.used_for).to_string();
        let (_, pod) = pods_of(&plan)
            .into_iter()
            .find(|(name, _)| *name == role)
            .unwrap();
        let mounts = list(&pod["spec"]["containers"][0]["volumeMounts"]).to_vec();
        let path = paths::secret(&secret.name);
        let mount = mounts
            .iter()
            .find(|mount| mount["mountPath"] == *path)
            .unwrap();
        assert_eq!(mount["readOnly"], true);
        let volumes = list(&pod["spec"]["volumes"]).to_vec();
        let volume = volumes
            .iter()
            .find(|volume| volume["name"] == mount["name"])
            .unwrap();
        assert_eq!(volume["secret"]["secretName"], *secret.object);
        let items = list(&volume["secret"]["items"]);
        let item = items
            .iter()
            .find(|item| item["path"] == mount["subPath"])
            .unwrap();
        assert_eq!(item["key"], *secret.key);
        assert!(
            contract::contract(&plan)
                .secrets
                .iter()
                .any(|f| f.path == path)
        );
    }
}

#[test]
fn the_agent_knows_neither_uid_nor_contract() {
    for (name, plan) in plans() {
        let pods = pods_of(&plan);
        let of = |agent: &crate::plan::AgentPlan| {
            let own = format!("agent-{}", agent.contract.name);
            let is = |template: &str| template == own || template == "agent";
            let found = pods.iter().find(|(template, _)| is(template));
            found.unwrap().1["spec"]["containers"][0].clone()
        };
        assert!(!plan.agents.is_empty(), "{name}");
        for agent in &plan.agents {
            knows_little(&of(agent), agent);
        }
    }
}

fn knows_little(main: &Json, agent: &crate::plan::AgentPlan) {
    let text = main.to_string();
    assert!(
        !text.contains("workflow.uid") && !text.contains("workflow.name"),
        "{text}"
    );
    let mounts: Vec<_> = list(&main["volumeMounts"])
        .iter()
        .map(|m| m["name"].as_str().unwrap())
        .collect();
    assert_eq!(mounts, ["home", "start", "tmp", "run"]);
    let start = list(&main["volumeMounts"])
        .iter()
        .find(|m| m["name"] == "start")
        .unwrap();
    assert_eq!(start["readOnly"], true);
    let declared = &agent.contract.env;
    let found: Vec<_> = list(&main["env"])
        .iter()
        .map(|e| e["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, declared.keys().cloned().collect::<Vec<_>>());
}

/// `$(HOME)` and `$$` are something else when a kubelet has expanded them, and two do: that of the
/// launcher, whose environment holds the manifest, and that of the pod.
#[test]
fn what_the_spec_says_reaches_the_container_unchanged() {
    let plan = rich();
    let pods = pods_of(&plan);
    let find = |wanted: &str| &pods.iter().find(|(name, _)| name == wanted).unwrap().1;
    let agent = &find("agent")["spec"]["containers"][0];
    for variable in list(&agent["env"]) {
        let name = variable["name"].as_str().unwrap();
        let value = expand(&expand(variable["value"].as_str().unwrap()));
        assert_eq!(value, plan.agents[0].contract.env[name]);
    }
    let server = &find("server-search")["spec"]["containers"][0];
    let command: Vec<_> = list(&server["command"])
        .iter()
        .map(|part| expand(&expand(part.as_str().unwrap())))
        .collect();
    assert_eq!(command, plan.servers[1].pod.as_ref().unwrap().command);
}

/// Admission compares pods as they arrive, which is after the launcher's kubelet.
#[test]
fn what_the_launcher_applies_is_the_pod_that_admission_expects() {
    let plan = rich();
    let typed = pods::pods(&plan, &contract::seal(&plan).unwrap());
    for ((name, carried), pod) in pods_of(&plan).into_iter().zip(typed) {
        let arrived: Json = serde_json::from_str(&expand(&carried.to_string())).unwrap();
        assert_eq!(arrived, json(&to_value(&pod.pod).unwrap()), "{name}");
    }
}

/// As the kubelet expands text, with every variable set to `EXPANDED`.
fn expand(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = match (after.strip_prefix('$'), after.strip_prefix('(')) {
            (Some(after), _) => {
                out.push('$');
                after
            }
            (None, Some(name)) if name.contains(')') => {
                out.push_str("EXPANDED");
                name.split_once(')').unwrap().1
            }
            _ => {
                out.push('$');
                after
            }
        };
    }
    out + rest
}

#[test]
fn dns_is_the_gateways_alone() {
    for (name, pod) in plans().iter().flat_map(|(_, plan)| pods_of(plan)) {
        let spec = &pod["spec"];
        if name == "gateway" {
            assert_eq!(spec["dnsPolicy"], "ClusterFirst");
        } else {
            assert_eq!(spec["dnsPolicy"], "None", "{name}");
            assert_eq!(
                spec["dnsConfig"],
                json!({"nameservers": ["127.0.0.1"]}),
                "{name}"
            );
        }
    }
}

#[test]
fn pack_has_no_way_out_and_sees_the_workspace_read_only() {
    let (_, pod) = pods_of(&rich())
        .into_iter()
        .find(|(name, _)| name == "pack")
        .unwrap();
    assert!(pod["spec"].get("hostAliases").is_none());
    let mounts = list(&pod["spec"]["containers"][0]["volumeMounts"]).to_vec();
    let workspace = mounts
        .iter()
        .find(|m| m["mountPath"] == "/workspace")
        .unwrap();
    assert_eq!(workspace["readOnly"], true);
}
