//! An agent, a service or an outbox that lies.

use super::{World, standins, submission};
use crate::body;
use hyper::Response;
use serde_json::{Value, json};
use std::fs;

fn only(action: &str, change: impl FnOnce(&mut Value)) -> Option<Value> {
    let mut document = submission();
    document["actions"] = json!([action]);
    change(&mut document);
    Some(document)
}

/// One action that is refused hinders no other.
#[tokio::test]
async fn actions_do_not_cancel_each_other() {
    let mut document = submission();
    document["report"] = json!("x".repeat(49_153));
    document["pull-request"]["branch"] = json!("main");
    let world = World::new(Some(document), |_| ()).await;
    let result = world.run(None).await.unwrap();
    assert!(!result.is_fine());
    let mut outcomes: Vec<_> = result
        .exports()
        .iter()
        .map(|e| (e.name.as_str(), e.outcome, e.rule))
        .collect();
    outcomes.sort_unstable();
    assert_eq!(
        outcomes,
        [
            ("comment", "done", ""),
            ("pull-request", "refused", "branch"),
            ("report", "refused", "text-length"),
            ("s3", "done", ""),
            ("upload", "done", ""),
            ("webhook", "done", ""),
        ]
    );
    let comments = world.services.linear.read(|linear| linear.comments.clone());
    let told = |c: &standins::Comment| c.body.contains("- report: refused (`text-length`)");
    assert!(comments.values().any(told));
}

#[tokio::test]
async fn a_comment_calls_closes_loads_and_renders_nothing() {
    let text = "@kim ![x](https://evil.example.com/a.png) Fixes #7 <img src=y> &#64;lee\nA-2";
    let world = World::new(only("report", |d| d["report"] = json!(text)), |_| ()).await;
    assert_eq!(world.acted("report").await.outcome, "done");
    let comments = world.services.linear.read(|linear| linear.comments.clone());
    for body in comments.values().map(|c| &c.body) {
        for part in ["@kim", "![", "Fixes", "#7", "<img", "&#"] {
            assert!(!body.contains(part), "{part} in {body}");
        }
    }
}

#[tokio::test]
async fn what_looks_like_a_secret_stays() {
    let token = format!("ghp_{}", "a1".repeat(20));
    let world = World::new(only("report", |d| d["report"] = json!(token)), |_| ()).await;
    assert_eq!(world.acted("report").await.rule, "secret-inside");
    let world = World::new(only("upload", |_| ()), |workspace| {
        fs::write(workspace.join("notes"), &token).unwrap();
    })
    .await;
    assert_eq!(world.acted("upload").await.rule, "secret-inside");
    let world = World::new(only("pull-request", |_| ()), |workspace| {
        fs::write(workspace.join("repo/notes"), &token).unwrap();
    })
    .await;
    let document = world.run(None).await.unwrap();
    assert!(!document.text().contains(&token));
    assert!(world.services.github.read(|g| g.refs.len()) == 1);
    assert_eq!(world.acted("pull-request").await.rule, "secret-inside");
}

#[tokio::test]
async fn a_submission_that_is_none_is_refused() {
    for (change, rule) in [
        (json!({"actions": ["comment"]}), "submission-actions"),
        (
            json!({"actions": ["report", "report"]}),
            "submission-actions",
        ),
        (json!({"actions": ["report", "none"]}), "submission-actions"),
        (json!({"actions": []}), "submission-actions"),
        (json!({"actions": "none"}), "submission-form"),
        (json!({"issue": "B-7"}), "submission-form"),
    ] {
        let mut document = submission();
        for (key, value) in change.as_object().unwrap() {
            document[key] = value.clone();
        }
        let world = World::new(Some(document), |_| ()).await;
        assert_eq!(world.acted("submission").await.rule, rule, "{change}");
        assert_eq!(world.services.linear.read(|l| l.comments.len()), 1);
    }
}

#[tokio::test]
async fn an_outbox_that_lies_is_not_believed() {
    let name = "manifest.json";
    type Forge = fn(&mut Value);
    let forged: [(Forge, &str); 5] = [
        (|m| m["spec"] = json!("other"), "upload"),
        (
            |m| m["exports"][0]["content"]["file"] = json!("../../key"),
            "upload",
        ),
        (
            |m| m["exports"][0]["content"]["sha256"] = json!("0".repeat(64)),
            "upload",
        ),
        (
            |m| m["exports"][1]["content"]["trees"][0]["entries"][0]["path"] = json!("../x"),
            "pull-request",
        ),
        (
            |m| {
                m["exports"][1]["content"]["trees"][0]["entries"][0]["path"] = json!(".git/hooks/x")
            },
            "pull-request",
        ),
    ];
    for (forge, export) in forged {
        let world = World::new(only(export, |_| ()), |_| ()).await;
        let path = world.step.outbox.join(name);
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(manifest["exports"][0]["export"], "upload");
        forge(&mut manifest);
        fs::write(&path, manifest.to_string()).unwrap();
        assert_eq!(world.acted(export).await.rule, "manifest");
        assert_eq!(world.services.linear.read(|l| l.files.len()), 0);
    }
    let world = World::new(only("upload", |_| ()), |_| ()).await;
    fs::write(world.step.outbox.join("archives/upload.tar"), "other").unwrap();
    assert_eq!(world.acted("upload").await.rule, "manifest");
    fs::remove_file(world.step.outbox.join(name)).unwrap();
    let world_without = world.acted("upload").await;
    assert_eq!(world_without.rule, "packing");
}

