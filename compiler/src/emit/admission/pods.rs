//! Who makes pods, what every pod of the namespace must look like, and what stays as it was made.

use super::filled::Filled;
use super::literal::Literals;
use super::{Draft, by_controller, cel, probes};
use crate::emit::names::{ROLE, RUN, SPEC};
use crate::emit::workloads;
use crate::plan::TargetPlan;
use crate::value::to_value;

/// Fields of a pod that ours have, those included that the API server adds.
const POD_FIELDS: &[&str] = &[
    "activeDeadlineSeconds",
    "automountServiceAccountToken",
    "containers",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "imagePullSecrets",
    "initContainers",
    "nodeSelector",
    "overhead",
    "preemptionPolicy",
    "priority",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
    "terminationGracePeriodSeconds",
    "tolerations",
    "volumes",
];

/// Fields of a container that ours have.
const CONTAINER_FIELDS: &[&str] = &[
    "command",
    "env",
    "image",
    "imagePullPolicy",
    "name",
    "ports",
    "readinessProbe",
    "resources",
    "securityContext",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "volumeMounts",
];

/// Fields of a container's security context, with the values that they may have.
const CONFINED: &str = "c.?securityContext.?allowPrivilegeEscalation.orValue(true) == false \
    && c.?securityContext.?privileged.orValue(false) == false \
    && c.?securityContext.?capabilities.orValue({}) == {'drop': ['ALL']} \
    && c.?securityContext.orValue({}).all(k, k in ['allowPrivilegeEscalation', 'privileged', \
    'capabilities', 'readOnlyRootFilesystem', 'runAsNonRoot', 'runAsUser', 'runAsGroup', \
    'seccompProfile', 'appArmorProfile'])";

/// The token volume that the API server adds to a launcher.
const TOKEN_VOLUME: &str = "v.all(k, k in ['name', 'projected']) \
    && v.name.startsWith('kube-api-access-') \
    && v.projected.?sources.orValue([]).all(s, s.all(k, k in ['serviceAccountToken', 'configMap', 'downwardAPI']) \
    && (!has(s.serviceAccountToken) || !has(s.serviceAccountToken.audience)) \
    && (!has(s.configMap) || s.configMap.?name.orValue('') == 'kube-root-ca.crt'))";

/// Pods as they are made, and as they are changed.
pub(super) fn pods(target: &TargetPlan) -> Draft {
    let draft = Draft::new(format!("pods.{}.pure-agent.dev", target.namespace)).on(
        "",
        "v1",
        &["CREATE", "UPDATE"],
        &["pods"],
    );
    let named = probes::names(names(draft, target), target);
    let draft = kept(launchers(everyones(making(named, target), target), target));
    let draft = probes::rules(draft, target);
    draft.rule(
        "change",
        "a pod's description never changes",
        "variables.create || variables.pod.spec == variables.old.spec",
    )
}

/// Status as it is written: Argo reads results from it.
pub(super) fn status(target: &TargetPlan) -> Draft {
    let draft = Draft::new(format!("pod-status.{}.pure-agent.dev", target.namespace)).on(
        "",
        "v1",
        &["UPDATE"],
        &["pods/status"],
    );
    kept(names(draft, target)).rule(
        "status",
        "only nodes and the cluster's own controllers write what became of a pod",
        "'system:nodes' in variables.groups || 'system:serviceaccounts:kube-system' in variables.groups \
         || variables.user in ['system:kube-scheduler', 'system:kube-controller-manager'] \
         || variables.pod.?status == variables.old.?status",
    )
}

fn names(draft: Draft, target: &TargetPlan) -> Draft {
    let label = |key| format!("variables.labels[?{}].orValue('')", cel::text(key));
    draft
        .let_("pod", "dyn(object)")
        .let_("old", "dyn(oldObject)")
        .let_("user", "request.userInfo.username")
        .let_("groups", "request.userInfo.?groups.orValue([])")
        .let_("controller", by_controller(target))
        .let_("create", "request.operation == 'CREATE'")
        .let_("labels", "variables.pod.metadata.?labels.orValue({})")
        .let_("role", label(ROLE))
        .let_("spec", label(SPEC))
        .let_("run", label(RUN))
        .let_(
            "containers",
            "variables.pod.spec.containers + variables.pod.spec.?initContainers.orValue([])",
        )
        .let_("volumes", "variables.pod.spec.?volumes.orValue([])")
        .let_(
            "owners",
            "variables.pod.metadata.?ownerReferences.orValue([])",
        )
}

