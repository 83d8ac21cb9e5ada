//! The policy of one run spec: its pods are the emitted ones, field by field.

use super::filled::{Filled, Piece, form, pieces};
use super::literal::Literals;
use super::{Draft, cel, defaults};
use crate::emit::names::{self, Role};
use crate::emit::pods::RolePod;
use crate::emit::substitution::Substitution;
use crate::object;
use crate::plan::Plan;
use crate::value::{NotData, Value, to_value};

/// Fields that the API server adds by itself, and those that have rules of their own.
pub(super) const ADDED: &[&str] = &[
    "imagePullSecrets",
    "overhead",
    "preemptionPolicy",
    "priority",
    "tolerations",
];

/// The pods that the spec's launcher makes.
///
/// # Errors
/// A pod that is no data; those of [`crate::emit::pods`] all are.
pub(super) fn exact(plan: &Plan, pods: &[RolePod]) -> Result<Draft, NotData> {
    let declared = pods
        .iter()
        .enumerate()
        .map(|(at, pod)| Declared::of(at, pod))
        .collect::<Result<Vec<_>, _>>()?;
    let launcher = cel::text(&names::username(plan, Role::Launcher));
    let draft = Draft::new(names::spec_policy(plan))
        .on("", "v1", &["CREATE"], &["pods"])
        .when(
            "of-this-spec",
            format!(
                "request.userInfo.username == {launcher} \
                 || (dyn(object).metadata.?labels[?{spec}].orValue('') == {name} \
                 && dyn(object).metadata.?labels[?{role}].orValue('') != 'launcher' \
                 && !dyn(object).metadata.?labels[?{run}].orValue('').startsWith({probe}))",
                run = cel::text(names::RUN),
                // The policies of the target hold probes to their one shape.
                probe = cel::text(crate::emit::pods::probe::RUN_PREFIX),
                spec = cel::text(names::SPEC),
                role = cel::text(names::ROLE),
                name = cel::text(&plan.name),
            ),
        );
    Ok(rest(shape(
        containers(identity(variables(draft, &declared), &declared)),
        plan,
    )))
}

/// A declared pod, ready to be compared.
struct Declared {
    /// Starts the names of its variables.
    prefix: String,
    role: Role,
    /// The pod's name as the API server and Argo leave it, as a regular expression.
    name: String,
    filled: Filled,
    value: Value,
}

impl Declared {
    fn of(at: usize, pod: &RolePod) -> Result<Declared, NotData> {
        let prefix = format!("p{at}_");
        let value = defaults::complete(to_value(&pod.pod)?);
        let name = value.text_at(&["metadata", "name"]).unwrap_or_default();
        Ok(Declared {
            role: pod.role,
            name: name_pattern(name),
            filled: Filled::of(&prefix, &value),
            value,
            prefix,
        })
    }

    fn is(&self) -> String {
        format!("variables.{}is", self.prefix)
    }

    /// What is compared, as variables; the last one is used.
    fn want(&self) -> Vec<(String, String)> {
        let mut literals = Literals::of(&self.prefix, &self.filled);
        let part = |path: &[&str]| self.value.path(path).cloned().unwrap_or(Value::map());
        let want = object! {
            "labels" => part(&["metadata", "labels"]),
            "name" => part(&["metadata", "name"]),
            "notes" => part(&["metadata", "annotations"]),
            "spec" => part(&["spec"]),
        };
        let whole = literals.literal(&want);
        let mut variables = literals.variables;
        variables.push((format!("{}want", self.prefix), whole));
        variables
    }
}

/// A regular expression in which the run's name is left open: `variables.run` is compared later.
fn name_pattern(name: &str) -> String {
    let parts: String = pieces(name)
        .iter()
        .map(|piece| match piece {
            Piece::Text(plain) => plain.replace('.', "\\."),
            Piece::Filled(substitution) => form(substitution).to_owned(),
        })
        .collect();
    format!("^{parts}$")
}

