//! Probes of operators: pods of one exact shape, which show what the network lets through and hold nothing.

use super::exact::ADDED;
use super::filled::Filled;
use super::literal::Literals;
use super::{Draft, cel, defaults};
use crate::emit::names::{ROLE, RUN, Role, SPEC};
use crate::emit::pods::probe;
use crate::object;
use crate::plan::TargetPlan;
use crate::value::{Value, to_value};

/// Stands for the command in the declared pod.
const COMMAND: &str = "@command";
/// Stands for the account.
const ACCOUNT: &str = "@account";

/// Whether the request comes from somebody who may look after runs.
pub(super) fn by_operator(target: &TargetPlan) -> String {
    let groups = target.operators.iter().chain(&target.break_glass);
    format!(
        "request.userInfo.?groups.orValue([]).exists(g, g in {})",
        cel::texts(groups.map(String::as_str))
    )
}

/// Names who may make probes, and which pod is one.
pub(super) fn names(draft: Draft, target: &TargetPlan) -> Draft {
    draft.let_("operator", by_operator(target)).let_(
        "probe",
        format!(
            "variables.create && variables.operator && variables.run.startsWith({})",
            cel::text(probe::RUN_PREFIX)
        ),
    )
}

/// The one shape.
pub(super) fn rules(draft: Draft, target: &TargetPlan) -> Draft {
    let draft = draft
        .let_(
            "probe_command",
            "variables.pod.spec.?containers[?0].?command.orValue([])",
        )
        .let_("probe_account", "variables.spec + '-' + variables.role")
        .let_("probe_spec", declared(target));
    let added = cel::texts(ADDED.iter().copied());
    let labels = cel::texts([ROLE, RUN, SPEC]);
    let roles = cel::texts(Role::ALL.iter().map(|role| role.as_str()));
    let ours = tolerations(target);
    draft
        .rule(
            "probe-label",
            "a probe names a spec, a role and itself, and has no other label, annotation, owner or finalizer",
            format!(
                "!variables.probe || (variables.labels.all(k, k in {labels}) && variables.role in {roles} \
                 && variables.run.matches('^{prefix}[a-z0-9]{{1,16}}$') \
                 && variables.pod.metadata.name.startsWith(variables.run + '-') \
                 && variables.pod.metadata.all(k, k in ['name', 'namespace', 'uid', 'creationTimestamp', 'generation', \
                 'managedFields', 'labels']))",
                prefix = probe::RUN_PREFIX
            ),
        )
        .rule(
            "probe-command",
            "a probe runs the runtime's own word with ports and addresses",
            format!(
                "!variables.probe || variables.probe_command.join(' ').matches(\
                 '^{} {}( --(listen|open|closed|any|patience) [a-z0-9.:\\\\[\\\\]]{{1,60}})*$')",
                crate::emit::paths::RUNTIME,
                probe::WORD
            ),
        )
        .rule(
            "probe",
            "a probe is the declared pod: the runtime's image, its role's account, and no volume, variable or token",
            format!(
                "!variables.probe || (variables.pod.spec.all(k, k in {added} \
                 || variables.probe_spec[?k].orValue(dyn(null)) == variables.pod.spec[k]) \
                 && variables.probe_spec.all(k, k in {added} || k in variables.pod.spec) \
                 && variables.pod.spec.?tolerations.orValue([]).all(t, t in {ours} \
                 || (t.key in ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] \
                 && t.?effect.orValue('') == 'NoExecute')))"
            ),
        )
}

/// The declared pod as an expression, with what differs from probe to probe taken from where it stands.
fn declared(target: &TargetPlan) -> String {
    let spec = probe::spec(target, ACCOUNT.to_owned(), vec![COMMAND.to_owned()]);
    let typed = to_value(&spec).unwrap_or_else(|_| Value::map());
    let whole = defaults::complete(object! { "spec" => typed });
    let spec = whole.get("spec").cloned().unwrap_or_else(Value::map);
    literal(&spec)
        .replace(
            &format!("[{}]", cel::text(COMMAND)),
            "variables.probe_command",
        )
        .replace(&cel::text(ACCOUNT), "variables.probe_account")
}

/// The target's tolerations as a list of maps.
fn tolerations(target: &TargetPlan) -> String {
    let spec = probe::spec(target, String::new(), Vec::new());
    let list = to_value(&spec.tolerations.unwrap_or_default());
    literal(&list.unwrap_or_else(|_| Value::List(Vec::new())))
}

/// Nothing of a target is longer than an expression may be.
fn literal(value: &Value) -> String {
    let nothing = Filled::of("probe_", &Value::map());
    Literals::of("probe_", &nothing).literal(value)
}
