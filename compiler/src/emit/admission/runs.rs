//! Argo's objects: a Workflow names one of our templates and hands in inputs, nothing else.
//!
//! No variable here is an optional: the API server's evaluation of a field of one is always empty.

use super::{Draft, WORKFLOW_NAME_MAX, by_controller, cel, triggers};
use crate::plan::{Plan, TargetPlan};

/// `arguments` with at most the parameters `inputs`, base64url of at most 96 KiB, and `retry-of`, a UID or nothing, each
/// once. `X` is the path of the arguments.
const ARGUMENTS: &str = "X.all(k, k == 'parameters') \
    && X.?parameters.orValue([]).all(p, p.all(k, k in ['name', 'value']) && p.?name.orValue('') in ['inputs', 'retry-of'] \
    && X.parameters.filter(o, o.?name.orValue('') == p.name).size() == 1 \
    && has(p.value) && type(p.value) == string && p.value.size() <= 98304 \
    && string(p.value).matches(p.name == 'inputs' ? '^[A-Za-z0-9_-]*$' \
    : '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$'))";

/// `arguments` with at most the parameter `inputs`: what starts by itself tries nothing again.
const INPUTS: &str = "X.all(k, k == 'parameters') \
    && X.?parameters.orValue([]).size() <= 1 \
    && X.?parameters.orValue([]).all(p, p.all(k, k in ['name', 'value']) && p.?name.orValue('') == 'inputs' \
    && has(p.value) && type(p.value) == string && string(p.value).matches('^[A-Za-z0-9_-]*$'))";

/// A reference by name to a template of the namespace. `X` is the path of the reference.
pub(super) const REFERENCE: &str = "X.all(k, k == 'name') \
    && X.?name.orValue('').matches('^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$')";

/// Argo's namespace of labels and annotations, entries of `NEW` that differ from `OLD`.
const ARGO_KEYS: &str = "NEW.all(k, !k.contains('argoproj.io/') || OLD[?k] == NEW[?k]ELSE) \
    && OLD.all(k, !k.contains('argoproj.io/') || k in NEW)";

fn argo_keys(part: &str) -> String {
    argo_keys_but(part, "")
}

/// The same, with a further way for a key of `NEW` to be there.
fn argo_keys_but(part: &str, further: &str) -> String {
    ARGO_KEYS
        .replace("ELSE", further)
        .replace(
            "NEW",
            &format!("variables.new.metadata.?{part}.orValue({{}})"),
        )
        .replace(
            "OLD",
            &format!("variables.old.?metadata.?{part}.orValue({{}})"),
        )
}

/// Workflows.
pub(super) fn workflows(target: &TargetPlan) -> Draft {
    let draft = Draft::new(format!("workflows.{}.pure-agent.dev", target.namespace))
        .on(
            "argoproj.io",
            "v1alpha1",
            &["CREATE", "UPDATE"],
            &["workflows", "workflows/status"],
        )
        .let_("controller", by_controller(target))
        .let_("create", "request.operation == 'CREATE'")
        .let_("new", "dyn(object)")
        .let_("old", "variables.create ? {} : dyn(oldObject)")
        .let_("inputs", "variables.new.spec.?arguments.orValue({})")
        .let_(
            "reference",
            "variables.new.spec.?workflowTemplateRef.orValue({})",
        )
        .let_("named", "variables.reference.?name.orValue('')")
        .let_(
            "event",
            "variables.new.metadata.?labels[?'workflows.argoproj.io/workflow-event-binding'].orValue('')",
        )
        .let_("user", "request.userInfo.username.replace(':', '-')")
        .let_(
            "poster",
            "variables.user.size() > 63 ? variables.user.substring(variables.user.size() - 63) : variables.user",
        );
    metadata(described(draft))
}

fn described(draft: Draft) -> Draft {
    draft
        .rule(
            "workflow",
            "a Workflow sets workflowTemplateRef and arguments, and later shutdown or suspend",
            "variables.new.spec.all(k, k in ['workflowTemplateRef', 'arguments'] \
             || (k in ['shutdown', 'suspend'] && !variables.create))",
        )
        .rule(
            "template",
            "a Workflow names one of the namespace's templates",
            REFERENCE.replace('X', "variables.reference"),
        )
        .rule(
            "inputs",
            "a Workflow's only arguments are `inputs`, base64url, and `retry-of`, a UID",
            ARGUMENTS.replace('X', "variables.inputs"),
        )
        .rule(
            "same-run",
            "template and inputs of a run never change",
            "variables.create || (variables.new.spec.?workflowTemplateRef == variables.old.spec.?workflowTemplateRef \
             && variables.inputs.?parameters.orValue([]) == variables.old.spec.?arguments.?parameters.orValue([]))",
        )
        .rule(
            "stop",
            "shutdown is Stop or Terminate and is never taken back; suspend is true",
            "variables.new.spec.?shutdown.orValue('Stop') in ['Stop', 'Terminate'] \
             && (variables.create || !has(variables.old.spec.shutdown) || has(variables.new.spec.shutdown)) \
             && variables.new.spec.?suspend.orValue(true) == true",
        )
}

