//! A run that looks after Deployments, for real: they are listed, read, restarted and scaled through the gateway, with
//! a person's word; and what its account may not do is tried as that account.

use pure_agent_tests::cluster::kubectl::{Answer, get, kubectl, reachable, sure, would_create};
use pure_agent_tests::cluster::launch::Launch;
use pure_agent_tests::cluster::reference::{Change, POLICY, SPEC, TARGET, change, small};
use pure_agent_tests::cluster::site::{Run, Site};
use pure_agent_tests::cluster::wait;
use serde_json::{Value, json};
use std::time::Duration;

/// Where runs are.
const RUNS: &str = "pure-agent-test-kubernetes";
/// What they look after.
const SHOP: &str = "pure-agent-test-shop";
/// What they do not.
const OTHER: &str = "pure-agent-test-till";
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// Namespaces of somebody else, which go with the test.
struct Shops;

impl Shops {
    fn open() -> Self {
        for namespace in [SHOP, OTHER] {
            let _gone = kubectl(
                &format!("delete namespace {namespace} --ignore-not-found --wait=true"),
                "",
            );
            let _made = sure(&format!("create namespace {namespace}"), "");
        }
        Self
    }

    fn fill(&self, image: &str) {
        for namespace in [SHOP, OTHER] {
            for name in ["web", "till"] {
                let _made = sure(
                    "apply --server-side -f -",
                    &deployment(namespace, name, image).to_string(),
                );
            }
            let _made = sure(
                &format!(
                    "create secret generic vault -n {namespace} --from-literal=key=hidden-secret"
                ),
                "",
            );
        }
        for name in ["web", "till"] {
            let _ready = ready(name, 2);
        }
    }
}

impl Drop for Shops {
    fn drop(&mut self) {
        for namespace in [SHOP, OTHER] {
            let _gone = kubectl(
                &format!("delete namespace {namespace} --ignore-not-found --wait=false"),
                "",
            );
        }
    }
}

/// Where the agent's image has it: where this machine has it.
fn python() -> String {
    let system = std::path::Path::new("/usr/bin/python3");
    let any = if system.exists() {
        system
    } else {
        std::path::Path::new("python3")
    };
    let ask = "import os, sys; print(os.path.realpath(sys.executable), end='')";
    let told = std::process::Command::new(any)
        .args(["-I", "-c", ask])
        .output()
        .unwrap();
    String::from_utf8(told.stdout).unwrap()
}

/// Two replicas that say a line each second, with texts in it that are nobody's to see.
fn deployment(namespace: &str, name: &str, image: &str) -> Value {
    let says = "import time\nprint('error in the till', flush=True)\nwhile True:\n    print('tick', flush=True)\n    time.sleep(1)";
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}, "annotations": {"note": "hidden-note"}},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "automountServiceAccountToken": false,
                    "containers": [{"name": "main", "image": image, "imagePullPolicy": "IfNotPresent",
                        "command": [python(), "-I", "-c", says], "env": [{"name": "DB", "value": "hidden-value"}],
                        "resources": {"requests": {"cpu": "5m"}}}],
                },
            },
        },
    })
}

/// Waits until a Deployment has so many ready pods, all of its newest template.
fn ready(name: &str, replicas: u64) -> Value {
    let what = format!("{replicas} pods of {name}");
    wait(&what, Duration::from_secs(300), || {
        let found = get(&format!("deployment {name} -n {SHOP}"));
        let status = &found["status"];
        let all = ["replicas", "updatedReplicas", "readyReplicas"];
        let there = all.iter().all(|field| status[*field] == replicas)
            && status["observedGeneration"] == found["metadata"]["generation"];
        there.then_some(found)
    })
}

/// The example with a server that looks after `web`, whose changes wait for a signature.
fn changes() -> Vec<Change> {
    let why = "a run that looks after Deployments";
    let server = format!(
        "mcp \"cluster\" {{\n    builtin \"kubernetes\"\n    namespace \"{SHOP}\"\n    deployment \"web\" min=1 max=4\n}}\n\n\
         tools \"operate\" {{\n    server \"cluster\" {{\n        allow \"list_pods\"\n        allow \"describe_pod\"\n        \
         allow \"get_pod_logs\"\n        allow \"get_service_logs\"\n        allow \"search_logs\"\n        \
         approve \"restart_deployment\" by=\"lead\" times=1\n        approve \"scale_deployment\" by=\"lead\" times=1\n    }}\n}}\n\n"
    );
    let rules = format!(
        "    tool \"kubernetes\" \"*\"\n    approve \"kubernetes\" \"*_deployment\" times=3\n    \
         deployment \"{SHOP}\" \"web\" min=0 max=5\n    repo"
    );
    let mut all = small("20m", "10m");
    all.extend([
        change(
            SPEC,
            "agent \"coder\" {\n",
            format!("{server}agent \"coder\" {{\n"),
            why,
        ),
        change(
            SPEC,
            "    tools \"common\"\n",
            "    tools \"common\"\n    tools \"operate\"\n",
            why,
        ),
        change(POLICY, "    repo", rules, why),
        change(
            TARGET,
            "    dns {",
            format!("    workloads \"{SHOP}\"\n    dns {{"),
            why,
        ),
    ]);
    all
}

