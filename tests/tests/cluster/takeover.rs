//! Ways into a run that is under way: through its Workflow, its pods and its accounts.

use crate::ready;
use pure_agent_tests::cluster::bundle::{BREAK_GLASS, OPERATORS, SPEC};
use pure_agent_tests::cluster::images::Images;
use pure_agent_tests::cluster::kubectl::{Answer, get, kubectl, raw, sure, words};
use pure_agent_tests::cluster::launch::workflow;
use pure_agent_tests::cluster::mutate::{set, workflows};
use pure_agent_tests::cluster::place::Place;
use pure_agent_tests::cluster::wait;
use serde_json::{Value, json};
use std::time::Duration;

const RUN: &str = "live";
const INPUTS: usize = 90 * 1024;

fn refused(answer: &Answer, rule: &str, what: &str) {
    let ours = format!("denied request: pure-agent: {rule}: ");
    assert!(
        !answer.ok && answer.err.contains(&ours),
        "{what}, expected {rule}: {answer}"
    );
}

/// Every way that does not go through a new pod, tried by a user to whom RBAC permits everything.
fn doors(place: &Place) {
    let namespace = &place.namespace;
    let core = format!("/api/v1/namespaces/{namespace}");
    let pod = format!("{core}/pods/{RUN}-gateway");
    let argo = format!("/apis/argoproj.io/v1alpha1/namespaces/{namespace}");
    for (path, rule) in [
        (format!("{pod}/exec?command=/x&container=gateway"), "exec"),
        (format!("{pod}/attach?container=gateway"), "exec"),
        (format!("{pod}/portforward?ports=8080"), "forward"),
        (format!("{pod}:8080/proxy/"), "forward"),
        (format!("{core}/services/x:80/proxy/"), "forward"),
    ] {
        refused(&raw("get", &path, "mallory", &Value::Null), rule, &path);
    }
    // Operators forward ports of a gateway, and do nothing else of this.
    let operator = format!("mallory --as-group={OPERATORS}");
    let forward = |pod: &str| {
        raw(
            "get",
            &format!("{core}/pods/{pod}/portforward?ports=9090"),
            &operator,
            &Value::Null,
        )
    };
    let answer = forward(&format!("{RUN}-gateway"));
    assert!(
        !answer.err.contains("denied request"),
        "an operator's forward: {answer}"
    );
    let agent = get(&format!("pods -n {namespace} -l pure-agent.dev/role=agent"));
    let agent = agent["items"][0]["metadata"]["name"]
        .as_str()
        .unwrap_or("live-agent-0")
        .to_owned();
    refused(
        &forward(&agent),
        "forward",
        "an operator's forward to an agent",
    );
    for (path, rule) in [
        (format!("{pod}/exec?command=/x&container=gateway"), "exec"),
        (format!("{pod}:9090/proxy/"), "forward"),
    ] {
        refused(
            &raw("get", &path, &operator, &Value::Null),
            rule,
            &format!("{path} by an operator"),
        );
    }
    let live = get(&format!("pod {RUN}-gateway -n {namespace}"));
    let changed = |path: &str, value: Value| {
        let mut pod = live.clone();
        set(&mut pod, path, value);
        pod
    };
    let mut more = changed("spec/containers/0/resources/limits/memory", json!("513Mi"));
    set(
        &mut more,
        "spec/containers/0/resources/requests/memory",
        json!("513Mi"),
    );
    let other = json!("localhost/evil:latest");
    let new =
        json!([{"name": "e", "image": "x", "command": ["x"], "targetContainerName": "gateway"}]);
    for (part, rule, body) in [
        (
            "/ephemeralcontainers",
            "ephemeral",
            changed("spec/ephemeralContainers", new),
        ),
        ("/resize", "resize", more),
        ("", "change", changed("spec/containers/0/image", other)),
        (
            "",
            "change",
            changed("spec/activeDeadlineSeconds", json!(5)),
        ),
        (
            "",
            "label",
            changed("metadata/labels/pure-agent.dev~1role", json!("agent")),
        ),
        (
            "",
            "label",
            changed("metadata/labels/example.com~1x", json!("y")),
        ),
        (
            "",
            "annotation",
            changed("metadata/annotations/pure-agent.dev~1bundle", json!("0")),
        ),
        (
            "",
            "annotation",
            changed(
                "metadata/annotations/workflows.argoproj.io~1pod-gc",
                json!("x"),
            ),
        ),
        (
            "/status",
            "label",
            changed("metadata/labels/pure-agent.dev~1role", json!("agent")),
        ),
        (
            "/status",
            "status",
            changed("status/podIP", json!("192.0.2.1")),
        ),
        (
            "/status",
            "status",
            changed("status/phase", json!("Failed")),
        ),
    ] {
        refused(
            &raw("replace", &format!("{pod}{part}"), "mallory", &body),
            rule,
            part,
        );
    }
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": format!("{RUN}-gateway")},
        "target": {"apiVersion": "v1", "kind": "Node", "name": "node-1"}});
    let token = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": []}});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
        "metadata": {"name": "t", "annotations": {"kubernetes.io/service-account.name": format!("{SPEC}-launcher")}}});
    let result = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTaskResult",
        "metadata": {"name": "x", "labels": {"workflows.argoproj.io/workflow": RUN}},
        "outputs": {"parameters": [{"name": "next", "value": "7"}]}});
    let tasks = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTaskSet", "metadata": {"name": "x"}, "spec": {}});
    let cron = |extra: Value| {
        let mut cron = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": {"name": "x"},
            "spec": {"schedules": ["0 0 * * *"], "workflowSpec": {"workflowTemplateRef": {"name": SPEC}}}});
        for (key, value) in extra.as_object().into_iter().flatten() {
            set(&mut cron, key, value.clone());
        }
        cron
    };
    for (path, rule, body) in [
        (format!("{pod}/binding"), "binding", binding),
        (
            format!("{core}/serviceaccounts/{SPEC}-launcher/token"),
            "token-request",
            token,
        ),
        (format!("{core}/secrets"), "token-secret", secret),
        (format!("{argo}/workflowtaskresults"), "reporter", result),
        (format!("{argo}/workflowtasksets"), "controller-only", tasks),
        (
            format!("{argo}/cronworkflows"),
            "schedule",
            cron(json!({"spec/workflowSpec/serviceAccountName": "default"})),
        ),
        (
            format!("{argo}/cronworkflows"),
            "schedule",
            cron(json!({"spec/when": "{{=1}}"})),
        ),
        (
            format!("{argo}/cronworkflows"),
            "template",
            cron(json!({"spec/workflowSpec/workflowTemplateRef/clusterScope": true})),
        ),
        (
            format!("{argo}/cronworkflows"),
            "inputs",
            cron(
                json!({"spec/workflowSpec/arguments": {"parameters": [{"name": "inputs", "value": "{{workflow.uid}}"}]}}),
            ),
        ),
    ] {
        refused(&raw("create", &path, "mallory", &body), rule, &path);
    }
    let forged = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTaskResult", "metadata": {"name": "x"},
        "outputs": {"parameters": [{"name": "next", "value": "{{workflow.uid}}"}]}});
    let answer = raw(
        "create",
        &format!("{argo}/workflowtaskresults"),
        &place.launcher(),
        &forged,
    );
    refused(&answer, "result", "a launcher's result with a placeholder");
    let answer = raw(
        "create",
        &format!("{argo}/cronworkflows"),
        "mallory",
        &cron(json!({})),
    );
    assert!(answer.ok, "a good CronWorkflow: {answer}");
}

