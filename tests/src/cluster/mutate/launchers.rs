//! Launchers, changed; sent by Argo's controller.

use super::super::place::{Facts, Place};
use super::pods::table;
use super::{Mutation, push, set};
use serde_json::{Value, json};

const L: &str = "launcher";

/// A launcher as Argo 3.7 makes it.
#[must_use]
pub fn launcher(place: &Place, facts: &Facts) -> Value {
    let env = json!([
        {"name": "ARGO_POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
        {"name": "ARGO_WORKFLOW_NAME", "value": "probe-run"},
    ]);
    let security = json!({
        "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "privileged": false,
        "runAsNonRoot": true, "runAsUser": 8737, "seccompProfile": {"type": "RuntimeDefault"},
    });
    let log = [
        "--loglevel",
        "info",
        "--log-format",
        "text",
        "--gloglevel",
        "0",
    ];
    let mut main = vec!["/var/run/argo/argoexec", "emissary"];
    main.extend(log);
    main.extend(["--", "argoexec", "resource", "apply"]);
    main.extend(log);
    let mut init = vec!["argoexec", "init"];
    init.extend(log);
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "probe-run-agent-1234567890", "namespace": place.namespace,
            "labels": {
                "pure-agent.dev/role": "launcher", "pure-agent.dev/spec": super::super::bundle::SPEC,
                "workflows.argoproj.io/workflow": "probe-run", "workflows.argoproj.io/completed": "false",
            },
            "annotations": {"workflows.argoproj.io/node-id": "probe-run-1234567890"},
            "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "name": "probe-run",
                "uid": super::super::launch::UID, "controller": true, "blockOwnerDeletion": true}],
        },
        "spec": {
            "activeDeadlineSeconds": 300, "restartPolicy": "Never",
            "serviceAccountName": format!("{}-launcher", super::super::bundle::SPEC),
            "securityContext": {"runAsNonRoot": true, "runAsUser": 10007, "seccompProfile": {"type": "RuntimeDefault"}},
            "volumes": [{"name": "var-run-argo", "emptyDir": {}}, {"name": "tmp-dir-argo", "emptyDir": {}}],
            "initContainers": [{"name": "init", "image": facts.executor, "command": init, "env": env, "securityContext": security,
                "volumeMounts": [{"name": "var-run-argo", "mountPath": "/var/run/argo"}]}],
            "containers": [{"name": "main", "image": facts.executor, "command": main, "env": env, "securityContext": security,
                "volumeMounts": [{"name": "tmp-dir-argo", "mountPath": "/tmp", "subPath": "0"},
                    {"name": "var-run-argo", "mountPath": "/var/run/argo"}]}],
        },
    })
}

/// What the controller may not make, whatever a template says.
pub const LAUNCHERS: &[Mutation] = table! {
    "another image", L, ["image"] => |pod| set(pod, "spec/containers/0/image", json!(format!("localhost/evil@sha256:{}", "a".repeat(64))));
    "another executor", L, ["image"] => |pod| set(pod, "spec/initContainers/0/image", json!("quay.io/argoproj/argoexec:latest"));
    "an agent", L, ["maker", "role"] => |pod| set(pod, "metadata/labels/pure-agent.dev~1role", json!("agent"));
    "the gateway's account", L, ["account"] => |pod| set(pod, "spec/serviceAccountName", json!("pure-agent-gateway"));
    "the account of another spec", L, ["account"] => |pod| set(pod, "spec/serviceAccountName", json!("default"));
    "a shell", L, ["launcher-command"] => |pod| set(pod, "spec/containers/0/command", json!(["/bin/sh", "-c", "argoexec resource apply"]));
    "another action", L, ["launcher-command"] => |pod| set(pod, "spec/containers/0/command/11", json!("patch"));
    "a second container", L, ["launcher-container"] => |pod| { let mut more = pod["spec"]["containers"][0].clone(); more["name"] = json!("wait"); push(pod, "spec/containers", more); };
    "arguments", L, ["container-field"] => |pod| set(pod, "spec/containers/0/args", json!(["--kubeconfig=/x"]));
    "a secret", L, ["launcher-volume"] => |pod| push(pod, "spec/volumes", json!({"name": "s", "secret": {"secretName": "agent-secrets"}}));
    "a claim", L, ["launcher-volume"] => |pod| push(pod, "spec/volumes", json!({"name": "s", "persistentVolumeClaim": {"claimName": "probe-run-run"}}));
    "a ConfigMap", L, ["launcher-volume"] => |pod| push(pod, "spec/volumes", json!({"name": "argo-env-config", "configMap": {"name": "mine"}}));
    "a path of the node", L, ["launcher-volume"] => |pod| push(pod, "spec/volumes", json!({"name": "h", "hostPath": {"path": "/"}}));
    "a token for someone else", L, ["launcher-volume"] => |pod| push(pod, "spec/volumes", json!({"name": "kube-api-access-x", "projected": {"sources": [{"serviceAccountToken": {"path": "token", "audience": "vault"}}]}}));
    "a secret by variable", L, ["environment"] => |pod| push(pod, "spec/containers/0/env", json!({"name": "ARGO_X", "valueFrom": {"secretKeyRef": {"name": "agent-secrets", "key": "x"}}}));
    "a secret by envFrom", L, ["environment"] => |pod| set(pod, "spec/containers/0/envFrom", json!([{"secretRef": {"name": "agent-secrets"}}]));
    "a variable that loads code", L, ["launcher-environment"] => |pod| push(pod, "spec/containers/0/env", json!({"name": "LD_PRELOAD", "value": "/tmp/x.so"}));
    "the node's network", L, ["host"] => |pod| set(pod, "spec/hostNetwork", json!(true));
    "a host alias", L, ["launcher-network"] => |pod| set(pod, "spec/hostAliases", json!([{"ip": "192.0.2.1", "hostnames": ["kubernetes.default.svc"]}]));
    "a capability", L, ["confined"] => |pod| set(pod, "spec/containers/0/securityContext/capabilities/add", json!(["NET_ADMIN"]));
    "no deadline", L, ["deadline"] => |pod| super::remove(pod, "spec/activeDeadlineSeconds");
    "no owner", L, ["owner"] => |pod| super::remove(pod, "metadata/ownerReferences");
    "no spec", L, ["maker"] => |pod| super::remove(pod, "metadata/labels/pure-agent.dev~1spec");
};
