//! Files that change while they are read.

use super::super::archive::{Job, archive};
use super::super::content::{Broken, copy};
use super::super::finding::Rule;
use super::super::manifest::Content;
use super::super::walk::Bounds;
use super::{Bench, Way, none};
use crate::digest;
use std::fs::{self, OpenOptions};
use std::io::Write as _;

/// The file is opened, then changes: the archive is as if it were not there.
#[test]
fn a_file_that_changes_while_it_is_read_is_refused() {
    let bench = Bench::new();
    for (change, broken) in [(5, true), (15, true), (0, true), (10, false)] {
        bench.file("f", [7; 10]);
        let opened = bench.root(Way::Openat2).file(c"f").unwrap();
        OpenOptions::new()
            .write(true)
            .open(bench.at("f"))
            .unwrap()
            .set_len(change)
            .unwrap();
        let mut out = Vec::new();
        match copy(opened, &mut out) {
            Err(Broken::Source(Rule::ChangedWhileRead)) => assert!(broken, "{change}"),
            Ok(_) => assert!(!broken && out.len() == 10, "{change}"),
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// A writer appends and cuts all the time; each archive is well formed, and its digest true.
#[test]
fn an_archive_of_a_changing_workspace_is_well_formed() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    let bench = Arc::new(Bench::new());
    bench.file("a", "first");
    bench.file("m", vec![0; 300_000]);
    bench.file("z", "last");
    let stop = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (bench, stop) = (Arc::clone(&bench), Arc::clone(&stop));
        move || {
            let mut file = OpenOptions::new().append(true).open(bench.at("m")).unwrap();
            while !stop.load(Ordering::Relaxed) {
                file.write_all(&[1; 5000]).unwrap();
                if file.metadata().unwrap().len() > 500_000 {
                    file.set_len(100_000).unwrap();
                }
            }
        }
    });
    let (mut whole, mut left_out) = (0, 0);
    for i in 0..200 {
        let name = format!("{i}.tar");
        let exclude = none();
        let job = Job {
            name: &name,
            exclude: &exclude,
            size: 1 << 30,
            bounds: Bounds::RUN,
        };
        let (content, findings) = archive(bench.root(Way::Openat2), &bench.outbox(), job).unwrap();
        let Content::Archive {
            bytes,
            sha256,
            files,
            ..
        } = content
        else {
            panic!("{findings:?}");
        };
        let packed = fs::read(bench.outbox().join(&name)).unwrap();
        fs::remove_file(bench.outbox().join(&name)).unwrap();
        assert_eq!(packed.len() as u64, bytes);
        assert_eq!(digest::sha256(&packed), sha256);
        let members = super::members(&packed);
        assert_eq!(members.len() as u64, files);
        assert_eq!(members.first().unwrap().1, b"first");
        assert_eq!(members.last().unwrap().1, b"last");
        match findings.list.len() {
            0 => whole += 1,
            _ => left_out += 1,
        }
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    assert!(left_out > 0, "{whole} whole, {left_out} without the file");
}
