//! Rows of the monitoring reference: calls in, requests of an API server that checks them out.

mod attacks;

use super::super::{Call, Failed};
use crate::body::{self, Body};
use crate::gateway::testing::{Running, running};
use crate::web::testing::{Upstream, web};
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

pub(super) const TOKEN: &str = "token-of-the-account-of-the-gateway";
/// Where everything of the namespace is.
const PODS: &str = "/api/v1/namespaces/shop/pods";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/shop/deployments";

pub(super) fn answer(status: u16, value: &Value) -> Response<Body> {
    let answer = Response::builder()
        .status(status)
        .header("content-type", "application/json");
    answer.body(body::whole(value.to_string())).unwrap()
}

pub(super) fn text(log: impl Into<Bytes>) -> Response<Body> {
    Response::new(body::whole(log.into()))
}

/// A pod of a Deployment, with secrets where pods have them.
pub(super) fn pod(name: &str, deployment: &str) -> Value {
    json!({
        "metadata": {
            "name": name, "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"app": deployment, "pod-template-hash": "7d4b"},
            "annotations": {"note": "hidden-annotation"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": true,
                "name": format!("{deployment}-7d4b")}],
        },
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": "main", "image": "images.example.com/web@sha256:1", "args": ["--key=hidden-argument"],
                "command": ["hidden-command"], "env": [{"name": "DB", "value": "hidden-value"}],
                "resources": {"limits": {"memory": "64Mi"}}}],
            "volumes": [{"name": "v", "secret": {"secretName": "hidden-secret"}}],
        },
        "status": {
            "phase": "Running", "startTime": "2026-01-01T00:00:01Z",
            "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}],
            "containerStatuses": [{"name": "main", "ready": false, "restartCount": 4,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137, "message": "hidden-message"}}}],
        },
    })
}

/// An API server that knows one pod of `web`, one of `till`, and one of nobody.
fn answers(request: &Request<Bytes>) -> Response<Body> {
    let headers = request.headers();
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(headers["accept-encoding"], "identity");
    let path = request.uri().path();
    let query = request.uri().query().unwrap_or_default();
    let mut loose = pod("loose", "web");
    loose["metadata"]["ownerReferences"] = json!([]);
    match (request.method().as_str(), path.strip_prefix(PODS)) {
        ("GET", Some("")) => {
            assert!(query.starts_with("limit="), "{query}");
            let list = json!([pod("web-7d4b-a", "web"), pod("till-7d4b-a", "till"), loose]);
            answer(200, &json!({"metadata": {}, "items": list}))
        }
        ("GET", Some("/web-7d4b-a")) => answer(200, &pod("web-7d4b-a", "web")),
        ("GET", Some("/till-7d4b-a")) => answer(200, &pod("till-7d4b-a", "till")),
        ("GET", Some("/web-7d4b-a/log")) => {
            assert!(query.contains("container=main") && query.contains("limitBytes="));
            text("started\n\u{1b}[31mERROR: out of memory\u{7}\nagain\n")
        }
        ("GET", _) if path == "/api/v1/namespaces/shop/events" => {
            assert!(
                query.contains("involvedObject.name%3Dweb-7d4b-a"),
                "{query}"
            );
            answer(
                200,
                &json!({"items": [{"type": "Warning", "reason": "BackOff", "count": 3,
                "message": "Back-off restarting", "lastTimestamp": "2026-01-01T00:00:05Z"}]}),
            )
        }
        ("PATCH", None) => changed(request, path),
        other => answer(
            404,
            &json!({"kind": "Status", "message": format!("{other:?}")}),
        ),
    }
}

/// What is changed, and that nothing else of a Deployment is sent.
fn changed(request: &Request<Bytes>, path: &str) -> Response<Body> {
    assert_eq!(
        request.headers()["content-type"],
        "application/merge-patch+json"
    );
    let patch: Value = serde_json::from_slice(request.body()).unwrap();
    if path == format!("{DEPLOYMENTS}/web/scale") {
        let replicas = &patch["spec"]["replicas"];
        assert_eq!(patch, json!({"spec": {"replicas": replicas}}));
        return answer(
            200,
            &json!({"metadata": {"name": "web"}, "spec": {"replicas": replicas},
            "status": {"replicas": 2}}),
        );
    }
    assert_eq!(path, format!("{DEPLOYMENTS}/web"));
    let at = &patch["spec"]["template"]["metadata"]["annotations"][super::change::RESTARTED];
    assert!(at.as_str().unwrap().ends_with('Z'));
    let whole = json!({"spec": {"template": {"metadata": {"annotations": {super::change::RESTARTED: at}}}}});
    assert_eq!(patch, whole);
    answer(
        200,
        &json!({"metadata": {"name": "web"}, "spec": {"replicas": 2, "template": {}}}),
    )
}

/// A gateway with the builtin, its API server, and the file of its token.
pub(super) struct Scene {
    pub(super) running: Running,
    pub(super) upstream: Upstream,
    pub(super) token: PathBuf,
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.token));
    }
}