#[test]
fn s2_09_s2_10_deployments_are_looked_after_and_nothing_else_is() {
    if !reachable() {
        return;
    }
    // The bundle has a role in there.
    let shops = Shops::open();
    let Some(site) = Site::or_skip(RUNS, "operator", &changes()) else {
        return;
    };
    shops.fill(&site.programs.agent);
    tokens(&site);
    let before = get(&format!("deployment web -n {SHOP}"));
    attacks(&before);
    let run = site.submit(&format!("operate web {}", pod_of("till")));
    for tool in ["restart_deployment", "scale_deployment"] {
        let shown = signed(&site, &run);
        assert!(shown.to_string().contains(tool), "{shown}");
    }
    let after = ready("web", 3);
    let note = &after["spec"]["template"]["metadata"]["annotations"];
    assert!(note[RESTARTED].is_string(), "{note}");
    assert_eq!(note["note"], "hidden-note");
    assert_eq!(
        after["spec"]["template"]["spec"],
        before["spec"]["template"]["spec"]
    );
    gateway(&run);
    let ended = run.end(Duration::from_secs(600));
    assert_eq!(ended.phase, "Succeeded", "{}", ended.told());
    assert!(!ended.told().contains("hidden-"), "{}", ended.told());
    // Nobody touched the others.
    let till = get(&format!("deployment till -n {SHOP}"));
    assert_eq!(
        (&till["metadata"]["generation"], &till["spec"]["replicas"]),
        (&json!(1), &json!(2))
    );
}

fn pod_of(name: &str) -> String {
    let pods = get(&format!("pods -n {SHOP} -l app={name}"));
    pods["items"][0]["metadata"]["name"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The person named `lead` sees what is asked, and signs.
fn signed(site: &Site, run: &Run<'_>) -> Value {
    let _agent = run.await_pod("agent-0");
    let forwarded = run.forwarded();
    let ask = |what: &str, body: &str| forwarded.ask(what, body);
    site.approver.approve(ask, Duration::from_secs(300))
}

/// The gateway has the one token, the agent has none.
fn gateway(run: &Run<'_>) {
    let volumes = |end: &str| run.pod(end).unwrap()["spec"]["volumes"].clone();
    let projected = |volumes: &Value| {
        let all = volumes.as_array().unwrap().iter();
        all.filter(|volume| volume.get("projected").is_some())
            .cloned()
            .collect::<Vec<_>>()
    };
    let tokens = projected(&volumes("gateway"));
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    let token = &tokens[0]["projected"]["sources"][0]["serviceAccountToken"];
    assert_eq!(*token, json!({"expirationSeconds": 600, "path": "token"}));
}

/// Only the gateway's pod has a token, and only that one.
fn tokens(site: &Site) {
    let launch = Launch::of(&site.place, "probe-run");
    let by = site.place.launcher();
    let good = launch.pod("gateway");
    let answer = would_create(&by, good);
    assert!(answer.ok, "{answer}");
    let volumes = good["spec"]["volumes"].as_array().unwrap();
    let at = volumes
        .iter()
        .position(|v| v.get("projected").is_some())
        .unwrap();
    let source = "/projected/sources/0/serviceAccountToken";
    let changed = |pointer: &str, value: Value| {
        let mut pod = good.clone();
        let place = format!("/spec/volumes/{at}{pointer}");
        let (parent, member) = place.rsplit_once('/').unwrap();
        pod.pointer_mut(parent).unwrap()[member] = value;
        pod
    };
    let other = json!([{"secret": {"name": "operator-key"}}]);
    let (mut agent, mut pack) = (launch.pod("agent").clone(), launch.pod("pack").clone());
    for pod in [&mut agent, &mut pack] {
        pod["spec"]["volumes"]
            .as_array_mut()
            .unwrap()
            .push(volumes[at].clone());
    }
    let mut mounted = good.clone();
    mounted["spec"]["automountServiceAccountToken"] = json!(true);
    for (what, pod) in [
        (
            "an hour",
            changed(&format!("{source}/expirationSeconds"), json!(3600)),
        ),
        (
            "an audience",
            changed(&format!("{source}/audience"), json!("vault")),
        ),
        ("another source", changed("/projected/sources", other)),
        (
            "every reader",
            changed("/projected/defaultMode", json!(0o444)),
        ),
        ("another name", changed("/name", json!("kube-api-access-x"))),
        ("an agent", agent),
        ("pack", pack),
        ("an automounted one", mounted),
    ] {
        let answer = would_create(&by, &pod);
        assert!(
            !answer.ok && answer.err.contains("pure-agent: token:"),
            "{what}: {answer}"
        );
    }
}

fn as_gateway(args: &str, input: &str) -> Answer {
    kubectl(
        &format!("{args} --as=system:serviceaccount:{RUNS}:operator-gateway"),
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

/// What somebody could do who had the gateway's token.
fn attacks(before: &Value) {
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
    patches(before);
    scales();
}

/// RBAC lets the account patch `web`; the admission policy lets it change one annotation.
fn patches(before: &Value) {
    let web = format!("patch deployment web -n {SHOP} --dry-run=server --type=merge -p");
    let image = &before["spec"]["template"]["spec"]["containers"][0]["image"];
    let mut containers = before["spec"]["template"]["spec"]["containers"].clone();
    containers[0]["image"] = json!("localhost/evil:1");
    let at = "2026-01-01T00:00:00Z";
    let restart = |value: &str| json!({"metadata": {"annotations": {RESTARTED: value}}});
    for (patch, rule) in [
        (
            json!({"spec": {"template": {"spec": {"containers": containers}}}}),
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
        &format!("patch deployment till -n {SHOP} --type=merge -p {fine}"),
        "",
        "forbidden",
    );
    assert_ne!(*image, json!("localhost/evil:1"));
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
    refused(&scale("till", 2), "", "forbidden");
    let answer = as_gateway(&scale("web", 4), "");
    assert!(answer.ok, "{answer}");
}
