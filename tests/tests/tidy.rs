//! The repository itself: what a reader relies on and no compiler checks.

use pure_agent_tests::sources::{folder, repository};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Files that git tracks or would track, as text.
fn tracked() -> Vec<(String, String)> {
    let root = repository();
    let list = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(&root)
        .output()
        .expect("git lists the files");
    assert!(list.status.success(), "git ls-files failed");
    String::from_utf8_lossy(&list.stdout)
        .split('\0')
        .filter(|p| !p.is_empty())
        .filter_map(|p| Some((p.to_owned(), std::fs::read_to_string(root.join(p)).ok()?)))
        .collect()
}

#[test]
fn the_top_level_holds_what_it_should() {
    let allowed: BTreeSet<&str> = [
        "Cargo.toml",
        "Cargo.lock",
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "compiler",
        "runtime",
        "examples",
        "policies",
        "golden",
        "tests",
    ]
    .into();
    for (path, _) in tracked() {
        let top = path.split('/').next().unwrap_or_default();
        assert!(
            top.starts_with('.') || allowed.contains(top),
            "`{top}` at the top level"
        );
    }
}

#[test]
fn nothing_is_left_to_be_done_later() {
    let words = ["TO", "DO"].concat();
    let fix = ["FIX", "ME"].concat();
    for (path, text) in tracked() {
        for (n, line) in text.lines().enumerate() {
            let marked = line
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|w| w == words || w == fix);
            assert!(!marked, "{path}:{}: {line}", n + 1);
        }
    }
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    for (path, text) in tracked() {
        for marker in [
            ["/wo", "rk/"].concat(),
            ["/ho", "me/"].concat(),
            ["/ro", "ot/"].concat(),
        ] {
            let prose = Path::new(&path).extension().is_none_or(|e| e != "lock");
            let found = text.lines().position(|l| {
                l.match_indices(&marker).any(|(at, _)| {
                    let before = l[..at].chars().next_back();
                    before.is_none_or(|c| !c.is_ascii_alphanumeric() && !"/*._-}".contains(c))
                        && !l[at + marker.len()..].is_empty()
                        && !l[at..].starts_with("/home/agent")
                })
            });
            assert!(
                !prose || found.is_none(),
                "{path}:{}: {marker}",
                found.unwrap_or(0) + 1
            );
        }
    }
}

#[test]
fn examples_carry_the_shipped_target() {
    let root = repository();
    let shipped = std::fs::read(root.join("policies/targets/kind.kdl")).expect("the kind target");
    for example in [
        "quickstart",
        "pure-agent",
        "code-review",
        "nightly-report",
        "routed",
        "graph",
    ] {
        let copy = std::fs::read(root.join(format!("examples/{example}/targets/kind.kdl")));
        assert!(
            copy.is_ok_and(|c| c == shipped),
            "examples/{example}/targets/kind.kdl differs"
        );
    }
}

/// Those whose cluster has more: its queues, Deployments that are looked after, and ranges that the gateway may reach.
#[test]
fn other_examples_only_add_to_the_shipped_target() {
    let root = repository();
    let shipped = root.join("policies/targets/kind.kdl");
    let shipped = std::fs::read_to_string(shipped).expect("the kind target");
    for example in [
        "agent-platform",
        "agent-service",
        "jobrunner",
        "local-model",
        "monitoring",
    ] {
        let copy = root.join(format!("examples/{example}/targets/kind.kdl"));
        let copy = std::fs::read_to_string(copy).expect("its target");
        let mut rest = copy.lines();
        let lost = shipped.lines().find(|line| !rest.any(|own| own == *line));
        assert_eq!(lost, None, "examples/{example}/targets/kind.kdl");
    }
}

#[test]
fn every_shipped_source_is_formatted() {
    let root = repository();
    for place in ["examples", "policies", "golden/pages/base"] {
        for (name, bytes) in folder(&root.join(place)) {
            if !name.ends_with(".kdl") {
                continue;
            }
            let text = String::from_utf8(bytes).expect("UTF-8");
            let formatted = pure_agent::fmt::format(&text, pure_agent::span::SourceId(0));
            assert_eq!(
                formatted.as_deref().ok(),
                Some(text.as_str()),
                "{place}/{name}"
            );
        }
    }
}

/// Licences that may be linked into an Apache-2.0 program.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Unicode-3.0",
    "Zlib",
    "0BSD",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "MIT-0",
    // Of data, not of code: the list of public certificate authorities.
    "CDLA-Permissive-2.0",
];
/// Crates that must not come in, with the reason.
const BANNED: &[(&str, &str)] = &[
    ("openssl-sys", "one TLS library, and not this one"),
    ("native-tls", "one TLS library, and not this one"),
    ("aws-lc-sys", "one crypto provider: ring"),
    ("serde_yaml", "unmaintained"),
    ("serde_yml", "RUSTSEC-2025-0068"),
    ("libyaml-safer", "reads what it must quote"),
];

#[test]
fn licences_and_sources_of_dependencies_are_known() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(repository())
        .output()
        .expect("cargo metadata runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = all["packages"].as_array().expect("packages");
    assert!(packages.len() > 20, "the list is too short to be true");
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let licence = package["license"].as_str().unwrap_or_default();
        let one = |l: &str| LICENCES.contains(&l.trim().trim_matches(['(', ')']).trim());
        let accepted = licence
            .replace('/', " OR ")
            .split(" AND ")
            .all(|part| part.split(" OR ").any(one));
        assert!(accepted, "{name}: licence `{licence}`");
        let banned = BANNED.iter().find(|(b, _)| *b == name);
        assert!(banned.is_none(), "{name}: {}", banned.map_or("", |b| b.1));
        let source = package["source"].as_str();
        let fine = source.is_none_or(|s| s.starts_with("registry+"));
        assert!(fine, "{name} comes from {source:?}");
    }
}
