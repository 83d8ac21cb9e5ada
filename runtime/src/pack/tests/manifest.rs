//! The whole pack: the manifest, a second attempt, contracts that cannot be packed.

use super::super::finding::{Effect, Findings, MOST_LISTED, Rule};
use super::super::manifest::{Content, MANIFEST_VERSION, Manifest};
use super::super::tree::Caps;
use super::super::{Failed, pack};
use super::{Bench, WAYS, Way, contract, pull, upload};
use std::fs;

fn busy() -> Bench {
    let bench = Bench::new();
    bench.file("r/.git/HEAD", "");
    for i in 0..30 {
        bench.file(&format!("r/{}/f{i}", i % 4), format!("content {}", i % 7));
    }
    bench.link("r/link", "/etc/passwd");
    bench.file("r/bad\u{202e}name", "");
    bench
}

#[test]
fn packing_twice_gives_the_same_bytes_by_both_ways_and_from_a_copy() {
    let (bench, copy) = (busy(), busy());
    let mut seen = Vec::new();
    for bench in [&bench, &copy] {
        for way in WAYS {
            bench.pack(way);
            seen.push(bench.packed());
        }
    }
    assert!(seen[0].len() > 5);
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn the_manifest_reads_back_and_is_the_answer() {
    let bench = busy();
    let actions = [
        upload(&[], 1 << 20),
        serde_json::json!({"kind": "webhook", "url": "https://x.example.com"}),
        serde_json::json!({"kind": "s3", "to": "s3://b/p", "region": "r", "exclude": ["r"], "size": 4096}),
        pull(&[]),
    ];
    let manifest = pack(&contract(&actions), &bench.workspace(), &bench.outbox()).unwrap();
    let text = fs::read(bench.outbox().join("manifest.json")).unwrap();
    let read: Manifest = crate::strict::read(&text).unwrap();
    assert_eq!(read, manifest);
    assert_eq!(
        (read.version, read.spec.as_str()),
        (MANIFEST_VERSION, "spec")
    );
    let names: Vec<&str> = read
        .exports
        .iter()
        .map(|packed| packed.export.as_str())
        .collect();
    assert_eq!(names, ["e0", "e2", "e3"]);
    let Content::Archive { file, files, .. } = &read.exports[1].content else {
        panic!("no archive");
    };
    assert_eq!((file.as_str(), *files), ("archives/e2.tar", 0));
    assert!(!bench.outbox().join("manifest.json.partial").exists());
}

#[test]
fn an_unfinished_attempt_is_replaced() {
    let bench = busy();
    let clean = {
        bench.pack(Way::Openat2);
        bench.packed()
    };
    fs::write(bench.outbox().join("manifest.json.partial"), "{").unwrap();
    fs::write(bench.outbox().join("archives/e0.tar"), "half").unwrap();
    fs::write(bench.outbox().join("archives/gone.tar"), "old").unwrap();
    fs::write(bench.outbox().join("blobs/partial"), "half").unwrap();
    bench.pack(Way::Openat2);
    assert!(bench.packed() == clean);
}

/// No manifest, not even an old one, where the pack failed.
#[test]
fn a_contract_that_cannot_be_packed_leaves_no_manifest() {
    let bench = busy();
    bench.pack(Way::Openat2);
    let bad = contract(&[upload(&[], 1 << 20), upload(&["a**b"], 1)]);
    let failed = bench.pack_by(&bad, Way::Openat2, Caps::RUN).unwrap_err();
    assert_eq!(failed.rule(), "path-pattern");
    assert!(!bench.outbox().join("manifest.json").exists());
}

#[test]
fn names_of_exports_are_names() {
    let bench = busy();
    for name in [
        "",
        "../x",
        "a/b",
        ".",
        "A",
        "a.tar",
        "x\0",
        &"n".repeat(64),
        "e1",
    ] {
        let mut contract = contract(&[upload(&[], 1 << 20), upload(&[], 1 << 20)]);
        contract.exports[0].name = (*name).to_owned();
        let failed = bench
            .pack_by(&contract, Way::Openat2, Caps::RUN)
            .unwrap_err();
        assert!(
            matches!(&failed, Failed::Name(bad) if bad == name),
            "{name:?}: {failed}"
        );
    }
}

#[test]
fn the_outbox_is_no_part_of_the_workspace() {
    let bench = busy();
    let contract = contract(&[upload(&[], 1 << 20)]);
    fs::create_dir(bench.at("out")).unwrap();
    for (workspace, outbox) in [
        (bench.workspace(), bench.at("out")),
        (bench.workspace(), bench.workspace()),
        (bench.workspace(), bench.home.clone()),
        (bench.workspace().join("r"), bench.workspace()),
    ] {
        let failed = pack(&contract, &workspace, &outbox).unwrap_err();
        assert_eq!(failed.rule(), "outbox-in-workspace");
    }
    assert!(
        bench.at("r/link").symlink_metadata().is_ok(),
        "nothing was removed"
    );
    let missing = bench.home.join("missing");
    assert_eq!(
        pack(&contract, &missing, &bench.outbox())
            .unwrap_err()
            .rule(),
        "workspace-unreadable"
    );
    assert_eq!(
        pack(&contract, &bench.workspace(), &missing)
            .unwrap_err()
            .rule(),
        "outbox-unwritable"
    );
}

#[test]
fn findings_are_counted_beyond_those_listed() {
    let bench = Bench::new();
    for i in 0..300 {
        bench.link(&format!("r/l{i}"), "x");
    }
    bench.file("r/.git/HEAD", "");
    let manifest = bench.pack(Way::Openat2);
    for export in &manifest.exports {
        assert_eq!(export.findings.list.len() as u64, MOST_LISTED);
        assert_eq!(export.findings.counts[&Rule::SymbolicLink], 300);
    }
    // Listed or not, a secret counts.
    let mut findings = Findings::default();
    findings.counts.insert(Rule::SlackToken, 1);
    assert!(findings.secret());
}

#[test]
fn rules_have_words_of_their_own() {
    let mut words: Vec<&str> = Rule::ALL.iter().map(|rule| rule.rule()).collect();
    for rule in Rule::ALL {
        let json = serde_json::to_string(rule).unwrap();
        assert_eq!(json, format!("\"{}\"", rule.rule()));
        assert!(
            rule.rule()
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'-')
        );
        assert!(matches!(
            rule.effect(),
            Effect::LeftOut | Effect::Refused | Effect::Secret
        ));
    }
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Rule::ALL.len());
}

#[test]
fn the_length_of_a_manifest_is_bounded_at_n_and_n_plus_1() {
    let manifest = busy().pack(Way::Openat2);
    let bytes = manifest.text(usize::MAX).unwrap().len();
    assert!(manifest.text(bytes).is_ok());
    assert_eq!(
        manifest.text(bytes - 1).unwrap_err().rule(),
        "manifest-too-long"
    );
}
