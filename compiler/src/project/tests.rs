use super::*;
use crate::bundle::{Object, Zone, seal};
use crate::{list, object};

const IMAGE: &str = "packages.example.com/argoexec@sha256:00";

fn manifest() -> Value {
    object! {
        "apiVersion" => "v1",
        "kind" => "Pod",
        "metadata" => object! {
            "name" => "{{workflow.name}}-agent-{{inputs.parameters.cycle}}",
            "labels" => object! { "pure-agent.dev/role" => "agent" },
        },
        "spec" => object! {
            "containers" => list![object! { "name" => "agent" }],
            "hostAliases" => list![object! { "ip" => "{{inputs.parameters.server-a}}" }],
        },
    }
}

fn template(manifest: &Value) -> Value {
    object! {
        "apiVersion" => "argoproj.io/v1alpha1",
        "kind" => "WorkflowTemplate",
        "metadata" => object! { "name" => "review", "namespace" => "agents" },
        "spec" => object! {
            "entrypoint" => "main",
            "podMetadata" => object! { "labels" => object! { "pure-agent.dev/role" => "launcher" } },
            "serviceAccountName" => "launcher",
            "templates" => list![
                object! { "name" => "main", "steps" => list![] },
                object! {
                    "activeDeadlineSeconds" => 9,
                    "name" => "agent",
                    "resource" => object! {
                        "action" => "apply",
                        "manifest" => yaml::document(manifest),
                    },
                    "serviceAccountName" => "other",
                },
                object! {
                    "metadata" => object! { "labels" => object! { "a" => "{{workflow.name}}" } },
                    "name" => "cleanup",
                    "resource" => object! { "action" => "delete", "flags" => list!["pods"] },
                },
            ],
        },
    }
}

fn project(value: Value, manifests: Vec<(String, Value)>) -> Result<Vec<Value>, Vec<String>> {
    let object = Object {
        manifests,
        ..Object::new(Zone::Spec, value)
    };
    pods(&seal(vec![object], vec![], vec![]).unwrap(), IMAGE)
}

fn agent(manifest: Value) -> Vec<(String, Value)> {
    vec![("agent".to_owned(), manifest)]
}

#[test]
fn each_resource_template_gives_its_launcher_and_its_pod() {
    let pods = project(template(&manifest()), agent(manifest())).unwrap();
    let names: Vec<_> = pods
        .iter()
        .map(|p| p.text_at(&["metadata", "name"]).unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "run-sample-agent-launcher",
            "run-sample-agent-0",
            "run-sample-cleanup-launcher"
        ]
    );
    let [launcher, agent, cleanup] = &pods[..] else {
        panic!()
    };
    assert_eq!(
        launcher.text_at(&["spec", "serviceAccountName"]),
        Some("other")
    );
    assert_eq!(
        cleanup.text_at(&["spec", "serviceAccountName"]),
        Some("launcher")
    );
    assert_eq!(
        launcher.path(&["spec", "activeDeadlineSeconds"]),
        Some(&Value::Int(9))
    );
    assert_eq!(
        launcher.text_at(&["metadata", "labels", "pure-agent.dev/role"]),
        Some("launcher")
    );
    assert_eq!(
        cleanup.text_at(&["metadata", "labels", "a"]),
        Some("run-sample")
    );
    assert_eq!(
        launcher.text_at(&["spec", "containers", "0", "image"]),
        Some(IMAGE)
    );
    assert_eq!(agent.text_at(&["metadata", "namespace"]), Some("agents"));
    assert_eq!(
        agent.text_at(&["metadata", "annotations", TEMPLATE_ANNOTATION]),
        Some("review/agent")
    );
    assert_eq!(
        agent.text_at(&["spec", "hostAliases", "0", "ip"]),
        Some("192.0.2.11")
    );
}

