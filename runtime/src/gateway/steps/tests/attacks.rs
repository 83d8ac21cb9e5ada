//! Pods, routers and agents that want the run to be where it is not.

use super::{Way, way};
use crate::record::Event;
use crate::record::event::{Decision, Next, Passed, StepEnded, ToolCalled};
use crate::state::journal::Denied;
use serde_json::{Value, json};

fn rule((status, answer): (u16, Value)) -> (u16, String) {
    let rule = answer["error"]["rule"].as_str().unwrap_or_default();
    (status, rule.to_owned())
}

/// The rule by which the journal refuses an event.
fn refused(way: &Way, event: Event) -> String {
    match way.running.gateway.journal.record(event) {
        Err(Denied::Refusal(refusal)) => refusal.rule().to_owned(),
        Err(other) => panic!("{other}"),
        Ok(_) => "ok".to_owned(),
    }
}

/// A claim takes the run nowhere, and takes nothing away from the pod whose turn it is.
#[tokio::test]
async fn a_claim_of_another_step_is_refused() {
    let way = way(|_| ()).await;
    for (visit, agent) in [
        (100, "analyst"),
        (101, "analyst"),
        (1, "triage"),
        (99, "triage"),
        (200, "triage"),
        (300, "triage"),
        (0, "analyst"),
        (1, "analyst"),
        (400, "analyst"),
    ] {
        let (status, rule) = rule(way.claim(visit, agent).await);
        // No cycle is left out either.
        let late = matches!((visit, agent), (101, _) | (1 | 99, "triage"));
        let expected = if late { "step-none" } else { "step-other" };
        assert_eq!((status, rule.as_str()), (409, expected), "{visit} {agent}");
    }
    assert_eq!(rule(way.claim(500, "triage").await).0, 404);
    assert_eq!(rule(way.claim(9_999, "triage").await).0, 404);
    let (status, claimed) = way.claim(0, "triage").await;
    assert_eq!(status, 200, "{claimed}");
    assert_eq!(
        rule(way.claim(100, "analyst").await),
        (409, "step-other".to_owned())
    );
    let phase = way.running.gateway.journal.read(|s| s.cycles().phase(0));
    assert_eq!(
        phase,
        crate::state::Phase::Claimed,
        "it is still that agent's"
    );
    // Before the router has decided, no other step is due.
    assert_eq!(way.decide(0).await, "1", "it owes a submission");
    assert_eq!(
        rule(way.claim(101, "analyst").await),
        (409, "step-other".to_owned())
    );
    let again = rule(way.claim(0, "triage").await);
    assert_eq!(again, (409, "claim-contested".to_owned()));
}

/// Neither a seal nor work moves the run.
#[tokio::test]
async fn work_and_seals_are_of_the_step_that_is_due() {
    let way = way(|_| ()).await;
    for visit in [200, 300, 400] {
        assert_eq!(way.own(visit).await, "step-other", "{visit}");
        let seal = way
            .router(&format!("POST /v1/cycles/{visit}/seal"), &Value::Null)
            .await;
        assert_eq!(rule(seal), (409, "step-other".to_owned()), "{visit}");
    }
    assert_eq!(way.own(0).await, "step-other", "an agent's");
    assert_eq!(way.own(500).await, "path");
    way.to_human("A-1").await;
    for visit in [302, 2, 102, 402] {
        assert_eq!(way.own(visit).await, "step-other", "{visit}");
    }
    for visit in [300, 201] {
        assert_ne!(way.own(visit).await, "approved", "{visit}");
    }
    assert_eq!(way.own(202).await, "approved");
    // The next step is not due before that is decided.
    assert_eq!(way.own(303).await, "step-none");
    assert!(way.double.calls().is_empty());
    let claim = way.claim(202, "triage").await;
    assert_eq!(
        rule(claim),
        (409, "step-other".to_owned()),
        "no agent has a step of the gateway"
    );
}

#[tokio::test]
async fn an_agent_says_nothing_that_is_not_asked() {
    let way = way(|_| ()).await;
    way.enter(0).await;
    for arguments in [
        json!({"summary": "s", "verdict": "failed"}),
        json!({"summary": "s", "verdict": "execute"}),
        json!({"summary": "s", "verdict": "fault", "answers": {"issue": "A-1"}}),
        json!({"summary": "s"}),
        json!({"summary": "s", "verdict": "fault", "actions": ["webhook"]}),
        json!({"summary": "s", "verdict": "fault", "actions": ["continue"]}),
    ] {
        let told = way.submit(arguments.clone()).await;
        assert!(
            told.contains("nothing was handed in"),
            "{arguments}: {told}"
        );
    }
    assert!(
        way.submit(json!({"summary": "s", "verdict": "fault"}))
            .await
            .contains("success")
    );
    assert_eq!(way.decide(0).await, "101");
    way.enter(1).await;
    for issue in [json!("A-3"), json!("A-1 "), json!(["A-1"]), json!("$(id)")] {
        let told = way
            .submit(json!({"summary": "s", "answers": {"issue": issue}}))
            .await;
        assert!(told.contains("nothing was handed in"), "{issue}: {told}");
    }
    let text = way.running.record();
    assert_eq!(text.matches("\"kind\":\"submission\"").count(), 1, "{text}");
}

