//! The kinds of objects that are spoken of here, as the API server addresses them.

use kube::api::{Api, ApiResource, DynamicObject};

/// A kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// API group; empty for the core.
    pub group: &'static str,
    /// Version in the group.
    pub version: &'static str,
    /// The word in `kind`.
    pub name: &'static str,
    /// The word in an address.
    pub plural: &'static str,
    /// Whether it lives in a namespace.
    pub namespaced: bool,
}

const fn kind(
    group: &'static str,
    version: &'static str,
    name: &'static str,
    plural: &'static str,
    namespaced: bool,
) -> Kind {
    Kind {
        group,
        version,
        name,
        plural,
        namespaced,
    }
}

/// A pod.
pub const POD: Kind = kind("", "v1", "Pod", "pods", true);
/// A Secret; never part of a bundle.
pub const SECRET: Kind = kind("", "v1", "Secret", "secrets", true);
/// A namespace.
pub const NAMESPACE: Kind = kind("", "v1", "Namespace", "namespaces", false);
/// Texts that are no secret.
pub const CONFIG_MAP: Kind = kind("", "v1", "ConfigMap", "configmaps", true);
/// A run.
pub const WORKFLOW: Kind = kind("argoproj.io", "v1alpha1", "Workflow", "workflows", true);
/// What runs are made of.
pub const WORKFLOW_TEMPLATE: Kind = kind(
    "argoproj.io",
    "v1alpha1",
    "WorkflowTemplate",
    "workflowtemplates",
    true,
);
/// A set of pods that somebody keeps running.
pub const DEPLOYMENT: Kind = kind("apps", "v1", "Deployment", "deployments", true);
/// What opens a way between pods.
pub const NETWORK_POLICY: Kind = kind(
    "networking.k8s.io",
    "v1",
    "NetworkPolicy",
    "networkpolicies",
    true,
);
/// An admission policy.
pub const POLICY: Kind = kind(
    "admissionregistration.k8s.io",
    "v1",
    "ValidatingAdmissionPolicy",
    "validatingadmissionpolicies",
    false,
);
/// What puts an admission policy in force.
pub const BINDING: Kind = kind(
    "admissionregistration.k8s.io",
    "v1",
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
    false,
);

/// The kinds that a bundle can hold.
pub const EMITTED: [Kind; 13] = [
    NAMESPACE,
    kind("", "v1", "ResourceQuota", "resourcequotas", true),
    kind("", "v1", "LimitRange", "limitranges", true),
    kind("", "v1", "ServiceAccount", "serviceaccounts", true),
    CONFIG_MAP,
    kind("rbac.authorization.k8s.io", "v1", "Role", "roles", true),
    kind(
        "rbac.authorization.k8s.io",
        "v1",
        "RoleBinding",
        "rolebindings",
        true,
    ),
    NETWORK_POLICY,
    POLICY,
    BINDING,
    WORKFLOW_TEMPLATE,
    kind(
        "argoproj.io",
        "v1alpha1",
        "CronWorkflow",
        "cronworkflows",
        true,
    ),
    kind(
        "argoproj.io",
        "v1alpha1",
        "WorkflowEventBinding",
        "workfloweventbindings",
        true,
    ),
];

impl Kind {
    /// The kind of an emitted object, by its word.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Kind> {
        EMITTED.iter().find(|kind| kind.name == name)
    }

    /// `apiVersion`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Where objects of this kind are; the namespace counts only for kinds that have one.
    pub(super) fn api(&self, client: kube::Client, namespace: &str) -> Api<DynamicObject> {
        let resource = ApiResource {
            group: self.group.to_owned(),
            version: self.version.to_owned(),
            api_version: self.api_version(),
            kind: self.name.to_owned(),
            plural: self.plural.to_owned(),
        };
        if self.namespaced {
            Api::namespaced_with(client, namespace, &resource)
        } else {
            Api::all_with(client, &resource)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EMITTED, Kind};
    use crate::emit::{emit, testing};

    #[test]
    fn every_kind_that_is_emitted_is_known() {
        for object in emit(&testing::rich()).unwrap() {
            let text = |key: &str| object.value.text_at(&[key]).unwrap_or_default().to_owned();
            let kind = Kind::of(&text("kind")).unwrap_or_else(|| panic!("{}", text("kind")));
            assert_eq!(kind.api_version(), text("apiVersion"));
            let namespaced = object.value.path(&["metadata", "namespace"]).is_some();
            assert_eq!(kind.namespaced, namespaced, "{}", kind.name);
        }
    }

    #[test]
    fn no_kind_stands_twice() {
        for (at, kind) in EMITTED.iter().enumerate() {
            assert!(!EMITTED[at + 1..].contains(kind), "{}", kind.name);
        }
    }
}
