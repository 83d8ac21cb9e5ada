//! Demands that do not apply here, each with its reason.

use super::Waiver;

/// What is accepted for every bundle, and why.
pub const WAIVERS: &[Waiver] = &[
    Waiver {
        check: 7,
        at: "launcher/",
        what: "user 8737",
        reason: "the user of Argo's executor image",
    },
    Waiver {
        check: 10,
        at: "",
        what: "not set",
        reason: "a node without AppArmor refuses such a pod; the runtime's profile applies where there is one",
    },
    Waiver {
        check: 24,
        at: "",
        what: "",
        reason: "replaces DNS, which these pods do not have",
    },
    Waiver {
        check: 25,
        at: "",
        what: "",
        reason: "needs user namespaces on the node; users differ by role",
    },
    Waiver {
        check: 31,
        at: "launcher/",
        what: "",
        reason: "a launcher creates pods; it runs no text of ours and no agent's",
    },
    Waiver {
        check: 31,
        at: "ServiceAccount/",
        what: "the launcher's",
        reason: "a launcher creates pods; it runs no text of ours and no agent's",
    },
    Waiver {
        check: 37,
        at: "Role/",
        what: "",
        reason: "the launcher creates the pods; the admission policy bounds which ones",
    },
    Waiver {
        check: 52,
        at: "launcher/",
        what: "",
        reason: "the controller's setting; the digest decides",
    },
    Waiver {
        check: 54,
        at: "launcher/",
        what: "",
        reason: "the controller's `executor.resources` decide",
    },
    Waiver {
        check: 55,
        at: "launcher/",
        what: "",
        reason: "the controller's `executor.resources` decide",
    },
    Waiver {
        check: 56,
        at: "launcher/",
        what: "",
        reason: "the controller's `executor.resources` decide",
    },
    Waiver {
        check: 57,
        at: "launcher/",
        what: "",
        reason: "the controller makes these volumes and sets the limits; a quota of the namespace bounds them",
    },
    Waiver {
        check: 59,
        at: "",
        what: "",
        reason: "owned by the Workflow: the launcher sets the owner, which a template cannot show",
    },
];

/// What is accepted besides of a bundle whose gateway looks after Deployments, and why.
pub const WAIVERS_OF_WORKLOADS: &[Waiver] = &[
    Waiver {
        check: 18,
        at: "gateway/",
        what: "a projected token",
        reason: "the gateway's own account looks after Deployments; no other pod has a token",
    },
    Waiver {
        check: 33,
        at: "Role/",
        what: "get pods/log.",
        reason: "the verbs that the spec's tools need, in the namespaces that the target opens",
    },
];
