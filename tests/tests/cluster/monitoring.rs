//! `examples/monitoring` for real: Deployments that are broken, found out about, and put right if a person agrees; and
//! nothing of it where nothing is wrong, or where the person does not agree.

use pure_agent_tests::cluster::monitored::{Monitored, deployed, empty, hang, ready};
use pure_agent_tests::cluster::site::{Ended, Run};
use pure_agent_tests::cluster::wait;
use serde_json::{Value, json};
use std::time::Duration;

/// The annotation of a restart.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";
/// Until a run has ended.
const PATIENCE: Duration = Duration::from_secs(1200);

/// What is read and thought before a person is asked.
const TO_HUMAN: [&str; 6] = [
    "detect ok",
    "triage fault",
    "logs ok",
    "analyze ok",
    "metrics ok",
    "cause",
];

/// What is known of a run that is over.
struct Known {
    ended: Ended,
    /// The lines of its record.
    record: Vec<Value>,
    /// What the person was shown, each time.
    shown: Vec<Value>,
    /// What arrived of it outside: `METHOD ADDRESS` and body.
    hooks: Vec<(String, Value)>,
}

/// Follows a run to its end, with a person who gives these verdicts, one after the other.
fn followed(monitored: &Monitored, run: &Run<'_>, verdicts: &[&str]) -> Known {
    let site = &monitored.site;
    wait("the gateway", Duration::from_secs(300), || {
        let ready = &run.pod("gateway")?["status"]["containerStatuses"][0]["ready"];
        (*ready == true).then_some(())
    });
    let forwarded = run.forwarded();
    let ask = |what: &str, body: &str| {
        assert!(!run.is_over(), "nobody was asked: {}", run.told());
        forwarded.ask(what, body)
    };
    let answer = |verdict: &&str| site.approver.answer(verdict, ask, PATIENCE);
    let shown = verdicts.iter().map(answer).collect();
    // The gateway is there until all is done.
    let mut record = Vec::new();
    wait("the end", PATIENCE, || {
        record = forwarded
            .record()
            .filter(|lines| lines.len() > record.len())
            .unwrap_or_else(|| std::mem::take(&mut record));
        run.is_over().then_some(())
    });
    let ended = run.end(Duration::from_secs(60));
    let heard = site.outside.heard("hooks.example.com");
    let of_run = |one: &Value| {
        let body: Value = serde_json::from_str(one[1].as_str()?).ok()?;
        (body["uid"] == run.uid.as_str()).then(|| (one[0].as_str().unwrap().to_owned(), body))
    };
    Known {
        ended,
        record,
        shown,
        hooks: heard
            .as_array()
            .unwrap()
            .iter()
            .filter_map(of_run)
            .collect(),
    }
}

impl Known {
    /// The events of this kind in the record.
    fn events(&self, kind: &str) -> Vec<&Value> {
        let events = self.record.iter().map(|line| &line["event"]);
        events.filter(|event| event["kind"] == kind).collect()
    }

    /// What the pods said; and of the record the calls of the run itself, how steps ended and what was refused.
    fn told(&self) -> String {
        let mut told = self.ended.told();
        for line in &self.record {
            let event = &line["event"];
            let kind = event["kind"].as_str().unwrap_or_default();
            if event["agent"] == "" || ["request-denied", "step-ended"].contains(&kind) {
                told.push_str(&format!("{event}\n"));
            }
        }
        told
    }

