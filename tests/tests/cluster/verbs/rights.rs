//! `compiler/doc/rights.yaml`: with exactly these rights each command does its work; with one less it says which. In the
//! end every right that stands there has been missed by some command.

mod user;

use super::ground::{Ground, SPEC};
use pure_agent_tests::cluster::kubectl::{kubectl, sure};
use pure_agent_tests::command::Ended;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;
use user::{Right, Shown, User, speaks_of_rights};

/// In the names of probes.
const PROBES: &str = "/probe-";

fn fine(done: &Ended) -> bool {
    done.code == Some(0)
}

fn none(_: &Right) -> bool {
    false
}

#[test]
fn with_the_documented_rights_each_command_works_and_with_one_less_it_says_which() {
    let Some(ground) = Ground::new("rights") else {
        return;
    };
    everything_is_emitted(&ground);
    let shown = Shown::default();
    let tried = (&ground, &shown);
    let here = Some(ground.namespace.as_str());
    platform(tried);
    apply(tried, here);
    ground.secrets();
    ground.in_force();
    let run = submit(tried, here);
    look(tried, here, &run);
    let not_asked = answer(tried, here, &run);
    verify(tried, here);
    stop(tried, here, &run);
    let user = User::new(tried, "retry", &[("pure-agent-retry", here)]);
    user.needs(&["retry", &run], none, fine);
    drop(user);
    prune(tried, here);
    delete(tried, here);
    let rest = shown.rest();
    let left = rest.iter().filter(|(_, right)| !not_asked.contains(right));
    assert_eq!(left.count(), 0, "no command misses {rest:#?}");
}

/// A quota, a queue, a schedule and a trigger, so that objects of every kind are there. Nothing starts within the test.
fn everything_is_emitted(ground: &Ground) {
    ground.folder.edit(
        "target.kdl",
        "    closed ",
        "    queue \"one\" {\n        slots 1\n    }\n    quota {\n        pods 60\n        cpu \"40\"\n        memory \"40Gi\"\n        storage \"90Gi\"\n    }\n    closed ",
    );
    ground.folder.edit(
        "policy.kdl",
        "    owner ",
        "    schedule every=\"1h\"\n    trigger \"alert\"\n    owner ",
    );
    ground.folder.edit(
        "spec.kdl",
        "    input \"issue\" {\n",
        "    schedule \"30 3 29 2 *\" {\n        timezone \"UTC\"\n    }\n    trigger \"alert\"\n    input \"issue\" {\n        default \"ABC-1\"\n",
    );
}

fn platform(tried: (&Ground, &Shown)) {
    let (ground, _) = tried;
    let user = User::new(tried, "platform", &[("pure-agent-platform-cluster", None)]);
    let within = [
        "networkpolicies",
        "resourcequotas",
        "limitranges",
        "configmaps",
    ];
    let makes_within = |right: &Right| right.verb != "get" && within.contains(&&*right.resource);
    let trial = ["apply", "--part", "platform", "--dry-run"];
    // Without its namespace nothing in it can be tried.
    user.needs(&trial, makes_within, fine);
    let made = ["apply", "--part", "platform", "--yes"];
    let _applied = ground.sure(&user.name, &made);
    for kind in within {
        let all = format!("delete {kind} --all -n {}", ground.namespace);
        let _gone = sure(&all, "");
    }
    user.needs(&trial, |right| !makes_within(right), fine);
    let _applied = ground.sure(&user.name, &made);
}

fn apply(tried: (&Ground, &Shown), here: Option<&str>) {
    let (ground, _) = tried;
    let roles = [
        ("pure-agent-apply", here),
        ("pure-agent-apply-cluster", None),
    ];
    let user = User::new(tried, "apply", &roles);
    // A Secret is made only in earnest, and a binding is not tried before its role is there.
    let later = ["secrets", "rolebindings"];
    let later = |right: &Right| right.verb == "create" && later.contains(&&*right.resource);
    let trial = ["apply", "--part", "spec", "--dry-run"];
    user.needs(&trial, later, fine);
    let made = ["apply", "--part", "spec", "--yes"];
    let _told = user.lacks(&made, user.right("create", "secrets"));
    user.whole();
    let _applied = user.until("with all rights", &made, fine);
    let key = format!("get secret {SPEC}-key -n {}", ground.namespace);
    assert!(kubectl(&key, "").ok);
    let binding = format!(
        "delete rolebindings -n {} -l pure-agent.dev/spec={SPEC}",
        ground.namespace
    );
    assert!(sure(&binding, "").contains("deleted"));
    let _told = user.lacks(&trial, user.right("create", "rolebindings"));
    user.whole();
    let _applied = user.until("with all rights again", &made, fine);
}