#[test]
fn nothing_is_dropped_silently() {
    let with = |path: &[&str], key: &'static str, value: Value| {
        let mut object = template(&manifest());
        let mut at = &mut object;
        for step in path {
            at = match step.parse::<usize>() {
                Ok(n) => &mut at.items_mut().unwrap()[n],
                Err(_) => at.get_mut(step).unwrap(),
            };
        }
        at.as_map_mut().unwrap().insert(key, value);
        project(object, agent(manifest())).unwrap_err().join("\n")
    };
    let resource = ["spec", "templates", "1", "resource"];
    for (path, key, value) in [
        (&["spec"][..], "hostNetwork", Value::from(true)),
        (&["spec"], "podSpecPatch", Value::from("{}")),
        (&["spec"], "volumes", list![]),
        (&["spec"], "executor", object! {}),
        (&resource[..3], "podSpecPatch", Value::from("{}")),
        (&resource[..3], "initContainers", list![]),
        (&resource[..3], "hostAliases", list![]),
        (&resource, "manifestFrom", object! {}),
    ] {
        let faults = with(path, key, value);
        assert!(
            faults.contains(&format!("field `{key}` is not known here")),
            "{faults}"
        );
    }
    let container = with(&["spec", "templates", "0"], "container", object! {});
    assert!(container.contains("field `container`"), "{container}");
    let text = with(&resource, "manifest", Value::from("kind: Pod\n"));
    assert!(text.contains("not the document of its value"), "{text}");
    let action = with(&resource, "action", Value::from("patch"));
    assert!(action.contains("action Some(\"patch\")"), "{action}");
}

#[test]
fn manifests_and_templates_must_match() {
    let missing = project(template(&manifest()), vec![]).unwrap_err();
    assert_eq!(missing.len(), 1);
    let mut two = agent(manifest());
    two.push(("other".to_owned(), manifest()));
    let unused = project(template(&manifest()), two).unwrap_err();
    assert_eq!(
        unused,
        ["WorkflowTemplate/review/other: a manifest that is not used"]
    );
    let mut job = manifest();
    job.as_map_mut().unwrap().insert("kind", "Job");
    let faults = project(template(&job), agent(job)).unwrap_err();
    assert_eq!(
        faults,
        ["WorkflowTemplate/review/agent: the manifest is no `v1` `Pod`"]
    );
}

#[test]
fn substitutions_that_are_not_on_the_list_are_errors() {
    for text in [
        "{{workflow.parameters.key}}",
        "{{=1}}",
        "{{steps.a.outputs.result}}",
        "{{",
        "}}",
        "{{{workflow.name}}}",
        "{{inputs.parameters.server-}}",
        "{{inputs.parameters.server-a.b}}",
    ] {
        let mut attack = manifest();
        attack.as_map_mut().unwrap().insert("x", text);
        let faults = project(template(&attack), agent(attack)).unwrap_err();
        assert!(faults[0].contains("no sample for"), "{text}: {faults:?}");
    }
}

#[test]
fn kinds_that_may_make_pods_are_errors() {
    let object = |kind: &'static str, spec: Value| {
        object! { "apiVersion" => "v1", "kind" => kind, "metadata" => object! { "name" => "a" }, "spec" => spec }
    };
    for kind in [
        "Deployment",
        "Job",
        "Workflow",
        "ClusterWorkflowTemplate",
        "Thing",
    ] {
        assert_eq!(
            project(object(kind, object! {}), vec![]).unwrap_err().len(),
            1,
            "{kind}"
        );
    }
    assert_eq!(project(object("Role", object! {}), vec![]), Ok(vec![]));
    let cron = |field: &'static str| {
        object(
            "CronWorkflow",
            object! { "workflowSpec" => object! { field => 1 } },
        )
    };
    assert_eq!(project(cron("workflowTemplateRef"), vec![]), Ok(vec![]));
    assert_eq!(project(cron("templates"), vec![]).unwrap_err().len(), 1);
}