    /// `STEP OUTCOME` of each visit: the record, Argo and the result say the same.
    fn way(&self) -> Vec<String> {
        let told = self.told();
        let text = |step: &Value, outcome: &Value| {
            // A visit that is repeated has no outcome.
            let outcome = outcome.as_str().unwrap_or("-");
            format!("{} {outcome}", step.as_str().unwrap_or("-"))
        };
        let decided = self.events("router-decided");
        let of_record: Vec<_> = decided
            .iter()
            .map(|event| text(&event["passed"]["step"], &event["passed"]["outcome"]))
            .collect();
        let result = self.ended.result();
        let of_result: Vec<_> = result["path"]
            .as_array()
            .unwrap_or_else(|| panic!("{told}"))
            .iter()
            .map(|visit| text(&visit["step"], &visit["outcome"]))
            .collect();
        assert_eq!(of_record, of_result, "{told}");
        let step = |visit: &String| visit.split(' ').next().unwrap().to_owned();
        let of_argo: Vec<_> = self
            .ended
            .visits()
            .into_iter()
            .map(|(step, _)| step)
            .collect();
        assert_eq!(
            of_argo,
            of_result.iter().map(step).collect::<Vec<_>>(),
            "{told}"
        );
        of_result
    }

    /// The calls that the run itself made: tool, and whether somebody had agreed.
    fn calls(&self) -> Vec<(String, bool)> {
        let called = self.events("tool-called").into_iter();
        let own = called.filter(|event| event["agent"] == "");
        own.map(|event| {
            let tool = event["gen_ai.tool.name"].as_str().unwrap();
            (tool.to_owned(), event["approval"].is_string())
        })
        .collect()
    }

    /// Whether an agent called this tool.
    fn looked(&self, tool: &str) -> bool {
        let called = self.events("tool-called").into_iter();
        called
            .filter(|event| event["agent"] == "analyst")
            .any(|event| event["gen_ai.tool.name"] == tool)
    }

    /// The run did what it had to, and its report arrived once.
    fn reported(&self) {
        let told = self.ended.told();
        let result = self.ended.result();
        assert_eq!(self.ended.phase, "Succeeded", "{told}");
        assert_eq!(
            (&result["verdict"], &result["reason"]),
            (&json!("done"), &json!("end")),
            "{told}"
        );
        let [(what, body)] = self.hooks.as_slice() else {
            panic!("{:?}: {told}", self.hooks);
        };
        assert!(
            what.starts_with("POST ") && what.ends_with("/reports"),
            "{what}"
        );
        assert_eq!(body["path"], result["path"], "the report says the way");
    }
}

fn on(more: &[&str]) -> Vec<String> {
    let mut way = TO_HUMAN.map(str::to_owned).to_vec();
    if let Some(cause) = way.last_mut() {
        *cause = format!("cause {}", more[0]);
    }
    way.extend(more[1..].iter().map(|visit| (*visit).to_owned()));
    way
}

fn replicas(name: &str) -> Value {
    deployed(name)["spec"]["replicas"].clone()
}

/// Whether, and for what, a person ever touched it but this test.
fn restarted(name: &str) -> bool {
    deployed(name)["spec"]["template"]["metadata"]["annotations"][RESTARTED].is_string()
}

#[test]
fn s2_13_to_s2_22_a_service_is_diagnosed_and_put_right_if_a_person_agrees() {
    let Some(monitored) = Monitored::or_skip() else {
        return;
    };
    let first = monitored.submit("any");
    // What it looked at was well; what comes now it does not see.
    first.until_over("step-0");
    hang("auth");
    empty("blog");
    empty("api-gateway");
    let before = deployed("blog");
    std::thread::scope(|scope| {
        let healthy = scope.spawn(|| followed(&monitored, &first, &[]));
        let follow = |focus: &'static str, verdicts: &'static [&'static str]| {
            let monitored = &monitored;
            scope.spawn(move || followed(monitored, &monitored.submit(focus), verdicts))
        };
        let agreed = follow("auth", &["approve"]);
        let rejected = follow("blog", &["reject"]);
        let again = follow("api-gateway", &["approve", "approve"]);
        well(&healthy.join().unwrap());
        put_right(&agreed.join().unwrap());
        left_alone(&rejected.join().unwrap(), &before);
        tried_again(&again.join().unwrap());
    });
    assert_eq!(monitored.site.outside.problems(), json!([]));
}

