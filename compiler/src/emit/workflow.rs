//! The WorkflowTemplate: launchers, the order of steps, and what passes between them.
//!
//! `main`: image servers, gateway, cycles, pack, export. Where the agent is chosen, `routed` stands for the cycles: the
//! choice, then the cycles of the one agent that was; each agent has templates of its own, which name it. `cycle`: an attempt of the agent, the router,
//! and the next cycle where the router names one. With steps, `visit-STEP` stands for `cycle`, one for each step, and
//! leads to those that can follow it. Whatever ends badly in between, export runs and is told;
//! its exit code is the verdict of the run. `cleanup` runs at the end, however that comes.

mod launcher;
mod steps;

use crate::bundle::{Object, Zone};
use crate::emit::argo::{
    Arguments, Metadata, Parameter, PodGc, Semaphore, Synchronization, TtlStrategy, VolumeClaimGc,
    WorkflowSpec, WorkflowTemplate,
};
use crate::emit::names::{self, Role};
use crate::emit::pods::{self, RolePod};
use crate::emit::{metadata, quantity};
use crate::plan::{Keep, Plan};
use crate::value::{NotData, Value, to_value};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeMap;

/// Seconds that a Workflow stays when no volume is kept.
const STAYS: u64 = 24 * 60 * 60;
/// Bytes of the gateway's volume.
const RECORD_SIZE: u64 = 1 << 30;

/// The WorkflowTemplate with the manifests of its launchers. The manifests are as Argo must have them,
/// see `carried`; admission sees the pods as [`pods::pods`] has them.
///
/// # Errors
/// A number beyond 2^53 - 1.
pub fn workflow_template(plan: &Plan, pods: &[RolePod]) -> Result<Object, NotData> {
    let mut manifests = Vec::new();
    for pod in pods {
        manifests.push((pod.template.clone(), carried(to_value(&pod.pod)?)));
    }
    let deadlines = plan.deadlines();
    let templates = steps::templates(plan)
        .into_iter()
        .chain(
            pods.iter()
                .zip(&manifests)
                .map(|(pod, (_, manifest))| launcher::template(pod, manifest, &deadlines)),
        )
        .chain([launcher::drop_agent(plan), launcher::cleanup()])
        .collect();
    let spec = WorkflowSpec {
        synchronization: plan.queue.as_deref().map(slot),
        templates,
        ..frame(plan, deadlines.workflow)
    };
    let meta = metadata(&plan.name, plan, names::spec_labels(plan));
    let value = to_value(&WorkflowTemplate::new(meta, spec))?;
    Ok(Object {
        zone: Zone::Spec,
        value,
        manifests,
    })
}

/// Argo hands a template to its launcher as an environment variable, so a kubelet expands `$(NAME)` in
/// the manifest before it is applied: each `$` is doubled once more.
fn carried(mut manifest: Value) -> Value {
    manifest.each_text_mut(&mut |text| {
        if text.contains('$') {
            *text = text.replace('$', "$$").into();
        }
    });
    manifest
}

/// Everything but the templates.
fn frame(plan: &Plan, deadline: u64) -> WorkflowSpec {
    let target = &plan.target;
    let mut launcher_labels = names::pod_labels(plan, Role::Launcher);
    launcher_labels.retain(|key, _| key.starts_with("pure-agent.dev/"));
    WorkflowSpec {
        active_deadline_seconds: Some(deadline),
        archive_logs: Some(false),
        arguments: Arguments::of(vec![
            parameter(names::INPUTS, crate::emit::inputs::encode(&BTreeMap::new())),
            parameter(names::RETRY_OF, String::new()),
        ]),
        entrypoint: Some("main".to_owned()),
        node_selector: pods::node_selector(&target.node_labels),
        on_exit: Some("cleanup".to_owned()),
        pod_gc: Some(PodGc {
            strategy: "OnWorkflowCompletion",
        }),
        pod_metadata: Some(Metadata {
            labels: launcher_labels,
            ..Metadata::default()
        }),
        security_context: Some(security()),
        service_account_name: Some(names::account(plan, Role::Launcher)),
        tolerations: pods::tolerations(&target.tolerations),
        ttl_strategy: Some(time_to_live(plan)),
        volume_claim_gc: Some(VolumeClaimGc {
            strategy: claim_strategy(plan.workspace.keep),
        }),
        volume_claim_templates: vec![
            claim(plan, "record", "ReadWriteOnce", RECORD_SIZE),
            claim(plan, "run", &target.access_mode, plan.workspace.size),
        ],
        workflow_metadata: Some(Metadata {
            annotations: names::bundle_annotation(),
            labels: names::workflow_labels(plan),
        }),
        ..WorkflowSpec::default()
    }
}

/// One of the slots of a queue.
fn slot(queue: &str) -> Synchronization {
    Synchronization {
        semaphores: vec![Semaphore {
            config_map_key_ref: core::ConfigMapKeySelector {
                key: queue.to_owned(),
                name: names::QUEUES.to_owned(),
                optional: None,
            },
        }],
    }
}

/// A parameter of the run, with what stands where its Workflow says nothing.
fn parameter(name: &str, value: String) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: Some(value),
        value_from: None,
    }
}

/// The launchers' pods; Argo hardens their containers itself.
fn security() -> core::PodSecurityContext {
    let user = Some(pods::user(Role::Launcher));
    core::PodSecurityContext {
        run_as_group: user,
        run_as_non_root: Some(true),
        run_as_user: user,
        seccomp_profile: Some(core::SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A claim belongs to its Workflow, so it stays no longer than the Workflow does.
fn time_to_live(plan: &Plan) -> TtlStrategy {
    let kept = plan.workspace.keep_for;
    let (seconds_after_success, seconds_after_failure) = match plan.workspace.keep {
        Keep::Never => (STAYS, STAYS),
        Keep::OnFailure => (STAYS, kept),
        Keep::Always => (kept, kept),
    };
    TtlStrategy {
        seconds_after_failure,
        seconds_after_success,
    }
}

/// When Argo deletes claims by itself. It has no word for "not at all": with one that it does not know it
/// deletes none and says so in its log, and they go with the Workflow.
fn claim_strategy(keep: Keep) -> &'static str {
    match keep {
        Keep::Never => "OnWorkflowCompletion",
        Keep::OnFailure => "OnWorkflowSuccess",
        Keep::Always => "Never",
    }
}

fn claim(plan: &Plan, name: &str, mode: &str, size: u64) -> core::PersistentVolumeClaim {
    core::PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        spec: Some(core::PersistentVolumeClaimSpec {
            access_modes: Some(vec![mode.to_owned()]),
            resources: Some(core::VolumeResourceRequirements {
                requests: Some(BTreeMap::from([(
                    "storage".to_owned(),
                    quantity::bytes(size),
                )])),
                ..Default::default()
            }),
            storage_class_name: plan.target.storage_class.clone(),
            ..Default::default()
        }),
        status: None,
    }
}
