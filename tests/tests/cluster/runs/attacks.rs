//! What somebody could do who had the token of a gateway that submits runs, or could make Workflows.

use pure_agent_tests::cluster::handover::{Handover, RUNS};
use pure_agent_tests::cluster::kubectl::{Answer, kubectl, sure, would_create};
use pure_agent_tests::cluster::launch::Launch;
use pure_agent_tests::cluster::wait;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

const LABEL: &str = "pure-agent.dev/submitted-by";
const CREATE: &str = "create --dry-run=server -f -";

/// The gateway that submits has a token; that of the run which it submits has none, and no other pod.
pub(super) fn tokens(handover: &Handover) {
    let launch = Launch::of(&handover.planner, "probe-run");
    let good = launch.pod("gateway");
    let by = handover.planner.launcher();
    let answer = would_create(&by, good);
    assert!(answer.ok, "{answer}");
    let volumes = good["spec"]["volumes"].as_array().unwrap();
    let token = volumes.iter().find(|v| v.get("projected").is_some());
    let with = |mut pod: Value| {
        let list = pod["spec"]["volumes"].as_array_mut().unwrap();
        list.push(token.unwrap().clone());
        pod
    };
    let other = Launch::of(&handover.daily, "probe-run");
    for (by, pod) in [
        (by.clone(), with(launch.pod("agent").clone())),
        (by, with(launch.pod("export").clone())),
        (
            handover.daily.launcher(),
            with(other.pod("gateway").clone()),
        ),
    ] {
        let answer = would_create(&by, &pod);
        let ours = answer.err.contains("denied request: pure-agent: ");
        assert!(!answer.ok && ours, "{answer}");
    }
}

/// As the account of the gateway that submits, with the token of the pod `planner-1-gateway`.
fn as_gateway(args: &str, input: &str) -> Answer {
    static CONFIG: OnceLock<PathBuf> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let config = sure("config view --minify --raw -o json", "");
        let mut config: Value = serde_json::from_str(&config).unwrap();
        let user = &mut config["users"][0]["user"];
        user["as"] = json!(format!("system:serviceaccount:{RUNS}:planner-gateway"));
        user["as-user-extra"] =
            json!({"authentication.kubernetes.io/pod-name": ["planner-1-gateway"]});
        let path = format!("pure-agent-test-runs-{}", std::process::id());
        let path = std::env::temp_dir().join(path);
        let mut new = File::options();
        let new = new.write(true).create(true).truncate(true).mode(0o600);
        let mut file = new.open(&path).unwrap();
        file.write_all(config.to_string().as_bytes()).unwrap();
        path
    });
    kubectl(&format!("--kubeconfig={} {args}", config.display()), input)
}

/// As that account: what RBAC gives it.
pub(super) fn by_rights() {
    for (what, may) in [
        ("create workflows.argoproj.io", true),
        ("get workflows.argoproj.io", false),
        ("list workflows.argoproj.io", false),
        ("patch workflows.argoproj.io", false),
        ("update workflows.argoproj.io", false),
        ("delete workflows.argoproj.io", false),
        ("create workflowtemplates.argoproj.io", false),
        ("get workflowtemplates.argoproj.io", false),
        ("create cronworkflows.argoproj.io", false),
        ("create pods", false),
        ("get pods", false),
        ("get secrets", false),
        ("get configmaps", false),
        ("create serviceaccounts --subresource=token", false),
    ] {
        let answer = as_gateway(&format!("auth can-i {what} -n {RUNS}"), "");
        assert_eq!(answer.ok, may, "{what}: {answer}");
    }
    let answer = as_gateway("auth can-i create workflows.argoproj.io -n default", "");
    assert!(!answer.ok, "{answer}");
    // The run that is submitted submits nothing.
    let account = format!("--as=system:serviceaccount:{RUNS}:daily-gateway");
    let may = format!("{account} auth can-i create workflows.argoproj.io -n {RUNS}");
    assert!(!kubectl(&may, "").ok);
}

/// A Workflow as the gateway makes it; the mark is anybody's.
fn good() -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "daily-0123456789abcde", "namespace": RUNS, "labels": {LABEL: "planner-1"}},
        "spec": {
            "workflowTemplateRef": {"name": "daily"},
            "arguments": {"parameters": [{"name": "inputs", "value": "e30"}]},
        },
    })
}

fn refused(args: &str, workflow: &Value, rule: &str) {
    let answer = as_gateway(args, &workflow.to_string());
    let why = format!("pure-agent: {rule}:");
    assert!(
        !answer.ok && answer.err.contains(&why),
        "{rule} {workflow}: {answer}"
    );
}