/// Gives the run that is watched when nothing is missing.
fn submit(tried: (&Ground, &Shown), here: Option<&str>) -> String {
    let (ground, _) = tried;
    let user = User::new(tried, "submit", &[("pure-agent-submit", here)]);
    let only_watch = |right: &Right| right.is("get", "workflows");
    user.needs(
        &["submit", "--dry-run", "--input", "issue=A-1"],
        only_watch,
        fine,
    );
    let watch = ["submit", "--watch", "--input", "issue=ABC-1"];
    let unwatched = user.lacks(&watch, user.right("get", "workflows"));
    let _gone = ground.sure("admin", &["stop", unwatched.out.trim(), "--now"]);
    user.whole();
    let _again = user.until(
        "with all rights",
        &["submit", "--dry-run", "--watch"],
        |done| !speaks_of_rights(done),
    );
    let told = ground.folder.path.join("watched");
    let mut command = ground.command(&user.name, &watch);
    command.stdout(Stdio::piped());
    command.stderr(File::create(&told).unwrap());
    let mut child = command.spawn().unwrap();
    let mut name = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut name).unwrap();
    let name = name.trim().to_owned();
    ground.waits(&name);
    let over = child.try_wait().unwrap();
    child.kill().unwrap();
    let _status = child.wait().unwrap();
    let told = std::fs::read_to_string(told).unwrap();
    assert!(over.is_none(), "it no longer watches: {told}");
    assert!(told.contains("gateway"), "{told}");
    name
}

/// What only looks.
fn look(tried: (&Ground, &Shown), here: Option<&str>, run: &str) {
    let user = User::new(tried, "list", &[("pure-agent-list", here)]);
    user.needs(&["list"], none, fine);
    let roles = [("pure-agent-status", here), ("pure-agent-gateway", here)];
    let user = User::new(tried, "status", &roles);
    user.needs(&["status", run], forwards, fine);
    let user = User::new(tried, "logs", &[("pure-agent-logs", here)]);
    user.needs(&["logs", run, "--role", "gateway"], none, fine);
}

/// Whether the API server asks for this beside `get` depends on its version.
fn forwards(right: &Right) -> bool {
    right.is("create", "pods/portforward")
}

/// Gives what this API server does not ask for.
fn answer(tried: (&Ground, &Shown), here: Option<&str>, run: &str) -> BTreeSet<Right> {
    let (ground, _) = tried;
    let user = User::new(tried, "answer", &[("pure-agent-gateway", here)]);
    let nothing = |done: &Ended| done.err.contains("nothing of this run waits");
    for verb in ["approve", "reject"] {
        user.needs(&[verb, run], forwards, nothing);
    }
    let create = user.right("create", "pods/portforward");
    user.without(create);
    let done = ground.run(&user.name, &["approve", run]);
    if user.is_named(&done, create) {
        return BTreeSet::new();
    }
    assert!(nothing(&done), "{}{}", done.out, done.err);
    println!("not shown: {create:?}, which this API server does not ask for");
    BTreeSet::from([create.clone()])
}

fn verify(tried: (&Ground, &Shown), here: Option<&str>) {
    let (ground, _) = tried;
    let roles = [
        ("pure-agent-verify", here),
        ("pure-agent-verify-cluster", None),
        ("pure-agent-verify-argo", Some("argo")),
    ];
    let user = User::new(tried, "verify", &roles);
    let of_probes = |right: &Right| right.resource == "pods";
    user.needs(&["verify", "--no-probes"], of_probes, fine);
    let proof = ["verify", "--require-proof"];
    let _proven = ground.sure(&user.name, &proof);
    for right in user.rights() {
        if of_probes(right) {
            let done = user.lacks(&proof, right);
            assert_ne!(done.code, Some(0), "{right:?}: {}{}", done.out, done.err);
            sweep(ground);
        }
    }
}

