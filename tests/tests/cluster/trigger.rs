//! Events that start runs: posted to a real server of Argo, with payloads of people who want more than data.

use crate::ready;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pure_agent_tests::cluster::argo::{self, Server};
use pure_agent_tests::cluster::kubectl::{get, kubectl, raw, sure, would_create};
use pure_agent_tests::cluster::launch::workflow;
use pure_agent_tests::cluster::mutate::set;
use pure_agent_tests::cluster::place::Place;
use pure_agent_tests::cluster::reference::{POLICY, SPEC, TARGET, change, small};
use pure_agent_tests::cluster::site::{Run, Site, issue};
use pure_agent_tests::readers::{self, skipped};
use serde_json::{Value, json};
use std::time::Duration;

const RIGHTS: &str = include_str!("../../../compiler/doc/rights-trigger.yaml");
const HERE: &str = "pure-agent-test-trigger";
const EVENT: (&str, &str) = (HERE, "task");
const MADE: &str = "workflows.argoproj.io/workflow-event-binding=pure-agent.task";

/// Payloads, and what they hand in as `issue` and `prompt`; `None` stands for nothing.
const PAYLOADS: [(&str, Option<&str>, Option<&str>); 16] = [
    // Placeholders and expressions of Argo, quotes of every language on the way, line ends, other scripts.
    (
        r#"{"task":{"issue":"{{workflow.uid}}"},"alerts":["{{=toJson(workflow)}} \"'`\\ $(HOME) $$ \u0000\n- x: 1\n<&> é 한글 🙂 \u202e"]}"#,
        Some(r#""{{workflow.uid}}""#),
        Some(
            "\"{{=toJson(workflow)}} \\\"'`\\\\ $(HOME) $$ \\u0000\\n- x: 1\\n<&> é 한글 🙂 \u{202e}\"",
        ),
    ),
    (
        r#"{"task":{"issue":"\"), \"x\") + env(\"HOME\") + (\""},"alerts":["]], true), #"]}"#,
        Some(r#""\"), \"x\") + env(\"HOME\") + (\"""#),
        Some(r#""]], true), #""#),
    ),
    // Base64 of these has `+`, `/` and padding.
    (
        r#"{"task":{"issue":"~~~???>>>"}}"#,
        Some(r#""~~~???>>>""#),
        None,
    ),
    // Other types are handed in as they are, and refused by the gateway.
    (r#"{"task":{"issue":5}}"#, Some("5"), None),
    (
        r#"{"task":{"issue":{"a":["b"]}}}"#,
        Some(r#"{"a":["b"]}"#),
        None,
    ),
    (
        r#"{"task":{"issue":true},"alerts":[false]}"#,
        Some("true"),
        Some("false"),
    ),
    // Nothing is there.
    (r#"{"task":{"issue":null},"alerts":[null]}"#, None, None),
    (r#"{"task":"issue","alerts":"abc"}"#, None, None),
    (r#"{"task":["issue"],"alerts":{"0":"x"}}"#, None, None),
    (r"{}", None, None),
    (r"[]", None, None),
    (r#""text""#, None, None),
    ("5", None, None),
    ("true", None, None),
    // Two of one name: the last one counts, here and for whoever reads the payload elsewhere in Argo.
    (
        r#"{"task":{"issue":"A-1"},"task":{"issue":"A-2"}}"#,
        Some(r#""A-2""#),
        None,
    ),
    // The names of what the expression works with.
    (
        r#"{"payload":1,"discriminator":"x","metadata":{},"task":{"issue":"A-1","keys":"x","__proto__":1}}"#,
        Some(r#""A-1""#),
        None,
    ),
];

#[test]
fn s2_25_s4_17_events_start_runs_and_their_payload_is_data() {
    let one = "there is an event";
    let mut changes = small("30m", "5m");
    let trigger = "    trigger \"task\" {\n        input \"issue\" text=\"/task/issue\"\n        input \"prompt\" text=\"/alerts/0\"\n        input \"event\" json=\"\"\n    }\n    queue \"one\"\n    retry 2 on";
    let queue = "    queue \"one\" {\n        slots 1\n    }\n    dns {";
    changes.push(change(SPEC, "    retry 2 on", trigger, one));
    let event = "    input \"event\" {\n        size \"16Ki\"\n        required #false\n    }\n    agent \"coder\"\n    limits {";
    changes.push(change(
        SPEC,
        "    agent \"coder\"\n    limits {",
        event,
        one,
    ));
    changes.push(change(TARGET, "    dns {", queue, "events make many runs"));
    changes.push(change(
        POLICY,
        "    keep for",
        "    trigger \"task\"\n    keep for",
        one,
    ));
    let Some(site) = Site::or_skip(HERE, "pure-agent", &changes) else {
        return;
    };
    let server = match Server::start() {
        Ok(server) => server,
        Err(why) => return skipped(&why),
    };
    let poster = argo::account("poster");
    let _made = sure("apply --server-side -f -", RIGHTS);
    let subject = format!("--serviceaccount={}:poster", argo::NAMESPACE);
    site.kubectl(&format!(
        "create rolebinding poster --clusterrole=pure-agent-trigger {subject}"
    ));
    strangers(&server, &poster);
    let issue = issue();
    let payload = json!({"task": {"issue": issue}, "alerts": [format!("Work on {issue} {{{{=toJson(workflow)}}}}\nscript: short 120")]});
    let answer = server.post(EVENT, Some(&poster), &payload.to_string());
    assert_eq!(answer.0, 200, "{}", answer.1);
    let [started] = &made()[..] else {
        panic!("{:?}", made());
    };
    is_like_a_submitted_one(&site, started, &payload["alerts"][0], &issue);
    let run = Run::of(&site, started, &issue);
    let gateway = run.await_pod("gateway");
    // Its gateway took the inputs, or there were no agent.
    let _agent = run.await_pod("agent-0");
    let handed = inputs(started);
    let variables = gateway["spec"]["containers"][0]["env"].as_array().cloned();
    let mut variables = variables.into_iter().flatten();
    assert!(
        variables.any(|one| one["value"] == handed.as_str()),
        "{gateway}"
    );
    // What waits behind it has no pod, and is taken away before its turn.
    hostile(&server, &poster, &run.name);
    let refused = wrong(&site, &server, &poster);
    run.shut("Stop");
    let ended = refused.end(Duration::from_secs(600));
    assert_ne!(ended.phase, "Succeeded");
    // Its gateway never was ready, and no agent started.
    assert!(
        ended.told().contains("CrashLoopBackOff"),
        "{}",
        ended.told()
    );
    assert!(refused.pod("agent-0").is_none());
}

/// Who has no right to it starts nothing.
fn strangers(server: &Server, poster: &str) {
    let stranger = argo::account("stranger");
    for bearer in [None, Some("e30.e30.e30"), Some(stranger.as_str())] {
        let (status, told) = server.post(EVENT, bearer, "{}");
        assert!(matches!(status, 401 | 403), "{status} {told}");
    }
    // An event that no spec is bound to is nobody's, and so is one for a namespace where the poster has no right.
    assert_eq!(server.post((HERE, "tasks"), Some(poster), "{}").0, 200);
    let (status, told) = server.post(("default", "task"), Some(poster), "{}");
    assert!(matches!(status, 401 | 403), "{status} {told}");
    assert_eq!(made(), [Value::Null; 0]);
}

fn made() -> Vec<Value> {
    let list = get(&format!("workflows -n {HERE} -l {MADE}"));
    list["items"].as_array().cloned().unwrap_or_default()
}

/// The parameter.
fn inputs(workflow: &Value) -> String {
    let list = &workflow["spec"]["arguments"]["parameters"];
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(list[0]["name"], "inputs");
    list[0]["value"].as_str().unwrap().to_owned()
}

fn decoded(workflow: &Value) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(inputs(workflow)).unwrap()).unwrap()
}

/// Nothing but labels of Argo tells it from a run that was submitted.
fn is_like_a_submitted_one(site: &Site, started: &Value, prompt: &Value, issue: &str) {
    let given = decoded(started);
    assert_eq!(given["issue"], issue);
    assert_eq!(given["prompt"], *prompt);
    let spec = started["spec"].as_object().unwrap();
    let fields: Vec<&String> = spec.keys().collect();
    assert_eq!(fields, ["arguments", "workflowTemplateRef"]);
    assert_eq!(
        spec["workflowTemplateRef"],
        json!({"name": site.place.spec})
    );
    let label =
        |name: &str| &started["metadata"]["labels"][format!("workflows.argoproj.io/{name}")];
    assert_eq!(*label("workflow-template"), site.place.spec.as_str());
    assert_eq!(
        *label("creator"),
        format!("system-serviceaccount-{}-poster", argo::NAMESPACE).as_str()
    );
}

/// Each payload gives what the table says, in the alphabet of base64url, or nothing.
fn hostile(server: &Server, poster: &str, running: &str) {
    for (payload, issue, prompt) in PAYLOADS {
        let answer = server.post(EVENT, Some(poster), payload);
        assert_eq!(answer.0, 200, "{payload}: {}", answer.1);
        let name = |one: &Value| {
            one["metadata"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let found = made().into_iter().find(|one| name(one) != running);
        let found = found.unwrap_or_else(|| panic!("nothing came of {payload}"));
        let given = decoded(&found);
        let read =
            |text: Option<&str>| text.map(|text| serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(given.get("issue").cloned(), read(issue), "{payload}");
        assert_eq!(given.get("prompt").cloned(), read(prompt), "{payload}");
        // The whole payload is JSON within a text.
        let whole = given["event"].as_str();
        let whole = whole.and_then(|text| serde_json::from_str(text).ok());
        assert_eq!(whole, read(Some(payload)), "{payload}");
        let known = ["event", "issue", "prompt"];
        let mut keys = given.as_object().unwrap().keys();
        assert!(keys.all(|key| known.contains(&key.as_str())), "{given}");
        let _gone = sure(
            &format!("delete workflow {} -n {HERE} --wait=true", name(&found)),
            "",
        );
    }
    // More than fits into a run starts none, and whoever posted it is told.
    let large = json!({"alerts": ["x".repeat(100_000)]});
    let (status, told) = server.post(EVENT, Some(poster), &large.to_string());
    assert!(status >= 400, "{status}");
    assert!(told.to_string().contains("pure-agent: inputs: "), "{told}");
    for broken in ["{", "{\"a\":}", "\u{1}"] {
        assert_ne!(server.post(EVENT, Some(poster), broken).0, 200, "{broken}");
    }
    assert_eq!(made().len(), 1);
}

/// A payload with a number where a text is meant: a run comes to be that says why it is refused.
fn wrong<'s>(site: &'s Site, server: &Server, poster: &str) -> Run<'s> {
    let payload = json!({"task": {"issue": 7}, "alerts": ["x"]});
    let before: Vec<Value> = made();
    let answer = server.post(EVENT, Some(poster), &payload.to_string());
    assert_eq!(answer.0, 200, "{}", answer.1);
    let new = made().into_iter().find(|one| {
        let known = |old: &Value| old["metadata"]["name"] == one["metadata"]["name"];
        !before.iter().any(known)
    });
    Run::of(site, &new.unwrap(), "none")
}

/// Bindings are what was reviewed: whoever applies specs makes them, and only in the one form.
#[test]
fn s2_25_a_changed_binding_is_refused() {
    let Some(images) = ready() else { return };
    let place = Place::new("pure-agent-test-binding", images);
    place.grant("mallory");
    let good = readers::rust(&place.of_kind("WorkflowEventBinding").remove(0)).unwrap();
    let name = good["metadata"]["name"].as_str().unwrap();
    let all = format!(
        "/apis/argoproj.io/v1alpha1/namespaces/{}/workfloweventbindings",
        place.namespace
    );
    let one = format!("{all}/{name}");
    let admin = "root --as-group=system:masters";
    let refused = |body: &Value, user: &str, rule: &str| {
        let path = if body["metadata"]["name"] == name {
            &one
        } else {
            &all
        };
        let verb = if *path == one { "replace" } else { "create" };
        let mut body = body.clone();
        if verb == "replace" {
            body["metadata"]["resourceVersion"] = get(&format!(
                "workfloweventbinding {name} -n {}",
                place.namespace
            ))["metadata"]["resourceVersion"]
                .clone();
        }
        let answer = raw(verb, path, user, &body);
        let expected = format!("denied request: pure-agent: {rule}: ");
        assert!(
            !answer.ok && answer.err.contains(&expected),
            "{rule}: {body} {answer}"
        );
    };
    let changed = |path: &str, value: Value| {
        let mut object = good.clone();
        set(&mut object, path, value);
        object
    };
    // Every right in the namespace is not the right to apply.
    refused(&good, "mallory", "reviewed");
    refused(
        &changed("metadata/name", json!(name.replace("alert", "other"))),
        "mallory",
        "reviewed",
    );
    let value = "spec/submit/arguments/parameters/0/valueFrom/event";
    let expression = good
        .pointer(&format!("/{value}"))
        .unwrap()
        .as_str()
        .unwrap();
    for (path, rule, value) in [
        ("metadata/name", "event", json!("other.alert")),
        ("metadata/name", "event", json!("alert")),
        (
            "metadata/labels/workflows.argoproj.io~1x",
            "argo-label",
            json!("x"),
        ),
        ("spec/event/selector", "event", json!("true")),
        (
            "spec/event/selector",
            "event",
            json!("discriminator == \"deploy\""),
        ),
        (
            "spec/event/selector",
            "event",
            json!("discriminator == \"alert\" || true"),
        ),
        (
            "spec/submit/workflowTemplateRef/name",
            "event",
            json!("other"),
        ),
        (
            "spec/submit/workflowTemplateRef/clusterScope",
            "template",
            json!(true),
        ),
        (
            "spec/submit/metadata",
            "inputs",
            json!({"name": "payload.name"}),
        ),
        (
            "spec/submit/arguments/artifacts",
            "inputs",
            json!([{"name": "x", "raw": {"data": "x"}}]),
        ),
        (
            "spec/submit/arguments/parameters/0/name",
            "inputs",
            json!("retry-of"),
        ),
        (
            "spec/submit/arguments/parameters/0/value",
            "inputs",
            json!("e30"),
        ),
        ("spec/submit/arguments/parameters", "inputs", json!([])),
        (value, "inputs", json!("payload.message")),
        (value, "inputs", json!("toJSON(payload)")),
        (value, "inputs", json!(format!("{expression} + payload"))),
        (
            value,
            "inputs",
            json!(expression.replace("\"issue\"", "payload.name")),
        ),
        (
            value,
            "inputs",
            json!(expression.replace("\"commonLabels\"", "\"a\\\"b\"")),
        ),
        (
            value,
            "inputs",
            json!(expression.replace("\"commonLabels\"", "payload.key")),
        ),
        (
            value,
            "inputs",
            json!(expression.replace(", payload)", ", metadata)")),
        ),
        (value, "inputs", json!(expression.replace("toBase64(", "("))),
        (
            value,
            "inputs",
            json!(expression.replace("\"+\", \"-\"", "\"+\", \"{{\"")),
        ),
    ] {
        refused(&changed(path, value), admin, rule);
    }
    // Another place of the same form is the owner's to write: `verify` finds it.
    let other = changed(value, json!(expression.replace("commonLabels", "labels")));
    let answer = kubectl(
        "apply --server-side --force-conflicts --dry-run=server -f -",
        &other.to_string(),
    );
    assert!(answer.ok, "{answer}");
    of_event(&place);
}

/// The labels that Argo's server writes say what is true, or the Workflow is refused.
fn of_event(place: &Place) {
    let poster = "system:serviceaccount:monitoring:poster";
    place.grant(poster);
    let made = |labels: Value| {
        let mut made = workflow(place, "by-event", "e30");
        made["metadata"]["labels"] = labels;
        would_create(poster, &made)
    };
    let key = |name: &str| format!("workflows.argoproj.io/{name}");
    let binding = format!("{}.alert", place.spec);
    let good = || {
        json!({key("workflow-event-binding"): binding, key("workflow-template"): place.spec,
        key("creator"): "system-serviceaccount-monitoring-poster"})
    };
    let answer = made(good());
    assert!(answer.ok, "{answer}");
    for (name, value) in [
        ("workflow-event-binding", json!("other.alert")),
        ("workflow-event-binding", json!(place.spec)),
        (
            "workflow-event-binding",
            json!(format!("{}.alert.x", place.spec)),
        ),
        (
            "workflow-event-binding",
            json!(format!("{}.Alert", place.spec)),
        ),
        ("workflow-event-binding", Value::Null),
        ("workflow-template", json!("other")),
        ("creator", json!("system-serviceaccount-monitoring-other")),
        ("creator", json!("poster")),
        ("creator", json!("")),
        ("creator-email", json!("a.at.example.com")),
        ("completed", json!("true")),
        ("phase", json!("Succeeded")),
        ("controller-instanceid", json!("x")),
        ("cron-workflow", json!("x")),
    ] {
        let mut labels = good();
        match value {
            Value::Null => drop(labels.as_object_mut().unwrap().remove(&key(name))),
            value => labels[key(name)] = value,
        }
        let answer = made(labels.clone());
        let expected = "denied request: pure-agent: argo-label: ";
        assert!(answer.err.contains(expected), "{labels}: {answer}");
    }
}
