//! What arrives where everything is as it should be.

use super::{UID, World, standins, submission};
use crate::ask;
use crate::export::client::Client;
use crate::export::key::Keys;
use crate::export::ledger::Ledger;
use crate::export::timetable::Timetable;
use crate::export::told::Told;
use crate::proof::Key;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn everything_arrives_once_and_is_told() {
    let world = World::new(Some(submission()), |_| ()).await;
    let document = world.run(None).await.unwrap();
    assert!(document.is_fine(), "{document:?}");
    let comments = world.services.linear.read(|linear| linear.comments.clone());
    let bodies: Vec<_> = comments.values().map(|c| c.body.as_str()).collect();
    let one = |text: &str| bodies.iter().filter(|body| body.contains(text)).count();
    assert_eq!(comments.len(), 3, "{bodies:?}");
    assert_eq!(one("## Agent 작업 요약\n\nAll is done."), 1);
    assert_eq!(one("## 분석 리포트\n\nA long report."), 1);
    assert_eq!(one("](https://uploads.linear.app/asset/0)"), 1);
    assert_eq!(one("pull-request: https://github.com/dlddu/tool/pull/1"), 1);
    let files = world
        .services
        .github
        .read(|github| github.files("agent/fix"));
    assert_eq!(files["README.md"], "better words\n");
    assert_eq!(files["src/a.txt"], "a\n");
    // What is no file in the base is left as it is.
    assert!(files.contains_key("link"));
    let archives = world.services.s3.read(|s3| s3.objects.clone());
    let upload = world.services.linear.read(|linear| linear.files.clone());
    assert_eq!((archives.len(), upload.len()), (1, 1));
    let told = world.services.hook.read(|hook| hook.last.clone());
    assert_eq!(told["exports"].as_array().unwrap().len(), 5);
    let message: Value = serde_json::from_str(&document.message()).unwrap();
    assert_eq!(message["digest"], crate::digest::sha256(document.text()));
    assert!(world.running.record().contains("export-result"));
}

#[tokio::test]
async fn a_second_step_finds_what_the_first_did() {
    let world = World::new(Some(submission()), |_| ()).await;
    assert!(world.run(None).await.unwrap().is_fine());
    let asked = world.services.github.asked().len();
    let again = world.run(None).await.unwrap();
    assert!(again.is_fine(), "{again:?}");
    assert_eq!(
        world.services.github.asked().len(),
        asked,
        "the ledger knows"
    );
}

#[tokio::test]
async fn a_run_that_is_tried_again_takes_the_keys_of_its_first() {
    let first = World::new(Some(submission()), |_| ()).await;
    assert!(first.run(None).await.unwrap().is_fine());
    let mut other = submission();
    other["summary"] = json!("Another summary.");
    // Its gateway knows nothing of the first run, and its services are those of the first.
    let mut second = World::new(Some(other), |_| ()).await;
    std::mem::swap(&mut second.services, &mut { first }.services);
    let document = second.run(None).await.unwrap();
    assert!(document.is_fine(), "{document:?}");
    assert_eq!(second.services.linear.read(|l| l.comments.len()), 3);
    assert_eq!(second.services.github.read(|g| g.pulls.len()), 1);
    assert_eq!(second.services.s3.read(|s| s.objects.len()), 1);
    assert_eq!(second.services.hook.read(|h| h.keys.len()), 1);
    // A run of its own has keys of its own.
    let key = Key::new(vec![7; 32]).unwrap();
    second.step.keys = Keys::new(&key, "another-run");
    assert_ne!(
        second.step.keys.of("report"),
        Keys::new(&key, "x").of("report")
    );
}

