//! Nodes of targets: facts of a cluster.

use super::Kind::{
    Account, Cidr, Cpu, Image, Int, LabelKey, LabelValue, Line, Name, ObjectName, SecretKey,
    Semver, Size, Word,
};
use super::spec::VERSION;
use super::{NodeDef, Unique, arg, may, need, node};

/// Top-level nodes of a target file.
pub static TOP: &[&NodeDef] = &[&VERSION, &TARGET];

static TARGET: NodeDef = node(
    "target",
    "Facts of one cluster. A spec does not name its target: the workspace file or `--target` does.",
)
.args(&[arg("name", Name)])
.children(&[
    &NAMESPACE,
    &RUNTIME,
    &STORAGE_CLASS,
    &ACCESS_MODE,
    &ARGO,
    &API_SERVER,
    &DNS,
    &NODE,
    &RUNTIME_CLASS,
    &PULL_SECRET,
    &TRUST_BUNDLE,
    &PRIVATE,
    &super::workloads::WORKLOADS,
    &super::submit::SUBMIT,
    &CLOSED,
    &BREAK_GLASS,
    &OPERATOR,
    &QUEUE,
    &QUOTA,
])
.example(
    "target \"kind\" {\n    namespace \"pure-agent\"\n    runtime \"images.example.com/pure-agent-runtime@sha256:\
     2222222222222222222222222222222222222222222222222222222222222222\"\n    argo {\n        minimum \
     \"3.7.15\"\n        controller \"system:serviceaccount:argo:argo\"\n        executor \
     \"quay.io/argoproj/argoexec:v3.7.18\"\n    }\n    api-server \"10.0.12.34/32\" port=443\n    dns {\n        \
     namespace \"kube-system\"\n        label \"k8s-app\" \"kube-dns\"\n        port 53\n    }\n}",
)
.many();
static NAMESPACE: NodeDef = node(
    "namespace",
    "The namespace that holds runs and nothing else.",
)
.args(&[arg("name", ObjectName)])
.example("namespace \"pure-agent\"")
.one();
static RUNTIME: NodeDef = node("runtime", "Image of `pure-agent-runtime`, with its digest.")
    .args(&[arg("image", Image)])
    .example(
        "runtime \"images.example.com/pure-agent-runtime@sha256:\
         2222222222222222222222222222222222222222222222222222222222222222\"",
    )
    .one();
static STORAGE_CLASS: NodeDef = node(
    "storage-class",
    "Class of the volumes (default: the cluster's own default).",
)
.args(&[arg("class", ObjectName)])
.example("storage-class \"gp3\"");
static ACCESS_MODE: NodeDef = node(
    "access-mode",
    "Access mode of the volumes (default ReadWriteOnce). ReadWriteOncePod is the tightest.",
)
.args(&[arg(
    "mode",
    Word(&["ReadWriteOncePod", "ReadWriteOnce", "ReadWriteMany"]),
)])
.example("access-mode \"ReadWriteOncePod\"");
static ARGO: NodeDef = node("argo", "The Argo Workflows of the cluster.")
    .children(&[&MINIMUM, &CONTROLLER, &EXECUTOR])
    .example(
        "argo {\n    minimum \"3.7.15\"\n    controller \"system:serviceaccount:argo:argo\"\n    \
         executor \"quay.io/argoproj/argoexec:v3.7.18\"\n}",
    )
    .one();
static MINIMUM: NodeDef = node("minimum", "Lowest version that may be installed.")
    .args(&[arg("version", Semver)])
    .example("minimum \"3.7.15\"")
    .one();
static CONTROLLER: NodeDef = node("controller", "Account of the workflow controller.")
    .args(&[arg("account", Account)])
    .example("controller \"system:serviceaccount:argo:argo\"")
    .one();
static EXECUTOR: NodeDef = node(
    "executor",
    "The executor's image, exactly as the controller writes it into pods; with a digest where the \
     controller is configured so.",
)
.args(&[arg("image", Line)])
.example("executor \"quay.io/argoproj/argoexec:v3.7.18\"")
.one();
static API_SERVER: NodeDef = node(
    "api-server",
    "Address of the API server as a pod's packets carry it after Service translation; repeat the \
     node for more.",
)
.args(&[arg("block", Cidr)])
.props(&[need("port", Int(1, 65_535), "TCP port.")])
.example("api-server \"10.0.12.34/32\" port=443")
.some()
.unique(Unique::All);
static DNS: NodeDef = node("dns", "The pods that answer DNS.")
    .children(&[&DNS_NAMESPACE, &LABEL, &PORT])
    .example(
        "dns {\n    namespace \"kube-system\"\n    label \"k8s-app\" \"kube-dns\"\n    port 53\n}",
    )
    .one();
static DNS_NAMESPACE: NodeDef = node("namespace", "Their namespace.")
    .args(&[arg("name", ObjectName)])
    .example("namespace \"kube-system\"")
    .one();