/// A person agreed to one call; the agent then says otherwise.
#[tokio::test]
async fn consent_is_for_these_arguments_and_no_others() {
    let way = way(|contract| {
        let steps = &mut contract["graph"]["steps"];
        steps[1]["on"]["ok"] =
            json!({"to": {"step": "human"}, "most": {"times": 1, "then": {"step": "execute"}}});
        steps[2]["on"]["approved"] = json!({"to": {"step": "cause"}});
    })
    .await;
    way.to_human("A-1").await;
    assert_eq!(way.own(202).await, "approved");
    assert_eq!(way.decide(202).await, "103");
    let other = json!({"summary": "s", "answers": {"issue": "A-2"}});
    assert_eq!(way.agent(103, other).await, "304");
    assert_eq!(way.own(304).await, "failed");
    assert!(way.double.calls().is_empty());
    way.running.recorded("approval-other").await;
}

/// The record itself refuses a call that nobody agreed to, whatever part of the gateway wants it.
#[tokio::test]
async fn no_call_without_its_consent_is_recorded() {
    let way = way(|_| ()).await;
    way.to_human("A-1").await;
    assert_eq!(way.own(202).await, "approved");
    let asked = way
        .running
        .gateway
        .journal
        .read(|s| s.approvals().all().next().unwrap().0.clone());
    let call = |tool: &str, arguments: &str, approval: Option<&str>| {
        Event::ToolCalled(ToolCalled {
            cycle: 3,
            agent: String::new(),
            server: "linear".to_owned(),
            tool: tool.to_owned(),
            arguments: arguments.to_owned(),
            approval: approval.map(str::to_owned),
        })
    };
    let good = || call("get_issue", &asked.arguments, Some(&asked.id));
    assert_eq!(
        refused(&way, good()),
        "cycle-unclaimed",
        "its step is not due"
    );
    assert_eq!(way.decide(202).await, "303");
    assert_eq!(
        refused(&way, good()),
        "cycle-unclaimed",
        "its step has not begun"
    );
    assert_eq!(refused(&way, Event::StepBegun { cycle: 3 }), "ok");
    let other = "0".repeat(64);
    for (event, rule) in [
        (
            call("get_issue", &asked.arguments, None),
            "approval-missing",
        ),
        (call("get_issue", &other, Some(&asked.id)), "approval-other"),
        (
            call("get_issue", &asked.arguments, Some("approval-9")),
            "approval-unknown",
        ),
        (
            call("request_feature", &asked.arguments, Some(&asked.id)),
            "step-other",
        ),
        (good(), "ok"),
        (good(), "step-done"),
    ] {
        assert_eq!(refused(&way, event.clone()), rule, "{event:?}");
    }
    let ended = |outcome: &str| {
        let (outcome, result) = (outcome.to_owned(), None);
        Event::StepEnded(StepEnded {
            cycle: 3,
            outcome,
            result,
        })
    };
    for (event, rule) in [
        (ended("approved"), "step-outcome"),
        (ended("ok"), "ok"),
        (ended("failed"), "step-done"),
        (ended("ok"), "ok"),
    ] {
        assert_eq!(refused(&way, event.clone()), rule, "{event:?}");
    }
}

/// Nor does it take a decision where the graph does not lead.
#[tokio::test]
async fn no_router_leads_the_run_astray() {
    let way = way(|_| ()).await;
    way.enter(0).await;
    assert!(
        way.submit(json!({"summary": "s", "verdict": "fault"}))
            .await
            .contains("success")
    );
    way.router("POST /v1/cycles/0/seal", &Value::Null).await;
    let digest = way
        .running
        .gateway
        .journal
        .read(|s| s.cycles().submission(0).unwrap().digest.clone());
    let decision = |reason: &str, outcome: Option<&str>, next: Option<&str>| {
        Event::RouterDecided(Decision {
            cycle: 0,
            decision: if next.is_some() {
                Next::Continue
            } else {
                Next::Stop
            },
            reason: reason.to_owned(),
            depth: 0,
            next_depth: u32::from(next.is_some()),
            submission_digest: Some(digest.clone()),
            passed: Some(Passed {
                step: "detect".to_owned(),
                outcome: outcome.map(str::to_owned),
                next: next.map(str::to_owned),
            }),
        })
    };
    for event in [
        decision("step", Some("fault"), Some("execute")),
        decision("step", Some("healthy"), Some("cause")),
        decision("end", Some("healthy"), None),
        decision("end", Some("fault"), None),
        decision("end", None, None),
        decision("fail", Some("failed"), None),
        decision("reminder", None, Some("detect")),
        decision("step", None, Some("cause")),
    ] {
        assert_eq!(refused(&way, event.clone()), "step-decision", "{event:?}");
    }
    assert_eq!(
        refused(&way, decision("step", Some("fault"), Some("cause"))),
        "ok"
    );
}

/// An export of a step leaves only where the run called for it.
#[tokio::test]
async fn no_export_leaves_that_no_step_called_for() {
    let way = way(|_| ()).await;
    assert_eq!(
        way.agent(0, json!({"summary": "s", "verdict": "healthy"}))
            .await,
        "stop"
    );
    let planned = crate::record::event::ExportPlanned {
        name: "webhook".to_owned(),
        key: "1".repeat(64),
        content: "2".repeat(64),
    };
    assert_eq!(refused(&way, Event::ExportPlanned(planned)), "export-step");
}
