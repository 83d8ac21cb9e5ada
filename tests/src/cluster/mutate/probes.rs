//! Probe pods of an operator, changed.

use super::pods::table;
use super::{Mutation, push, remove, set};
use serde_json::json;

const P: &str = "probe";

/// What an operator may not make, though a probe of the one shape they may.
pub const PROBES: &[Mutation] = table! {
    "another image", P, ["probe"] => |pod| set(pod, "spec/containers/0/image", json!(format!("localhost/evil@sha256:{}", "a".repeat(64))));
    "an image without digest", P, ["image", "probe"] => |pod| set(pod, "spec/containers/0/image", json!("localhost/evil:latest"));
    "another word", P, ["probe-command"] => |pod| set(pod, "spec/containers/0/command/1", json!("gateway"));
    "another program", P, ["probe-command"] => |pod| set(pod, "spec/containers/0/command/0", json!("/bin/sh"));
    "an option for files", P, ["probe-command"] => |pod| push(pod, "spec/containers/0/command", json!("--answer"));
    "a path in an option", P, ["probe-command"] => |pod| { push(pod, "spec/containers/0/command", json!("--open")); push(pod, "spec/containers/0/command", json!("/etc/passwd")); };
    "a line break in an option", P, ["probe-command"] => |pod| { push(pod, "spec/containers/0/command", json!("--open")); push(pod, "spec/containers/0/command", json!("tcp:10.0.0.1:80\n--x")); };
    "arguments", P, ["probe", "container-field"] => |pod| set(pod, "spec/containers/0/args", json!(["--open", "tcp:10.0.0.1:80"]));
    "a variable", P, ["probe"] => |pod| set(pod, "spec/containers/0/env", json!([{"name": "LD_PRELOAD", "value": "/x.so"}]));
    "a secret by variable", P, ["probe", "environment"] => |pod| set(pod, "spec/containers/0/env", json!([{"name": "X", "valueFrom": {"secretKeyRef": {"name": "agent-secrets", "key": "ANTHROPIC_API_KEY"}}}]));
    "a secret by volume", P, ["probe"] => |pod| set(pod, "spec/volumes", json!([{"name": "s", "secret": {"secretName": "pure-agent-key"}}]));
    "a ConfigMap", P, ["probe"] => |pod| set(pod, "spec/volumes", json!([{"name": "s", "configMap": {"name": "x"}}]));
    "an empty folder", P, ["probe"] => |pod| set(pod, "spec/volumes", json!([{"name": "s", "emptyDir": {}}]));
    "a claim", P, ["probe"] => |pod| set(pod, "spec/volumes", json!([{"name": "s", "persistentVolumeClaim": {"claimName": "live-record"}}]));
    "a path of the node", P, ["probe", "volume"] => |pod| set(pod, "spec/volumes", json!([{"name": "s", "hostPath": {"path": "/"}}]));
    "a projected token", P, ["probe", "token"] => |pod| set(pod, "spec/volumes", json!([{"name": "s", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}]));
    "a token", P, ["probe", "token"] => |pod| set(pod, "spec/automountServiceAccountToken", json!(true));
    "a token by default", P, ["probe", "token"] => |pod| remove(pod, "spec/automountServiceAccountToken");
    "the node's network", P, ["probe", "host"] => |pod| set(pod, "spec/hostNetwork", json!(true));
    "a chosen node", P, ["probe", "scheduling"] => |pod| set(pod, "spec/nodeName", json!("node-1"));
    "privilege", P, ["probe", "confined"] => |pod| { remove(pod, "spec/containers/0/securityContext/allowPrivilegeEscalation"); set(pod, "spec/containers/0/securityContext/privileged", json!(true)); };
    "a capability", P, ["probe", "confined"] => |pod| set(pod, "spec/containers/0/securityContext/capabilities/add", json!(["NET_RAW"]));
    "a root filesystem to write to", P, ["probe"] => |pod| set(pod, "spec/containers/0/securityContext/readOnlyRootFilesystem", json!(false));
    "another user", P, ["probe"] => |pod| set(pod, "spec/securityContext/runAsUser", json!(10_001));
    "no seccomp profile", P, ["probe"] => |pod| remove(pod, "spec/securityContext/seccompProfile");
    "a second container", P, ["probe"] => |pod| { let mut more = pod["spec"]["containers"][0].clone(); more["name"] = json!("more"); push(pod, "spec/containers", more); };
    "an init container", P, ["probe"] => |pod| { let mut more = pod["spec"]["containers"][0].clone(); more["name"] = json!("more"); push(pod, "spec/initContainers", more); };
    "a longer life", P, ["probe"] => |pod| set(pod, "spec/activeDeadlineSeconds", json!(86_400));
    "a life without end", P, ["probe", "deadline"] => |pod| remove(pod, "spec/activeDeadlineSeconds");
    "a restart", P, ["probe"] => |pod| set(pod, "spec/restartPolicy", json!("Always"));
    "more of the node", P, ["probe"] => |pod| { set(pod, "spec/containers/0/resources/limits/memory", json!("64Gi")); set(pod, "spec/containers/0/resources/requests/memory", json!("64Gi")); };
    "another account", P, ["account"] => |pod| set(pod, "spec/serviceAccountName", json!("pure-agent-launcher"));
    "no account", P, ["account"] => |pod| remove(pod, "spec/serviceAccountName");
    "no role", P, ["probe-label", "account"] => |pod| remove(pod, "metadata/labels/pure-agent.dev~1role");
    "a role that is none", P, ["probe-label", "account"] => |pod| set(pod, "metadata/labels/pure-agent.dev~1role", json!("admin"));
    "one more label", P, ["probe-label"] => |pod| set(pod, "metadata/labels/app", json!("x"));
    "a label of Argo's", P, ["probe-label", "argo-label"] => |pod| set(pod, "metadata/labels/workflows.argoproj.io~1workflow", json!("live"));
    "an annotation", P, ["probe-label"] => |pod| set(pod, "metadata/annotations/x", json!("y"));
    "the label of a run", P, ["maker", "run"] => |pod| { set(pod, "metadata/labels/pure-agent.dev~1run", json!("live")); set(pod, "metadata/name", json!("live-agent-9")); };
    "the name of a run's pod", P, ["probe-label"] => |pod| set(pod, "metadata/name", json!("live-agent-9"));
    "an owner", P, ["probe-label"] => |pod| set(pod, "metadata/ownerReferences", json!([{"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "name": "probe-1", "uid": super::super::launch::UID, "controller": true}]));
    "a finalizer", P, ["probe-label"] => |pod| set(pod, "metadata/finalizers", json!(["example.com/stay"]));
    "other names", P, ["probe"] => |pod| set(pod, "spec/dnsPolicy", json!("Default"));
    "an alias", P, ["probe"] => |pod| set(pod, "spec/hostAliases", json!([{"ip": "192.0.2.1", "hostnames": ["x"]}]));
    "a hook", P, ["probe", "container-field"] => |pod| set(pod, "spec/containers/0/lifecycle", json!({"postStart": {"exec": {"command": ["/x"]}}}));
    "a toleration", P, ["probe"] => |pod| set(pod, "spec/tolerations", json!([{"operator": "Exists"}]));
};