/// S2-14: nothing is wrong, and the run ends where that is known.
fn well(known: &Known) {
    assert_eq!(
        known.way(),
        ["detect ok", "triage healthy"],
        "{}",
        known.told()
    );
    assert_eq!(known.ended.phase, "Succeeded", "{}", known.told());
    assert_eq!(known.ended.result()["verdict"], "done");
    assert_eq!(known.calls(), [("get_system_stats".to_owned(), false)]);
    assert!(known.hooks.is_empty(), "{:?}", known.hooks);
}

/// S2-15 to S2-22: the one Deployment is restarted, as it was agreed to, and is well after a while.
fn put_right(known: &Known) {
    let way = [
        "restart",
        "human-restart approved",
        "restart ok",
        "verify ok",
        "report ok",
    ];
    assert_eq!(known.way(), on(&way), "{}", known.told());
    known.reported();
    let asked = json!({"server": "cluster", "tool": "restart_deployment", "arguments": {"deployment": "auth"}});
    assert_eq!(known.shown, [asked]);
    let calls = [
        ("get_system_stats", false),
        ("get_service_logs", false),
        ("get_traffic_metrics", false),
        ("restart_deployment", true),
        ("check_health", false),
    ];
    assert_eq!(known.calls(), calls.map(|(tool, by)| (tool.to_owned(), by)));
    for tool in ["list_pods", "describe_pod", "get_pod_logs", "search_logs"] {
        assert!(known.looked(tool), "{tool}: {}", known.told());
    }
    later(known, "restart", "verify", 30);
    ready("auth", 1);
    assert!(restarted("auth") && !restarted("blog"));
}

/// S2-19, S2-22: the person says no; nothing is executed, and the report says so.
fn left_alone(known: &Known, before: &Value) {
    let way = ["scale", "human-scale rejected", "report ok"];
    assert_eq!(known.way(), on(&way), "{}", known.told());
    known.reported();
    let asked = json!({"server": "cluster", "tool": "scale_deployment",
        "arguments": {"deployment": "blog", "replicas": 2}});
    assert_eq!(known.shown, [asked]);
    assert!(
        known.calls().iter().all(|(_, agreed)| !agreed),
        "{:?}",
        known.calls()
    );
    assert_eq!(known.events("approval-refused").len(), 1);
    assert_eq!(deployed("blog")["spec"], before["spec"]);
    assert_eq!(
        deployed("blog")["metadata"]["generation"],
        before["metadata"]["generation"]
    );
}

/// S4-20: what did not help is followed by what does, each with a consent of its own.
fn tried_again(known: &Known) {
    let way = [
        "restart",
        "human-restart approved",
        "restart ok",
        "verify failed",
        "metrics ok",
        "cause scale",
        "human-scale approved",
        "scale ok",
        "verify ok",
        "report ok",
    ];
    assert_eq!(known.way(), on(&way), "{}", known.told());
    known.reported();
    let tools: Vec<_> = known.shown.iter().map(|asked| &asked["tool"]).collect();
    assert_eq!(tools, ["restart_deployment", "scale_deployment"]);
    let agreed: Vec<_> = known
        .events("approval-given")
        .iter()
        .map(|event| event["by"].clone())
        .collect();
    assert_eq!(agreed, ["kim", "kim"]);
    ready("api-gateway", 2);
    assert_eq!(replicas("auth"), 1);
}

/// The call of a step was made so many seconds after that of another one had ended.
fn later(known: &Known, first: &str, then: &str, seconds: u64) {
    let cycle = |step: &str| {
        let visits = known.ended.visits();
        let (_, number) = visits.iter().find(|(name, _)| name == step).unwrap();
        number % 100
    };
    let time = |kind: &str, step: &str| {
        let cycle = cycle(step);
        let mut lines = known.record.iter();
        let line = lines.find(|l| l["event"]["kind"] == kind && l["event"]["cycle"] == cycle);
        line.and_then(|line| line["time"].as_u64()).unwrap()
    };
    let (ended, called) = (time("step-ended", first), time("tool-called", then));
    assert!(called >= ended + 1000 * seconds, "{ended} {called}");
}
