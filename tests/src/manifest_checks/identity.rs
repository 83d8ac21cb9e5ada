//! Accounts and rights, 29 to 40.

use super::Rule::{Object, Pod, PodIn};
use super::{Check, Scene, bad, items, kind, name, namespace, texts};
use pure_agent::value::Value;

const fn check(number: u8, name: &'static str, rule: super::Rule) -> Check {
    Check { number, name, rule }
}

pub(super) const CHECKS: &[Check] = &[
    check(
        29,
        "an account of its own",
        Pod(|p| {
            bad(
                matches!(account(p), "" | "default"),
                "runs as the default account",
            )
        }),
    ),
    check(
        30,
        "the account is emitted",
        PodIn(|s, p| {
            bad(
                service_account(s, p).is_none(),
                format!("no ServiceAccount `{}`", account(p)),
            )
        }),
    ),
    check(
        31,
        "no token in the pod",
        Pod(|p| {
            bad(
                !token_off(p.get("spec")),
                "automountServiceAccountToken is not false",
            )
        }),
    ),
    check(31, "no token by the account", Object(account_token)),
    check(
        32,
        "an executor account where the token is off",
        Object(|_, o| {
            let spec = o.get("spec").filter(|_| kind(o) == "WorkflowTemplate");
            let missing =
                spec.is_some_and(|s| s.path(&["executor", "serviceAccountName"]).is_none());
            bad(missing && token_off(spec), "launchers would have no token")
        }),
    ),
    check(
        33,
        "the launcher's rights and no more",
        Object(|_, o| {
            rights(o, |right| {
                let reviewed = match (right.group, right.resource) {
                    ("argoproj.io", "workflowtaskresults") => {
                        ["create", "patch"].contains(&right.verb)
                    }
                    ("", "pods") => {
                        ["get", "list", "create", "patch", "delete"].contains(&right.verb)
                    }
                    _ => false,
                };
                !reviewed
            })
        }),
    ),
    check(
        34,
        "no Secret, above all no account token",
        Object(|_, o| bad(kind(o) == "Secret", "a Secret is emitted")),
    ),
    check(
        35,
        "no wildcard",
        Object(|_, o| rights(o, |r| [r.verb, r.resource, r.group].contains(&"*"))),
    ),
    check(
        36,
        "no reading of Secrets",
        Object(|_, o| rights(o, |r| r.resource == "secrets")),
    ),
    check(
        37,
        "no create on pods",
        Object(|_, o| rights(o, |r| r.verb == "create" && r.resource == "pods")),
    ),
    check(
        38,
        "no exec, attach or node proxy",
        Object(|_, o| {
            rights(o, |r| {
                let parts = [
                    "pods/exec",
                    "pods/attach",
                    "pods/portforward",
                    "pods/ephemeralcontainers",
                ];
                parts.contains(&r.resource) || r.resource == "nodes/proxy"
            })
        }),
    ),
    check(
        39,
        "no bind, escalate, impersonate",
        Object(|_, o| rights(o, |r| ["bind", "escalate", "impersonate"].contains(&r.verb))),
    ),
    check(40, "no binding of broad roles or groups", Object(binding)),
];

struct Right<'a> {
    group: &'a str,
    resource: &'a str,
    verb: &'a str,
}

/// The first right of a role that is as described.
fn rights(object: &Value, wrong: impl Fn(&Right<'_>) -> bool) -> Option<String> {
    if !matches!(kind(object), "Role" | "ClusterRole") {
        return None;
    }
    for rule in items(object, &["rules"]) {
        for group in texts(rule, &["apiGroups"]) {
            for resource in texts(rule, &["resources"]) {
                for verb in texts(rule, &["verbs"]) {
                    if wrong(&Right {
                        group,
                        resource,
                        verb,
                    }) {
                        return Some(format!("{verb} {resource}.{group}"));
                    }
                }
            }
        }
    }
    None
}

fn account(pod: &Value) -> &str {
    pod.text_at(&["spec", "serviceAccountName"])
        .unwrap_or_default()
}

fn service_account<'a>(scene: &'a Scene, pod: &Value) -> Option<&'a Value> {
    let is_it = |o: &&Value| {
        kind(o) == "ServiceAccount" && name(o) == account(pod) && namespace(o) == namespace(pod)
    };
    scene.objects.iter().find(is_it)
}

fn token_off(place: Option<&Value>) -> bool {
    place.and_then(|p| p.get("automountServiceAccountToken")) == Some(&Value::Bool(false))
}

fn account_token(scene: &Scene, object: &Value) -> Option<String> {
    if kind(object) != "ServiceAccount" || token_off(Some(object)) {
        return None;
    }
    let launcher = scene.pods.iter().any(|pod| {
        account(pod) == name(object)
            && pod.text_at(&["metadata", "labels", "pure-agent.dev/role"]) == Some("launcher")
    });
    Some(
        if launcher {
            "the launcher's has a token"
        } else {
            "a token"
        }
        .to_owned(),
    )
}

fn binding(_: &Scene, object: &Value) -> Option<String> {
    if !matches!(kind(object), "RoleBinding" | "ClusterRoleBinding") {
        return None;
    }
    let broad = ["cluster-admin", "admin", "edit", "view"];
    let role = object.text_at(&["roleRef", "name"]).unwrap_or_default();
    let subject = items(object, &["subjects"]).iter().find(|subject| {
        subject.text_at(&["kind"]) != Some("ServiceAccount")
            || matches!(subject.text_at(&["name"]), None | Some("default"))
    });
    bad(broad.contains(&role), format!("binds {role}"))
        .or_else(|| {
            bad(
                kind(object) == "ClusterRoleBinding",
                "binds in the whole cluster",
            )
        })
        .or_else(|| {
            bad(
                subject.is_some(),
                "binds a user, a group or the default account",
            )
        })
}
