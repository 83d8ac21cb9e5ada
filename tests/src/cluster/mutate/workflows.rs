//! Workflows, changed; sent by a user to whom RBAC permits everything.

use super::pods::table;
use super::{Mutation, push, remove, set};
use serde_json::json;

const W: &str = "workflow";

/// New Workflows.
pub const NEW: &[Mutation] = table! {
    "an account", W, ["workflow"] => |w| set(w, "spec/serviceAccountName", json!("pure-agent-launcher"));
    "a patch of pods", W, ["workflow"] => |w| set(w, "spec/podSpecPatch", json!("{\"hostNetwork\": true}"));
    "volumes", W, ["workflow"] => |w| set(w, "spec/volumes", json!([{"name": "s", "secret": {"secretName": "agent-secrets"}}]));
    "no volumes", W, ["workflow"] => |w| set(w, "spec/volumes", json!([]));
    "claims", W, ["workflow"] => |w| set(w, "spec/volumeClaimTemplates", json!([]));
    "the node's network", W, ["workflow"] => |w| set(w, "spec/hostNetwork", json!(true));
    "templates of its own", W, ["workflow"] => |w| set(w, "spec/templates", json!([{"name": "main", "container": {"image": "x", "command": ["x"]}}]));
    "another entry", W, ["workflow"] => |w| set(w, "spec/entrypoint", json!("cleanup"));
    "another exit", W, ["workflow"] => |w| set(w, "spec/onExit", json!("main"));
    "hooks", W, ["workflow"] => |w| set(w, "spec/hooks", json!({"running": {"template": "main", "expression": "true"}}));
    "metadata of pods", W, ["workflow"] => |w| set(w, "spec/podMetadata", json!({"labels": {"pure-agent.dev/role": "gateway"}}));
    "an executor", W, ["workflow"] => |w| set(w, "spec/executor", json!({"serviceAccountName": "pure-agent-gateway"}));
    "another deadline", W, ["workflow"] => |w| set(w, "spec/activeDeadlineSeconds", json!(999_999));
    "aliases", W, ["workflow"] => |w| set(w, "spec/hostAliases", json!([{"ip": "192.0.2.1", "hostnames": ["x"]}]));
    "an early stop", W, ["workflow"] => |w| set(w, "spec/shutdown", json!("Stop"));
    "a pause", W, ["workflow"] => |w| set(w, "spec/suspend", json!(true));
    "no template", W, ["template"] => |w| remove(w, "spec/workflowTemplateRef");
    "a template of the cluster", W, ["template"] => |w| set(w, "spec/workflowTemplateRef/clusterScope", json!(true));
    "a template that is none of ours", W, ["template"] => |w| set(w, "spec/workflowTemplateRef/name", json!("My.Template"));
    "a placeholder in the inputs", W, ["inputs"] => |w| set(w, "spec/arguments/parameters/0/value", json!("{{workflow.uid}}"));
    "an expression in the inputs", W, ["inputs"] => |w| set(w, "spec/arguments/parameters/0/value", json!("{{=toJson(workflow)}}"));
    "a line break after the inputs", W, ["inputs"] => |w| set(w, "spec/arguments/parameters/0/value", json!("e30\n"));
    "inputs from elsewhere", W, ["inputs"] => |w| { remove(w, "spec/arguments/parameters/0/value"); set(w, "spec/arguments/parameters/0/valueFrom", json!({"configMapKeyRef": {"name": "x", "key": "y"}})); };
    "inputs with a global name", W, ["inputs"] => |w| set(w, "spec/arguments/parameters/0/globalName", json!("x"));
    "another parameter", W, ["inputs"] => |w| set(w, "spec/arguments/parameters/0/name", json!("image"));
    "one more parameter", W, ["inputs"] => |w| push(w, "spec/arguments/parameters", json!({"name": "image", "value": "x"}));
    "inputs twice", W, ["inputs"] => |w| push(w, "spec/arguments/parameters", json!({"name": "inputs", "value": "e30"}));
    "a first run that is no UID", W, ["inputs"] => |w| push(w, "spec/arguments/parameters", json!({"name": "retry-of", "value": "live"}));
    "a placeholder as the first run", W, ["inputs"] => |w| push(w, "spec/arguments/parameters", json!({"name": "retry-of", "value": "{{workflow.uid}}"}));
    "a line break after the first run", W, ["inputs"] => |w| push(w, "spec/arguments/parameters", json!({"name": "retry-of", "value": format!("{}\n", super::super::launch::UID)}));
    "two first runs", W, ["inputs"] => |w| for _ in 0..2 { push(w, "spec/arguments/parameters", json!({"name": "retry-of", "value": super::super::launch::UID})); };
    "a first run from elsewhere", W, ["inputs"] => |w| push(w, "spec/arguments/parameters", json!({"name": "retry-of", "valueFrom": {"configMapKeyRef": {"name": "x", "key": "y"}}}));
    "the name of a probe", W, ["name"] => |w| set(w, "metadata/name", json!("probe-1"));
    "an artifact", W, ["inputs"] => |w| set(w, "spec/arguments/artifacts", json!([{"name": "x", "raw": {"data": "y"}}]));
    "a status", W, ["workflow-status"] => |w| set(w, "status", json!({"storedWorkflowTemplateSpec": {"entrypoint": "x", "serviceAccountName": "pure-agent-launcher", "templates": [{"name": "x", "container": {"image": "x", "command": ["x"]}}]}}));
    "a finished phase", W, ["workflow-status"] => |w| set(w, "status", json!({"phase": "Succeeded"}));
    "a label of Argo's", W, ["argo-label"] => |w| set(w, "metadata/labels/workflows.argoproj.io~1completed", json!("true"));
    "another controller", W, ["argo-label"] => |w| set(w, "metadata/labels/workflows.argoproj.io~1controller-instanceid", json!("mine"));
    "an annotation of Argo's", W, ["argo-label"] => |w| set(w, "metadata/annotations/workflows.argoproj.io~1x", json!("y"));
    "the label of another spec", W, ["spec-label"] => |w| set(w, "metadata/labels/pure-agent.dev~1spec", json!("other"));
    "a name that is too long", W, ["name"] => |w| set(w, "metadata/name", json!("a".repeat(41)));
    "a name with a dot", W, ["name"] => |w| set(w, "metadata/name", json!("a.b"));
    "a name that is made too long", W, ["name"] => |w| { remove(w, "metadata/name"); set(w, "metadata/generateName", json!("a".repeat(38))); };
};

