//! What somebody could do who had the gateway's token, or made its pod.

use pure_agent_tests::cluster::kubectl::{Answer, kubectl, sure, would_create};
use pure_agent_tests::cluster::launch::Launch;
use pure_agent_tests::cluster::place::Place;
use pure_agent_tests::cluster::shop::{OTHER, RIGHTS, RUNS, SHOP, pod_of};
use pure_agent_tests::cluster::wait;
use pure_agent_tests::readers;
use serde_json::{Value, json};
use std::time::Duration;

/// The annotation of a restart.
pub(super) const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// Only the gateway's pod has a token, and only that one: both policies refuse others, whichever comes first.
pub(super) fn tokens(place: &Place) {
    let by = place.launcher();
    let answer = would_create(&by, Launch::of(place, "probe-run").pod("gateway"));
    assert!(answer.ok, "{answer}");
    for (what, pod) in others(place) {
        let answer = would_create(&by, &pod);
        let ours = answer.err.contains("denied request: pure-agent: ");
        assert!(!answer.ok && ours, "{what}: {answer}");
    }
}

/// The policy of the target refuses them without that of the spec.
pub(super) fn tokens_by_the_target_alone(place: &Place) {
    let by = place.launcher();
    let of_spec = "operator.pure-agent-test-kubernetes.specs.pure-agent.dev";
    let _gone = sure(
        &format!("delete validatingadmissionpolicybinding {of_spec}"),
        "",
    );
    for (what, pod) in others(place) {
        wait(what, Duration::from_secs(60), || {
            let answer = would_create(&by, &pod);
            assert!(!answer.ok, "{what}: {answer}");
            answer.err.contains("pure-agent: token:").then_some(())
        });
    }
    let answer = would_create(&by, Launch::of(place, "probe-run").pod("gateway"));
    assert!(answer.ok, "{answer}");
}

/// Pods with another token, or another's.
fn others(place: &Place) -> Vec<(&'static str, Value)> {
    let launch = Launch::of(place, "probe-run");
    let good = launch.pod("gateway");
    let volumes = good["spec"]["volumes"].as_array().unwrap();
    let mut all = volumes.iter();
    let at = all.position(|v| v.get("projected").is_some()).unwrap();
    let changed = |member: &str, value: Value| {
        let mut pod = good.clone();
        let (parent, member) = member.rsplit_once('/').unwrap();
        let parent = format!("/spec/volumes/{at}/projected{parent}");
        pod.pointer_mut(&parent).unwrap()[member] = value;
        pod
    };
    let token = |member: &str, value: Value| {
        changed(&format!("/sources/0/serviceAccountToken/{member}"), value)
    };
    let given = |template: &str| {
        let mut pod = launch.pod(template).clone();
        let list = pod["spec"]["volumes"].as_array_mut().unwrap();
        list.push(volumes[at].clone());
        pod
    };
    let mut mounted = good.clone();
    mounted["spec"]["automountServiceAccountToken"] = json!(true);
    let key = json!([{"secret": {"name": "operator-key"}}]);
    vec![
        (
            "a token for an hour",
            token("expirationSeconds", json!(3600)),
        ),
        (
            "a token for another service",
            token("audience", json!("vault")),
        ),
        ("another source", changed("/sources", key)),
        (
            "a token that everybody reads",
            changed("/defaultMode", json!(0o444)),
        ),
        ("an agent with a token", given("agent")),
        ("pack with a token", given("pack")),
        ("a token beside", mounted),
    ]
}

/// Whoever applies such a spec has the rights of `rights-workloads.yaml` in the namespace; it gives no other.
pub(super) fn applier(place: &Place) {
    let _made = sure("apply --server-side -f -", RIGHTS);
    let bind = format!(
        "create rolebinding applier -n {SHOP} --clusterrole=pure-agent-apply-workloads --user=applier"
    );
    let _bound = sure(&bind, "");
    let mut of_gateway = place
        .of_kind("Role")
        .into_iter()
        .map(|yaml| readers::rust(&yaml).unwrap());
    let mut role = of_gateway
        .find(|role| role["metadata"]["namespace"] == SHOP)
        .unwrap();
    role["metadata"]["name"] = json!("a-copy");
    let create = "create --dry-run=server -f - --as=applier";
    let answer = kubectl(create, &role.to_string());
    assert!(answer.ok, "{answer}");
    role["rules"]
        .as_array_mut()
        .unwrap()
        .push(json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}));
    let answer = kubectl(create, &role.to_string());
    assert!(
        !answer.ok
            && answer
                .err
                .contains("attempting to grant RBAC permissions not currently held"),
        "{answer}"
    );
}

/// The account comes first: what stands after `--` is no option.
fn as_gateway(args: &str, input: &str) -> Answer {
    kubectl(
        &format!("--as=system:serviceaccount:{RUNS}:operator-gateway {args}"),
        input,
    )
}

fn refused(args: &str, input: &str, why: &str) {
    let answer = as_gateway(args, input);
    assert!(
        !answer.ok && answer.err.contains(why),
        "{args} {input}: {answer}"
    );
}

