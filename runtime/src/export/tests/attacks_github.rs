//! An agent that would change what runs code, and others on GitHub.

use super::{World, standins, submission};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn pull(change: impl FnOnce(&mut Value)) -> Option<Value> {
    let mut document = submission();
    document["actions"] = json!(["pull-request"]);
    change(&mut document["pull-request"]);
    Some(document)
}

async fn refused(world: &World, rules: &[&str]) {
    let acted = world.acted("pull-request").await;
    assert!(rules.contains(&acted.rule), "{acted:?}");
    let (refs, pulls) = world
        .services
        .github
        .read(|g| (g.refs.clone(), g.pulls.len()));
    assert_eq!((refs["main"].clone(), pulls), (standins::start(), 0));
}

#[tokio::test]
async fn protected_paths_do_not_change_in_any_spelling() {
    let put = |path: &'static str| {
        move |workspace: &Path| {
            let path = workspace.join("repo").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "on: push\nrun: evil\n").unwrap();
        }
    };
    for path in [
        ".github/workflows/ci.yml",
        ".github/workflows/new.yml",
        ".GitHub/workflows/new.yml",
        ".GITHUB/workflows/new.yml",
        ".git\u{200c}hub/workflows/new.yml",
        ".github",
    ] {
        let clear = move |workspace: &Path| {
            if path == ".github" {
                fs::remove_dir_all(workspace.join("repo/.github")).unwrap();
            }
            put(path)(workspace);
        };
        let world = World::new(pull(|_| ()), clear).await;
        refused(&world, &["path-protected"]).await;
    }
    let world = World::new(pull(|_| ()), |workspace| {
        fs::remove_file(workspace.join("repo/.github/workflows/ci.yml")).unwrap();
    })
    .await;
    refused(&world, &["path-protected"]).await;
    for (path, rule) in [
        (".gitmodules", "submodules"),
        ("link", "special-entry"),
        ("link/x", "special-entry"),
    ] {
        let world = World::new(pull(|_| ()), put(path)).await;
        refused(&world, &[rule]).await;
    }
}

#[tokio::test]
async fn names_are_within_the_spec() {
    for (key, value, rule) in [
        ("repository", "other/tool", "repository"),
        ("repository", "dlddu/tool/x", "repository"),
        ("repository", "dlddu/..", "repository"),
        ("repository", "dlddu/tool?x=", "repository"),
        ("base", "release", "base"),
        ("base", "main/", "base"),
        ("branch", "main", "branch"),
        ("branch", "+agent/x", "branch"),
        ("branch", "agent/../main", "branch"),
        ("branch", "agent/x.lock", "branch"),
        ("branch", "agent/x?force=true", "branch"),
        ("branch", "agent/%2e%2e", "branch"),
        ("path", "../repo", "repository"),
        ("path", "/etc", "repository"),
        ("title", "", "text-empty"),
    ] {
        let world = World::new(pull(|d| d[key] = json!(value)), |_| ()).await;
        refused(&world, &[rule]).await;
        assert!(world.services.github.asked().is_empty(), "{key} {value}");
    }
}

#[tokio::test]
async fn a_branch_of_somebody_else_is_not_touched() {
    for message in [
        "mine",
        "mine\n\npure-agent 0000000000000000000000000000000000000000",
    ] {
        let world = World::new(pull(|_| ()), |_| ()).await;
        let theirs = world.services.github.read(|github| {
            let tree = github.commits[&standins::start()].tree.clone();
            let commit = github.commit(message, &tree, &[standins::start()]);
            github.refs.insert("agent/fix".to_owned(), commit.clone());
            commit
        });
        refused(&world, &["branch-taken"]).await;
        assert_eq!(
            world.services.github.read(|g| g.refs["agent/fix"].clone()),
            theirs
        );
    }
}