/// Who made it, for which run, and as whom it runs.
fn making(draft: Draft, target: &TargetPlan) -> Draft {
    let draft = draft
        .let_(
            "launcher",
            "variables.create && variables.role == 'launcher' && !variables.probe",
        )
        .let_("ours", "variables.create && !variables.launcher");
    let account = cel::text(&format!("system:serviceaccount:{}:", target.namespace));
    draft
        .rule(
            "maker",
            "a pod is made by its spec's own launcher, a launcher by Argo's controller, a probe by an operator; nobody else makes pods here",
            format!(
                "!variables.create || (variables.spec.matches('^[a-z]([a-z0-9-]{{0,22}}[a-z0-9])?$') \
                 && (variables.probe || (variables.controller ? variables.launcher \
                 : variables.role in ['gateway', 'agent', 'router', 'pack', 'export', 'server'] \
                 && variables.user == {account} + variables.spec + '-launcher')))"
            ),
        )
        .rule(
            "account",
            "a pod runs as the account of its spec and role",
            "!variables.create || variables.pod.spec.?serviceAccountName.orValue('') == variables.spec + '-' + variables.role",
        )
        .rule(
            "owner",
            "a pod belongs to the Workflow that its labels name",
            "!variables.create || variables.probe || (variables.owners.size() == 1 && variables.owners.all(o, \
             o.apiVersion == 'argoproj.io/v1alpha1' && o.kind == 'Workflow' && o.?controller.orValue(false) \
             && o.name == (variables.launcher ? variables.labels[?'workflows.argoproj.io/workflow'].orValue('') : variables.run) \
             && (variables.launcher || variables.pod.metadata.name.startsWith(o.name + '-'))))",
        )
        .rule(
            "argo-label",
            "labels and annotations of Argo are the controller's",
            "!variables.ours || (variables.labels.all(k, !k.contains('argoproj.io/')) \
             && variables.pod.metadata.?annotations.orValue({}).all(k, !k.contains('argoproj.io/')))",
        )
}

/// What holds for every pod, launchers included.
fn everyones(draft: Draft, target: &TargetPlan) -> Draft {
    let fields = cel::texts(POD_FIELDS.iter().copied());
    let inner = cel::texts(CONTAINER_FIELDS.iter().copied());
    let pull = cel::texts(target.pull_secrets.iter().map(String::as_str));
    let draft = draft.rule(
            "host",
            "no namespace of the host, and none shared between containers",
            "!variables.create || ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'].all(k, !(k in variables.pod.spec))",
        );
    tokens(draft, target)
        .rule(
            "environment",
            "no variable comes from a Secret, a ConfigMap or a field",
            "!variables.create || variables.containers.all(c, !has(c.envFrom) && c.?env.orValue([]).all(e, \
             !has(e.valueFrom) || (variables.launcher && e.valueFrom.all(k, k == 'fieldRef') \
             && e.valueFrom.fieldRef.fieldPath in ['metadata.name', 'metadata.uid'])))",
        )
        .rule(
            "confined",
            "no privilege, no capability, and nothing in a security context that is not ours",
            format!("!variables.create || variables.containers.all(c, {CONFINED})"),
        )
        .rule(
            "deadline",
            "every pod has a deadline",
            "!variables.create || has(variables.pod.spec.activeDeadlineSeconds)",
        )
        .rule(
            "scheduling",
            "the cluster's scheduler and ordinary priority, nothing else",
            "!variables.create || (variables.pod.spec.?schedulerName.orValue('') == 'default-scheduler' \
             && variables.pod.spec.?priority.orValue(0) == 0 && !has(variables.pod.spec.nodeName) \
             && !has(variables.pod.spec.priorityClassName))",
        )
        .rule(
            "pull-secret",
            "images are pulled with the target's secrets alone",
            format!(
                "!variables.create || variables.pod.spec.?imagePullSecrets.orValue([]).all(s, s.?name.orValue('') in {pull})"
            ),
        )
        .rule(
            "field",
            "a pod has no field that ours do not have",
            format!("!variables.create || variables.pod.spec.all(k, k in {fields})"),
        )
        .rule(
            "container-field",
            "a container has no field that ours do not have",
            format!("!variables.create || variables.containers.all(c, c.all(k, k in {inner}))"),
        )
}

/// Who has a token, and what else is a volume. Only where the target opens namespaces or other runs to runs has a gateway one: the
/// emitted volume, which is good for the API server alone and for minutes.
fn tokens(draft: Draft, target: &TargetPlan) -> Draft {
    let kinds = "['name', 'emptyDir', 'persistentVolumeClaim', 'secret', 'configMap'";
    if !target.gives_tokens() {
        return draft
            .rule(
                "token",
                "only a launcher has a token",
                "!variables.ours || (variables.pod.spec.?automountServiceAccountToken.orValue(true) == false \
                 && variables.volumes.all(v, !has(v.projected)))",
            )
            .rule(
                "volume",
                "a volume is an emptyDir, a claim, a Secret or a ConfigMap",
                format!("!variables.ours || variables.volumes.all(v, v.all(k, k in {kinds}]))"),
            );
    }
    let volume = to_value(&workloads::volume()).unwrap_or_default();
    let none = Filled::of("", &volume);
    let volume = Literals::of("", &none).literal(&volume);
    draft
        .rule(
            "token",
            "only a launcher has a token, and a gateway one for the API server that is good for minutes",
            format!(
                "!variables.ours || (variables.pod.spec.?automountServiceAccountToken.orValue(true) == false \
                 && variables.volumes.all(v, !has(v.projected) || (variables.role == 'gateway' && v == {volume})))"
            ),
        )
        .rule(
            "volume",
            "a volume is an emptyDir, a claim, a Secret or a ConfigMap, and in a gateway a token",
            format!("!variables.ours || variables.volumes.all(v, v.all(k, k in {kinds}, 'projected']))"),
        )
}

