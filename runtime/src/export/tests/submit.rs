//! Another run: submitted once, with what it declares, by whatever way the step comes there.

use super::{Fault, UID, World};
use crate::body::{self, Body};
use crate::export::ledger::Ledger;
use crate::export::timetable::Timetable;
use crate::proof::Key;
use crate::web::testing::Upstream;
use crate::workflow::MARK;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const TOKEN: &str = "token-of-the-account-of-the-gateway";
const PATH: &str =
    "/apis/argoproj.io/v1alpha1/namespaces/pure-agent/workflows?fieldManager=pure-agent";

/// An API server that makes each Workflow once.
pub(super) struct Cluster {
    pub(super) upstream: Upstream,
    made: Arc<Mutex<BTreeMap<String, Value>>>,
    /// Answers before it answers as it should: with this status, when the Workflow is there.
    late: Arc<Mutex<Vec<u16>>>,
}

impl Cluster {
    pub(super) async fn start() -> Self {
        let (made, late) = (
            Arc::<Mutex<BTreeMap<String, Value>>>::default(),
            Arc::default(),
        );
        let (kept, first) = (Arc::clone(&made), Arc::<Mutex<Vec<u16>>>::clone(&late));
        let upstream = Upstream::start(move |request| answers(request, &kept, &first)).await;
        Self {
            upstream,
            made,
            late,
        }
    }

    fn made(&self) -> Vec<Value> {
        self.made.lock().unwrap().values().cloned().collect()
    }
}

fn answers(
    request: &Request<Bytes>,
    made: &Mutex<BTreeMap<String, Value>>,
    late: &Mutex<Vec<u16>>,
) -> Response<Body> {
    let answer = |status: u16, body: &Value| {
        let answer = Response::builder().status(status);
        answer.body(body::whole(body.to_string())).unwrap()
    };
    assert_eq!(
        request.headers()["authorization"],
        format!("Bearer {TOKEN}")
    );
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri().path_and_query().unwrap(), PATH);
    let workflow: Value = serde_json::from_slice(request.body()).unwrap();
    let name = workflow["metadata"]["name"].as_str().unwrap().to_owned();
    let before = made.lock().unwrap().insert(name, workflow.clone());
    if let Some(status) = late.lock().unwrap().pop() {
        return answer(
            status,
            &json!({"kind": "Status", "message": "words of a webhook"}),
        );
    }
    match before {
        None => answer(201, &workflow),
        Some(_) => answer(409, &json!({"kind": "Status", "reason": "AlreadyExists"})),
    }
}

fn token() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("pure-agent-submit-{}-{count}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, TOKEN).unwrap();
    path
}

/// Only this export, which `change` changes.
fn submits(contract: &mut Value, change: impl FnOnce(&mut Value)) {
    let input = |name: &str, required: bool| json!({"name": name, "required": required, "size": 64, "one_of": []});
    let mut city = input("city", true);
    city["one_of"] = json!(["Seoul", "Busan"]);
    let mut day = input("day", true);
    day["match"] = json!("[A-Z]+-[0-9]+");
    let mut export = json!({
        "name": "submit", "when": "offer", "times": 1,
        "action": {
            "kind": "submit", "run": "daily",
            "api": {"url": "https://kubernetes.default.svc:6443", "token": token(), "authority": "/none"},
            "inputs": [city, day, input("note", false)], "chosen": ["city", "note"],
            "bind": {"day": {"input": "issue"}},
        },
    });
    change(&mut export);
    contract["exports"] = json!([export]);
}

fn chosen(inputs: &Value) -> Value {
    json!({"version": 1, "summary": "Planned.", "actions": ["submit"], "submit": inputs})
}

async fn world(inputs: Value, change: impl FnOnce(&mut Value)) -> World {
    World::with(
        Some(chosen(&inputs)),
        |_| (),
        |contract| submits(contract, change),
    )
    .await
}

#[tokio::test]
async fn s4_15_a_run_is_submitted_with_what_it_declares() {
    let world = world(json!({"city": "Seoul", "note": "in \"quotes\""}), |_| ()).await;
    let acted = world.acted("submit").await;
    assert_eq!(acted.outcome, "done", "{acted:?}");
    let made = world.services.cluster.made();
    let [workflow] = made.as_slice() else {
        panic!("{made:?}");
    };
    let name = workflow["metadata"]["name"].as_str().unwrap();
    assert_eq!(acted.url, name);
    let mark = name.strip_prefix("daily-").unwrap();
    assert!(crate::workflow::is_mark(mark), "{name}");
    // Whose it is: the name of the run, and nothing else.
    assert_eq!(
        workflow["metadata"],
        json!({"name": name, "namespace": "pure-agent",
            "labels": {"pure-agent.dev/submitted-by": "code-review-x7k2p"}})
    );
    let parameter = &workflow["spec"]["arguments"]["parameters"][0];
    assert_eq!(
        workflow["spec"],
        json!({"workflowTemplateRef": {"name": "daily"}, "arguments": {"parameters": [parameter]}})
    );
    let inputs = parameter["value"].as_str().unwrap();
    let inputs = URL_SAFE_NO_PAD.decode(inputs).unwrap();
    assert_eq!(
        String::from_utf8(inputs).unwrap(),
        r#"{"city":"Seoul","day":"A-1","note":"in \"quotes\""}"#
    );
}

