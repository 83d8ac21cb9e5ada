//! The CronWorkflow of a scheduled run.

use crate::bundle::{Object, Zone};
use crate::emit::argo::{
    Arguments, CronWorkflow, CronWorkflowSpec, Parameter, TemplateRef, WorkflowSpec,
};
use crate::emit::{inputs, metadata, names};
use crate::plan::{Overlap, Plan, SchedulePlan};
use crate::value::{NotData, to_value};

/// Ended Workflows that the schedule keeps, of each kind; their time to live may end them sooner.
const HISTORY: u64 = 3;

/// The schedule, if the run has one. A disabled run has it suspended.
///
/// # Errors
/// A number beyond 2^53 - 1.
pub fn cron_workflow(plan: &Plan) -> Result<Option<Object>, NotData> {
    let Some(schedule) = &plan.schedule else {
        return Ok(None);
    };
    let meta = metadata(&plan.name, plan, names::spec_labels(plan));
    let value = to_value(&CronWorkflow::new(meta, spec(plan, schedule)))?;
    Ok(Some(Object::new(Zone::Spec, value)))
}

fn spec(plan: &Plan, schedule: &SchedulePlan) -> CronWorkflowSpec {
    CronWorkflowSpec {
        concurrency_policy: match schedule.overlap {
            Overlap::Forbid => "Forbid",
            Overlap::Allow => "Allow",
            Overlap::Replace => "Replace",
        },
        failed_jobs_history_limit: HISTORY,
        schedules: vec![schedule.cron.clone()],
        starting_deadline_seconds: (schedule.catch_up > 0).then_some(schedule.catch_up),
        successful_jobs_history_limit: HISTORY,
        suspend: !plan.enabled,
        timezone: schedule.timezone.clone(),
        workflow_spec: WorkflowSpec {
            arguments: Arguments::of(vec![Parameter {
                name: names::INPUTS.to_owned(),
                value: Some(inputs::encode(&defaults(plan))),
                value_from: None,
            }]),
            workflow_template_ref: Some(TemplateRef {
                name: plan.name.clone(),
            }),
            ..WorkflowSpec::default()
        },
    }
}

fn defaults(plan: &Plan) -> std::collections::BTreeMap<String, String> {
    plan.inputs
        .iter()
        .filter_map(|input| Some((input.name.clone(), input.default.clone()?)))
        .collect()
}
