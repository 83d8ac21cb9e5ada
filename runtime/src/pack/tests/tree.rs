//! Trees: what a repository becomes, and that nothing in it runs.

use super::super::finding::Rule;
use super::super::manifest::{Content, FileMode, LeftOut, Manifest, Tree};
use super::super::tree::Caps;
use super::{Bench, WAYS, Way, contract, findings, pull};
use crate::digest::sha256;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

pub(super) fn trees(manifest: &Manifest, export: usize) -> (&[Tree], Vec<(&str, Rule)>) {
    match &manifest.exports[export].content {
        Content::Trees { trees, refused } => (
            trees,
            refused
                .iter()
                .map(|it| (it.path.as_str(), it.rule))
                .collect(),
        ),
        other => panic!("{other:?}"),
    }
}

pub(super) fn entries(tree: &Tree) -> Vec<&str> {
    tree.entries
        .iter()
        .map(|entry| entry.path.as_str())
        .collect()
}

fn left_out(tree: &Tree) -> Vec<(&str, Rule)> {
    tree.left_out
        .iter()
        .map(|LeftOut { path, rule }| (path.as_str(), *rule))
        .collect()
}

/// A4, T02: hooks, a file system monitor, an ssh command, filters and attributes, all of which make a file.
#[test]
fn nothing_that_is_planted_runs_and_git_is_not_read() {
    for way in WAYS {
        let bench = Bench::new();
        let ran = bench.home.join("ran");
        let script = format!("#!/bin/sh\ntouch {}\ncat\n", ran.display());
        for hook in [
            "post-checkout",
            "pre-push",
            "pre-commit",
            "post-index-change",
            "reference-transaction",
            "fsmonitor",
        ] {
            let path = format!("repo/.git/hooks/{hook}");
            bench.file(&path, &script);
            fs::set_permissions(bench.at(&path), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let hook = bench.at("repo/.git/hooks/fsmonitor");
        let hook = hook.display();
        bench.file("repo/.git/config", format!(
            "[core]\nfsmonitor = {hook}\nsshCommand = {hook}\nhooksPath = {h}\n[filter \"x\"]\nclean = {hook}\nsmudge = {hook}\nprocess = {hook}\nrequired\n[diff \"x\"]\ntextconv = {hook}\n",
            h = bench.at("repo/.git/hooks").display()));
        bench.file("repo/.git/HEAD", "ref: refs/heads/main\n");
        bench.file("repo/.gitattributes", "* filter=x diff=x export-subst\n");
        bench.file("repo/build.rs", &script);
        bench.file("repo/run.sh", &script);
        fs::set_permissions(bench.at("repo/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        let manifest = bench.pack(way);
        assert!(!ran.exists(), "something ran");
        let (trees, _) = trees(&manifest, 1);
        assert_eq!(entries(&trees[0]), [".gitattributes", "build.rs", "run.sh"]);
        for (name, bytes) in bench.packed() {
            assert!(
                !String::from_utf8_lossy(&bytes).contains("sshCommand"),
                "{name} has the configuration"
            );
        }
    }
}

#[test]
fn a_repository_becomes_its_files() {
    let bench = Bench::new();
    bench.file("repos/one/.git/HEAD", "");
    bench.file("repos/one/a.txt", "same");
    bench.file("repos/one/src/b.txt", "same");
    bench.file("repos/one/src.txt", "other");
    bench.file("repos/one/empty", "");
    bench.file("not/a/repository", "x");
    fs::set_permissions(
        bench.at("repos/one/src.txt"),
        fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    let manifest = bench.pack(Way::Openat2);
    let (trees, refused) = trees(&manifest, 1);
    assert!(refused.is_empty() && trees.len() == 1);
    assert_eq!(trees[0].path, "repos/one");
    assert_eq!(
        entries(&trees[0]),
        ["a.txt", "empty", "src.txt", "src/b.txt"]
    );
    assert_eq!(trees[0].entries[2].mode, FileMode::Executable);
    assert_eq!(trees[0].entries[0].mode, FileMode::Plain);
    assert_eq!(trees[0].entries[0].sha256, sha256(b"same"));
    let blobs: Vec<_> = bench
        .packed()
        .into_iter()
        .filter(|(name, _)| name.starts_with("blobs/"))
        .collect();
    assert_eq!(blobs.len(), 3, "the same content is stored once");
    for (name, bytes) in blobs {
        assert_eq!(name, format!("blobs/{}", sha256(&bytes)));
    }
}

#[test]
fn what_is_no_file_is_left_out_and_no_deletion() {
    for way in WAYS {
        let bench = Bench::new();
        bench.file("r/.git/HEAD", "");
        bench.file("r/kept", "");
        bench.link("r/link", bench.outside().join("secret"));
        bench.link("r/folder", bench.outside());
        bench.file("r/nested/.git/HEAD", "");
        bench.file("r/nested/file", "");
        bench.file("r/submodule/.git", "gitdir: ../.git/modules/x");
        bench.file("r/submodule/file", "");
        bench.link("r/trap/.git", bench.outside());
        bench.file("r/trap/file", "");
        for path in [
            "r/bare/HEAD",
            "r/bare/objects/x",
            "r/bare/refs/x",
            "r/bare/config",
        ] {
            bench.file(path, "");
        }
        bench.file("r/s/.GIT/config", "");
        bench.file("r/s/git~1/config", "");
        bench.file("r/s/.git /config", "");
        bench.file("r/s/.g\u{200c}it/config", "");
        bench.file("r/s/.gitmodules", "");
        fs::write(bench.at("r/odd/x").with_file_name("new\nline"), "").unwrap();
        let manifest = bench.pack(way);
        bench.is_tight();
        let (trees, _) = trees(&manifest, 1);
        assert_eq!(entries(&trees[0]), ["kept", "s/.gitmodules"]);
        assert!(trees[0].entries[1].submodules && !trees[0].entries[0].submodules);
        assert_eq!(
            left_out(&trees[0]),
            [
                ("bare", Rule::NestedRepository),
                ("folder", Rule::SymbolicLink),
                ("link", Rule::SymbolicLink),
                ("nested", Rule::NestedRepository),
                ("odd", Rule::NameWithControl),
                ("s", Rule::NameLikeGit),
                ("submodule", Rule::GitFile),
                ("trap", Rule::GitFile),
            ]
        );
        assert!(findings(&manifest, 1).contains(&(Rule::NameLikeGit, "r/s/.GIT")));
    }
}

#[test]
fn a_git_file_or_link_makes_no_repository() {
    let bench = Bench::new();
    bench.file("worktree/.git", "gitdir: /outside");
    bench.file("worktree/inner/.git/HEAD", "");
    bench.link("link/.git", bench.outside());
    bench.file("link/x", "");
    let manifest = bench.pack(Way::Openat2);
    assert!(trees(&manifest, 1).0.is_empty());
    assert_eq!(
        findings(&manifest, 1),
        [
            (Rule::GitFile, "link/.git"),
            (Rule::GitFile, "worktree/.git")
        ]
    );
}

#[test]
fn the_workspace_itself_may_be_the_repository() {
    let bench = Bench::new();
    bench.file(".git/HEAD", "");
    bench.file("a", "");
    let manifest = bench.pack(Way::Openat2);
    assert_eq!(trees(&manifest, 1).0[0].path, "");
    assert_eq!(entries(&trees(&manifest, 1).0[0]), ["a"]);
}

#[test]
fn protected_paths_and_secrets_are_marked_for_the_export() {
    let bench = Bench::new();
    bench.file("r/.git/HEAD", "");
    bench.file("r/.github/workflows/ci.yml", "");
    bench.file("r/.GitHub/x", "");
    bench.file("r/src/CODEOWNERS", "");
    bench.file("r/key.pem", format!("-----BEGIN {}-----", "EC PRIVATE KEY"));
    let actions = [pull(&[".github/**"]), pull(&["**/CODEOWNERS"])];
    let manifest = bench
        .pack_by(&contract(&actions), Way::Openat2, Caps::RUN)
        .unwrap();
    let marked = |export: usize| {
        let entries = trees(&manifest, export).0[0].entries.iter();
        let marked = entries.filter(|entry| entry.protected.is_some());
        marked.map(|entry| entry.path.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(marked(0), [".GitHub/x", ".github/workflows/ci.yml"]);
    assert_eq!(marked(1), ["src/CODEOWNERS"]);
    let secret = &trees(&manifest, 0).0[0].entries[2];
    assert_eq!(
        (secret.path.as_str(), secret.secrets.as_slice()),
        ("key.pem", &[Rule::PrivateKey][..])
    );
    assert!(findings(&manifest, 0).contains(&(Rule::PrivateKey, "r/key.pem")));
}

/// What all pull requests leave out is not even read; what one leaves out is not in its own tree.
#[test]
fn what_a_pull_request_excludes_is_not_in_its_tree() {
    let bench = Bench::new();
    bench.file("r/.git/HEAD", "");
    for file in [
        "a",
        "node_modules/x",
        "web/node_modules/y/z",
        "web/dist/b",
        "dist",
    ] {
        bench.file(&format!("r/{file}"), file);
    }
    let without = |patterns: &[&str]| {
        let mut action = pull(&[]);
        action["exclude"] = serde_json::json!(patterns);
        action
    };
    let actions = [
        without(&["node_modules"]),
        without(&["node_modules", "web/dist"]),
    ];
    let manifest = bench
        .pack_by(&contract(&actions), Way::Openat2, Caps::RUN)
        .unwrap();
    assert_eq!(
        entries(&trees(&manifest, 0).0[0]),
        ["a", "dist", "web/dist/b"]
    );
    assert_eq!(entries(&trees(&manifest, 1).0[0]), ["a", "dist"]);
    let blob = bench.outbox().join("blobs").join(sha256("node_modules/x"));
    assert!(!blob.exists());
}

#[test]
fn hard_links_are_files_under_each_of_their_names() {
    let bench = Bench::new();
    bench.file("r/.git/HEAD", "");
    bench.file("r/a", "one");
    fs::hard_link(bench.at("r/a"), bench.at("r/b")).unwrap();
    let manifest = bench.pack(Way::Openat2);
    let tree = &trees(&manifest, 1).0[0];
    assert_eq!(entries(tree), ["a", "b"]);
    assert_eq!(tree.entries[0].sha256, tree.entries[1].sha256);
}
