//! Runs that submit other runs: their gateways' accounts make Workflows of the named runs, and it shows whose they are.
//!
//! RBAC bounds no creation by what is created. Two policies do: that of the target holds every gateway of the namespace to
//! the runs that the target opens, and nobody else can say that a run was submitted by another; that of the spec holds its
//! own gateway to its own runs, to their names, and to nothing else in the namespace.

use super::{Draft, cel};
use crate::emit::names::{self, Role};
use crate::plan::{Plan, TargetPlan};
use pure_agent_runtime::workflow::{MARK, SUBMITTED_BY};

/// What the API server knows of the pod whose token is shown.
const POD: &str = "request.userInfo.?extra[?'authentication.kubernetes.io/pod-name'].orValue([])";

/// The rules of a target that opens runs to other runs, beside those of all Workflows.
pub(super) fn submitted(draft: Draft, target: &TargetPlan) -> Draft {
    if target.submits.is_empty() {
        return draft;
    }
    let gateways = cel::text(&format!(
        "^system:serviceaccount:{}:[a-z]([a-z0-9-]{{0,22}}[a-z0-9])?-gateway$",
        target.namespace
    ));
    let open = cel::texts(target.submits.iter().map(String::as_str));
    let label = cel::text(SUBMITTED_BY);
    draft
        .let_("gateway", format!("request.userInfo.username.matches({gateways})"))
        .let_("by", format!("variables.new.metadata.?labels[?{label}].orValue('')"))
        .let_(
            "by_before",
            format!("variables.create ? '' : variables.old.metadata.?labels[?{label}].orValue('')"),
        )
        .rule(
            "submitted-run",
            "a gateway submits runs that the target opens to others",
            format!("!variables.gateway || (variables.create && variables.reference.?name.orValue('') in {open})"),
        )
        .rule(
            "submitted-by",
            "a run that another submits names that one, whose gateway makes it; nobody else writes that label",
            format!(
                "variables.create && variables.gateway ? {POD} == [variables.by + '-gateway'] \
                 : variables.by == variables.by_before"
            ),
        )
}

/// What the account of a gateway that submits runs may do in their namespace.
pub(super) fn submits(plan: &Plan) -> Option<Draft> {
    let runs = plan.submitted();
    if runs.is_empty() {
        return None;
    }
    let account = cel::text(&names::username(plan, Role::Gateway));
    let draft = Draft::new(format!(
        "{}.{}.submits.pure-agent.dev",
        plan.name, plan.target.namespace
    ))
    .on("*", "*", &["*"], &["*/*"])
    .when(
        "of-this-gateway",
        format!("request.userInfo.username == {account}"),
    )
    .let_(
        "submits",
        "request.operation == 'CREATE' && request.resource.group == 'argoproj.io' \
         && request.resource.resource == 'workflows' && request.?subResource.orValue('') == ''",
    )
    .let_("is", "dyn(object)")
    .let_(
        "run",
        "variables.is.spec.?workflowTemplateRef.?name.orValue('')",
    );
    Some(rules(draft, &cel::texts(runs)))
}

fn rules(draft: Draft, runs: &str) -> Draft {
    let own = |expression: String| format!("!variables.submits || ({expression})");
    draft
        .rule(
            "submit",
            "a gateway submits runs and changes nothing else",
            "variables.submits",
        )
        .rule(
            "submit-run",
            "a gateway submits the runs that its spec names",
            own(format!("variables.run in {runs}")),
        )
        .rule(
            "submit-name",
            "a submitted run has the name of its spec and a mark",
            own(format!(
                "variables.is.metadata.?name.orValue('').matches('^' + variables.run + '-[0-9a-f]{{{MARK}}}$')"
            )),
        )
        .rule(
            "submit-metadata",
            "a submitted run has one label, and nothing else beside its name",
            own(format!(
                "variables.is.metadata.all(k, k in ['name', 'namespace', 'labels', 'uid', 'creationTimestamp', \
                 'generation', 'managedFields']) && variables.is.metadata.?labels.orValue({{}}).all(k, k == {})",
                cel::text(SUBMITTED_BY)
            )),
        )
        .rule(
            "submit-inputs",
            "a submitted run is given inputs and tries nothing again",
            own(
                "variables.is.spec.?arguments.?parameters.orValue([]).all(p, p.?name.orValue('') == 'inputs')"
                    .to_owned(),
            ),
        )
}
