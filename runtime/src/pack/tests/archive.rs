//! Archives: what is in them, their caps, and files that change.

use super::super::finding::Rule;
use super::super::manifest::Content;
use super::super::tree::Caps;
use super::super::walk::Bounds;
use super::{Bench, WAYS, Way, contract, findings, paths, refused, upload, within};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

fn size(content: &Content) -> Option<u64> {
    match content {
        Content::Archive { bytes, .. } => Some(*bytes),
        _ => None,
    }
}

#[test]
fn links_lead_nowhere_and_nothing_from_outside_is_packed() {
    for way in WAYS {
        let bench = Bench::new();
        bench.file("a/real", "mine");
        for (path, to) in [
            ("environ", "/proc/self/environ"),
            ("a/up", "../../outside/secret"),
            ("a/folder", "../../outside"),
            ("self", "."),
            ("a/loop", "loop"),
            ("root", "/"),
            ("fd", "/proc/self/fd"),
        ] {
            bench.link(path, to);
        }
        bench.link("absolute", bench.outside().join("secret"));
        let manifest = bench.pack(way);
        bench.is_tight();
        assert_eq!(paths(&bench.archive("e0")), ["a/real"]);
        assert_eq!(findings(&manifest, 0).len(), 8);
        assert!(
            findings(&manifest, 0)
                .iter()
                .all(|(rule, _)| *rule == Rule::SymbolicLink)
        );
    }
}

/// D11, T09.
#[test]
fn nested_git_and_node_modules_are_left_out() {
    let bench = Bench::new();
    for path in [
        ".git/config",
        "repo/.git/HEAD",
        "repo/src/main.js",
        "repo/node_modules/x/index.js",
        "node_modules/y",
        "repo/packages/a/node_modules/z",
        "repo/.github/x",
        "repo/.gitignore",
    ] {
        bench.file(path, path);
    }
    let actions = [
        upload(&["node_modules"], 1 << 20),
        upload(&["node_modules/**"], 1 << 20),
    ];
    bench
        .pack_by(&contract(&actions), Way::Openat2, Caps::RUN)
        .unwrap();
    for name in ["e0", "e1"] {
        let members = bench.archive(name);
        assert_eq!(
            paths(&members),
            ["repo/.github/x", "repo/.gitignore", "repo/src/main.js"]
        );
        assert!(
            members
                .iter()
                .all(|(path, content)| path.as_bytes() == content)
        );
    }
}

#[test]
fn the_cap_holds_to_the_byte() {
    let bench = Bench::new();
    bench.file("a", vec![1; 1000]);
    bench.file("b", vec![2; 512]);
    let bytes = 512 + 1024 + 512 + 512 + 1024;
    for (cap, fits) in [
        (bytes, true),
        (bytes - 1, false),
        (bytes + 1, true),
        (1024, false),
        (0, false),
        (u64::MAX, true),
    ] {
        let manifest = bench
            .pack_by(&contract(&[upload(&[], cap)]), Way::Openat2, Caps::RUN)
            .unwrap();
        let file = bench.outbox().join("archives/e0.tar");
        if fits {
            assert_eq!(size(&manifest.exports[0].content), Some(bytes));
            assert_eq!(fs::metadata(&file).unwrap().len(), bytes);
        } else {
            assert_eq!(refused(&manifest, 0), Some(Rule::TooManyBytes), "{cap}");
            assert_eq!(findings(&manifest, 0), [(Rule::TooManyBytes, "")]);
            assert!(!file.exists());
        }
    }
}

#[test]
fn an_empty_workspace_has_an_empty_archive_under_a_cap_that_holds_one() {
    let bench = Bench::new();
    for (cap, fits) in [(1024, true), (1023, false)] {
        let manifest = bench
            .pack_by(&contract(&[upload(&[], cap)]), Way::Openat2, Caps::RUN)
            .unwrap();
        assert_eq!(
            size(&manifest.exports[0].content),
            fits.then_some(1024),
            "{cap}"
        );
    }
    assert!(!bench.outbox().join("archives/e0.tar").exists());
}