/// The step dies at each of its places and starts again.
#[tokio::test]
async fn wherever_the_step_dies_the_run_is_submitted_once() {
    let mut died = 0;
    for at in 0..20 {
        let world = world(json!({"city": "Seoul"}), |_| ()).await;
        if world.run(Some(Fault::new(at))).await.is_some() {
            break;
        }
        died += 1;
        let document = world.run(None).await.unwrap();
        assert!(document.is_fine(), "{at}: {document:?}");
        assert_eq!(world.services.cluster.made().len(), 1, "{at}");
    }
    // Before and after what is planned, what is submitted, and what is done.
    assert!(died >= 6, "{died}");
}

/// An answer is lost when the run is there: the next attempt finds it.
#[tokio::test]
async fn an_answer_that_is_lost_submits_nothing_twice() {
    for status in [500, 503, 429] {
        let world = world(json!({"city": "Seoul"}), |_| ()).await;
        world.services.cluster.late.lock().unwrap().push(status);
        let acted = world.acted("submit").await;
        assert_eq!(acted.outcome, "failed", "{acted:?}");
        assert!(!acted.why.contains("webhook"), "{acted:?}");
        assert_eq!(world.acted("submit").await.outcome, "done");
        assert_eq!(world.services.cluster.made().len(), 1);
        assert_eq!(world.services.cluster.upstream.asked().len(), 2);
    }
}

/// What the API server refuses is not tried again, and none of its words are told.
#[tokio::test]
async fn what_admission_refuses_is_told_by_its_rule() {
    let world = world(json!({"city": "Seoul"}), |_| ()).await;
    world.services.cluster.late.lock().unwrap().push(403);
    let acted = world.acted("submit").await;
    assert_eq!((acted.outcome, acted.rule), ("failed", "submit-refused"));
    assert!(!acted.why.contains("webhook"), "{acted:?}");
    assert_eq!(world.services.cluster.upstream.asked().len(), 1);
}

/// A document that the gateway never judged, as from a record of somebody else.
#[tokio::test]
async fn what_the_other_run_does_not_take_is_never_submitted() {
    for (inputs, rule) in [
        (json!({"city": "Paris"}), "input-one-of"),
        (json!({"note": "x"}), "input-missing"),
        (
            json!({"city": "Seoul", "note": "x".repeat(65)}),
            "input-size",
        ),
        (json!({"city": "Seoul", "day": "B-2"}), "submission-form"),
        (json!({"city": "Seoul", "other": "x"}), "submission-form"),
        (json!({"city": ["Seoul"]}), "submission-form"),
        (json!("Seoul"), "submission-form"),
    ] {
        let world = world(inputs.clone(), |_| ()).await;
        let acted = world.acted("submit").await;
        assert_eq!((acted.outcome, acted.rule), ("refused", rule), "{inputs}");
        assert!(world.services.cluster.upstream.asked().is_empty());
    }
    let bound = world(json!({"city": "Seoul"}), |export| {
        export["action"]["inputs"][1]["match"] = json!("[0-9]+");
    });
    let acted = bound.await.acted("submit").await;
    assert_eq!((acted.outcome, acted.rule), ("refused", "input-match"));
}

/// Whoever has the export's proof has the gateway submit what was planned, and nothing else.
#[tokio::test]
async fn the_gateway_judges_by_itself() {
    let mark = "0123456789abcdef0123";
    let key = Key::new(vec![7; 32]).unwrap();
    let submit = async |world: &World, name: &str, mark: &str| {
        let gateway = crate::ask::Gateway {
            address: &world.control,
            patience: Duration::ZERO,
        };
        let ledger = Ledger::new(gateway, UID, &key, Timetable::of(30));
        let refused = ledger.submit(name, mark).await.unwrap_err();
        assert!(world.services.cluster.upstream.asked().is_empty());
        refused.why
    };
    let fresh = world(json!({"city": "Seoul"}), |_| ()).await;
    // Nothing was planned.
    assert!(submit(&fresh, "submit", mark).await.contains("403"));
    assert!(submit(&fresh, "comment", mark).await.contains("404"));
    for wrong in ["", "../../x", "0123456789ABCDE", &mark[..MARK - 1]] {
        assert!(submit(&fresh, "submit", wrong).await.contains("400"));
    }
    // The agent did not ask for it.
    let none = json!({"version": 1, "summary": "Nothing.", "actions": ["none"]});
    let idle = World::with(Some(none), |_| (), |contract| submits(contract, |_| ())).await;
    assert!(submit(&idle, "submit", mark).await.contains("did not ask"));
    // It is planned, and nobody agreed.
    let asked = world(json!({"city": "Seoul"}), |export| {
        export["approval"] = json!("human");
    });
    let asked = asked.await;
    let plan = super::super::plan::submitted(
        &asked.running.gateway.contract,
        &known(&asked, &key).await,
        &asked.running.gateway.contract.exports[0],
    );
    let content = plan.unwrap().1;
    let planned = crate::record::event::ExportPlanned {
        name: "submit".to_owned(),
        key: "a".repeat(64),
        content,
    };
    super::record(&asked.running, crate::record::Event::ExportPlanned(planned)).await;
    assert!(submit(&asked, "submit", mark).await.contains("403"));
}

async fn known(world: &World, key: &Key) -> crate::export::ledger::Known {
    let gateway = crate::ask::Gateway {
        address: &world.control,
        patience: Duration::ZERO,
    };
    let ledger = Ledger::new(gateway, UID, key, Timetable::of(30));
    ledger.known().await.unwrap()
}
