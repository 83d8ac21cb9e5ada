//! Graphs of steps, walked by Argo itself: the emitted templates, with words that stand in ConfigMaps in the place of the
//! pods that would give them.
//!
//! What is shown is what Argo makes of the templates: which follows which, with which number, and when it ends. What the
//! gateway makes of an outcome is shown elsewhere.

mod drawn;

use drawn::{Draw, Walked};
use pure_agent::emit::emit;
use pure_agent::emit::testing::minimal;
use pure_agent::plan::{Flow, Plan};
use pure_agent::value::Value as Emitted;
use pure_agent_tests::cluster::kubectl::{get, reachable, sure};
use pure_agent_tests::cluster::site::visits;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A namespace of this test's own.
const NAMESPACE: &str = "pure-agent-test-graphs";
/// How many graphs are walked.
const GRAPHS: u64 = 10;
/// Until all of them have ended.
const PATIENCE: Duration = Duration::from_secs(900);

/// What the launchers of a run may do here: read the words, and say how they ended.
fn rights() -> Value {
    let name = json!({"name": "walker", "namespace": NAMESPACE});
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": name, "rules": [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
        {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]},
    ]});
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": name,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "walker"},
        "subjects": [{"kind": "ServiceAccount", "name": "walker", "namespace": NAMESPACE}]});
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": name});
    json!({"apiVersion": "v1", "kind": "List", "items": [account, role, binding]})
}

/// The templates that a plan emits.
fn templates(plan: &Plan) -> Vec<Value> {
    let objects = emit(plan).unwrap();
    let kind = |value: &Emitted| serde_json::to_value(value).unwrap();
    let mut all = objects.iter().map(|object| kind(&object.value));
    let template = all.find(|o| o["kind"] == "WorkflowTemplate").unwrap();
    template["spec"]["templates"].as_array().unwrap().clone()
}

/// The same with words instead of pods: a launcher reads the one of its visit.
fn told(mut template: Value, run: &str) -> Option<Value> {
    let name = template["name"].as_str().unwrap().to_owned();
    if template.get("steps").is_some() {
        if name == "main" {
            // What comes before and after the steps is not looked at here.
            let groups = template["steps"].as_array_mut().unwrap();
            groups.retain(|group| group[0]["name"] == "cycle");
            let given = groups[0][0]["arguments"]["parameters"]
                .as_array_mut()
                .unwrap();
            for one in given.iter_mut().filter(|one| one["name"] == "gateway") {
                one["value"] = json!("192.0.2.1");
            }
        }
        return Some(template);
    }
    if !matches!(name.as_str(), "step" | "router") && !name.starts_with("agent-") {
        return (name == "drop").then(|| word(&template, run));
    }
    let outputs = template["outputs"]["parameters"].as_array_mut().unwrap();
    for output in outputs {
        let key = output["name"].as_str().unwrap().to_owned();
        output["valueFrom"]["jsonPath"] = json!(format!("{{.data.{key}}}"));
    }
    Some(word(&template, run))
}

fn word(template: &Value, run: &str) -> Value {
    let mut template = template.clone();
    let manifest = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {run}-{{{{inputs.parameters.visit}}}}\n  namespace: {NAMESPACE}\n"
    );
    template["resource"] = json!({"action": "get", "manifest": manifest});
    template
}

/// A run of these templates.
fn workflow(plan: &Plan, run: &str) -> Value {
    let templates: Vec<Value> = templates(plan)
        .into_iter()
        .filter_map(|template| told(template, run))
        .collect();
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": run, "namespace": NAMESPACE},
        "spec": {"entrypoint": "main", "serviceAccountName": "walker", "templates": templates,
            "activeDeadlineSeconds": PATIENCE.as_secs(), "podGC": {"strategy": "OnPodCompletion"}}})
}

/// One ConfigMap for each visit: what is said in it.
fn words(run: &str, walked: &Walked) -> Value {
    let items = walked
        .visits
        .iter()
        .zip(&walked.words)
        .map(|((_, visit), next)| {
            json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": format!("{run}-{visit}"), "namespace": NAMESPACE},
            "data": {"next": next, "phase": "Succeeded", "exit-code": "0"}})
        });
    json!({"apiVersion": "v1", "kind": "List", "items": items.collect::<Vec<_>>()})
}

fn ended(run: &str) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let workflow = get(&format!("workflow {run} -n {NAMESPACE}"));
        let phase = workflow["status"]["phase"].as_str().unwrap_or_default();
        if matches!(phase, "Succeeded" | "Failed" | "Error") {
            return workflow;
        }
        assert!(Instant::now() < until, "{run} is {phase:?} for too long");
        std::thread::sleep(Duration::from_secs(3));
    }
}

/// The walks go far enough to show something: some come again by an edge that leads back.
#[test]
fn the_walks_are_long_and_go_in_circles() {
    let walks = (0..GRAPHS).map(|seed| {
        let mut draw = Draw::new(seed);
        let graph = draw.graph();
        draw.walk(&graph).visits
    });
    let walks: Vec<_> = walks.collect();
    let again = |visits: &&Vec<(String, u32)>| {
        let steps: BTreeSet<&String> = visits.iter().map(|(step, _)| step).collect();
        steps.len() < visits.len()
    };
    assert!(walks.iter().filter(again).count() >= 3);
    assert!(walks.iter().map(Vec::len).sum::<usize>() >= 40);
}

#[test]
fn s2_13_argo_walks_ten_graphs_as_they_are_written() {
    if !reachable() {
        return;
    }
    let gone = format!("delete namespace {NAMESPACE} --ignore-not-found --timeout=50s");
    let _gone = sure(&gone, "");
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    let _made = sure("apply -f -", &namespace.to_string());
    let _made = sure("apply -f -", &rights().to_string());
    let mut runs = Vec::new();
    for seed in 0..GRAPHS {
        let mut draw = Draw::new(seed);
        let graph = draw.graph();
        let walked = draw.walk(&graph);
        let mut plan = minimal();
        plan.flow = Flow::Graph { graph };
        plan.limits.depth = walked.visits.len().try_into().unwrap();
        let run = format!("graph-{seed}");
        let _made = sure("apply -f -", &words(&run, &walked).to_string());
        let _gone = sure(
            &format!("delete workflow {run} -n {NAMESPACE} --ignore-not-found"),
            "",
        );
        let _made = sure("create -f -", &workflow(&plan, &run).to_string());
        runs.push((run, walked));
    }
    for (run, walked) in runs {
        let workflow = ended(&run);
        assert_eq!(
            visits(&workflow),
            walked.visits,
            "{run}: {}",
            workflow["status"]["message"]
        );
        assert_eq!(workflow["status"]["phase"], "Succeeded", "{run}");
    }
    let _gone = sure(&format!("delete namespace {NAMESPACE} --wait=false"), "");
}
