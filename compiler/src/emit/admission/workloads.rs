//! What the account of a gateway may change in a namespace that it looks after.
//!
//! RBAC has no narrower verb than `patch` of a whole Deployment. This policy holds it to what the tools do: a restart
//! changes one annotation of the template, and a scale a number within its bounds. It looks at no request of anybody else.

use super::{Draft, Guard, cel};
use crate::emit::names::{self, Role};
use crate::emit::workloads::{Access, accesses};
use crate::plan::Plan;
use std::collections::BTreeMap;

/// What `kubectl rollout restart` writes.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// The policies of a plan, each in force in a namespace that it looks after.
pub(super) fn guards(plan: &Plan, labels: &BTreeMap<String, String>) -> Vec<Guard> {
    let changed = accesses(plan).into_iter().filter(|(_, a)| a.changes());
    changed
        .map(|(namespace, access)| draft(plan, &namespace, &access).guard(&namespace, labels))
        .collect()
}

fn draft(plan: &Plan, namespace: &str, access: &Access) -> Draft {
    let name = format!(
        "{}.{}.{namespace}.workloads.pure-agent.dev",
        plan.name, plan.target.namespace
    );
    let account = cel::text(&names::username(plan, Role::Gateway));
    let draft = Draft::new(name)
        .on("*", "*", &["*"], &["*/*"])
        .when(
            "of-this-gateway",
            format!("request.userInfo.username == {account}"),
        )
        .let_("is", "dyn(object)")
        .let_("was", "dyn(oldObject)")
        .let_("part", "request.?subResource.orValue('')");
    restarts(scales(kinds(draft), access), access)
}

fn kinds(draft: Draft) -> Draft {
    draft.rule(
        "gateway",
        "a gateway restarts and scales Deployments and changes nothing else",
        "request.operation == 'UPDATE' && request.resource.group == 'apps' \
         && request.resource.resource == 'deployments' && variables.part in ['', 'scale']",
    )
}

fn scales(draft: Draft, access: &Access) -> Draft {
    let ranges: Vec<String> = access
        .scaled
        .iter()
        .map(|(name, (min, max))| format!("{}: [{min}, {max}]", cel::text(name)))
        .collect();
    let ranges = match ranges.as_slice() {
        [] => "{'': [0, 0]}".to_owned(),
        some => format!("{{{}}}", some.join(", ")),
    };
    draft.let_("ranges", ranges).rule(
        "scale",
        "a gateway gives a Deployment a number of replicas within its bounds",
        "variables.part != 'scale' || (request.name in variables.ranges \
         && variables.is.spec.?replicas.orValue(0) >= variables.ranges[request.name][0] \
         && variables.is.spec.?replicas.orValue(0) <= variables.ranges[request.name][1])",
    )
}

fn restarts(draft: Draft, access: &Access) -> Draft {
    let names = cel::texts(access.restarted.iter().map(String::as_str));
    let same = |at: &str, but: &str| {
        format!(
            "variables.is.{at}.all(k, k in {but} || variables.was.{at}[?k] == optional.of(variables.is.{at}[k])) \
             && variables.was.{at}.all(k, k in {but} || k in variables.is.{at})"
        )
    };
    let restarted = cel::text(RESTARTED);
    let notes =
        |of: &str| format!("variables.{of}.spec.template.?metadata.?annotations.orValue({{}})");
    draft
        .let_("notes", notes("is"))
        .let_("notes_before", notes("was"))
        .rule(
            "restart",
            "a gateway restarts the declared Deployments",
            format!("variables.part != '' || request.name in {names}"),
        )
        .rule(
            "restart-object",
            "a restart changes nothing of a Deployment but its template",
            format!(
                "variables.part != '' || ({} && {} && {})",
                same("metadata", "['generation', 'managedFields', 'resourceVersion']"),
                same("spec", "['template']"),
                same("spec.template", "['metadata']"),
            ),
        )
        .rule(
            "restart-template",
            "a restart changes nothing of the template but the time of the restart",
            format!(
                "variables.part != '' || (variables.is.spec.template.?metadata.orValue({{}}).all(k, k == 'annotations' \
                 || variables.was.spec.template.?metadata[?k] == optional.of(variables.is.spec.template.metadata[k])) \
                 && variables.was.spec.template.?metadata.orValue({{}}).all(k, k == 'annotations' \
                 || k in variables.is.spec.template.?metadata.orValue({{}})) \
                 && variables.notes.all(k, k == {restarted} || variables.notes_before[?k] == optional.of(variables.notes[k])) \
                 && variables.notes_before.all(k, k in variables.notes) \
                 && variables.notes[?{restarted}].orValue('').matches('^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}Z$'))"
            ),
        )
}