/// Deletes what a user could not.
fn sweep(ground: &Ground) {
    let namespace = &ground.namespace;
    let pods = sure(&format!("get pods -n {namespace} -o name"), "");
    for pod in pods.lines().filter(|pod| pod.contains(PROBES)) {
        let _gone = sure(
            &format!("delete -n {namespace} {pod} --grace-period=0 --force"),
            "",
        );
    }
}

fn stop(tried: (&Ground, &Shown), here: Option<&str>, run: &str) {
    let (ground, _) = tried;
    let user = User::new(tried, "stop", &[("pure-agent-stop", here)]);
    // Once the pods are gone nobody asks for the right to delete them.
    let delete = user.right("delete", "pods");
    let _told = user.lacks(&["stop", run, "--now"], delete);
    user.whole();
    user.needs(&["stop", run, "--now"], |right| right == delete, fine);
    pure_agent_tests::cluster::wait("the run to end", Duration::from_secs(60), || {
        let status = ground.sure("admin", &["status", run, "--no-usage", "--output", "json"]);
        let status: Value = serde_json::from_str(&status).unwrap();
        (status["phase"] != "Running").then_some(())
    });
}

/// What is left over is looked for and deleted with the rights of `delete` beside those of `apply`.
fn prune(tried: (&Ground, &Shown), here: Option<&str>) {
    let roles = [
        ("pure-agent-apply", here),
        ("pure-agent-apply-cluster", None),
        ("pure-agent-platform-cluster", None),
        ("pure-agent-delete", here),
        ("pure-agent-delete-cluster", None),
    ];
    let user = User::new(tried, "prune", &roles);
    let looks = |right: &Right| right.verb == "list" && right.resource != "pods";
    user.needs(
        &["apply", "--part", "spec", "--prune", "--dry-run"],
        |right| !looks(right),
        fine,
    );
    let (ground, _) = tried;
    let target = ground.folder.read("target.kdl");
    let (before, rest) = target.split_once("    quota {").unwrap();
    let (_, after) = rest.split_once("    }\n").unwrap();
    ground
        .folder
        .write("target.kdl", format!("{before}{after}"));
    let pruned = ["apply", "--part", "platform", "--prune", "--yes"];
    for kind in ["resourcequotas", "limitranges"] {
        let _told = user.lacks(&pruned, user.right("delete", kind));
    }
    user.whole();
    let _pruned = user.until("with all rights", &pruned, |done| {
        fine(done) && !speaks_of_rights(done)
    });
    for kind in ["resourcequotas", "limitranges"] {
        let left = sure(&format!("get {kind} -n {} -o name", ground.namespace), "");
        assert_eq!(left, "");
    }
}

/// Each object is deleted once, so what lacks a right goes on where it stopped.
fn delete(tried: (&Ground, &Shown), here: Option<&str>) {
    let (ground, _) = tried;
    let roles = [
        ("pure-agent-delete", here),
        ("pure-agent-delete-cluster", None),
    ];
    let user = User::new(tried, "delete", &roles);
    let deleted = ["delete", "--yes"];
    // What cannot be looked at is told before the first is deleted.
    for right in user
        .rights()
        .into_iter()
        .filter(|right| right.verb == "get")
    {
        let done = user.lacks(&deleted, right);
        assert!(!done.err.contains("deleted "), "{right:?}: {}", done.err);
    }
    user.whole();
    let shown = user.until("with all rights", &["delete"], |done| {
        !speaks_of_rights(done)
    });
    let mut kinds: Vec<String> = Vec::new();
    for line in shown
        .out
        .lines()
        .filter_map(|line| line.strip_prefix("  - "))
    {
        let kind = plural(line.split(' ').next().unwrap());
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    assert!(kinds.len() > 5, "{}{}", shown.out, shown.err);
    for kind in kinds {
        let _told = user.lacks(&deleted, user.right("delete", &kind));
    }
    user.whole();
    let _gone = user.until("with all rights again", &deleted, |done| {
        fine(done) && !speaks_of_rights(done)
    });
    let left = format!(
        "get networkpolicies -l pure-agent.dev/spec={SPEC} -n {} -o name",
        ground.namespace
    );
    assert_eq!(sure(&left, ""), "");
}

/// The word of RBAC for a kind.
fn plural(kind: &str) -> String {
    let word = kind.to_lowercase();
    match word.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{word}s"),
    }
}
