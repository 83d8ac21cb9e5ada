//! Caps of trees.

use super::super::finding::Rule;
use super::super::tree::Caps;
use super::super::walk::Bounds;
use super::tree::{entries, trees};
use super::{Bench, Way, contract, pull, refused};
use std::fs;

#[test]
fn caps_refuse_one_tree_and_take_its_blobs_back() {
    let make = || {
        let bench = Bench::new();
        bench.file("a/.git/HEAD", "");
        bench.file("a/same", "same");
        bench.file("b/.git/HEAD", "");
        bench.file("b/1", "12345");
        bench.file("b/2", "67890");
        bench.file("b/same", "same");
        bench
    };
    // Both trees together.
    let (bytes, paths, names) = (4 + 5 + 5 + 4, 4, 4 + 1 + 1 + 4);
    let caps = Caps {
        bytes,
        paths,
        names,
        ..Caps::RUN
    };
    for (caps, rule) in [
        (caps, None),
        (
            Caps {
                bytes: bytes - 1,
                ..caps
            },
            Some(Rule::TooManyBytes),
        ),
        (
            Caps {
                paths: paths - 1,
                ..caps
            },
            Some(Rule::TooManyEntries),
        ),
        (
            Caps {
                names: names - 1,
                ..caps
            },
            Some(Rule::TooManyEntries),
        ),
    ] {
        let bench = make();
        let manifest = bench
            .pack_by(&contract(&[pull(&[])]), Way::Openat2, caps)
            .unwrap();
        let (trees, refused) = trees(&manifest, 0);
        assert_eq!(entries(&trees[0]), ["same"]);
        let blobs = bench.packed().len() - 1;
        match rule {
            None => assert_eq!((trees.len(), refused.len(), blobs), (2, 0, 3), "{caps:?}"),
            Some(rule) => {
                assert_eq!(refused, [("b", rule)], "{caps:?}");
                // The content that the first tree has too stays.
                assert_eq!((trees.len(), blobs), (1, 1), "{caps:?}");
            }
        }
    }
}

#[test]
fn a_tree_that_is_refused_costs_the_others_nothing() {
    let bench = Bench::new();
    bench.file("a/.git/HEAD", "");
    bench.file("a/1", "1");
    fs::File::create(bench.at("a/sparse"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    bench.file("b/.git/HEAD", "");
    bench.file("b/1", "2");
    let caps = Caps {
        bytes: 1,
        paths: 2,
        ..Caps::RUN
    };
    let manifest = bench
        .pack_by(&contract(&[pull(&[])]), Way::Openat2, caps)
        .unwrap();
    let (trees, refused) = trees(&manifest, 0);
    assert_eq!(
        (trees[0].path.as_str(), entries(&trees[0])),
        ("b", vec!["1"])
    );
    assert_eq!(refused, [("a", Rule::TooManyBytes)]);
    assert_eq!(bench.packed().len(), 2);
}

#[test]
fn a_workspace_that_cannot_be_searched_has_no_trees_and_no_blobs() {
    let bench = Bench::new();
    for i in 0..4 {
        bench.file(&format!("r{i}/.git/HEAD"), "");
        bench.file(&format!("r{i}/file"), i.to_string());
    }
    for (caps, rule) in [
        (
            Caps {
                trees: 3,
                ..Caps::RUN
            },
            Rule::TooManyRepositories,
        ),
        (
            Caps {
                walk: Bounds {
                    entries: 5,
                    ..Bounds::RUN
                },
                ..Caps::RUN
            },
            Rule::TooManyEntries,
        ),
    ] {
        let manifest = bench
            .pack_by(&contract(&[pull(&[])]), Way::Openat2, caps)
            .unwrap();
        assert_eq!(refused(&manifest, 0), Some(rule));
        assert_eq!(bench.packed().len(), 1, "the manifest only");
    }
}