/// What Argo's controller may make: its executor, to apply or delete objects, and nothing beside.
fn launchers(draft: Draft, target: &TargetPlan) -> Draft {
    let image = cel::text(&target.executor);
    draft
        .rule(
            "image",
            "a launcher is the target's executor image; every other image has a digest",
            format!(
                "!variables.create || variables.containers.all(c, variables.launcher ? c.image == {image} \
                 : c.image.matches('@sha256:[0-9a-f]{{64}}$'))"
            ),
        )
        .rule(
            "launcher-container",
            "a launcher has the container `main` and at most the init container `init`",
            "!variables.launcher || (variables.pod.spec.containers.map(c, c.name) == ['main'] \
             && variables.pod.spec.?initContainers.orValue([]).all(c, c.name == 'init'))",
        )
        .rule(
            "launcher-command",
            "a launcher applies or deletes objects",
            "!variables.launcher || (variables.pod.spec.containers.all(c, c.?command.orValue([]).join(' ').matches(\
             '^/var/run/argo/argoexec emissary( --[a-z]+(-[a-z]+)* [a-z0-9]+)* -- argoexec resource (apply|delete)( --[a-z]+(-[a-z]+)* [a-z0-9]+)*$')) \
             && variables.pod.spec.?initContainers.orValue([]).all(c, c.?command.orValue([]).join(' ').matches(\
             '^argoexec init( --[a-z]+(-[a-z]+)* [a-z0-9]+)*$')))",
        )
        .rule(
            "launcher-environment",
            "a launcher has Argo's own variables alone",
            "!variables.launcher || variables.containers.all(c, c.?env.orValue([]).all(e, e.name.startsWith('ARGO_')))",
        )
        .rule(
            "launcher-volume",
            "a launcher mounts emptyDirs, its own token and Argo's own ConfigMap",
            format!(
                "!variables.launcher || variables.volumes.all(v, v.all(k, k in ['name', 'emptyDir']) \
                 || (v.all(k, k in ['name', 'configMap']) && v.name == 'argo-env-config' \
                 && v.configMap.?name.orValue('') == variables.pod.metadata.name) || ({TOKEN_VOLUME}))"
            ),
        )
        .rule(
            "launcher-network",
            "a launcher resolves names as the cluster does",
            "!variables.launcher || (variables.pod.spec.?dnsPolicy.orValue('') == 'ClusterFirst' \
             && !has(variables.pod.spec.dnsConfig) && !has(variables.pod.spec.hostAliases))",
        )
}

/// Labels, our annotations and owners stay, through every door.
fn kept(draft: Draft) -> Draft {
    draft
        .let_(
            "before",
            "request.operation == 'CREATE' ? {} : variables.old.metadata.?labels.orValue({})",
        )
        .let_(
            "notes",
            "variables.pod.metadata.?annotations.orValue({})",
        )
        .let_(
            "notes_before",
            "request.operation == 'CREATE' ? {} : variables.old.metadata.?annotations.orValue({})",
        )
        .rule(
            "label",
            "labels never change, but for Argo's own by the controller",
            "variables.create \
             || (variables.labels.all(k, variables.before[?k] == variables.labels[?k] || (variables.controller && k.startsWith('workflows.argoproj.io/'))) \
             && variables.before.all(k, k in variables.labels || (variables.controller && k.startsWith('workflows.argoproj.io/'))))",
        )
        .rule(
            "annotation",
            "our annotations and Argo's never change, but for Argo's own by the controller",
            "variables.create \
             || (variables.notes.all(k, variables.notes_before[?k] == variables.notes[?k] || !(k.startsWith('pure-agent.dev/') || k.contains('argoproj.io/')) \
             || (variables.controller && k.startsWith('workflows.argoproj.io/'))) \
             && variables.notes_before.all(k, k in variables.notes || !(k.startsWith('pure-agent.dev/') || k.contains('argoproj.io/')) \
             || (variables.controller && k.startsWith('workflows.argoproj.io/'))))",
        )
        .rule(
            "new-owner",
            "a pod gets no further owner",
            "variables.create || variables.owners.all(o, variables.old.metadata.?ownerReferences.orValue([]).exists(b, b.uid == o.uid))",
        )
}