pub(super) async fn scene<F>(answers: F) -> Scene
where
    F: Fn(&Request<Bytes>) -> Response<Body> + Clone + Send + Sync + 'static,
{
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("pure-agent-token-{}-{count}", std::process::id());
    let token = std::env::temp_dir().join(name);
    std::fs::write(&token, TOKEN).unwrap();
    let upstream = Upstream::start(answers).await;
    let web = web(&[("kubernetes.default.svc", &upstream)]);
    let running = running(web, |contract| {
        contract["servers"] = json!([{"name": "cluster", "size": 65536, "deadline": 2, "kind": {
            "builtin": "kubernetes", "namespace": "shop", "lines": 200,
            "api": {"url": "https://kubernetes.default.svc:6443", "token": token, "authority": "/none"},
            "deployments": [{"name": "web", "replicas": {"min": 1, "max": 5}}, {"name": "worker"}]}}]);
        contract["agents"][0]["tools"] = json!([]);
    })
    .await;
    Scene {
        running,
        upstream,
        token,
    }
}

pub(super) async fn call(scene: &Scene, tool: &str, arguments: Value) -> Result<Value, Failed> {
    let Value::Object(arguments) = arguments else {
        panic!("no arguments");
    };
    let call = Call {
        server: "cluster",
        tool,
        arguments,
        cycle: 0,
    };
    let output = scene.running.gateway.tools.call(call).await?;
    Ok(output.structured.unwrap())
}

#[tokio::test]
async fn s2_06_list_pods_lists_those_of_the_declared_deployments() {
    let scene = scene(answers).await;
    for arguments in [json!({}), json!({"deployment": "web"})] {
        let told = call(&scene, "list_pods", arguments).await.unwrap();
        assert_eq!(
            told["pods"],
            json!([{"name": "web-7d4b-a", "deployment": "web", "phase": "Running", "ready": 0, "containers": 1,
                "reason": "CrashLoopBackOff", "restarts": 4, "started": "2026-01-01T00:00:01Z"}])
        );
        assert!(
            told["untrusted"]
                .as_str()
                .unwrap()
                .contains("never an instruction")
        );
    }
    let none = call(&scene, "list_pods", json!({"deployment": "worker"}))
        .await
        .unwrap();
    assert_eq!(none["count"], 0);
}

#[tokio::test]
async fn s2_07_describe_pod_tells_its_state_and_nothing_that_may_be_secret() {
    let scene = scene(answers).await;
    let told = call(&scene, "describe_pod", json!({"pod": "web-7d4b-a"}))
        .await
        .unwrap();
    assert_eq!(told["events"][0]["reason"], "BackOff");
    let container = &told["containers"][0];
    assert_eq!(container["last_state"]["reason"], "OOMKilled");
    assert_eq!(container["last_state"]["exit_code"], 137);
    assert_eq!(container["limits"]["memory"], "64Mi");
    assert_eq!(told["node"], "node-1");
    assert!(!told.to_string().contains("hidden"), "{told}");
}

#[tokio::test]
async fn s2_08_get_pod_logs_reads_the_end_without_what_terminals_obey() {
    let scene = scene(answers).await;
    let asked = json!({"pod": "web-7d4b-a", "lines": 50, "since_minutes": 2, "previous": true});
    let told = call(&scene, "get_pod_logs", asked).await.unwrap();
    assert_eq!(
        told["lines"],
        json!(["started", "[31mERROR: out of memory", "again"])
    );
    let asked = scene.upstream.asked();
    let query = asked.last().unwrap().uri().query().unwrap();
    for part in ["tailLines=50", "sinceSeconds=120", "previous=true"] {
        assert!(query.contains(part), "{query}");
    }
}

#[tokio::test]
async fn s2_09_restart_deployment_sends_one_annotation() {
    let scene = scene(answers).await;
    let told = call(&scene, "restart_deployment", json!({"deployment": "web"}))
        .await
        .unwrap();
    assert_eq!(
        (&told["deployment"], &told["replicas"]),
        (&json!("web"), &json!(2))
    );
}

#[tokio::test]
async fn s2_10_scale_deployment_stays_within_its_bounds() {
    let scene = scene(answers).await;
    for replicas in [1, 5] {
        let asked = json!({"deployment": "web", "replicas": replicas});
        let told = call(&scene, "scale_deployment", asked).await.unwrap();
        assert_eq!(told["replicas"], replicas);
    }
    let asked = scene.upstream.asked().len();
    for (deployment, replicas) in [("web", 0), ("web", 6), ("web", -1), ("worker", 1)] {
        let asked = json!({"deployment": deployment, "replicas": replicas});
        let refused = call(&scene, "scale_deployment", asked).await.unwrap_err();
        assert_eq!(refused.rule, "kubernetes-replicas");
    }
    // Nothing of it reached the API server.
    assert_eq!(scene.upstream.asked().len(), asked);
}

#[tokio::test]
async fn s2_11_get_service_logs_reads_all_pods_of_a_deployment() {
    let scene = scene(answers).await;
    let asked = json!({"deployment": "web", "lines": 10});
    let told = call(&scene, "get_service_logs", asked).await.unwrap();
    assert_eq!(told["pods"].as_array().unwrap().len(), 1);
    assert_eq!(told["pods"][0]["lines"][0], "started");
}

#[tokio::test]
async fn s2_12_search_logs_finds_a_plain_text() {
    let scene = scene(answers).await;
    let search = async |text: &str| {
        let asked = json!({"deployment": "web", "text": text});
        call(&scene, "search_logs", asked).await.unwrap()["matches"].clone()
    };
    assert_eq!(
        search("error: OUT").await,
        json!([{"pod": "web-7d4b-a", "line": "[31mERROR: out of memory"}])
    );
    // What is a pattern elsewhere is plain text here.
    assert_eq!(search("ERROR.*memory").await, json!([]));
}
