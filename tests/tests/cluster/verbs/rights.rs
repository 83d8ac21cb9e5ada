//! `compiler/doc/rights.yaml`: with exactly these rights each command does its work; with one less it says which.

use super::ground::{Ground, SPEC};
use pure_agent_tests::cluster::bundle::OPERATORS;
use pure_agent_tests::cluster::kubectl::{kubectl, sure};
use pure_agent_tests::command::Ended;
use pure_agent_tests::readers;
use pure_agent_tests::sources::repository;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// One right.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Right {
    group: String,
    resource: String,
    verb: String,
}

/// The documented roles, each as its rights, one by one.
fn documented() -> BTreeMap<String, Vec<Right>> {
    let text = std::fs::read_to_string(repository().join("compiler/doc/rights.yaml")).unwrap();
    let mut roles = BTreeMap::new();
    for document in text.split("\n---\n") {
        let role = readers::rust(document).unwrap();
        let name = role["metadata"]["name"].as_str().unwrap().to_owned();
        let texts = |value: &Value| -> Vec<String> {
            let list = value.as_array().unwrap().iter();
            list.map(|one| one.as_str().unwrap().to_owned()).collect()
        };
        let mut rights = Vec::new();
        for rule in role["rules"].as_array().unwrap() {
            for group in texts(&rule["apiGroups"]) {
                for resource in texts(&rule["resources"]) {
                    for verb in texts(&rule["verbs"]) {
                        rights.push(Right {
                            group: group.clone(),
                            resource: resource.clone(),
                            verb,
                        });
                    }
                }
            }
        }
        assert!(
            roles.insert(name.clone(), rights).is_none(),
            "{name} stands twice"
        );
    }
    roles
}

/// A user who has given rights, and can lose one.
struct User<'a> {
    ground: &'a Ground,
    name: String,
    /// Documented role, and where it is bound: a namespace, or the whole cluster.
    roles: Vec<(String, Option<String>)>,
    rights: BTreeMap<String, Vec<Right>>,
}

impl<'a> User<'a> {
    fn new(ground: &'a Ground, name: &str, roles: &[(&str, Option<&str>)]) -> Self {
        let all = documented();
        let user = Self {
            ground,
            name: format!("pure-agent-test-rights-{name}"),
            roles: roles
                .iter()
                .map(|(role, at)| ((*role).to_owned(), at.map(str::to_owned)))
                .collect(),
            rights: roles
                .iter()
                .map(|(role, _)| ((*role).to_owned(), all[*role].clone()))
                .collect(),
        };
        ground.kubeconfig(&user.name, Some(&user.name), &[OPERATORS]);
        for (role, at) in &user.roles {
            user.put(role, &user.rights[role]);
            let (name, subject) = (
                user.role(role),
                json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user.name}]),
            );
            let mut binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
                "metadata": {"name": name}, "subjects": subject,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}});
            if let Some(namespace) = at {
                binding["kind"] = json!("RoleBinding");
                binding["metadata"]["namespace"] = json!(namespace);
            }
            let _made = sure("apply --server-side -f -", &binding.to_string());
        }
        user
    }

    fn role(&self, role: &str) -> String {
        format!("{}-{role}", self.name)
    }

    fn put(&self, role: &str, rights: &[Right]) {
        let rules: Vec<Value> = rights
            .iter()
            .map(|right| json!({"apiGroups": [right.group], "resources": [right.resource], "verbs": [right.verb]}))
            .collect();
        let object = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": self.role(role)}, "rules": rules});
        let _made = sure(
            "apply --server-side --force-conflicts -f -",
            &object.to_string(),
        );
    }

    /// Runs a command until it is as `fine` says: the authoriser learns of a change a moment later.
    fn until(&self, what: &str, args: &[&str], fine: impl Fn(&Ended) -> bool) -> Ended {
        let start = Instant::now();
        loop {
            let done = self.ground.run(&self.name, args);
            if fine(&done) {
                return done;
            }
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "{args:?} {what}: {:?} {}{}",
                done.code,
                done.out,
                done.err
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The command works, and without any one of the rights it says which one is missing. `not_needed` are rights that
    /// this form of the command does not use.
    fn needs(&self, args: &[&str], not_needed: &[(&str, &str)], works: impl Fn(&Ended) -> bool) {
        let _works = self.until("with all rights", args, |done| {
            works(done) && !speaks_of_rights(done)
        });
        for (role, _) in &self.roles {
            let all = &self.rights[role];
            for (at, right) in all.iter().enumerate() {
                if not_needed.contains(&(right.verb.as_str(), right.resource.as_str())) {
                    continue;
                }
                let mut less = all.clone();
                less.remove(at);
                self.put(role, &less);
                let whose = if right.group.is_empty() {
                    String::new()
                } else {
                    format!(" of `{}`", right.group)
                };
                let named = format!(
                    "`{}` has no right to {} {}{whose}",
                    self.name, right.verb, right.resource
                );
                let _named = self.until(&format!("without {right:?}"), args, |done| {
                    done.out.contains(&named) || done.err.contains(&named)
                });
            }
            self.put(role, all);
        }
        let _again = self.until("with all rights again", args, |done| {
            works(done) && !speaks_of_rights(done)
        });
    }
}

fn speaks_of_rights(done: &Ended) -> bool {
    done.out.contains("has no right to") || done.err.contains("has no right to")
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        for (role, at) in &self.roles {
            let role = self.role(role);
            if at.is_none() {
                let _gone = kubectl(
                    &format!("delete clusterrolebinding {role} --ignore-not-found"),
                    "",
                );
            }
            let _gone = kubectl(&format!("delete clusterrole {role} --ignore-not-found"), "");
        }
    }
}

