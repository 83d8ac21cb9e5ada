//! A user with the rights of `compiler/doc/rights.yaml`, one of which can be taken away.

use super::super::ground::Ground;
use pure_agent_tests::cluster::bundle::OPERATORS;
use pure_agent_tests::cluster::kubectl::{kubectl, sure};
use pure_agent_tests::command::Ended;
use pure_agent_tests::readers;
use pure_agent_tests::sources::repository;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// One right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Right {
    pub(super) group: String,
    pub(super) resource: String,
    pub(super) verb: String,
    /// Names of the objects; none: every one.
    names: Vec<String>,
}

impl Right {
    /// Whether it is this verb on this resource.
    pub(super) fn is(&self, verb: &str, resource: &str) -> bool {
        (self.verb.as_str(), self.resource.as_str()) == (verb, resource)
    }
}

/// The documented roles, each as its rights, one by one.
pub(super) fn documented() -> BTreeMap<String, Vec<Right>> {
    let text = std::fs::read_to_string(repository().join("compiler/doc/rights.yaml")).unwrap();
    let mut roles = BTreeMap::new();
    for document in text.split("\n---\n") {
        let role = readers::rust(document).unwrap();
        let name = role["metadata"]["name"].as_str().unwrap().to_owned();
        let rules = role["rules"].as_array().unwrap();
        let known = roles.insert(name.clone(), rules.iter().flat_map(rights).collect());
        assert!(known.is_none(), "{name} stands twice");
    }
    roles
}

/// The rights of a rule.
fn rights(rule: &Value) -> Vec<Right> {
    let texts = |name: &str| -> Vec<String> {
        let list = rule[name].as_array().unwrap().iter();
        list.map(|one| one.as_str().unwrap().to_owned()).collect()
    };
    let names = match rule.get("resourceNames") {
        Some(_) => texts("resourceNames"),
        None => Vec::new(),
    };
    let mut all = Vec::new();
    for group in texts("apiGroups") {
        for resource in texts("resources") {
            for verb in texts("verbs") {
                all.push(Right {
                    group: group.clone(),
                    resource: resource.clone(),
                    verb,
                    names: names.clone(),
                });
            }
        }
    }
    all
}

/// The rights of roles without which some command said that they are missing.
#[derive(Debug, Default)]
pub(super) struct Shown(RefCell<BTreeSet<(String, Right)>>);

impl Shown {
    /// Those that are documented, and were not missed.
    pub(super) fn rest(&self) -> Vec<(String, Right)> {
        let shown = self.0.borrow();
        let all = documented().into_iter();
        let all = all.flat_map(|(role, rights)| rights.into_iter().map(move |r| (role.clone(), r)));
        all.filter(|one| !shown.contains(one)).collect()
    }
}

/// A user who has given rights, and can lose one.
pub(super) struct User<'a> {
    ground: &'a Ground,
    shown: &'a Shown,
    pub(super) name: String,
    /// Documented roles, where each is bound (a namespace, or the whole cluster), and its rights.
    roles: Vec<(String, Option<String>, Vec<Right>)>,
}

impl<'a> User<'a> {
    pub(super) fn new(
        (ground, shown): (&'a Ground, &'a Shown),
        name: &str,
        roles: &[(&str, Option<&str>)],
    ) -> Self {
        let all = documented();
        let roles = roles.iter().map(|(role, at)| {
            (
                (*role).to_owned(),
                at.map(str::to_owned),
                all[*role].clone(),
            )
        });
        let user = Self {
            ground,
            shown,
            name: format!("pure-agent-test-rights-{name}"),
            roles: roles.collect(),
        };
        ground.kubeconfig(&user.name, Some(&user.name), &[OPERATORS]);
        user.whole();
        for (role, at, _) in &user.roles {
            let _made = sure(
                "apply --server-side -f -",
                &user.binding(role, at.as_deref()),
            );
        }
        user
    }

    fn role(&self, role: &str) -> String {
        format!("{}-{role}", self.name)
    }

    fn binding(&self, role: &str, at: Option<&str>) -> String {
        let (name, subject) = (
            self.role(role),
            json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": self.name}]),
        );
        let mut binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": name}, "subjects": subject,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}});
        if let Some(namespace) = at {
            binding["kind"] = json!("RoleBinding");
            binding["metadata"]["namespace"] = json!(namespace);
        }
        binding.to_string()
    }

