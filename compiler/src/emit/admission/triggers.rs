//! Events that start runs: their bindings, and what Argo's server writes on the Workflows that it makes of them.

use super::runs::REFERENCE;
use super::{Draft, cel};
use crate::emit::trigger::shape;
use crate::plan::TargetPlan;

/// What Argo's server writes on a Workflow that an event starts, and nobody else may: that its binding belongs to the
/// template, the template, and the account that posted the event as a label can hold it. `K` is the key.
pub(super) const OF_EVENT: &str = "variables.create && variables.event.startsWith(variables.named + '.') \
    && variables.event.substring(variables.named.size() + 1).matches('^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$') \
    && (K == 'workflows.argoproj.io/workflow-event-binding' \
    || (K == 'workflows.argoproj.io/workflow-template' && variables.new.metadata.labels[K] == variables.named) \
    || (K == 'workflows.argoproj.io/creator' && variables.new.metadata.labels[K] != '' \
    && variables.poster.endsWith(variables.new.metadata.labels[K]) \
    && variables.poster.substring(0, variables.poster.size() - variables.new.metadata.labels[K].size()) \
    .matches('^[^a-z0-9A-Z]*$')))";

/// WorkflowEventBindings: whose expressions Argo's server evaluates, over what anybody may have posted.
pub(super) fn triggers(target: &TargetPlan) -> Draft {
    Draft::new(format!("triggers.{}.pure-agent.dev", target.namespace))
        .on(
            "argoproj.io",
            "v1alpha1",
            &["CREATE", "UPDATE"],
            &["workfloweventbindings"],
        )
        .let_("new", "dyn(object)")
        .let_("submit", "variables.new.spec.?submit.orValue({})")
        .let_("inputs", "variables.submit.?arguments.?parameters.orValue([])")
        .let_("reference", "variables.submit.?workflowTemplateRef.orValue({})")
        .let_("event", "variables.new.metadata.name.split('.')")
        .rule(
            "reviewed",
            "who may apply a spec, with its admission policies, binds an event to it",
            "authorizer.group('admissionregistration.k8s.io').resource('validatingadmissionpolicies').check('create').allowed()",
        )
        .rule(
            "template",
            "a WorkflowEventBinding names one of the namespace's templates",
            REFERENCE.replace('X', "variables.reference"),
        )
        .rule(
            "event",
            "a WorkflowEventBinding is called TEMPLATE.EVENT, and means the events of that name",
            "variables.event.size() == 2 && variables.event[0] == variables.reference.?name.orValue('') \
             && variables.event[1].matches('^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$') \
             && variables.new.spec.all(k, k in ['event', 'submit']) \
             && variables.new.spec.?event.orValue({}).all(k, k == 'selector') \
             && variables.new.spec.?event.?selector.orValue('') == 'discriminator == \"' + variables.event[1] + '\"'",
        )
        .rule(
            "inputs",
            "a WorkflowEventBinding's only argument is `inputs`, base64url of places in the payload",
            format!(
                "variables.submit.all(k, k in ['workflowTemplateRef', 'arguments']) \
                 && variables.submit.?arguments.orValue({{}}).all(k, k == 'parameters') && variables.inputs.size() == 1 \
                 && variables.inputs.all(p, p.all(k, k in ['name', 'valueFrom']) && p.?name.orValue('') == 'inputs' \
                 && p.?valueFrom.orValue({{}}).all(k, k == 'event') && p.?valueFrom.?event.orValue('').matches({}))",
                cel::text(&shape())
            ),
        )
        .rule(
            "argo-label",
            "a WorkflowEventBinding has no labels and annotations of Argo",
            "['labels', 'annotations'].all(part, variables.new.metadata[?part].orValue({}).all(k, \
             !k.contains('argoproj.io/')))",
        )
}