#[tokio::test]
async fn without_a_submission_what_always_happens_does_and_the_run_is_not_green() {
    for submitted in [
        None,
        Some(json!({"version": 1, "actions": ["continue"], "summary": "more"})),
    ] {
        let world = World::new(submitted, |_| ()).await;
        let document = world.run(None).await.unwrap();
        assert!(!document.is_fine());
        let names: Vec<_> = document
            .exports()
            .iter()
            .map(|e| (e.name.as_str(), e.outcome))
            .collect();
        assert_eq!(names, [("comment", "done"), ("webhook", "done")]);
        let comments = world.services.linear.read(|linear| linear.comments.clone());
        let body = &comments.values().next().unwrap().body;
        assert!(body.contains("The agent submitted nothing."), "{body}");
    }
}

#[tokio::test]
async fn what_went_wrong_before_is_in_the_verdict() {
    let nothing = json!({"version": 1, "actions": ["none"], "summary": "Nothing to do."});
    let mut world = World::new(Some(nothing), |_| ()).await;
    assert!(world.run(None).await.unwrap().is_fine());
    for (cycles, packing) in [
        ("Failed", "Succeeded"),
        ("Error", "Succeeded"),
        ("Succeeded", "Failed"),
        ("Succeeded", "Omitted"),
        ("{{steps.cycle.status}}", "Succeeded"),
    ] {
        world.step.told = Told::read(cycles, packing);
        let document = world.run(None).await.unwrap();
        assert!(!document.is_fine(), "{cycles} {packing}");
    }
}

#[tokio::test]
async fn a_large_archive_goes_in_parts() {
    let world = World::new(
        Some(json!({"version": 1, "actions": ["s3"], "summary": "large"})),
        |workspace| {
            // Nothing of it repeats, and nothing looks like a secret.
            let content: Vec<u8> = (0..4_300_000_u32).flat_map(u32::to_be_bytes).collect();
            std::fs::write(workspace.join("large"), content).unwrap();
        },
    )
    .await;
    let acted = world.acted("s3").await;
    assert_eq!(acted.outcome, "done", "{acted:?}");
    let sent = world.services.s3.read(|s3| s3.objects.clone());
    let (sent, _) = sent.values().next().unwrap();
    let packed = std::fs::read(world.step.outbox.join("archives/s3.tar")).unwrap();
    assert!(*sent == packed && packed.len() > 16 << 20);
    assert!(world.services.s3.read(|s3| s3.begun.is_empty()));
}

#[tokio::test]
async fn deleted_files_are_deleted_and_a_busy_service_is_asked_again() {
    let world = World::new(Some(submission()), |workspace| {
        std::fs::remove_file(workspace.join("repo/src/b.txt")).unwrap();
    })
    .await;
    let count = std::sync::atomic::AtomicUsize::new(0);
    world.services.github.hostile(move |_| {
        let turn = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        (turn % 3 != 2).then(|| standins::json(502, &json!({})))
    });
    let acted = world.acted("pull-request").await;
    assert_eq!(acted.outcome, "done", "{acted:?}");
    let files = world
        .services
        .github
        .read(|github| github.files("agent/fix"));
    assert!(!files.contains_key("src/b.txt") && files.contains_key("src/a.txt"));
    assert_eq!(world.services.github.read(|github| github.pulls.len()), 1);
}

#[tokio::test]
async fn a_run_that_owes_nothing_is_green_only_if_an_agent_ended_well() {
    let owes_nothing = |contract: &mut Value| contract["finish"]["submission"] = json!(false);
    for (reason, fine) in [
        ("ended", true),
        ("depth", false),
        ("incomplete", false),
        ("budget", false),
        ("gate", false),
        ("error", false),
    ] {
        let world = World::with(None, |_| (), owes_nothing).await;
        let gateway = ask::Gateway {
            address: &world.control,
            patience: Duration::ZERO,
        };
        let key = Key::new(vec![7; 32]).unwrap();
        let ledger = Ledger::new(gateway, UID, &key, Timetable::of(30));
        let mut known = ledger.known().await.unwrap();
        known.reason = Some(reason.to_owned());
        let client = Client::new(
            world.services.web(),
            Instant::now() + Duration::from_secs(60),
        );
        let document = world.step.happen(&known, &ledger, &client).await;
        assert_eq!(document.is_fine(), fine, "{reason}: {document:?}");
    }
}
