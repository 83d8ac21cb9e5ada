//! Each check finds what was planted for it, in a scene that is otherwise clean.

use super::*;
use pure_agent::value::to_value;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const ROLE: &str = "pure-agent.dev/role";

fn image() -> String {
    format!("packages.example.com/a@sha256:{}", "0a".repeat(32))
}

fn pod(role: &str) -> Json {
    let launcher = role == "launcher";
    let security = json!({
        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
        "capabilities": { "drop": ["ALL"] }
    });
    let amounts = json!({ "cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi" });
    let id = if launcher { 8_737 } else { 10_001 };
    let container = json!({
        "name": "main", "image": image(), "imagePullPolicy": "IfNotPresent",
        "securityContext": security, "resources": { "limits": amounts, "requests": amounts },
        "env": [{ "name": "A", "value": "1" }],
        "ports": [{ "containerPort": 8080 }],
        "readinessProbe": { "tcpSocket": { "port": 8080 } },
        "volumeMounts": [{ "name": "contract", "mountPath": "/c" }, { "name": "tmp", "mountPath": "/tmp" }]
    });
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": role, "namespace": "agents", "labels": { ROLE: role } },
        "spec": {
            "activeDeadlineSeconds": 60, "serviceAccountName": role, "restartPolicy": "Never",
            "automountServiceAccountToken": false, "hostAliases": [{ "ip": "192.0.2.1" }],
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": id, "runAsGroup": 10_001, "fsGroup": 10_001,
                "seccompProfile": { "type": "RuntimeDefault" }
            },
            "containers": [container],
            "volumes": [
                { "name": "contract", "configMap": {
                    "name": "contract", "items": [{ "key": "contract.json", "path": "x" }] } },
                { "name": "secret", "secret": {
                    "secretName": "tokens", "items": [{ "key": "token", "path": "x" }] } },
                { "name": "tmp", "emptyDir": { "sizeLimit": "1Mi" } }
            ]
        }
    });
    if launcher {
        pod["spec"]
            .as_object_mut()
            .unwrap()
            .remove("automountServiceAccountToken");
        pod["spec"]["containers"][0]
            .as_object_mut()
            .unwrap()
            .remove("imagePullPolicy");
        pod["spec"]["containers"][0]
            .as_object_mut()
            .unwrap()
            .remove("resources");
        pod["spec"]["volumes"][2]["emptyDir"] = json!({});
    }
    pod
}

fn object(api: &str, kind: &str, name: &str, rest: Json) -> Json {
    let mut object = json!({
        "apiVersion": api, "kind": kind, "metadata": { "name": name, "namespace": "agents" }
    });
    object
        .as_object_mut()
        .unwrap()
        .extend(rest.as_object().unwrap().clone());
    object
}

fn policy(role: &str, ingress: Json, egress: Json) -> Json {
    object(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        role,
        json!({ "spec": {
        "podSelector": { "matchLabels": { ROLE: role } }, "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress, "egress": egress
    } }),
    )
}