/// The Workflow itself, patched while the controller works on it.
fn patches(place: &Place) {
    let patch = |patch: &str| {
        let namespace = format!("-n={}", place.namespace);
        let patch = format!("-p={patch}");
        let fixed = [
            "patch",
            "workflow",
            RUN,
            "--type=merge",
            "--as=mallory",
            "--dry-run=server",
        ];
        let mut all = fixed.to_vec();
        all.extend([namespace.as_str(), patch.as_str()]);
        words(&all, "")
    };
    for (name, rule, body) in workflows::PATCHES {
        refused(&patch(body), rule, name);
    }
    for good in [
        r#"{"spec":{"suspend":true}}"#,
        r#"{"spec":{"shutdown":"Stop"}}"#,
        r#"{"metadata":{"labels":{"example.com/team":"a"}}}"#,
    ] {
        let answer = patch(good);
        assert!(answer.ok, "{good}: {answer}");
    }
}

fn phase(place: &Place, pod: &str) -> Option<String> {
    let pod = get(&format!("pod {RUN}-{pod} -n {}", place.namespace));
    pod["status"]["phase"].as_str().map(str::to_owned)
}

fn uid(place: &Place, pod: &str) -> Value {
    get(&format!("pod {RUN}-{pod} -n {}", place.namespace))["metadata"]["uid"].clone()
}