/// A marker of ours that somebody copies to another branch is none there.
#[tokio::test]
async fn a_marker_is_good_for_one_branch() {
    let first = World::new(pull(|_| ()), |_| ()).await;
    assert_eq!(first.acted("pull-request").await.outcome, "done");
    let mut second = World::new(pull(|d| d["branch"] = json!("agent/other")), |_| ()).await;
    second.services = first.services;
    second.services.github.read(|github| {
        let ours = github.refs["agent/fix"].clone();
        github.refs.insert("agent/other".to_owned(), ours);
    });
    let acted = second.acted("pull-request").await;
    assert_eq!(acted.rule, "branch-taken", "{acted:?}");
}

#[tokio::test]
async fn what_others_did_since_is_not_undone() {
    let world = World::new(pull(|_| ()), |_| ()).await;
    world.services.github.read(|github| {
        let tree = github.commits[&standins::start()].tree.clone();
        let newer = github.commit("theirs", &tree, &[standins::start()]);
        github.refs.insert("main".to_owned(), newer);
    });
    assert_eq!(world.acted("pull-request").await.outcome, "done");
    let parents = world
        .services
        .github
        .read(|g| g.commits[&g.refs["agent/fix"]].parents.clone());
    assert_eq!(parents, [standins::start()]);
    // A base that does not hold the commit that was cloned is another work's.
    let world = World::new(pull(|_| ()), |_| ()).await;
    world.services.github.read(|github| {
        let tree = github.commits[&standins::start()].tree.clone();
        let other = github.commit("unrelated", &tree, &[]);
        github.refs.insert("main".to_owned(), other);
    });
    assert_eq!(world.acted("pull-request").await.rule, "base-other");
}

#[tokio::test]
async fn too_many_files_and_bytes_stay() {
    let world = World::new(pull(|_| ()), |workspace| {
        for number in 0..101 {
            fs::write(workspace.join(format!("repo/f{number}")), "x").unwrap();
        }
    })
    .await;
    refused(&world, &["files"]).await;
    let world = World::with(
        pull(|_| ()),
        |workspace| fs::write(workspace.join("repo/f"), vec![b'x'; 988]).unwrap(),
        // The other file that differs has 13 bytes.
        |contract| contract["exports"][3]["action"]["size"] = json!(1000),
    )
    .await;
    refused(&world, &["size"]).await;
    let world = World::new(pull(|_| ()), |workspace| {
        fs::write(workspace.join("repo/README.md"), "words\n").unwrap();
    })
    .await;
    refused(&world, &["no-change"]).await;
}

#[tokio::test]
async fn an_answer_about_something_else_is_not_believed() {
    for (path, answer) in [
        ("/git/blobs", json!({"sha": "0".repeat(40)})),
        ("/git/blobs", json!({"sha": "../x"})),
        (
            "/git/ref/heads/main",
            json!({"ref": "refs/heads/other", "object": {"type": "commit", "sha": "0".repeat(40)}}),
        ),
        (
            "/git/commits/",
            json!({"sha": "0".repeat(40), "tree": {"sha": "0".repeat(40)}}),
        ),
        (
            "/git/trees/",
            json!({"sha": "0".repeat(40), "tree": [], "truncated": false}),
        ),
    ] {
        let world = World::new(pull(|_| ()), |_| ()).await;
        world.services.github.hostile(move |request| {
            let status = if request.method() == "POST" { 201 } else { 200 };
            let hit = request.uri().path().contains(path);
            hit.then(|| standins::json(status, &answer))
        });
        refused(&world, &["upstream-form"]).await;
    }
}

/// The title and the text reach others by mail and by merges.
#[tokio::test]
async fn a_pull_request_closes_and_calls_nothing() {
    let world = World::new(
        pull(|d| {
            d["title"] = json!("Fixes #1 for @kim");
            d["body"] = json!("/approve\ncloses dlddu/other#3\n![a](https://evil.example.com)");
        }),
        |_| (),
    )
    .await;
    assert_eq!(world.acted("pull-request").await.outcome, "done");
    let (pull, message) = world.services.github.read(|g| {
        let message = g.commits[&g.refs["agent/fix"]].message.clone();
        (g.pulls[0].to_string(), message)
    });
    for part in ["@kim", "#1", "#3", "Fixes", "closes", "![", "\"/approve"] {
        assert!(!pull.contains(part) && !message.contains(part), "{part}");
    }
}