/// As that account, also were RBAC wider by mistake: what admission refuses.
pub(super) fn by_admission() {
    let answer = as_gateway(CREATE, &good().to_string());
    assert!(answer.ok, "{answer}");
    let changed = |pointer: &str, member: &str, value: Value| {
        let mut workflow = good();
        workflow.pointer_mut(pointer).unwrap()[member] = value;
        workflow
    };
    let free =
        json!({"entrypoint": "x", "templates": [{"name": "x", "container": {"image": "x"}}]});
    let retry = json!([{"name": "inputs", "value": "e30"}, {"name": "retry-of", "value": ""}]);
    let mut generated = changed("/metadata", "name", Value::Null);
    generated["metadata"]["generateName"] = json!("daily-");
    for (workflow, rules) in [
        // Itself, another, and one that nobody has.
        (
            changed("/spec/workflowTemplateRef", "name", json!("planner")),
            &["submit-run", "submitted-run"][..],
        ),
        (
            changed("/spec/workflowTemplateRef", "name", json!("none")),
            &["submit-run", "submitted-run"],
        ),
        (
            changed("/spec/workflowTemplateRef", "clusterScope", json!(true)),
            &["template"],
        ),
        (
            changed("", "spec", free),
            &["workflow", "submit-run", "submitted-run", "template"],
        ),
        (
            changed("/spec", "serviceAccountName", json!("default")),
            &["workflow"],
        ),
        (changed("/spec", "podSpecPatch", json!("{}")), &["workflow"]),
        (
            changed("/spec", "entrypoint", json!("agent")),
            &["workflow"],
        ),
        (
            changed("/spec/arguments", "parameters", retry),
            &["submit-inputs"],
        ),
        (
            changed(
                "/spec/arguments/parameters/0",
                "value",
                json!("{{workflow.uid}}"),
            ),
            &["inputs"],
        ),
        (
            changed("/metadata", "name", json!("daily-1")),
            &["submit-name"],
        ),
        (
            changed("/metadata", "name", json!("planner-0123456789abcde")),
            &["submit-name"],
        ),
        (generated, &["submit-name"]),
        (
            changed("/metadata/labels", "a", json!("b")),
            &["submit-metadata"],
        ),
        (
            changed("/metadata", "annotations", json!({"a": "b"})),
            &["submit-metadata"],
        ),
        (
            changed("/metadata", "finalizers", json!(["a.example/b"])),
            &["submit-metadata"],
        ),
        // Another run, or none.
        (
            changed("/metadata/labels", LABEL, json!("planner-2")),
            &["submitted-by"],
        ),
        (changed("/metadata", "labels", json!({})), &["submitted-by"]),
    ] {
        let answer = as_gateway(CREATE, &workflow.to_string());
        let by = |rule: &&str| answer.err.contains(&format!("pure-agent: {rule}:"));
        assert!(
            !answer.ok && rules.iter().any(by),
            "{rules:?} {workflow}: {answer}"
        );
    }
    wider();
}

/// With every right in the namespace it still changes nothing else.
fn wider() {
    let account = format!("--serviceaccount={RUNS}:planner-gateway");
    let bind = format!("create rolebinding wide --clusterrole=cluster-admin {account} -n {RUNS}");
    let _bound = sure(&bind, "");
    wait("the wider rights", Duration::from_secs(60), || {
        let may = format!("auth can-i delete workflows.argoproj.io -n {RUNS}");
        as_gateway(&may, "").ok.then_some(())
    });
    for args in [
        "create configmap x --dry-run=server",
        "create secret generic x --dry-run=server",
        "delete workflowtemplate daily --dry-run=server",
        "delete configmaps --all --dry-run=server",
        "label workflowtemplate daily a=b --overwrite --dry-run=server",
        "create token default",
    ] {
        let answer = as_gateway(&format!("-n {RUNS} {args}"), "");
        assert!(
            !answer.ok && answer.err.contains("pure-agent: "),
            "{args}: {answer}"
        );
    }
    let template = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate",
        "metadata": {"name": "own", "namespace": RUNS}, "spec": {}});
    refused(CREATE, &template, "submit");
    let _unbound = sure(&format!("delete rolebinding wide -n {RUNS}"), "");
    wait("the narrow rights", Duration::from_secs(60), || {
        let may = format!("auth can-i delete workflows.argoproj.io -n {RUNS}");
        (!as_gateway(&may, "").ok).then_some(())
    });
}

/// Nobody else says that a run was submitted by another, or takes it back.
pub(super) fn labels() {
    let mut person = good();
    let answer = kubectl(CREATE, &person.to_string());
    assert!(answer.err.contains("pure-agent: submitted-by:"), "{answer}");
    person["metadata"]["labels"] = json!({"team": "a"});
    let answer = kubectl(CREATE, &person.to_string());
    assert!(answer.ok, "{answer}");
}
