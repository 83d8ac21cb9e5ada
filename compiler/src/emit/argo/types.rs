//! One struct for each of Argo's types. Absent fields are not written.

use k8s_openapi::api::core::v1::{
    ConfigMapKeySelector, PersistentVolumeClaim, PodSecurityContext, Toleration,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use std::collections::BTreeMap;

/// The API group and version of all of them.
const API_VERSION: &str = "argoproj.io/v1alpha1";

/// A stored workflow.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowTemplate {
    /// `argoproj.io/v1alpha1`.
    pub api_version: &'static str,
    /// `WorkflowTemplate`.
    pub kind: &'static str,
    /// Name, namespace, labels.
    pub metadata: ObjectMeta,
    /// What it does.
    pub spec: WorkflowSpec,
}

impl WorkflowTemplate {
    /// With its kind set.
    #[must_use]
    pub fn new(metadata: ObjectMeta, spec: WorkflowSpec) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "WorkflowTemplate",
            metadata,
            spec,
        }
    }
}

/// What a workflow does.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowSpec {
    /// Seconds for everything but the exit handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_deadline_seconds: Option<u64>,
    /// Whether logs of Argo's pods go to an artifact store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_logs: Option<bool>,
    /// Its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Arguments>,
    /// The first template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<String>,
    /// Nodes of Argo's pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_selector: Option<BTreeMap<String, String>>,
    /// The template that runs at the end, however it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_exit: Option<String>,
    /// When Argo's pods are deleted.
    #[serde(rename = "podGC", skip_serializing_if = "Option::is_none")]
    pub pod_gc: Option<PodGc>,
    /// Labels of Argo's pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_metadata: Option<Metadata>,
    /// Security of Argo's pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<PodSecurityContext>,
    /// Account of Argo's pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// What it waits for before its first step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synchronization: Option<Synchronization>,
    /// The templates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<Template>,
    /// Tolerations of Argo's pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerations: Option<Vec<Toleration>>,
    /// When the Workflow is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_strategy: Option<TtlStrategy>,
    /// When claims are deleted.
    #[serde(rename = "volumeClaimGC", skip_serializing_if = "Option::is_none")]
    pub volume_claim_gc: Option<VolumeClaimGc>,
    /// Claims made for each Workflow, named `WORKFLOW-NAME`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volume_claim_templates: Vec<PersistentVolumeClaim>,
    /// Labels and annotations of the Workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_metadata: Option<Metadata>,
    /// The stored workflow that this one runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_template_ref: Option<TemplateRef>,
}

/// What a Workflow waits for: the list that 3.6 and later have; the single field is gone in 4.0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Synchronization {
    /// Each is held from the first step to the end.
    pub semaphores: Vec<Semaphore>,
}

/// A number of Workflows at once.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Semaphore {
    /// Where the number is.
    pub config_map_key_ref: ConfigMapKeySelector,
}

/// Labels and annotations.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Metadata {
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// When Argo's pods are deleted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PodGc {
    /// `OnWorkflowCompletion` and others.
    pub strategy: &'static str,
}

/// When the Workflow is deleted, in seconds after its end.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TtlStrategy {
    /// After a failure or an error.
    pub seconds_after_failure: u64,
    /// After success.
    pub seconds_after_success: u64,
}

/// When claims are deleted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VolumeClaimGc {
    /// `OnWorkflowCompletion` or `OnWorkflowSuccess`.
    pub strategy: &'static str,
}

/// A stored workflow, by name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TemplateRef {
    /// Its name.
    pub name: String,
}

/// Values for parameters.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Arguments {
    /// The parameters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
}

impl Arguments {
    /// None where there is no parameter.
    #[must_use]
    pub fn of(parameters: Vec<Parameter>) -> Option<Self> {
        (!parameters.is_empty()).then_some(Self { parameters })
    }
}

/// What a template takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Inputs {
    /// The parameters.
    pub parameters: Vec<Parameter>,
}

/// What a template gives back.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Outputs {
    /// The parameters.
    pub parameters: Vec<Parameter>,
}

