//! `apply` and `delete`

use super::ground::{Ground, SPEC};
use pure_agent_tests::cluster::kubectl::{get, kubectl, sure};

#[test]
fn apply_makes_the_cluster_what_was_compiled_and_delete_takes_it_out() {
    let Some(ground) = Ground::new("apply") else {
        return;
    };
    let namespace = ground.namespace.clone();
    let asked = ground.run("admin", &["apply"]);
    assert_eq!(asked.code, Some(2));
    assert!(asked.err.contains("--yes"), "{}", asked.err);
    let shown = ground.sure("admin", &["apply", "--dry-run"]);
    assert!(
        shown.contains(&format!("+ Namespace {namespace}")),
        "{shown}"
    );
    assert!(
        !kubectl(&format!("get namespace {namespace}"), "").ok,
        "a dry run changed something"
    );

    let done = ground.run("admin", &["apply", "--yes"]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let again = ground.run("admin", &["apply", "--yes"]);
    assert_eq!(again.code, Some(0));
    assert!(
        again
            .err
            .contains("the cluster is what the sources compile to"),
        "{}{}",
        again.out,
        again.err
    );
    let manager = get(&format!(
        "networkpolicy {SPEC}-agent -n {namespace} --show-managed-fields"
    ));
    assert_eq!(
        manager["metadata"]["managedFields"][0]["manager"],
        "pure-agent"
    );
    key(&ground, &[&done.out, &done.err]);
    mended(&ground);
    pruned(&ground);
    deleted(&ground);
}

/// The key is random, of 32 bytes, made once, and shown nowhere.
fn key(ground: &Ground, said: &[&String]) {
    let read = || {
        let secret = get(&format!("secret {SPEC}-key -n {}", ground.namespace));
        secret["data"]["key"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let key = read();
    assert_eq!(key.len(), 44, "32 bytes are 44 characters of base64");
    assert!(
        said.iter().all(|text| !text.contains(&key)),
        "the key was shown"
    );
    let _again = ground.sure("admin", &["apply", "--yes"]);
    assert_eq!(read(), key, "the key changed");
}

/// What somebody changed, added or took away is told field by field, and put back.
fn mended(ground: &Ground) {
    let namespace = &ground.namespace;
    let patch = r#"{"spec":{"ingress":[{}],"egress":[{"to":[],"ports":[{"port":9090}]}]}}"#;
    let _opened = sure(
        &format!("patch networkpolicy {SPEC}-agent -n {namespace} --type=merge -p {patch}"),
        "",
    );
    let _gone = sure(
        &format!("delete networkpolicy {SPEC}-pack -n {namespace}"),
        "",
    );
    let shown = ground.sure("admin", &["apply", "--dry-run"]);
    for part in [
        &format!("+ NetworkPolicy {SPEC}-pack"),
        &format!("~ NetworkPolicy {SPEC}-agent"),
        "spec.ingress:",
        "- [{}]",
        "spec.egress[0].ports[0].port:",
        "- 9090",
        "+ 8080",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let _applied = ground.sure("admin", &["apply", "--yes"]);
    let agent = get(&format!("networkpolicy {SPEC}-agent -n {namespace}"));
    assert!(agent["spec"]["ingress"].is_null(), "{agent}");
    assert_eq!(agent["spec"]["egress"][0]["ports"][0]["port"], 8080);
}

/// What the bundle no longer has goes with `--prune` alone, and nothing of another spec.
fn pruned(ground: &Ground) {
    let namespace = &ground.namespace;
    let object = |name: &str, spec: &str| {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{{\"name\":\"{name}\",\"namespace\":\"{namespace}\",\
             \"labels\":{{\"app.kubernetes.io/part-of\":\"pure-agent\",\"pure-agent.dev/spec\":\"{spec}\"}}}}}}"
        )
    };
    let _old = sure("create -f -", &object("old", SPEC));
    let _other = sure("create -f -", &object("other", "other"));
    assert!(
        !ground
            .sure("admin", &["apply", "--dry-run"])
            .contains("ServiceAccount old")
    );
    let shown = ground.sure("admin", &["apply", "--dry-run", "--prune"]);
    assert!(
        shown.contains("- ServiceAccount old") && !shown.contains("ServiceAccount other"),
        "{shown}"
    );
    let _pruned = ground.sure("admin", &["apply", "--yes", "--prune"]);
    assert!(!kubectl(&format!("get serviceaccount old -n {namespace}"), "").ok);
    assert!(kubectl(&format!("get serviceaccount other -n {namespace}"), "").ok);
}

fn deleted(ground: &Ground) {
    let namespace = &ground.namespace;
    let shown = ground.sure("admin", &["delete", "--yes"]);
    assert!(
        shown.contains(&format!("- WorkflowTemplate {SPEC}")),
        "{shown}"
    );
    let left = get(&format!(
        "serviceaccounts,roles,networkpolicies,configmaps,workflowtemplates -l pure-agent.dev/spec={SPEC} -n {namespace}"
    ));
    assert_eq!(left["items"], serde_json::json!([]), "{left}");
    assert!(
        kubectl(&format!("get secret {SPEC}-key -n {namespace}"), "").ok,
        "the key went, too"
    );
    assert!(
        kubectl(
            &format!("get networkpolicy default-deny -n {namespace}"),
            ""
        )
        .ok
    );
    let all = ground.sure("admin", &["delete", "--part", "all", "--yes"]);
    assert!(all.contains("every run, Secret and volume"), "{all}");
    let policies = sure("get validatingadmissionpolicies -o name", "");
    assert!(!policies.contains(namespace.as_str()), "{policies}");
}