fn variables(draft: Draft, declared: &[Declared]) -> Draft {
    let label = |key| format!("variables.labels[?{}].orValue('')", cel::text(key));
    let mut draft = draft
        .let_("pod", "dyn(object)")
        .let_("labels", "variables.pod.metadata.?labels.orValue({})")
        .let_("notes", "variables.pod.metadata.?annotations.orValue({})")
        .let_("role", label(names::ROLE))
        .let_("run", label(names::RUN))
        .let_(
            "uid",
            "variables.pod.metadata.?ownerReferences[?0].?uid.orValue('')",
        );
    for pod in declared {
        for (name, expression) in pod.filled.variables() {
            draft = draft.let_(name, expression);
        }
        draft = draft.let_(
            &format!("{}is", pod.prefix),
            format!(
                "variables.role == {} && variables.pod.metadata.name.matches({})",
                cel::text(pod.role.as_str()),
                cel::text(&pod.name)
            ),
        );
        for (name, expression) in pod.want() {
            draft = draft.let_(&name, expression);
        }
    }
    let chosen = declared.iter().rfold("{}".to_owned(), |otherwise, pod| {
        format!(
            "{} ? variables.{}want : ({otherwise})",
            pod.is(),
            pod.prefix
        )
    });
    draft
        .let_("want", chosen)
        .let_("spec", "variables.want.?spec.orValue({})")
        .let_(
            "have",
            "variables.pod.spec.?initContainers.orValue([]) + variables.pod.spec.containers",
        )
        .let_(
            "declared",
            "variables.spec.?initContainers.orValue([]) + variables.spec.?containers.orValue([])",
        )
}

/// Which pod it is, and of which run.
fn identity(draft: Draft, declared: &[Declared]) -> Draft {
    let forms: Vec<String> = declared
        .iter()
        .map(|pod| format!("(!{} || ({}))", pod.is(), pod.filled.forms()))
        .collect();
    let pattern = |substitution| cel::text(&format!("^{}$", form(&substitution)));
    draft
        .rule(
            "role",
            "the spec has no pod of this role and name",
            "variables.want.size() > 0",
        )
        .rule(
            "run",
            "a pod's name and labels are those of its role in its run",
            format!(
                "variables.run.matches({}) && variables.pod.metadata.name == variables.want.?name.orValue('') \
                 && variables.labels == variables.want.?labels.orValue({{}})",
                pattern(Substitution::RunName)
            ),
        )
        .rule(
            "bundle",
            "a pod carries the digest of the bundle that is installed",
            format!(
                "variables.want.?notes.orValue({{}}).all(k, variables.notes[?k].orValue('') == variables.want.notes[k]) \
                 && variables.notes.all(k, k in variables.want.?notes.orValue({{}}) || k == {})",
                cel::text("kubectl.kubernetes.io/last-applied-configuration")
            ),
        )
        .rule(
            "filled",
            "what Argo filled in is a number, an outcome, an address, the run's UID or base64url",
            format!(
                "variables.uid.matches({}) && {}",
                pattern(Substitution::RunUid),
                forms.join(" && ")
            ),
        )
        .rule(
            "metadata",
            "a pod has no finalizer and a name of its own",
            "variables.pod.metadata.all(k, k in ['name', 'namespace', 'uid', 'creationTimestamp', 'generation', \
             'managedFields', 'labels', 'annotations', 'ownerReferences'])",
        )
}

fn containers(draft: Draft) -> Draft {
    let same = |field: &str| {
        format!(
            "variables.have.map(c, c[?'{field}'].orValue(dyn(null))) == variables.declared.map(c, c[?'{field}'].orValue(dyn(null)))"
        )
    };
    let mut draft = draft.rule(
        "containers",
        "containers and init containers are the declared ones",
        "['containers', 'initContainers'].all(l, variables.pod.spec[?l].orValue([]).map(c, c.name) \
         == variables.spec[?l].orValue([]).map(c, c.name))",
    );
    for (rule, says, field) in [
        ("image", "the image is the declared one", "image"),
        ("command", "the command is the declared one", "command"),
        ("args", "a command has no arguments beside it", "args"),
        ("env-from", "no variable comes from an object", "envFrom"),
        ("mounts", "the mounts are the declared ones", "volumeMounts"),
        (
            "container-security",
            "the container's security context is the declared one",
            "securityContext",
        ),
        (
            "resources",
            "requests and limits are the declared ones",
            "resources",
        ),
        ("ports", "the ports are the declared ones", "ports"),
        (
            "readiness",
            "the readiness probe is the declared one",
            "readinessProbe",
        ),
    ] {
        draft = draft.rule(rule, says, same(field));
    }
    draft
        .rule(
            "env",
            "the environment is the declared one, value by value",
            "variables.have.all(c, c.?env.orValue([]).all(e, e.all(k, k in ['name', 'value']))) \
             && variables.have.map(c, c.?env.orValue([]).map(e, [e.name, e.?value.orValue('')])) \
             == variables.declared.map(c, c.?env.orValue([]).map(e, [e.name, e.?value.orValue('')]))",
        )
        .rule(
            "container",
            "a container has the declared fields and no other",
            "variables.have.size() == variables.declared.size() \
             && variables.have.all(c, variables.declared.exists(d, d.name == c.name \
             && d.all(k, k == 'env' || c[?k].orValue(dyn(null)) == d[k]) && c.all(k, k == 'env' || k in d)))",
        )
}