fn fine(done: &Ended) -> bool {
    done.code == Some(0)
}

#[test]
fn with_the_documented_rights_each_command_works_and_with_one_less_it_says_which() {
    let Some(ground) = Ground::new("rights") else {
        return;
    };
    let here = Some(ground.namespace.as_str());
    platform(&ground);
    apply(&ground, here);
    ground.secrets();
    ground.in_force();

    let user = User::new(&ground, "submit", &[("pure-agent-submit", here)]);
    user.needs(
        &["submit", "--dry-run", "--input", "issue=A-1"],
        &[("get", "workflows")],
        fine,
    );
    let run = ground.waiting_run();
    let user = User::new(&ground, "list", &[("pure-agent-list", here)]);
    user.needs(&["list"], &[], fine);
    let user = User::new(
        &ground,
        "status",
        &[("pure-agent-status", here), ("pure-agent-gateway", here)],
    );
    // Whether the API server asks for `create` depends on its version.
    user.needs(
        &["status", &run],
        &[("create", "pods/portforward"), ("get", "workflows")],
        fine,
    );
    let user = User::new(&ground, "approve", &[("pure-agent-gateway", here)]);
    user.needs(
        &["approve", &run],
        &[("create", "pods/portforward")],
        |done| done.err.contains("nothing of this run waits"),
    );
    let user = User::new(&ground, "logs", &[("pure-agent-logs", here)]);
    user.needs(&["logs", &run, "--role", "gateway"], &[], fine);
    verify(&ground, here);
    let user = User::new(&ground, "stop", &[("pure-agent-stop", here)]);
    // Without pods to delete the right is not asked for, so the run is still there when that one is tried.
    user.needs(&["stop", &run, "--now"], &[("delete", "pods")], fine);
    ended(&ground, &run);
    let user = User::new(&ground, "retry", &[("pure-agent-retry", here)]);
    user.needs(&["retry", &run], &[], fine);
    delete(&ground, here);
}

