//! The walk over Argo's real CRDs accepts what ran, and refuses what a cluster would.

use pure_agent_tests::crd;
use serde_json::{Value, json};
use std::time::Instant;

/// A template that uses the fields that the compiler emits.
fn template() -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "WorkflowTemplate",
        "metadata": { "name": "demo", "namespace": "agents", "labels": { "a": "b" } },
        "spec": {
            "entrypoint": "main",
            "onExit": "cleanup",
            "serviceAccountName": "launcher",
            "podMetadata": { "labels": { "pure-agent.dev/role": "launcher" } },
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 10001, "seccompProfile": { "type": "RuntimeDefault" }
            },
            "activeDeadlineSeconds": 900,
            "podGC": { "strategy": "OnWorkflowCompletion" },
            "ttlStrategy": { "secondsAfterCompletion": 60 },
            "volumeClaimGC": { "strategy": "OnWorkflowCompletion" },
            "arguments": { "parameters": [{ "name": "inputs", "value": "" }] },
            "volumeClaimTemplates": [{
                "metadata": { "name": "run" },
                "spec": {
                    "accessModes": ["ReadWriteOncePod"],
                    "resources": { "requests": { "storage": "1Gi" } }
                }
            }],
            "templates": [
                { "name": "main", "steps": [[{ "name": "agent", "template": "agent" }]] },
                {
                    "name": "agent",
                    "activeDeadlineSeconds": 100,
                    "inputs": { "parameters": [{ "name": "cycle" }] },
                    "outputs": { "parameters": [
                        { "name": "phase", "valueFrom": { "jsonPath": "{.status.phase}", "default": "" } }
                    ] },
                    "resource": {
                        "action": "apply",
                        "setOwnerReference": true,
                        "successCondition": "status.phase in (Succeeded, Failed)",
                        "manifest": "kind: Pod\n"
                    }
                },
                {
                    "name": "cleanup",
                    "resource": { "action": "delete", "flags": ["pods", "--wait=false"] }
                }
            ]
        }
    })
}

#[test]
fn real_crds_accept_what_ran_and_refuse_faults() {
    let start = Instant::now();
    if crd::versions().is_empty() {
        return;
    }
    println!("CRDs read in {:?}", start.elapsed());
    assert_eq!(crd::violations(&template()), Vec::<String>::new());
    let faults: [(&str, Value); 8] = [
        ("/spec/entrypointt", json!("main")),
        ("/spec/outputs", json!({})),
        ("/spec/activeDeadlineSeconds", json!([])),
        ("/spec/templates/1/resource/setOwnerReferences", json!(true)),
        ("/spec/templates/1/resource/flags", json!("pods")),
        ("/spec/templates/1/inputs/parameters/0/name", json!(7)),
        (
            "/spec/volumeClaimTemplates/0/spec/accessModes",
            json!("ReadWriteOnce"),
        ),
        ("/spec/securityContext/runAsUser", json!("root")),
    ];
    for (at, wrong) in faults {
        let mut object = template();
        let (parent, key) = at.rsplit_once('/').unwrap();
        object.pointer_mut(parent).unwrap()[key] = wrong;
        let found = crd::violations(&object);
        for version in crd::versions() {
            assert!(
                found.iter().any(|f| f.starts_with(&version.name)),
                "{at}: {found:?}"
            );
        }
    }
    let mut cron = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": { "name": "a" },
        "spec": {
            "schedules": ["0 6 * * *"], "timezone": "Etc/UTC", "concurrencyPolicy": "Forbid",
            "workflowSpec": { "workflowTemplateRef": { "name": "demo" } }
        }
    });
    assert_eq!(crd::violations(&cron), Vec::<String>::new());
    cron["spec"]["workflowSpec"]["workflowTemplateReference"] = json!({});
    assert!(crd::violations(&cron).len() >= crd::versions().len());
    let unknown = json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflows" });
    assert!(!crd::violations(&unknown).is_empty());
}
