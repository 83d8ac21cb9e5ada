//! Argo's objects, as far as we use them.
//!
//! Only fields that Argo 3.7 to 4.1 all know; a field that is not here cannot be emitted.

mod types;

pub use types::{
    Arguments, Backoff, Condition, ContinueOn, CronWorkflow, CronWorkflowSpec, Event, Inputs,
    Metadata, Outputs, Parameter, PodGc, ResourceTemplate, RetryStrategy, Semaphore, StepCall,
    Submit, Synchronization, Template, TemplateRef, TtlStrategy, ValueFrom, VolumeClaimGc,
    WorkflowEventBinding, WorkflowEventBindingSpec, WorkflowSpec, WorkflowTemplate,
};