    fn put(&self, role: &str, rights: &[&Right]) {
        let rules: Vec<Value> = rights
            .iter()
            .map(|right| {
                let (groups, resources) = (json!([right.group]), json!([right.resource]));
                let mut rule =
                    json!({"apiGroups": groups, "resources": resources, "verbs": [right.verb]});
                if !right.names.is_empty() {
                    rule["resourceNames"] = json!(right.names);
                }
                rule
            })
            .collect();
        let object = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": self.role(role)}, "rules": rules});
        let _made = sure(
            "apply --server-side --force-conflicts -f -",
            &object.to_string(),
        );
    }

    /// The user has every right of the roles.
    pub(super) fn whole(&self) {
        for (role, _, rights) in &self.roles {
            self.put(role, &rights.iter().collect::<Vec<_>>());
        }
    }

    /// The user has every right but one, whichever role has that.
    pub(super) fn without(&self, right: &Right) {
        let mut lost = Vec::new();
        for (role, at, rights) in &self.roles {
            let less: Vec<&Right> = rights.iter().filter(|one| *one != right).collect();
            self.put(role, &less);
            if less.len() < rights.len() {
                lost.push(at.as_deref());
            }
        }
        for at in lost {
            self.await_loss(right, at);
        }
    }

    /// The authoriser learns of a change a moment later.
    fn await_loss(&self, right: &Right, at: Option<&str>) {
        let (resource, part) = match right.resource.split_once('/') {
            Some((resource, part)) => (resource, format!("--subresource={part}")),
            None => (right.resource.as_str(), String::new()),
        };
        let kind = match right.group.as_str() {
            "" => resource.to_owned(),
            group => format!("{resource}.{group}"),
        };
        let kind = match right.names.first() {
            Some(name) => format!("{kind}/{name}"),
            None => kind,
        };
        let place = at.map_or_else(String::new, |at| format!("-n {at}"));
        let (verb, name) = (&right.verb, &self.name);
        let asked = format!("auth can-i {verb} {kind} {part} --as={name} {place}");
        let start = Instant::now();
        while kubectl(&asked, "").out.trim() != "no" {
            assert!(start.elapsed() < Duration::from_secs(10), "{asked}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Every right of the roles, each once.
    pub(super) fn rights(&self) -> BTreeSet<&Right> {
        self.roles.iter().flat_map(|(_, _, all)| all).collect()
    }

    /// The right of this verb on this resource.
    pub(super) fn right(&self, verb: &str, resource: &str) -> &Right {
        let found = self.rights().into_iter().find(|one| one.is(verb, resource));
        found.unwrap_or_else(|| panic!("{} has no {verb} {resource}", self.name))
    }

    /// Runs a command until it is as `fine` says: the authoriser learns of a right a moment later.
    pub(super) fn until(&self, what: &str, args: &[&str], fine: impl Fn(&Ended) -> bool) -> Ended {
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

    /// Without this right the command says, once it is run, that it is missing.
    pub(super) fn lacks(&self, args: &[&str], right: &Right) -> Ended {
        self.without(right);
        let done = self.ground.run(&self.name, args);
        assert!(
            self.is_named(&done, right),
            "{args:?} without {right:?}: {:?} {}{}",
            done.code,
            done.out,
            done.err
        );
        done
    }

    /// Whether the command says that the right is missing, which is then shown.
    pub(super) fn is_named(&self, done: &Ended, right: &Right) -> bool {
        let Right {
            group,
            resource,
            verb,
            ..
        } = right;
        let whose = match group.as_str() {
            "" => String::new(),
            group => format!(" of `{group}`"),
        };
        let named = format!("`{}` has no right to {verb} {resource}{whose}", self.name);
        let is = done.out.contains(&named) || done.err.contains(&named);
        if is {
            let having = self.roles.iter().filter(|(_, _, all)| all.contains(right));
            let having = having.map(|(role, _, _)| (role.clone(), right.clone()));
            self.shown.0.borrow_mut().extend(having);
        }
        is
    }

    /// The command works, and without any one of the rights it says which one is missing. `leaves` are rights that
    /// are shown otherwise.
    pub(super) fn needs(
        &self,
        args: &[&str],
        leaves: impl Fn(&Right) -> bool,
        works: impl Fn(&Ended) -> bool,
    ) {
        let works = |done: &Ended| works(done) && !speaks_of_rights(done);
        let _works = self.until("with all rights", args, works);
        for right in self.rights() {
            if !leaves(right) {
                let _told = self.lacks(args, right);
            }
        }
        self.whole();
        let _again = self.until("with all rights again", args, works);
    }
}

pub(super) fn speaks_of_rights(done: &Ended) -> bool {
    done.out.contains("has no right to") || done.err.contains("has no right to")
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        for (role, at, _) in &self.roles {
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