fn peer(role: &str) -> Json {
    json!({ "podSelector": { "matchLabels": { ROLE: role } } })
}

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// `/pods/0` agent, 1 gateway, 2 launcher; `/objects/…` in this order.
fn clean() -> Json {
    let account = |name: &str| {
        let token = if name == "launcher" {
            json!({})
        } else {
            json!({ "automountServiceAccountToken": false })
        };
        object("v1", "ServiceAccount", name, token)
    };
    let dns = json!({
        "to": [{
            "namespaceSelector": { "matchLabels": { "a": "b" } },
            "podSelector": { "matchLabels": { "k8s-app": "kube-dns" } }
        }],
        "ports": [{ "port": 53, "protocol": "UDP" }, { "port": 53, "protocol": "TCP" }]
    });
    let except: Vec<_> = [
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/4",
    ]
    .into();
    let outside = json!({
        "to": [
            { "ipBlock": { "cidr": "0.0.0.0/0", "except": except } },
            { "ipBlock": { "cidr": "::/0", "except": ["fc00::/7", "fe80::/10", "ff00::/8"] } }
        ],
        "ports": [{ "port": 443, "protocol": "TCP" }]
    });
    let api = json!({
        "to": [{ "ipBlock": { "cidr": "192.0.2.1/32" } }], "ports": [{ "port": 6443, "protocol": "TCP" }]
    });
    let to_gateway =
        json!({ "to": [peer("gateway")], "ports": [{ "port": 8080, "protocol": "TCP" }] });
    let from_agent =
        json!({ "from": [peer("agent")], "ports": [{ "port": 8080, "protocol": "TCP" }] });
    json!({
        "pods": [pod("agent"), pod("gateway"), pod("launcher")],
        "objects": [
            account("agent"),
            account("gateway"),
            account("launcher"),
            object(RBAC, "Role", "launcher", json!({ "rules": [
                { "apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"],
                  "verbs": ["create", "patch"] },
                { "apiGroups": [""], "resources": ["pods"],
                  "verbs": ["get", "list", "create", "patch", "delete"] }
            ] })),
            object(RBAC, "RoleBinding", "launcher", json!({
                "roleRef": { "kind": "Role", "name": "launcher" },
                "subjects": [{ "kind": "ServiceAccount", "name": "launcher" }]
            })),
            object("networking.k8s.io/v1", "NetworkPolicy", "default-deny", json!({
                "spec": { "podSelector": {}, "policyTypes": ["Ingress", "Egress"] }
            })),
            policy("agent", json!([]), json!([to_gateway])),
            policy("gateway", json!([from_agent]), json!([dns, outside])),
            policy("launcher", json!([]), json!([api])),
            object("v1", "ConfigMap", "contract", json!({ "data": { "contract.json": "{}" } })),
            object("argoproj.io/v1alpha1", "WorkflowTemplate", "a", json!({ "spec": {
                "activeDeadlineSeconds": 60, "podGC": {}, "ttlStrategy": {}, "entrypoint": "main",
                "templates": []
            } })),
        ]
    })
}

fn scene(json: &Json) -> Scene {
    let list = |key: &str| {
        json[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| to_value(v).unwrap())
            .collect()
    };
    Scene {
        pods: list("pods"),
        objects: list("objects"),
        secrets: vec![("tokens".to_owned(), "token".to_owned())],
        config_maps: Vec::new(),
    }
}

/// Sets what a JSON pointer names; the last part may be new, `-` appends.
fn set(json: &mut Json, pointer: &str, value: Json) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match json
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("{parent}"))
    {
        Json::Array(list) if key == "-" => list.push(value),
        Json::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        Json::Object(map) => drop(map.insert(key.to_owned(), value)),
        _ => panic!("{pointer}"),
    }
}

fn at(place: &str, value: Json) -> (String, Json) {
    let place = place
        .replace("POD", "/pods/0/spec")
        .replace("BOX", "/pods/0/spec/containers/0")
        .replace("SC", "securityContext")
        .replace("ROLE", "/objects/3/rules")
        .replace("AGENT-POLICY", "/objects/6/spec")
        .replace("GATEWAY-POLICY", "/objects/7/spec");
    (place, value)
}