/// A parameter.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<ValueFrom>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueFrom {
    /// The value where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<&'static str>,
    /// An expression over an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Path in the object that a `resource` template made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json_path: Option<&'static str>,
    /// An output of a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
}

/// A template: steps, or one object to apply or delete.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// Seconds of its pod; not for steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_deadline_seconds: Option<u64>,
    /// What it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Inputs>,
    /// Its name.
    pub name: String,
    /// What it gives back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Outputs>,
    /// The object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceTemplate>,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_strategy: Option<RetryStrategy>,
    /// Groups of steps, one group after the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Vec<StepCall>>,
}

/// A call of a template.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepCall {
    /// Values for its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Arguments>,
    /// Which ends do not stop the steps after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continue_on: Option<ContinueOn>,
    /// Its name.
    pub name: String,
    /// The template.
    pub template: String,
    /// The condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// Which ends of a step do not stop the steps after it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContinueOn {
    /// An error of Argo or of the cluster.
    pub error: bool,
    /// A failure of the step.
    pub failed: bool,
}

/// An object to apply or delete.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceTemplate {
    /// `apply` or `delete`.
    pub action: &'static str,
    /// Any of these ends the wait with a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_condition: Option<Condition>,
    /// Arguments for `kubectl`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// The object as YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// Whether the object belongs to the Workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_owner_reference: Option<bool>,
    /// All of these end the wait with success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_condition: Option<Condition>,
}

/// Requirements in the language of label selectors, over paths of the object.
pub type Condition = String;

/// When a template is tried again.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryStrategy {
    /// Waits and the end of it.
    pub backoff: Backoff,
    /// How often.
    pub limit: u64,
    /// `Always`, `OnError`, …
    pub retry_policy: &'static str,
}

/// Waits between tries.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Backoff {
    /// Before the second try.
    pub duration: String,
    /// From the first try; bounds later tries too.
    pub max_duration: String,
}

/// A workflow that starts by the clock.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CronWorkflow {
    /// `argoproj.io/v1alpha1`.
    pub api_version: &'static str,
    /// `CronWorkflow`.
    pub kind: &'static str,
    /// Name, namespace, labels.
    pub metadata: ObjectMeta,
    /// When, and what.
    pub spec: CronWorkflowSpec,
}

impl CronWorkflow {
    /// With its kind set.
    #[must_use]
    pub fn new(metadata: ObjectMeta, spec: CronWorkflowSpec) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "CronWorkflow",
            metadata,
            spec,
        }
    }
}

/// When a workflow starts, and what it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CronWorkflowSpec {
    /// `Forbid`, `Allow` or `Replace`.
    pub concurrency_policy: &'static str,
    /// Failed Workflows that are kept.
    pub failed_jobs_history_limit: u64,
    /// Cron expressions.
    pub schedules: Vec<String>,
    /// Seconds after the time at which a missed start still happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_deadline_seconds: Option<u64>,
    /// Succeeded Workflows that are kept.
    pub successful_jobs_history_limit: u64,
    /// Whether it does not start.
    pub suspend: bool,
    /// IANA time zone.
    pub timezone: String,
    /// What starts.
    pub workflow_spec: WorkflowSpec,
}

/// A workflow that starts by an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowEventBinding {
    /// `argoproj.io/v1alpha1`.
    pub api_version: &'static str,
    /// `WorkflowEventBinding`.
    pub kind: &'static str,
    /// Name, namespace, labels.
    pub metadata: ObjectMeta,
    /// Which event, and what.
    pub spec: WorkflowEventBindingSpec,
}

impl WorkflowEventBinding {
    /// With its kind set.
    #[must_use]
    pub fn new(metadata: ObjectMeta, spec: WorkflowEventBindingSpec) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "WorkflowEventBinding",
            metadata,
            spec,
        }
    }
}

/// Which event starts a workflow, and what it is handed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkflowEventBindingSpec {
    /// Which.
    pub event: Event,
    /// What is started.
    pub submit: Submit,
}

/// Events that are meant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// An expression that holds for them.
    pub selector: String,
}

/// What an event starts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Submit {
    /// What it is handed.
    pub arguments: Arguments,
    /// The stored workflow.
    pub workflow_template_ref: TemplateRef,
}
