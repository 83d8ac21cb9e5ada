//! `verify`

use super::ground::{Ground, OPERATOR, SPEC};
use pure_agent_tests::cluster::kubectl::{get, kubectl, sure};
use pure_agent_tests::cluster::wait;
use serde_json::{Value, json};
use std::time::Duration;

fn report(ground: &Ground, user: &str, more: &[&str]) -> (Option<i32>, Value) {
    let mut args = vec!["verify", "--output", "json"];
    args.extend(more);
    let done = ground.run(user, &args);
    let value = serde_json::from_str(&done.out);
    (
        done.code,
        value.unwrap_or_else(|e| panic!("{e}: {}{}", done.out, done.err)),
    )
}

fn findings(report: &Value) -> Vec<String> {
    let list = report["findings"].as_array().unwrap();
    list.iter()
        .map(|one| one["message"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn verify_proves_what_is_closed_and_finds_every_hole() {
    let Some(ground) = Ground::applied("proof") else {
        return;
    };
    // The operator reads policies, too.
    for kind in ["pure-agent-verify-cluster", "pure-agent-verify-argo"] {
        let _there = kubectl(
            &format!("delete clusterrolebinding {kind}-test-proof --ignore-not-found"),
            "",
        );
    }
    let _reader = sure(
        &format!(
            "create clusterrolebinding pure-agent-verify-test-proof --clusterrole=cluster-admin --user={OPERATOR}"
        ),
        "",
    );
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        sound(&ground);
        unproven(&ground);
        drifted(&ground);
        open(&ground);
    }));
    let _gone = kubectl("delete clusterrolebinding pure-agent-verify-test-proof", "");
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

/// Nothing is wrong; the network was proven; nothing is left.
fn sound(ground: &Ground) {
    let seen = wait(
        "policies to be type-checked",
        Duration::from_secs(60),
        || {
            let (code, report) = report(ground, OPERATOR, &["--no-probes"]);
            (code == Some(0)).then_some(report)
        },
    );
    assert_eq!(seen["proven"], false);
    let (code, report) = report(ground, OPERATOR, &["--require-proof"]);
    assert_eq!(
        (code, &report["proven"]),
        (Some(0), &json!(true)),
        "{:?}",
        findings(&report)
    );
    let tries = report["network"].as_array().unwrap();
    assert!(tries.len() > 300, "only {} tries", tries.len());
    let open: Vec<&str> = tries
        .iter()
        .filter(|one| one["from"] == "agent" && one["seen"] == "open")
        .map(|one| one["to"].as_str().unwrap())
        .collect();
    assert!(
        !open.is_empty() && open.iter().all(|to| *to == "gateway 8080"),
        "{open:?}"
    );
    for family in ["IPv4", "IPv6"] {
        let shown = tries
            .iter()
            .any(|one| one["family"] == family && one["to"] == "gateway 8080");
        let told = report["unseen"]
            .to_string()
            .contains(&format!("no {family} address"));
        assert!(shown || told, "{family} is neither shown nor told");
    }
    let text = report["seen"].to_string();
    for part in [
        "objects are as compiled",
        "type-checked without a warning",
        "v1",
        "Argo is",
        "Secret verbs-key",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    nothing_left(ground);
}

fn nothing_left(ground: &Ground) {
    wait("no probe", Duration::from_secs(30), || {
        let pods = get(&format!("pods -n {}", ground.namespace));
        pods["items"].as_array()?.is_empty().then_some(())
    });
}

/// Who may not start probes learns what is needed; that is no success where proof is required.
fn unproven(ground: &Ground) {
    let done = ground.run("admin", &["verify"]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert!(
        done.err.contains("WARNING: the network was not proven"),
        "{}",
        done.err
    );
    assert!(
        done.out.contains("rule `maker`") && done.out.contains("`operator` or `break-glass`"),
        "{}",
        done.out
    );
    let done = ground.run("admin", &["verify", "--require-proof"]);
    assert_eq!(done.code, Some(1));
    // Broken off, it takes its pods away.
    let mut child = ground
        .command(OPERATOR, &["verify"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait("a probe", Duration::from_secs(60), || {
        let pods = get(&format!("pods -n {}", ground.namespace));
        (!pods["items"].as_array()?.is_empty()).then_some(())
    });
    let _interrupted = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    nothing_left(ground);
}

/// What is missing, changed, added or left over is named by object and field.
fn drifted(ground: &Ground) {
    let namespace = &ground.namespace;
    let patch = r#"{"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]}"#;
    let _more = sure(
        &format!("patch role {SPEC}-launcher -n {namespace} --type=merge -p {patch}"),
        "",
    );
    let _gone = sure(
        &format!("delete serviceaccount {SPEC}-export -n {namespace}"),
        "",
    );
    let _wrong = sure(&format!("delete secret export-keys -n {namespace}"), "");
    let _extra = sure(
        "create -f -",
        &json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "theirs", "namespace": namespace}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}})
        .to_string(),
    );
    let _bound = sure(
        &format!("delete validatingadmissionpolicybinding {SPEC}.{namespace}.specs.pure-agent.dev"),
        "",
    );
    let (code, report) = report(ground, OPERATOR, &["--no-probes"]);
    let found = findings(&report);
    assert_eq!(code, Some(1));
    for part in [
        "ServiceAccount verbs-export is missing",
        "Role verbs-launcher: `rules[0].resources",
        "Secret export-keys: it is missing",
        "NetworkPolicy theirs is none of ours",
        "ValidatingAdmissionPolicyBinding verbs.",
    ] {
        assert!(
            found.iter().any(|one| one.contains(part)),
            "{part}: {found:#?}"
        );
    }
    let _gone = sure(&format!("delete networkpolicy theirs -n {namespace}"), "");
    let _applied = ground.sure("admin", &["apply", "--yes"]);
    let _made = sure(
        &format!(
            "create secret generic export-keys -n {namespace} --from-literal=HOOK_KEY=0123456789"
        ),
        "",
    );
}

/// Without its network policies the namespace is as under a network plugin that enforces nothing. Found is every pair.
fn open(ground: &Ground) {
    let namespace = &ground.namespace;
    let _hole = sure(
        &format!("delete networkpolicy default-deny {SPEC}-pack -n {namespace}"),
        "",
    );
    let (code, one) = report(ground, OPERATOR, &[]);
    let found = findings(&one);
    assert_eq!((code, &one["proven"]), (Some(1), &json!(false)));
    assert!(
        found.iter().any(|one| one.starts_with("pack to kubelet")),
        "{found:#?}"
    );
    assert!(
        found
            .iter()
            .any(|one| one.starts_with("pack to API server")),
        "{found:#?}"
    );
    assert!(
        !found.iter().any(|one| one.starts_with("agent to ")),
        "agents are still closed in: {found:#?}"
    );
    let finding = one["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["subject"] == "network")
        .unwrap();
    assert_eq!(finding["promise"], "one door");
    assert!(
        finding["help"].as_str().unwrap().contains("`verbs-pack`"),
        "{finding}"
    );

    let _nothing = sure(&format!("delete networkpolicies --all -n {namespace}"), "");
    let (code, all) = report(ground, OPERATOR, &[]);
    assert_eq!(code, Some(1));
    let tries = all["network"].as_array().unwrap();
    let between = |from: &str, to: &str| {
        tries.iter().any(|one| {
            one["from"] == from
                && one["to"]
                    .as_str()
                    .is_some_and(|at| at.starts_with(&format!("{to} ")))
                && one["seen"] == "open"
        })
    };
    for from in ["launcher", "gateway", "agent", "router", "pack", "export"] {
        for to in [
            "launcher", "gateway", "agent", "router", "pack", "export", "API", "DNS,",
        ] {
            assert!(between(from, to), "{from} to {to} was not seen to be open");
        }
    }
    assert!(
        findings(&all).len() > 200,
        "{} findings",
        findings(&all).len()
    );
    nothing_left(ground);
    let _applied = ground.sure("admin", &["apply", "--yes"]);
    let (code, after) = report(ground, OPERATOR, &["--require-proof"]);
    assert_eq!(code, Some(0), "{:#?}", findings(&after));
}