/// What is planted for each check; several for one that has several sides.
#[rustfmt::skip]
fn planted() -> BTreeMap<u8, Vec<(String, Json)>> {
    let init = || pod("agent")["spec"]["containers"][0].clone();
    let hostile = |key: &str, value: Json| { let mut c = init(); c[key] = value; json!([c]) };
    let right = |group: &str, resource: &str, verb: &str| {
        json!({ "apiGroups": [group], "resources": [resource], "verbs": [verb] })
    };
    let bare = |api: &str, kind: &str| object(api, kind, "x", json!({}));
    let open = |to: Json, ports: Json| json!({ "to": to, "ports": ports });
    let tcp = || json!([{ "port": 443, "protocol": "TCP" }]);
    BTreeMap::from([
        (1, vec![at("BOX/SC/privileged", json!(true)), at("POD/initContainers", hostile("securityContext", json!({ "privileged": true })))]),
        (2, vec![at("BOX/SC/allowPrivilegeEscalation", json!(true)), at("BOX/SC", json!({}))]),
        (3, vec![at("BOX/SC/capabilities", json!({ "drop": ["NET_RAW"] })), at("POD/initContainers", hostile("securityContext", json!({})))]),
        (4, vec![at("BOX/SC/capabilities/add", json!(["NET_BIND_SERVICE"]))]),
        (5, vec![at("POD/SC/runAsNonRoot", json!(false)), at("BOX/SC/runAsNonRoot", json!(false))]),
        (6, vec![at("POD/SC/runAsUser", json!(0)), at("BOX/SC/runAsUser", json!(0)), at("POD/SC/runAsUser", json!(null))]),
        (7, vec![at("POD/SC/runAsUser", json!(1000)), at("BOX/SC/runAsUser", json!(9999))]),
        (8, vec![at("POD/SC/runAsGroup", json!(0)), at("POD/SC/fsGroup", json!(0)), at("POD/SC/supplementalGroups", json!([0]))]),
        (9, vec![at("POD/SC/seccompProfile", json!({ "type": "Unconfined" })), at("BOX/SC/seccompProfile", json!({ "type": "Unconfined" }))]),
        (10, vec![at("POD/SC/appArmorProfile", json!({ "type": "Unconfined" }))]),
        (11, vec![at("BOX/SC/readOnlyRootFilesystem", json!(false))]),
        (12, vec![at("POD/hostNetwork", json!(true))]),
        (13, vec![at("POD/hostPID", json!(true))]),
        (14, vec![at("POD/hostIPC", json!(true))]),
        (15, vec![at("BOX/ports/0/hostPort", json!(8080))]),
        (16, vec![at("POD/volumes/-", json!({ "name": "x", "hostPath": { "path": "/" } }))]),
        (17, vec![at("POD/volumes/-", json!({ "name": "x", "hostPath": { "path": "/run/containerd/containerd.sock" } })), at("BOX/volumeMounts/-", json!({ "name": "tmp", "mountPath": "/var/run/docker.sock" }))]),
        (18, vec![at("POD/volumes/-", json!({ "name": "x", "nfs": {} })), at("POD/volumes/-", json!({ "name": "x", "projected": { "sources": [{ "serviceAccountToken": {} }] } }))]),
        (19, vec![at("BOX/SC/procMount", json!("Unmasked"))]),
        (20, vec![at("POD/SC/sysctls", json!([{ "name": "kernel.msgmax", "value": "1" }]))]),
        (21, vec![at("POD/SC/seLinuxOptions", json!({ "type": "spc_t" })), at("BOX/SC/seLinuxOptions", json!({}))]),
        (22, vec![at("POD/SC/windowsOptions", json!({ "hostProcess": true }))]),
        (23, vec![at("BOX/readinessProbe/tcpSocket/host", json!("169.254.169.254")), at("BOX/lifecycle", json!({ "postStart": { "httpGet": { "host": "x" } } }))]),
        (24, vec![at("POD/hostAliases", json!([{ "ip": "1.2.3.4" }]))]),
        (25, vec![at("POD/hostUsers", json!(true))]),
        (26, vec![at("BOX/ports/-", json!({ "containerPort": 22 }))]),
        (27, vec![at("POD/initContainers", json!([init(), init(), init(), init()])), at("POD/containers", json!([]))]),
        (28, vec![at("BOX/tty", json!(true)), at("BOX/stdin", json!(true))]),
        (29, vec![at("POD/serviceAccountName", json!("default")), at("POD/serviceAccountName", json!(null))]),
        (30, vec![at("POD/serviceAccountName", json!("ghost"))]),
        (31, vec![at("POD/automountServiceAccountToken", json!(true)), at("/objects/0/automountServiceAccountToken", json!(true))]),
        (32, vec![at("/objects/10/spec/automountServiceAccountToken", json!(false))]),
        (33, vec![at("ROLE/-", right("", "configmaps", "get")), at("ROLE/-", right("", "pods", "update")), at("ROLE/-", right("argoproj.io", "workflowtaskresults", "list"))]),
        (34, vec![at("/objects/-", bare("v1", "Secret"))]),
        (35, vec![at("ROLE/-", right("", "pods", "*")), at("ROLE/-", right("*", "pods", "get")), at("ROLE/-", right("", "*", "get"))]),
        (36, vec![at("ROLE/-", right("", "secrets", "list"))]),
        (37, vec![at("ROLE/-", right("", "pods", "create"))]),
        (38, vec![at("ROLE/-", right("", "pods/exec", "create")), at("ROLE/-", right("", "nodes/proxy", "get")), at("ROLE/-", right("", "pods/ephemeralcontainers", "patch"))]),
        (39, vec![at("ROLE/-", right("", "users", "impersonate")), at("ROLE/-", right("rbac.authorization.k8s.io", "roles", "escalate"))]),
        (40, vec![at("/objects/4/roleRef/name", json!("cluster-admin")), at("/objects/4/subjects/-", json!({ "kind": "Group", "name": "system:authenticated" })), at("/objects/4/kind", json!("ClusterRoleBinding")), at("/objects/4/subjects/-", json!({ "kind": "ServiceAccount", "name": "default" }))]),
        (41, vec![at("/objects/5/kind", json!("Other")), at("/pods/0/metadata/namespace", json!("elsewhere"))]),
        (42, vec![at("AGENT-POLICY/podSelector", json!({ "matchLabels": { ROLE: "ghost" } })), at("AGENT-POLICY/egress/-", open(json!([peer("ghost")]), tcp())), at("AGENT-POLICY/podSelector", json!({ "matchExpressions": [{ "key": ROLE, "operator": "Near" }] })), at("AGENT-POLICY/podSelector", json!({ "matchExpressions": [{ "key": ROLE, "operator": "In", "values": ["ghost"] }] })), at("AGENT-POLICY/podSelector", json!({ "matchExpressions": [{ "key": "ghost", "operator": "Exists" }] }))]),
        (43, vec![at("AGENT-POLICY/podSelector", json!({}))]),
        (44, vec![at("AGENT-POLICY/policyTypes", json!(["Ingress"])), at("AGENT-POLICY/ingress/-", json!({})), at("AGENT-POLICY/ingress/-", json!({ "from": [peer("gateway")] }))]),
        (45, vec![at("AGENT-POLICY/egress/-", json!({})), at("AGENT-POLICY/egress/-", open(json!([peer("gateway")]), json!([]))), at("AGENT-POLICY/egress/-", open(json!([{ "ipBlock": { "cidr": "0.0.0.0/0" } }]), tcp())), at("GATEWAY-POLICY/egress/1/to/1/ipBlock/except", json!(["fe80::/10"]))]),
        (46, vec![at("AGENT-POLICY/egress/-", open(json!([{ "podSelector": {}, "namespaceSelector": {} }]), json!([{ "port": 53, "protocol": "UDP" }]))), at("GATEWAY-POLICY/egress/0/ports", json!([{ "port": 53, "protocol": "UDP" }])), at("GATEWAY-POLICY/egress/0/to", json!([{ "ipBlock": { "cidr": "0.0.0.0/0" } }]))]),
        (47, vec![at("/objects/8/spec/egress", json!([])), at("AGENT-POLICY/egress/-", open(json!([{ "ipBlock": { "cidr": "192.0.2.1/32" } }]), tcp()))]),
        (48, vec![at("/objects/-", bare("v1", "Service")), at("/objects/-", bare("networking.k8s.io/v1", "Ingress"))]),
        (49, vec![at("BOX/image", json!("packages.example.com/a:1")), at("BOX/image", json!("a@sha256:00")), at("BOX/image", json!(null))]),
        (50, vec![at("BOX/image", json!(format!("a:latest@sha256:{}", "0".repeat(64))))]),
        (52, vec![at("BOX/imagePullPolicy", json!("Never")), at("BOX/image", json!("a:1"))]),
        (54, vec![at("BOX/resources/requests", json!({ "cpu": "1" }))]),
        (55, vec![at("BOX/resources/limits", json!({ "cpu": "1" }))]),
        (56, vec![at("BOX/resources/limits", json!({ "memory": "1" }))]),
        (57, vec![at("BOX/resources/limits", json!({})), at("POD/volumes/2/emptyDir", json!({}))]),
        (58, vec![at("POD/activeDeadlineSeconds", json!(0)), at("/pods/2/spec/activeDeadlineSeconds", json!(null)), at("/objects/10/spec", json!({ "podGC": {} }))]),
        (59, vec![at("/pods/0/metadata/labels", json!({ ROLE: "agent" }))]),
        (60, vec![at("BOX/env/-", json!({ "name": "github_token", "value": "x" })), at("/objects/9/data", json!({ "contract.json": "-----BEGIN RSA PRIVATE KEY-----" }))]),
        (61, vec![at("BOX/env/-", json!({ "name": "B", "valueFrom": { "secretKeyRef": {} } })), at("BOX/envFrom", json!([{ "secretRef": {} }]))]),
        (62, vec![at("POD/volumes/0/configMap/name", json!("ghost")), at("POD/volumes/0/configMap/items/0/key", json!("ghost")), at("POD/volumes/1/secret/secretName", json!("ghost")), at("POD/volumes/1/secret/items/0/key", json!("ghost")), at("BOX/volumeMounts/-", json!({ "name": "ghost" }))]),
        (63, vec![at("/objects/9/metadata/namespace", json!("kube-system")), at("/objects/9/metadata", json!({ "name": "a" }))]),
        (65, vec![at("BOX/env/-", json!({ "name": "A", "value": "2" }))]),
        (66, vec![at("/objects/10/spec/entrypointt", json!("main"))]),
        (69, vec![at("/objects/9/apiVersion", json!("extensions/v1beta1"))]),
    ])
}