/// As that account: what RBAC gives it.
pub(super) fn by_rights() {
    let forbidden = "forbidden";
    for args in [
        format!("get secrets -n {SHOP}"),
        format!("get secret vault -n {SHOP}"),
        format!("get configmaps -n {SHOP}"),
        format!("get deployments -n {SHOP}"),
        format!("get pods -n {OTHER}"),
        format!("get pods -n {RUNS}"),
        "get pods -n kube-system".to_owned(),
        "get nodes".to_owned(),
        format!("delete pod {} -n {SHOP}", pod_of("web")),
        format!("exec {} -n {SHOP} -- id", pod_of("web")),
        format!("delete deployment web -n {SHOP}"),
        format!("rollout restart deployment/web -n {OTHER}"),
        format!("create token default -n {SHOP}"),
        format!("create configmap x -n {SHOP}"),
    ] {
        refused(&args, "", forbidden);
    }
    let pods = as_gateway(&format!("get pods -n {SHOP}"), "");
    assert!(pods.ok, "{pods}");
    for (what, may) in [
        ("patch deployments.apps/web", true),
        ("patch deployments.apps/till", false),
        ("patch deployments.apps", false),
        ("patch deployments.apps/web --subresource=scale", true),
        ("patch deployments.apps/till --subresource=scale", false),
        ("update deployments.apps/web", false),
        ("create pods", false),
        ("get pods --subresource=exec", false),
        ("create pods --subresource=exec", false),
        ("create serviceaccounts --subresource=token", false),
        ("impersonate users", false),
    ] {
        let answer = as_gateway(&format!("auth can-i {what} -n {SHOP}"), "");
        assert_eq!(answer.ok, may, "{what}: {answer}");
    }
}

/// As that account, were RBAC wider by mistake: what admission still refuses.
pub(super) fn by_admission() {
    let bind = "rolebinding wide --clusterrole=edit";
    let account = format!("--serviceaccount={RUNS}:operator-gateway");
    let _bound = sure(&format!("create {bind} {account} -n {SHOP}"), "");
    wait("the wider rights", Duration::from_secs(60), || {
        let may = format!("auth can-i delete deployments.apps/till -n {SHOP}");
        as_gateway(&may, "").ok.then_some(())
    });
    let pod = pod_of("web");
    for args in [
        "create configmap x --dry-run=server".to_owned(),
        "create secret generic x --dry-run=server".to_owned(),
        format!("delete pod {pod} --dry-run=server"),
        "delete deployment till --dry-run=server".to_owned(),
        format!("label pod {pod} a=b --dry-run=server"),
        "create token default".to_owned(),
        format!("exec {pod} -- id"),
    ] {
        refused(&format!("-n {SHOP} {args}"), "", "pure-agent: gateway:");
    }
    patches();
    scales();
    let _unbound = sure(&format!("delete rolebinding wide -n {SHOP}"), "");
    wait("the narrow rights", Duration::from_secs(60), || {
        let may = format!("auth can-i get deployments.apps/web -n {SHOP}");
        (!as_gateway(&may, "").ok).then_some(())
    });
}

/// Of a Deployment one annotation may change.
fn patches() {
    let web = format!("patch deployment web -n {SHOP} --dry-run=server --type=strategic -p");
    let container = |change: Value| {
        let mut container = json!({"name": "main"});
        let members = change.as_object().unwrap().clone();
        container.as_object_mut().unwrap().extend(members);
        json!({"spec": {"template": {"spec": {"containers": [container]}}}})
    };
    let at = "2026-01-01T00:00:00Z";
    let restart = |value: &str| json!({"metadata": {"annotations": {RESTARTED: value}}});
    for (patch, rule) in [
        (
            container(json!({"image": "localhost/evil:1"})),
            "restart-object",
        ),
        (
            container(json!({"command": ["/bin/evil"]})),
            "restart-object",
        ),
        (
            container(json!({"env": [{"name": "DB", "value": "x"}]})),
            "restart-object",
        ),
        (json!({"spec": {"replicas": 3}}), "restart-object"),
        (json!({"spec": {"paused": true}}), "restart-object"),
        (
            json!({"metadata": {"labels": {"a": "b"}}}),
            "restart-object",
        ),
        (
            json!({"metadata": {"finalizers": ["a.example/b"]}}),
            "restart-object",
        ),
        (
            json!({"spec": {"template": {"spec": {"serviceAccountName": "admin"}}}}),
            "restart-object",
        ),
        (
            json!({"spec": {"template": {"spec": {"hostNetwork": true}}}}),
            "restart-object",
        ),
        (
            json!({"spec": {"template": {"metadata": {"labels": {"a": "b"}}}}}),
            "restart-template",
        ),
        (
            json!({"spec": {"template": {"metadata": {"annotations": {"a": "b", RESTARTED: at}}}}}),
            "restart-template",
        ),
        (
            json!({"spec": {"template": {"metadata": {"annotations": {"note": null, RESTARTED: at}}}}}),
            "restart-template",
        ),
        (
            json!({"spec": {"template": restart("now")}}),
            "restart-template",
        ),
    ] {
        refused(
            &format!("{web} {patch}"),
            "",
            &format!("pure-agent: {rule}:"),
        );
    }
    let fine = json!({"spec": {"template": restart(at)}});
    let answer = as_gateway(&format!("{web} {fine}"), "");
    assert!(answer.ok, "{answer}");
    refused(
        &format!("patch deployment till -n {SHOP} --dry-run=server --type=merge -p {fine}"),
        "",
        "pure-agent: restart:",
    );
}

/// Replicas within the declared bounds, of the declared Deployment.
fn scales() {
    let scale = |name: &str, replicas: i64| {
        format!(
            "patch deployment {name} -n {SHOP} --subresource=scale --dry-run=server --type=merge -p {}",
            json!({"spec": {"replicas": replicas}})
        )
    };
    for replicas in [0, 5, 1000] {
        refused(&scale("web", replicas), "", "pure-agent: scale:");
    }
    refused(&scale("till", 2), "", "pure-agent: scale:");
    let answer = as_gateway(&scale("web", 4), "");
    assert!(answer.ok, "{answer}");
}