/// Merge patches of a Workflow that runs, with the rules that refuse them.
pub const PATCHES: &[(&str, &str, &str)] = &[
    (
        "a forged template",
        "workflow-status",
        r#"{"status":{"storedWorkflowTemplateSpec":{"serviceAccountName":"pure-agent-gateway"}}}"#,
    ),
    (
        "a forged phase",
        "workflow-status",
        r#"{"status":{"phase":"Succeeded"}}"#,
    ),
    (
        "forged outputs",
        "workflow-status",
        r#"{"status":{"outputs":{"parameters":[{"name":"next","value":"7"}]}}}"#,
    ),
    ("no status", "workflow-status", r#"{"status":null}"#),
    (
        "an account",
        "workflow",
        r#"{"spec":{"serviceAccountName":"default"}}"#,
    ),
    (
        "a patch of pods",
        "workflow",
        r#"{"spec":{"podSpecPatch":"{}"}}"#,
    ),
    (
        "other inputs",
        "same-run",
        r#"{"spec":{"arguments":{"parameters":[{"name":"inputs","value":"e30"}]}}}"#,
    ),
    (
        "another first run",
        "same-run",
        r#"{"spec":{"arguments":{"parameters":[{"name":"retry-of","value":"34f30468-bff5-4185-9f89-33119f4650fd"}]}}}"#,
    ),
    ("no inputs", "same-run", r#"{"spec":{"arguments":null}}"#),
    (
        "another template",
        "same-run",
        r#"{"spec":{"workflowTemplateRef":{"name":"other"}}}"#,
    ),
    (
        "another kind of stop",
        "stop",
        r#"{"spec":{"shutdown":"Never"}}"#,
    ),
    (
        "a label of Argo's",
        "argo-label",
        r#"{"metadata":{"labels":{"workflows.argoproj.io/completed":"true"}}}"#,
    ),
    (
        "Argo's labels taken off",
        "argo-label",
        r#"{"metadata":{"labels":null}}"#,
    ),
    (
        "an annotation of Argo's",
        "argo-label",
        r#"{"metadata":{"annotations":{"workflows.argoproj.io/x":"y"}}}"#,
    ),
];