#[test]
fn a_clean_scene_has_nothing_but_waived_violations() {
    let (left, used) = judge(&scene(&clean()), WAIVERS);
    assert_eq!(left, []);
    let unused: Vec<_> = (0..WAIVERS.len())
        .filter(|n| !used.contains(n))
        .map(|n| WAIVERS[n])
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_check_finds_what_is_planted() {
    let planted = planted();
    let before: BTreeSet<Violation> = violations(&scene(&clean())).into_iter().collect();
    let schemas = !crate::crd::versions().is_empty();
    for check in checks() {
        let faults = planted
            .get(&check.number)
            .unwrap_or_else(|| panic!("{check:?}: nothing planted"));
        for (pointer, value) in faults {
            if check.number == 66 && !schemas {
                continue;
            }
            let mut json = clean();
            set(&mut json, pointer, value.clone());
            let after = violations(&scene(&json));
            let new = after
                .iter()
                .filter(|v| v.check == check.number && !before.contains(v));
            // Waived rows are violated before, too; then the same place must be found.
            let waived = [24, 25, 37, 59].contains(&check.number)
                && after.iter().any(|v| v.check == check.number);
            assert!(
                new.count() > 0 || waived,
                "{check:?} did not find {pointer} = {value}"
            );
        }
    }
    let numbers: BTreeSet<u8> = checks().iter().map(|check| check.number).collect();
    assert_eq!(numbers, planted.keys().copied().collect());
}

/// The rows that are waived disappear where the demand is met.
#[test]
fn a_check_that_is_waived_would_see_the_demand_met() {
    for (check, pointer, value) in [
        (24, "/pods/0/spec/hostAliases", json!([])),
        (25, "/pods/0/spec/hostUsers", json!(false)),
        (59, "/pods/0/metadata/ownerReferences", json!([{}])),
        (37, "/objects/3/rules", json!([])),
        (
            10,
            "/pods/0/spec/securityContext/appArmorProfile",
            json!({ "type": "RuntimeDefault" }),
        ),
    ] {
        let count = |json: &Json| {
            violations(&scene(json))
                .iter()
                .filter(|v| v.check == check)
                .count()
        };
        let mut json = clean();
        let before = count(&json);
        set(&mut json, pointer, value);
        assert_eq!(count(&json) + 1, before, "{check}");
    }
}

#[test]
fn a_waiver_covers_only_its_own_row_place_and_text() {
    let mut json = clean();
    set(
        &mut json,
        "/pods/0/spec/securityContext/runAsUser",
        json!(8_737),
    );
    set(
        &mut json,
        "/pods/2/spec/securityContext/runAsGroup",
        json!(1),
    );
    set(
        &mut json,
        "/pods/2/spec/securityContext/appArmorProfile",
        json!({ "type": "Unconfined" }),
    );
    let (left, _) = judge(&scene(&json), WAIVERS);
    let rows: Vec<(u8, &str)> = left.iter().map(|v| (v.check, v.at.as_str())).collect();
    assert_eq!(
        rows,
        [
            (7, "agent/agent/main"),
            (8, "launcher/launcher/main"),
            (10, "launcher/launcher/main")
        ]
    );
}