static LABEL: NodeDef = node("label", "A label.")
    .args(&[arg("key", LabelKey), arg("value", LabelValue)])
    .example("label \"k8s-app\" \"kube-dns\"")
    .some();
static NODE_LABEL: NodeDef = node("label", "A label that nodes must have.")
    .args(&[arg("key", LabelKey), arg("value", LabelValue)])
    .example("label \"node.kubernetes.io/lifecycle\" \"on-demand\"")
    .many();
static PORT: NodeDef = node("port", "A port that they listen on, UDP and TCP.")
    .args(&[arg("port", Int(1, 65_535))])
    .example("port 53")
    .some();
static NODE: NodeDef = node("node", "Nodes that runs go to.")
    .children(&[&NODE_LABEL, &TOLERATE])
    .example("node {\n    tolerate \"dedicated\" value=\"agents\" effect=\"NoSchedule\"\n}");
static TOLERATE: NodeDef = node("tolerate", "A taint that runs tolerate.")
    .args(&[arg("key", LabelKey)])
    .props(&[
        may("value", LabelValue, "Its value (default any)."),
        need(
            "effect",
            Word(&["NoSchedule", "PreferNoSchedule", "NoExecute"]),
            "Its effect.",
        ),
    ])
    .example("tolerate \"dedicated\" value=\"agents\" effect=\"NoSchedule\"")
    .many()
    .unique(Unique::All);
static RUNTIME_CLASS: NodeDef = node(
    "runtime-class",
    "Runtime class of pods that run code which is not ours.",
)
.args(&[arg("class", ObjectName)])
.example("runtime-class \"gvisor\"");
static PULL_SECRET: NodeDef = node("pull-secret", "Secret with which images are pulled.")
    .args(&[arg("secret", ObjectName)])
    .example("pull-secret \"images\"")
    .many();
static TRUST_BUNDLE: NodeDef = node(
    "trust-bundle",
    "ConfigMap with certificates that the gateway trusts beside the public roots.",
)
.args(&[arg("config-map", ObjectName)])
.props(&[need("key", SecretKey, "The key in it.")])
.example("trust-bundle \"corporate-ca\" key=\"ca.crt\"");
static PRIVATE: NodeDef = node(
    "private",
    "A private range that the gateway may reach, for a model or tracker inside the company.",
)
.args(&[arg("block", Cidr)])
.props(&[need("port", Int(1, 65_535), "TCP port.")])
.example("private \"10.20.0.0/16\" port=443")
.many()
.unique(Unique::All);
static CLOSED: NodeDef = node(
    "closed",
    "An address that must be closed to agents, tried before each starts, beside the API server, \
     DNS and metadata addresses.",
)
.args(&[arg("address", Line)])
.example("closed \"192.0.2.10:443\"")
.many();
static BREAK_GLASS: NodeDef = node(
    "break-glass",
    "A group that may enter pods in an emergency.",
)
.args(&[arg("group", Line)])
.example("break-glass \"platform-admins\"")
.many();
static OPERATOR: NodeDef = node(
    "operator",
    "A group that looks after runs: it may start the probe pods of `pure-agent verify` and forward ports of gateways, to \
     approve and to see what a run used. It may enter no pod. RBAC has to allow the same.",
)
.args(&[arg("group", Line)])
.example("operator \"agent-operators\"")
.many();
static QUEUE: NodeDef = node(
    "queue",
    "A line that runs wait in. Each run that names it holds one of its slots from its first step to its end; the \
     others wait, and the time of waiting is no part of a deadline. `pure-agent stop --now` ends a run that waits.",
)
.args(&[arg("name", Name)])
.children(&[&SLOTS])
.example("queue \"chat\" {\n    slots 4\n}")
.many();
static SLOTS: NodeDef = node("slots", "Runs at once, of all specs that name it.")
    .args(&[arg("times", Int(1, 10_000))])
    .example("slots 4")
    .one();
static QUOTA: NodeDef = node("quota", "Bounds of the namespace.")
    .children(&[&PODS, &CPU, &MEMORY, &STORAGE])
    .example(
        "quota {\n    pods 100\n    cpu \"40\"\n    memory \"160Gi\"\n    storage \"500Gi\"\n}",
    );
static PODS: NodeDef = node("pods", "Pods at once.")
    .args(&[arg("times", Int(1, 100_000))])
    .example("pods 100")
    .one();
static CPU: NodeDef = node("cpu", "CPUs of all pods.")
    .args(&[arg("cpus", Cpu)])
    .example("cpu \"40\"")
    .one();
static MEMORY: NodeDef = node("memory", "Memory of all pods.")
    .args(&[arg("size", Size)])
    .example("memory \"160Gi\"")
    .one();
static STORAGE: NodeDef = node("storage", "Size of all volumes.")
    .args(&[arg("size", Size)])
    .example("storage \"500Gi\"")
    .one();
