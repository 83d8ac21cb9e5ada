//! Whoever is lost, and whenever: nothing is done twice, and nobody hears otherwise than before.

use super::{Way, again, way};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// To the step that calls, which is due.
async fn to_call(way: &Way) {
    way.to_human("A-1").await;
    assert_eq!(way.own(202).await, "approved");
    assert_eq!(way.decide(202).await, "303");
}

/// The record up to the first line with this text.
fn up_to(record: &str, text: &str) -> String {
    let end = record.lines().position(|line| line.contains(text)).unwrap();
    record
        .lines()
        .take(end + 1)
        .map(|line| format!("{line}\n"))
        .collect()
}

#[tokio::test]
async fn a_step_that_is_asked_twice_is_done_once() {
    let way = way(|_| ()).await;
    to_call(&way).await;
    way.double.slow.store(true, Ordering::SeqCst);
    let (first, second) = tokio::join!(way.own(303), way.own(303));
    assert_eq!((first, second), (json!("ok"), json!("ok")));
    assert_eq!(way.own(303).await, "ok");
    assert_eq!(way.double.calls().len(), 1);
    assert_eq!(way.decide(303).await, "404");
    assert_eq!(way.own(303).await, "ok", "also after it was decided on");
    assert_eq!(way.double.calls().len(), 1);
}

/// The step's pod is killed while the tool works: its successor hears how that ended.
#[tokio::test]
async fn work_goes_on_when_nobody_waits() {
    let way = way(|_| ()).await;
    to_call(&way).await;
    way.double.slow.store(true, Ordering::SeqCst);
    let bearer = Some(way.router.as_str());
    let gone = way.port.send("POST /v1/steps/303", bearer, &[], "").await;
    for _ in 0..200 {
        if !way.double.calls().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    drop(gone);
    assert_eq!(way.own(303).await, "ok");
    assert_eq!(way.double.calls().len(), 1);
}

/// The gateway is killed between the call and the line that says how it ended.
#[tokio::test]
async fn a_call_of_unknown_end_has_failed_and_is_not_made_again() {
    let before = way(|_| ()).await;
    to_call(&before).await;
    assert_eq!(before.own(303).await, "ok");
    let record = up_to(&before.running.record(), "\"tool-called\"");
    let after = again(|_| (), &record).await;
    assert_eq!(after.own(303).await, "failed");
    assert!(after.double.calls().is_empty());
    after.running.recorded("step-lost").await;
    assert_eq!(after.decide(303).await, "104");
}

/// What changes nothing is asked again.
#[tokio::test]
async fn a_question_of_unknown_end_is_asked_again() {
    let plain = |contract: &mut Value| {
        let steps = &mut contract["graph"]["steps"];
        steps[3]["work"]["effect"] = json!(false);
        steps[1]["on"]["ok"] = json!({"to": {"step": "execute"}});
        steps[2]["work"]["of"] = json!("other");
        let mut other = steps[3].clone();
        other["name"] = json!("other");
        steps.as_array_mut().unwrap().push(other);
    };
    let before = way(plain).await;
    before
        .agent(0, json!({"summary": "s", "verdict": "fault"}))
        .await;
    let answers = json!({"summary": "s", "answers": {"issue": "A-1"}});
    assert_eq!(before.agent(101, answers).await, "302");
    assert_eq!(before.own(302).await, "ok");
    let record = up_to(&before.running.record(), "\"tool-called\"");
    let after = again(plain, &record).await;
    assert_eq!(after.own(302).await, "ok");
    assert_eq!(after.double.calls().len(), 1);
}

/// It is killed before anything happened, while a person is asked, and when all is done.
#[tokio::test]
async fn every_other_line_is_one_to_go_on_from() {
    let before = way(|_| ()).await;
    to_call(&before).await;
    assert_eq!(before.own(303).await, "ok");
    let whole = before.running.record();
    let begun = up_to(&whole, "\"kind\":\"step-begun\",\"cycle\":3");
    let after = again(|_| (), &begun).await;
    assert_eq!(after.own(303).await, "ok");
    assert_eq!(after.double.calls().len(), 1);
    let after = again(|_| (), &whole).await;
    assert_eq!(after.own(303).await, "ok");
    assert!(after.double.calls().is_empty());
    let asked = up_to(&whole, "\"approval-asked\"");
    let after = again(|_| (), &asked).await;
    after.double.asked.lock().unwrap().push(Value::Null);
    assert_eq!(after.own(202).await, "approved", "it is asked anew");
    assert_eq!(after.decide(202).await, "303");
    assert_eq!(after.own(303).await, "ok");
}