#[tokio::test]
async fn a_file_goes_nowhere_but_to_linear() {
    for (key, value) in [
        ("uploadUrl", json!("https://evil.example.com/put")),
        ("uploadUrl", json!("http://uploads.linear.app/put/0")),
        ("uploadUrl", json!("https://uploads.linear.app:8443/put/0")),
        (
            "uploadUrl",
            json!("https://uploads.linear.app@evil.example.com/"),
        ),
        ("assetUrl", json!("https://evil.example.com/a.png")),
        (
            "assetUrl",
            json!("https://uploads.linear.app/a) ![x](https://evil.example.com/"),
        ),
        ("headers", json!([{"key": "authorization", "value": "x"}])),
        ("headers", json!([{"key": "host", "value": "x"}])),
        (
            "headers",
            json!([{"key": "x-goog-a", "value": "x\r\nhost: y"}]),
        ),
    ] {
        let world = World::new(only("upload", |_| ()), |_| ()).await;
        let lie = value.clone();
        world.services.linear.hostile(move |request| {
            let asks = String::from_utf8_lossy(request.body()).contains("mutation File");
            let mut file = json!({"uploadUrl": "https://uploads.linear.app/put/0", "assetUrl": "https://uploads.linear.app/asset/0", "headers": []});
            file[key] = lie.clone();
            let answer = json!({"data": {"fileUpload": {"success": true, "uploadFile": file}}});
            asks.then(|| standins::json(200, &answer))
        });
        let acted = world.acted("upload").await;
        assert!(
            matches!(acted.rule, "upload-address" | "upload-fields"),
            "{value}: {acted:?}"
        );
        assert!(world.services.linear.read(|l| l.files.is_empty()));
    }
}

#[tokio::test]
async fn a_thing_of_somebody_else_is_not_taken_for_ours() {
    let world = World::new(only("report", |_| ()), |_| ()).await;
    assert_eq!(world.acted("report").await.outcome, "done");
    // The ledger of another gateway does not know it, and its author is another now.
    let mut again = World::new(only("report", |_| ()), |_| ()).await;
    again.services = world.services;
    again.services.linear.read(|linear| {
        for comment in linear.comments.values_mut() {
            comment.user = "somebody".to_owned();
        }
    });
    assert_eq!(again.acted("report").await.rule, "comment-taken");
    let world = World::new(only("s3", |_| ()), |_| ()).await;
    assert_eq!(world.acted("s3").await.outcome, "done");
    let mut again = World::new(only("s3", |_| ()), |_| ()).await;
    again.services = world.services;
    again.services.s3.read(|s3| {
        for (content, mark) in s3.objects.values_mut() {
            (*content, *mark) = (b"theirs".to_vec(), "other".to_owned());
        }
    });
    assert_eq!(again.acted("s3").await.rule, "object-taken");
    again
        .services
        .s3
        .read(|s3| assert_eq!(s3.objects.values().next().unwrap().0, b"theirs"));
}

#[tokio::test]
async fn an_answer_that_lies_or_leads_away_is_refused() {
    for (status, text, rule) in [
        (301, String::new(), "redirect"),
        (307, String::new(), "redirect"),
        (401, String::new(), "upstream-denied"),
        (200, "{\"data\":{},\"data\":{}}".to_owned(), "upstream-form"),
        (200, "no JSON".to_owned(), "upstream-form"),
        (200, "x".repeat((1 << 20) + 1), "body-length"),
        (
            200,
            json!({"data": {"viewer": {"id": "me"}, "issue": {"id": "u", "identifier": "B-9"}}})
                .to_string(),
            "upstream-form",
        ),
    ] {
        let world = World::new(only("report", |_| ()), |_| ()).await;
        world.services.linear.hostile(move |_| {
            let response = Response::builder().status(status);
            let response = response.header("location", "https://hook.example.com/");
            Some(response.body(body::whole(text.clone())).unwrap())
        });
        let before = world.services.hook.asked().len();
        let acted = world.acted("report").await;
        assert_eq!((acted.outcome, acted.rule), ("failed", rule), "{status}");
        // The webhook, and nothing that a redirect led there.
        assert_eq!(world.services.hook.asked().len(), before + 1);
    }
}

/// Nobody answers: the export that waits is refused, and the others are done.
#[tokio::test]
async fn nothing_that_needs_a_person_happens_without_one() {
    let world = World::with(
        Some(submission()),
        |_| (),
        |contract| {
            let pull_request = &mut contract["exports"][3];
            assert_eq!(pull_request["name"], "pull-request");
            pull_request["approval"] = json!("lead");
        },
    )
    .await;
    let result = world.run(None).await.unwrap();
    for acted in result.exports() {
        let expected = match acted.name.as_str() {
            "pull-request" => ("refused", "approval"),
            _ => ("done", ""),
        };
        assert_eq!((acted.outcome, acted.rule), expected, "{acted:?}");
    }
    assert!(world.services.github.asked().is_empty());
}

#[tokio::test]
async fn no_credential_is_in_the_record_or_the_result() {
    let world = World::new(Some(submission()), |_| ()).await;
    let document = world.run(None).await.unwrap();
    let all = format!(
        "{}{}{:?}",
        document.text(),
        world.running.record(),
        world.step
    );
    for secret in [
        standins::LINEAR_KEY,
        standins::GITHUB_KEY,
        standins::HOOK_KEY,
        "s3-secret",
    ] {
        assert!(!all.contains(secret));
    }
}