fn metadata(draft: Draft) -> Draft {
    draft
        .rule(
            "name",
            &format!(
                "a Workflow's name is a DNS label of at most {WORKFLOW_NAME_MAX} characters, and not one of a probe"
            ),
            format!(
                "!variables.create || (variables.new.metadata.name.matches('^[a-z]([a-z0-9-]{{0,{}}}[a-z0-9])?$') \
                 && !variables.new.metadata.name.startsWith({}))",
                WORKFLOW_NAME_MAX - 2,
                cel::text(crate::emit::pods::probe::RUN_PREFIX)
            ),
        )
        .rule(
            "spec-label",
            "a label that names the spec names the Workflow's template",
            "variables.new.metadata.?labels[?'pure-agent.dev/spec'].orValue(variables.reference.?name.orValue('')) \
             == variables.reference.?name.orValue('')",
        )
        .rule(
            "workflow-status",
            "only Argo's controller writes the status of a Workflow",
            "variables.controller || (variables.create ? variables.new.?status.orValue({}).size() == 0 \
             : variables.new.?status.orValue({}) == variables.old.?status.orValue({}))",
        )
        .rule(
            "argo-label",
            "labels and annotations of Argo are the controller's, and its server's where an event starts a run",
            format!(
                "variables.controller || ({} && {})",
                argo_keys_but("labels", &format!(" || ({})", triggers::OF_EVENT.replace('K', "k"))),
                argo_keys("annotations")
            ),
        )
}

/// CronWorkflows.
pub(super) fn schedules(target: &TargetPlan) -> Draft {
    Draft::new(format!("schedules.{}.pure-agent.dev", target.namespace))
        .on(
            "argoproj.io",
            "v1alpha1",
            &["CREATE", "UPDATE"],
            &["cronworkflows", "cronworkflows/status"],
        )
        .let_("controller", by_controller(target))
        .let_("create", "request.operation == 'CREATE'")
        .let_("new", "dyn(object)")
        .let_("old", "variables.create ? {} : dyn(oldObject)")
        .let_("run", "variables.new.spec.?workflowSpec.orValue({})")
        .let_("inputs", "variables.run.?arguments.orValue({})")
        .let_("reference", "variables.run.?workflowTemplateRef.orValue({})")
        .rule(
            "schedule",
            "a CronWorkflow sets when it runs, and nothing of a Workflow but workflowTemplateRef and arguments",
            "variables.new.spec.all(k, k in ['schedules', 'timezone', 'concurrencyPolicy', 'startingDeadlineSeconds', \
             'successfulJobsHistoryLimit', 'failedJobsHistoryLimit', 'suspend', 'workflowSpec', 'workflowMetadata']) \
             && variables.run.all(k, k in ['workflowTemplateRef', 'arguments']) \
             && variables.new.spec.?workflowMetadata.orValue({}).all(k, k in ['labels', 'annotations'] \
             && variables.new.spec.workflowMetadata[k].all(n, !n.contains('argoproj.io/')))",
        )
        .rule(
            "template",
            "a CronWorkflow names one of the namespace's templates",
            REFERENCE.replace('X', "variables.reference"),
        )
        .rule(
            "inputs",
            "a CronWorkflow's only argument is `inputs`, base64url",
            INPUTS.replace('X', "variables.inputs"),
        )
        .rule(
            "workflow-status",
            "only Argo's controller writes the status of a CronWorkflow",
            "variables.controller || (variables.create ? variables.new.?status.orValue({}).size() == 0 \
             : variables.new.?status.orValue({}) == variables.old.?status.orValue({}))",
        )
        .rule(
            "argo-label",
            "labels and annotations of Argo are the controller's",
            format!(
                "variables.controller || ({} && {})",
                argo_keys("labels"),
                argo_keys("annotations")
            ),
        )
}

/// WorkflowTaskResults: what a launcher reports, and what steps see of it.
pub(super) fn results(target: &TargetPlan) -> Draft {
    let account = cel::text(&format!(
        "^system:serviceaccount:{}:[a-z]([a-z0-9-]{{0,22}}[a-z0-9])?-launcher$",
        target.namespace
    ));
    Draft::new(format!("results.{}.pure-agent.dev", target.namespace))
        .on(
            "argoproj.io",
            "v1alpha1",
            &["CREATE", "UPDATE"],
            &["workflowtaskresults", "workflowtaskresults/status"],
        )
        .let_("outputs", "dyn(object).?outputs.orValue({})")
        .rule(
            "reporter",
            "only launchers report results",
            format!("request.userInfo.username.matches({account})"),
        )
        .rule(
            "result",
            "a result is a number, a word or an address",
            "variables.outputs.all(k, k in ['parameters', 'exitCode']) \
             && variables.outputs.?parameters.orValue([]).all(p, string(p.?value.orValue('')).matches('^[A-Za-z0-9.:]{0,64}$'))",
        )
}

/// Objects by which Argo makes pods or talks to plugins; no template of ours needs them.
pub(super) fn internals(target: &TargetPlan) -> Draft {
    Draft::new(format!("internals.{}.pure-agent.dev", target.namespace))
        .on(
            "argoproj.io",
            "v1alpha1",
            &["CREATE", "UPDATE"],
            &[
                "workflowtasksets",
                "workflowtasksets/status",
                "workflowartifactgctasks",
                "workflowartifactgctasks/status",
            ],
        )
        .rule(
            "controller-only",
            "only Argo's controller writes its task sets",
            by_controller(target),
        )
}

/// A spec that is switched off starts no run.
pub(super) fn disabled(plan: &Plan) -> Draft {
    Draft::new(format!(
        "{}.{}.disabled.pure-agent.dev",
        plan.name, plan.target.namespace
    ))
    .on("argoproj.io", "v1alpha1", &["CREATE"], &["workflows"])
    .rule(
        "enabled",
        "the spec is disabled",
        format!(
            "dyn(object).spec.?workflowTemplateRef.?name.orValue('') != {}",
            cel::text(&plan.name)
        ),
    )
}