#[test]
fn a_sparse_file_counts_with_its_apparent_size_and_is_not_read() {
    let bench = Bench::new();
    bench.file("a", "");
    fs::File::create(bench.at("sparse"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let bench = within(move || {
        for cap in [1 << 30, u64::MAX] {
            let manifest = bench
                .pack_by(&contract(&[upload(&[], cap)]), Way::Openat2, Caps::RUN)
                .unwrap();
            assert_eq!(refused(&manifest, 0), Some(Rule::TooManyBytes));
        }
        bench
    });
    assert_eq!(paths_of(&bench), ["manifest.json"]);
}

fn paths_of(bench: &Bench) -> Vec<String> {
    bench.packed().into_iter().map(|(name, _)| name).collect()
}

#[test]
fn many_tiny_files_are_bounded() {
    let bench = Bench::new();
    for i in 0..4000 {
        bench.file(&format!("{}/{i}", i % 10), "");
    }
    let bounds = |entries| Caps {
        walk: Bounds {
            entries,
            ..Bounds::RUN
        },
        ..Caps::RUN
    };
    let contract = contract(&[upload(&[], 1 << 30)]);
    let manifest = bench
        .pack_by(&contract, Way::Openat2, bounds(4010))
        .unwrap();
    assert_eq!(size(&manifest.exports[0].content), Some(4000 * 512 + 1024));
    let manifest = bench
        .pack_by(&contract, Way::Openat2, bounds(4009))
        .unwrap();
    assert_eq!(refused(&manifest, 0), Some(Rule::TooManyEntries));
    assert_eq!(paths_of(&bench), ["manifest.json"]);
}

#[test]
fn modes_and_long_names_are_kept_and_everything_else_is_not() {
    let bench = Bench::new();
    let deep = ["d".repeat(200), "e".repeat(200), "\u{d55c}".repeat(80)].join("/");
    let long = "n".repeat(255);
    for (path, mode) in [
        (deep.as_str(), 0o600),
        (&long, 0o4777),
        ("run", 0o100),
        ("plain", 0o077),
        ("- option", 0o644),
    ] {
        bench.file(path, path);
        fs::set_permissions(bench.at(path), fs::Permissions::from_mode(mode | 0o400)).unwrap();
    }
    fs::hard_link(bench.at("plain"), bench.at("second")).unwrap();
    bench.pack(Way::Openat2);
    let members = bench.archive("e0");
    let mut expected = vec![deep.as_str(), &long, "run", "plain", "- option", "second"];
    expected.sort_unstable();
    assert_eq!(paths(&members), expected);
    assert!(
        members
            .iter()
            .all(|(p, c)| p.as_bytes() == c || p == "second" && c == b"plain")
    );
    let bytes = fs::read(bench.outbox().join("archives/e0.tar")).unwrap();
    let mut modes = Vec::new();
    for entry in tar::Archive::new(bytes.as_slice()).entries().unwrap() {
        let entry = entry.unwrap();
        if entry.header().mode().unwrap() == 0o755 {
            modes.push(entry.path().unwrap().to_str().unwrap().to_owned());
        }
    }
    assert_eq!(modes, [long.as_str(), "run"]);
}

#[test]
fn another_tar_reads_the_archive() {
    let bench = Bench::new();
    let deep = ["d".repeat(200), "e".repeat(200)].join("/");
    bench.file(&deep, "deep");
    bench.file("a", "");
    bench.pack(Way::Openat2);
    let tar = std::process::Command::new("tar")
        .arg("-tf")
        .arg(bench.outbox().join("archives/e0.tar"))
        .output();
    match tar {
        Ok(output) => {
            assert!(
                output.status.success() && output.stderr.is_empty(),
                "{output:?}"
            );
            assert_eq!(
                String::from_utf8(output.stdout).unwrap(),
                format!("a\n{deep}\n")
            );
        }
        Err(e) => println!("SKIPPED: there is no tar here: {e}"),
    }
}