/// Takes the launcher of the first agent away while the agent runs, as a drain of its node would; gives the
/// agent's UID. (After a deletion by force, Argo looks at the run again only when something else happens,
/// or after its resync of 20 minutes.)
fn lose_the_launcher(place: &Place) -> Value {
    wait("the first agent", Duration::from_secs(600), || {
        (phase(place, "agent-0")? == "Running").then_some(())
    });
    let first = uid(place, "agent-0");
    let namespace = &place.namespace;
    let running = get(&format!(
        "pods -n {namespace} -l pure-agent.dev/role=launcher --field-selector=status.phase=Running"
    ));
    let names: Vec<_> = running["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|pod| pod["metadata"]["name"].as_str())
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    let _killed = sure(
        &format!(
            "delete pod {} -n {namespace} --grace-period=1 --wait=false",
            names.join(" ")
        ),
        "",
    );
    first
}

/// Another launcher comes, and finds the agent that the first one started.
fn relaunched(place: &Place, first: &Value) {
    // It may be gone again within a second, so the run is asked and not the pods.
    wait("another launcher", Duration::from_secs(600), || {
        let run = get(&format!("workflow {RUN} -n {}", place.namespace));
        let nodes = run["status"]["nodes"].as_object().into_iter().flatten();
        let launchers = nodes.filter(|(_, n)| n["type"] == "Pod" && n["templateName"] == "agent");
        (launchers.count() > 1).then_some(())
    });
    let told = wait("the router's log", Duration::from_secs(600), || {
        let log = kubectl(&format!("logs {RUN}-router-0 -n {}", place.namespace), "").out;
        log.contains("\"told\"").then_some(log)
    });
    assert_eq!(uid(place, "agent-0"), *first, "the agent was started twice");
    assert!(
        told.contains("\"phase\": \"Succeeded\", \"exit-code\": \"0\""),
        "{told}"
    );
}

#[test]
fn a_run_cannot_be_taken_over() {
    let Some(images) = ready() else { return };
    let slow = Images {
        agent: images.slow_agent.clone(),
        ..images.clone()
    };
    let place = Place::new("pure-agent-test-live", &slow);
    place.without_pod_security();
    place.grant("mallory");
    let inputs = "A".repeat(INPUTS);
    let _made = sure(
        "create --as=mallory -f -",
        &workflow(&place, RUN, &inputs).to_string(),
    );
    wait(
        "the gateway of a run with large inputs",
        Duration::from_secs(600),
        || {
            let pod = get(&format!("pod {RUN}-gateway -n {}", place.namespace));
            let ready = pod["status"]["containerStatuses"][0]["ready"].as_bool()?;
            let env = pod["spec"]["containers"][0]["env"].as_array()?;
            assert!(
                env.iter()
                    .any(|one| one["value"].as_str().is_some_and(|v| v == inputs))
            );
            ready.then_some(())
        },
    );
    let agent = lose_the_launcher(&place);
    patches(&place);
    doors(&place);
    let exec = format!(
        "exec {RUN}-gateway -n {} --as=carol --as-group={BREAK_GLASS} -- /x",
        place.namespace
    );
    place.grant("carol");
    let answer = kubectl(&exec, "");
    assert!(
        !answer.err.contains("pure-agent: exec"),
        "break glass: {answer}"
    );
    relaunched(&place, &agent);
    let stop = r#"{"spec":{"shutdown":"Terminate"}}"#;
    let _stopped = sure(
        &format!(
            "patch workflow {RUN} -n {} --type=merge --as=mallory -p {stop}",
            place.namespace
        ),
        "",
    );
    wait("the end", Duration::from_secs(600), || {
        let run = get(&format!("workflow {RUN} -n {}", place.namespace));
        (run["status"]["phase"] == "Failed").then_some(())
    });
}