fn shape(draft: Draft, plan: &Plan) -> Draft {
    let same = |fields: &[&str]| {
        format!(
            "{}.all(k, variables.pod.spec[?k].orValue(dyn(null)) == variables.spec[?k].orValue(dyn(null)))",
            cel::texts(fields.iter().copied())
        )
    };
    // A runtime class may add to the node selector and the tolerations of the pods that use it.
    let (selector, tolerated) = if plan.target.runtime_class.is_some() {
        (
            "(has(variables.spec.runtimeClassName) || variables.pod.spec.?nodeSelector.orValue({}).size() \
             == variables.spec.?nodeSelector.orValue({}).size())",
            "has(variables.spec.runtimeClassName) || ",
        )
    } else {
        (
            "variables.pod.spec.?nodeSelector.orValue({}).size() == variables.spec.?nodeSelector.orValue({}).size() \
             && !has(variables.pod.spec.overhead)",
            "",
        )
    };
    draft
        .rule(
            "volumes",
            "the volumes are the declared ones: kind, name, source and keys",
            same(&["volumes"]),
        )
        .rule(
            "account",
            "the account is that of the role",
            same(&["serviceAccountName", "serviceAccount", "automountServiceAccountToken"]),
        )
        .rule(
            "pod-security",
            "user, groups and profiles of the pod are the declared ones, and no namespace is the host's",
            same(&[
                "securityContext",
                "hostNetwork",
                "hostPID",
                "hostIPC",
                "hostUsers",
                "shareProcessNamespace",
                "runtimeClassName",
            ]),
        )
        .rule(
            "names",
            "names are resolved as declared",
            same(&["dnsPolicy", "dnsConfig", "hostAliases", "hostname", "subdomain", "setHostnameAsFQDN"]),
        )
        .rule(
            "life",
            "restarts and deadlines are the declared ones",
            same(&[
                "restartPolicy",
                "activeDeadlineSeconds",
                "terminationGracePeriodSeconds",
            ]),
        )
        .rule(
            "node",
            "node selector and tolerations are the target's",
            format!(
                "variables.spec.?nodeSelector.orValue({{}}).all(k, variables.pod.spec.?nodeSelector[?k].orValue('') == variables.spec.nodeSelector[k]) \
                 && {selector} && variables.spec.?tolerations.orValue([]).all(t, t in variables.pod.spec.?tolerations.orValue([])) \
                 && ({tolerated}variables.pod.spec.?tolerations.orValue([]).all(t, t in variables.spec.?tolerations.orValue([]) \
                 || (t.key in ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] && t.?effect.orValue('') == 'NoExecute')))"
            ),
        )
}

/// Whatever has no rule above.
fn rest(draft: Draft) -> Draft {
    let added = cel::texts(ADDED.iter().copied());
    draft.rule(
        "pod",
        "a pod has the declared fields and no other",
        format!(
            "variables.pod.spec.all(k, k in {added} || k in variables.spec) \
             && variables.spec.all(k, k in ['containers', 'initContainers', 'tolerations', 'nodeSelector'] \
             || variables.pod.spec[?k].orValue(dyn(null)) == variables.spec[k])"
        ),
    )
}