fn platform(ground: &Ground) {
    let user = User::new(ground, "platform", &[("pure-agent-platform-cluster", None)]);
    // This target has no quota.
    let unused = ["get", "create", "patch"]
        .map(|verb| [(verb, "resourcequotas"), (verb, "limitranges")])
        .concat();
    let more = [
        unused,
        vec![
            ("get", "namespaces"),
            ("create", "networkpolicies"),
            ("patch", "networkpolicies"),
        ],
    ]
    .concat();
    user.needs(&["apply", "--part", "platform", "--dry-run"], &more, fine);
    let done = ground.run(&user.name, &["apply", "--part", "platform", "--yes"]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
}

fn apply(ground: &Ground, here: Option<&str>) {
    let user = User::new(
        ground,
        "apply",
        &[
            ("pure-agent-apply", here),
            ("pure-agent-apply-cluster", None),
        ],
    );
    // This spec has no schedule; a Secret is made only in earnest; the launcher's rights are told by RBAC itself.
    // A binding is not tried before its role is there.
    let mut unused = vec![("create", "secrets"), ("create", "rolebindings")];
    for verb in ["get", "create", "patch"] {
        unused.push((verb, "cronworkflows"));
    }
    for verb in ["get", "list", "create", "patch", "delete"] {
        unused.push((verb, "pods"));
    }
    for verb in ["create", "patch"] {
        unused.push((verb, "workflowtaskresults"));
    }
    user.needs(&["apply", "--part", "spec", "--dry-run"], &unused, fine);
    let done = ground.run(&user.name, &["apply", "--part", "spec", "--yes"]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert!(
        kubectl(
            &format!("get secret {SPEC}-key -n {}", ground.namespace),
            ""
        )
        .ok
    );
}

fn verify(ground: &Ground, here: Option<&str>) {
    let roles = [
        ("pure-agent-verify", here),
        ("pure-agent-verify-cluster", None),
        ("pure-agent-verify-argo", Some("argo")),
    ];
    let user = User::new(ground, "verify", &roles);
    let mut unused: Vec<(&str, &str)> = [
        "serviceaccounts",
        "configmaps",
        "resourcequotas",
        "limitranges",
    ]
    .map(|resource| ("get", resource))
    .into_iter()
    .filter(|(_, resource)| matches!(*resource, "resourcequotas" | "limitranges"))
    .collect();
    unused.push(("get", "cronworkflows"));
    // Those of the probes are tried below.
    unused.extend([("list", "pods"), ("create", "pods"), ("delete", "pods")]);
    user.needs(&["verify", "--no-probes"], &unused, fine);
    let proof = ground.run(&user.name, &["verify", "--require-proof"]);
    assert_eq!(proof.code, Some(0), "{}{}", proof.out, proof.err);
    let all = user.rights["pure-agent-verify"].clone();
    let less: Vec<Right> = all
        .iter()
        .filter(|one| (one.verb.as_str(), one.resource.as_str()) != ("create", "pods"))
        .cloned()
        .collect();
    user.put("pure-agent-verify", &less);
    let _told = user.until("without pods", &["verify", "--require-proof"], |done| {
        done.code == Some(1) && done.out.contains("has no right to create pods")
    });
}

fn ended(ground: &Ground, run: &str) {
    pure_agent_tests::cluster::wait("the run to end", Duration::from_secs(60), || {
        let status = ground.sure("admin", &["status", run, "--no-usage", "--output", "json"]);
        let status: Value = serde_json::from_str(&status).unwrap();
        (status["phase"] != "Running").then_some(())
    });
}

/// Each object is deleted once, so what lacks a right goes on where it stopped.
fn delete(ground: &Ground, here: Option<&str>) {
    let user = User::new(
        ground,
        "delete",
        &[
            ("pure-agent-delete", here),
            ("pure-agent-delete-cluster", None),
        ],
    );
    let _gone = user.until("with all rights", &["delete", "--yes"], |done| {
        fine(done) && !speaks_of_rights(done)
    });
    let left = kubectl(
        &format!(
            "get networkpolicies -l pure-agent.dev/spec={SPEC} -n {} -o name",
            ground.namespace
        ),
        "",
    );
    assert!(left.ok && left.out.is_empty(), "{left}");
}
