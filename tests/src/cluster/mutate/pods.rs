//! Pods of a run, changed; sent by the account that may make the unchanged ones.

use super::{Mutation, push, remove, set};
use serde_json::json;

const AGENT: &str = "agent";
const GATEWAY: &str = "gateway";

macro_rules! table {
    ($($name:literal, $base:expr, [$($rule:literal),+] => |$pod:ident| $change:expr;)*) => {
        &[$(Mutation { name: $name, base: $base, rules: &[$($rule),+], change: |$pod| $change }),*]
    };
}
pub(super) use table;

/// What a container is and does.
pub const CONTAINERS: &[Mutation] = table! {
    "another image", AGENT, ["image"] => |pod| set(pod, "spec/containers/0/image", json!(format!("localhost/evil@sha256:{}", "a".repeat(64))));
    "an image without digest", AGENT, ["image"] => |pod| set(pod, "spec/containers/0/image", json!("localhost/evil:latest"));
    "another image to begin with", AGENT, ["image"] => |pod| set(pod, "spec/initContainers/0/image", json!(format!("localhost/evil@sha256:{}", "a".repeat(64))));
    "another command", "pack", ["command"] => |pod| set(pod, "spec/containers/0/command/0", json!("/bin/sh"));
    "one more word in a command", "export", ["command"] => |pod| push(pod, "spec/containers/0/command", json!("--verbose"));
    "no command", "router", ["command", "run"] => |pod| remove(pod, "spec/containers/0/command");
    "arguments", GATEWAY, ["args", "container-field"] => |pod| set(pod, "spec/containers/0/args", json!(["--debug"]));
    "a cycle that is not the name's", AGENT, ["command", "run", "env"] => |pod| set(pod, "spec/containers/0/command/3", json!("5"));
    "one more variable", AGENT, ["env"] => |pod| push(pod, "spec/containers/0/env", json!({"name": "LD_PRELOAD", "value": "/workspace/x.so"}));
    "another value of a variable", AGENT, ["env"] => |pod| set(pod, "spec/containers/0/env/0/value", json!("other"));
    "a secret by variable", AGENT, ["env", "environment"] => |pod| push(pod, "spec/containers/0/env", json!({"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "agent-secrets", "key": "ANTHROPIC_API_KEY"}}}));
    "a field by variable", AGENT, ["env", "environment"] => |pod| push(pod, "spec/containers/0/env", json!({"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}));
    "all of a secret by envFrom", AGENT, ["env-from", "environment", "container-field"] => |pod| set(pod, "spec/containers/0/envFrom", json!([{"secretRef": {"name": "agent-secrets"}}]));
    "the run's UID in the agent's container", AGENT, ["env"] => |pod| push(pod, "spec/containers/0/env", json!({"name": "PURE_AGENT_UID", "value": super::super::launch::UID}));
    "the whole volume instead of the workspace", AGENT, ["mounts"] => |pod| remove(pod, "spec/containers/0/volumeMounts/3/subPath");
    "a shim that the agent may change", AGENT, ["mounts"] => |pod| remove(pod, "spec/containers/0/volumeMounts/1/readOnly");
    "the workspace in the export pod", "export", ["mounts"] => |pod| push(pod, "spec/containers/0/volumeMounts", json!({"name": "run", "mountPath": "/w", "subPath": "workspace"}));
    "one more container", AGENT, ["containers"] => |pod| { let mut more = pod["spec"]["containers"][0].clone(); more["name"] = json!("more"); push(pod, "spec/containers", more); };
    "one more init container", "pack", ["containers"] => |pod| { let mut more = pod["spec"]["containers"][0].clone(); more["name"] = json!("more"); push(pod, "spec/initContainers", more); };
    "an agent without its start gate", AGENT, ["containers"] => |pod| remove(pod, "spec/initContainers");
    "an init container that stays", AGENT, ["container-field", "container"] => |pod| set(pod, "spec/initContainers/0/restartPolicy", json!("Always"));
    "a hook", AGENT, ["container-field", "container"] => |pod| set(pod, "spec/containers/0/lifecycle", json!({"postStart": {"exec": {"command": ["/x"]}}}));
    "a probe that runs something", AGENT, ["container-field", "container"] => |pod| set(pod, "spec/containers/0/livenessProbe", json!({"exec": {"command": ["/x"]}}));
    "a readiness probe of another port", GATEWAY, ["readiness"] => |pod| set(pod, "spec/containers/0/readinessProbe/httpGet/port", json!(8080));
    "another directory to work in", AGENT, ["container-field", "container"] => |pod| set(pod, "spec/containers/0/workingDir", json!("/workspace"));
    "an open standard input", AGENT, ["container-field", "container"] => |pod| set(pod, "spec/containers/0/stdin", json!(true));
    "a device", AGENT, ["container-field", "mounts"] => |pod| { remove(pod, "spec/containers/0/volumeMounts/3"); set(pod, "spec/containers/0/volumeDevices", json!([{"name": "run", "devicePath": "/dev/x"}])); };
    "a port of the node", GATEWAY, ["ports"] => |pod| set(pod, "spec/containers/0/ports/0/hostPort", json!(8080));
    "a capability", AGENT, ["confined", "container-security"] => |pod| set(pod, "spec/containers/0/securityContext/capabilities/add", json!(["NET_RAW"]));
    "no capability dropped", AGENT, ["confined", "container-security"] => |pod| remove(pod, "spec/containers/0/securityContext/capabilities");
    "a privileged container", AGENT, ["confined", "container-security"] => |pod| { remove(pod, "spec/containers/0/securityContext/allowPrivilegeEscalation"); set(pod, "spec/containers/0/securityContext/privileged", json!(true)); };
    "escalation", AGENT, ["confined", "container-security"] => |pod| set(pod, "spec/containers/0/securityContext/allowPrivilegeEscalation", json!(true));
    "a root file system to write to", AGENT, ["container-security"] => |pod| set(pod, "spec/containers/0/securityContext/readOnlyRootFilesystem", json!(false));
    "the gateway's user in the agent's container", AGENT, ["container-security"] => |pod| set(pod, "spec/containers/0/securityContext/runAsUser", json!(10001));
    "an unmasked /proc", AGENT, ["confined", "container-security"] => |pod| { set(pod, "spec/hostUsers", json!(false)); set(pod, "spec/containers/0/securityContext/procMount", json!("Unmasked")); };
    "more memory", AGENT, ["resources"] => |pod| set(pod, "spec/containers/0/resources/limits/memory", json!("64Gi"));
    "messages from the log", "router", ["container"] => |pod| set(pod, "spec/containers/0/terminationMessagePolicy", json!("FallbackToLogsOnError"));
    "a message from the workspace", "router", ["container"] => |pod| set(pod, "spec/containers/0/terminationMessagePath", json!("/workspace/x"));
    "an image that is always pulled", AGENT, ["container"] => |pod| set(pod, "spec/containers/0/imagePullPolicy", json!("Always"));
};

/// What stands around the containers.
pub const PODS: &[Mutation] = table! {
    "the launcher's account", AGENT, ["account"] => |pod| set(pod, "spec/serviceAccountName", json!("pure-agent-launcher"));
    "the gateway's account", AGENT, ["account"] => |pod| set(pod, "spec/serviceAccountName", json!("pure-agent-gateway"));
    "no account", "pack", ["account"] => |pod| remove(pod, "spec/serviceAccountName");
    "a token", AGENT, ["token", "account", "mounts"] => |pod| set(pod, "spec/automountServiceAccountToken", json!(true));
    "a projected token", AGENT, ["token", "volume", "volumes"] => |pod| push(pod, "spec/volumes", json!({"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}));
    "one more secret", AGENT, ["volumes"] => |pod| push(pod, "spec/volumes", json!({"name": "s", "secret": {"secretName": "agent-secrets"}}));
    "another secret", "router", ["volumes"] => |pod| set(pod, "spec/volumes/1/secret/secretName", json!("agent-secrets"));
    "every key of a secret", "export", ["volumes"] => |pod| { let at = pod["spec"]["volumes"].as_array().map_or(0, |l| l.len() - 1); remove(pod, &format!("spec/volumes/{at}/secret/items")); };
    "another contract", GATEWAY, ["volumes"] => |pod| set(pod, "spec/volumes/0/configMap/name", json!("mine"));
    "a contract that may be missing", GATEWAY, ["volumes"] => |pod| set(pod, "spec/volumes/0/configMap/optional", json!(true));
    "the claim of another run", "pack", ["volumes"] => |pod| set(pod, "spec/volumes/1/persistentVolumeClaim/claimName", json!("other-run"));
    "the gateway's claim", AGENT, ["volumes"] => |pod| set(pod, "spec/volumes/2/persistentVolumeClaim/claimName", json!("probe-run-record"));
    "a path of the node", AGENT, ["volume", "volumes"] => |pod| push(pod, "spec/volumes", json!({"name": "h", "hostPath": {"path": "/"}}));
    "a volume of an image", AGENT, ["volume", "volumes"] => |pod| push(pod, "spec/volumes", json!({"name": "h", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}}}));
    "scratch space in memory", AGENT, ["volumes"] => |pod| set(pod, "spec/volumes/1/emptyDir/medium", json!("Memory"));
    "scratch space without bound", AGENT, ["volumes"] => |pod| remove(pod, "spec/volumes/1/emptyDir/sizeLimit");
    "the node's network", AGENT, ["host", "pod-security", "field"] => |pod| set(pod, "spec/hostNetwork", json!(true));
    "the node's processes", AGENT, ["host", "pod-security", "field"] => |pod| set(pod, "spec/hostPID", json!(true));
    "the node's IPC", AGENT, ["host", "pod-security", "field"] => |pod| set(pod, "spec/hostIPC", json!(true));
    "one process namespace", AGENT, ["host", "pod-security", "field"] => |pod| set(pod, "spec/shareProcessNamespace", json!(true));
    "root", AGENT, ["pod-security"] => |pod| { set(pod, "spec/securityContext/runAsUser", json!(0)); set(pod, "spec/securityContext/runAsNonRoot", json!(false)); };
    "one more group", AGENT, ["pod-security"] => |pod| set(pod, "spec/securityContext/supplementalGroups", json!([10001]));
    "no seccomp", AGENT, ["pod-security"] => |pod| set(pod, "spec/securityContext/seccompProfile/type", json!("Unconfined"));
    "a sysctl", AGENT, ["pod-security"] => |pod| set(pod, "spec/securityContext/sysctls", json!([{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]));
    "the cluster's DNS", AGENT, ["names", "pod"] => |pod| { set(pod, "spec/dnsPolicy", json!("ClusterFirst")); remove(pod, "spec/dnsConfig"); };
    "another name server", AGENT, ["names"] => |pod| set(pod, "spec/dnsConfig/nameservers/0", json!("192.0.2.1"));
    "one more host alias", AGENT, ["names"] => |pod| push(pod, "spec/hostAliases", json!({"ip": "192.0.2.1", "hostnames": ["evil"]}));
    "another name of the gateway", AGENT, ["names"] => |pod| set(pod, "spec/hostAliases/0/hostnames/0", json!("evil"));
    "a host name", AGENT, ["names", "field"] => |pod| set(pod, "spec/hostname", json!("gateway"));
    "no deadline", AGENT, ["deadline", "life"] => |pod| remove(pod, "spec/activeDeadlineSeconds");
    "a later deadline", AGENT, ["life"] => |pod| set(pod, "spec/activeDeadlineSeconds", json!(999_999));
    "restarts", AGENT, ["life"] => |pod| set(pod, "spec/restartPolicy", json!("Always"));
    "a node", AGENT, ["scheduling", "pod"] => |pod| set(pod, "spec/nodeName", json!("node-1"));
    "a node selector", AGENT, ["node"] => |pod| set(pod, "spec/nodeSelector", json!({"evil": "yes"}));
    "every taint tolerated", AGENT, ["node"] => |pod| set(pod, "spec/tolerations", json!([{"operator": "Exists"}]));
    "an affinity", AGENT, ["field", "pod"] => |pod| set(pod, "spec/affinity", json!({"nodeAffinity": {}}));
    "a priority", AGENT, ["scheduling", "pod"] => |pod| set(pod, "spec/priorityClassName", json!("system-node-critical"));
    "another scheduler", AGENT, ["scheduling", "pod"] => |pod| set(pod, "spec/schedulerName", json!("mine"));
    "service links", AGENT, ["pod"] => |pod| set(pod, "spec/enableServiceLinks", json!(true));
    "another pull secret", AGENT, ["pull-secret"] => |pod| set(pod, "spec/imagePullSecrets", json!([{"name": "agent-secrets"}]));
    "a resource claim", AGENT, ["field", "pod"] => |pod| set(pod, "spec/resourceClaims", json!([{"name": "x", "resourceClaimName": "y"}]));
};

/// Who a pod says it is.
pub const IDENTITIES: &[Mutation] = table! {
    "an agent that says it is the gateway", AGENT, ["role", "account"] => |pod| set(pod, "metadata/labels/pure-agent.dev~1role", json!("gateway"));
    "an agent that says it is a launcher", AGENT, ["maker", "role"] => |pod| set(pod, "metadata/labels/pure-agent.dev~1role", json!("launcher"));
    "a role that there is not", AGENT, ["maker", "role"] => |pod| set(pod, "metadata/labels/pure-agent.dev~1role", json!("admin"));
    "no role", AGENT, ["maker", "role"] => |pod| remove(pod, "metadata/labels/pure-agent.dev~1role");
    "another spec", AGENT, ["maker", "run"] => |pod| set(pod, "metadata/labels/pure-agent.dev~1spec", json!("other"));
    "another run", AGENT, ["owner", "run"] => |pod| set(pod, "metadata/labels/pure-agent.dev~1run", json!("other"));
    "one more label", AGENT, ["run"] => |pod| set(pod, "metadata/labels/app", json!("dns"));
    "a label of Argo's", AGENT, ["argo-label", "run"] => |pod| set(pod, "metadata/labels/workflows.argoproj.io~1workflow", json!("other"));
    "an annotation of Argo's", AGENT, ["argo-label", "bundle"] => |pod| set(pod, "metadata/annotations/workflows.argoproj.io~1pod-gc", json!("x"));
    "one more annotation", AGENT, ["bundle"] => |pod| set(pod, "metadata/annotations/example.com~1x", json!("y"));
    "another bundle", AGENT, ["bundle"] => |pod| set(pod, "metadata/annotations/pure-agent.dev~1bundle", json!("1".repeat(64)));
    "no bundle", AGENT, ["bundle"] => |pod| remove(pod, "metadata/annotations");
    "another name", AGENT, ["owner", "role", "run"] => |pod| set(pod, "metadata/name", json!("other"));
    "a name with a suffix", "pack", ["role", "run"] => |pod| set(pod, "metadata/name", json!("probe-run-pack-2"));
    "no owner", AGENT, ["owner", "filled"] => |pod| remove(pod, "metadata/ownerReferences");
    "another owner", AGENT, ["owner"] => |pod| set(pod, "metadata/ownerReferences/0/name", json!("other"));
    "two owners", AGENT, ["owner"] => |pod| push(pod, "metadata/ownerReferences", json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "1"}));
    "a UID that is none", GATEWAY, ["filled"] => |pod| set(pod, "metadata/ownerReferences/0/uid", json!("x"));
    "the UID of another run", "router", ["env"] => |pod| set(pod, "metadata/ownerReferences/0/uid", json!("00000000-0000-4000-8000-000000000000"));
    "a finalizer", AGENT, ["metadata"] => |pod| set(pod, "metadata/finalizers", json!(["example.com/stay"]));
    "a first run that is no UID", "export", ["filled"] => |pod| { let at = pod["spec"]["containers"][0]["env"].as_array().and_then(|l| l.iter().position(|e| e["name"] == "PURE_AGENT_RETRY_OF")).unwrap_or(9); set(pod, &format!("spec/containers/0/env/{at}/value"), json!("x; y")); };
    "inputs that are not base64url", GATEWAY, ["filled"] => |pod| { let at = pod["spec"]["containers"][0]["env"].as_array().and_then(|l| l.iter().position(|e| e["name"] == "PURE_AGENT_INPUTS")).unwrap_or(0); set(pod, &format!("spec/containers/0/env/{at}/value"), json!("{{workflow.uid}}")); };
    "a phase that is none", "router", ["filled"] => |pod| replace(pod, "Failed", "Failed --cycle 0");
    "an exit code that is none", "router", ["filled"] => |pod| replace(pod, "3", "3; x");
};

/// Replaces the word of a command.
fn replace(pod: &mut serde_json::Value, word: &str, other: &str) {
    let command = pod["spec"]["containers"][0]["command"].as_array_mut();
    for part in command.into_iter().flatten() {
        if part == word {
            *part = json!(other);
        }
    }
}
