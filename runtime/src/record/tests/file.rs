//! The file: who may open it, what is on it when, and what happens when the disk fails.

use super::super::chain::{Chain, MOST_LINE};
use super::super::log::{Log, Unopened, Unrecorded};
use super::super::rule::Rule;
use super::super::verify::verify;
use super::super::writer::Disk;
use super::{Folder, denied, opened, small, wait, write};
use crate::record::Event;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

fn started(path: &std::path::Path) -> Log {
    let (log, events) = Log::open(path).unwrap();
    assert!(events.is_empty());
    assert_eq!(
        wait(log.append(&Event::RunOpened(opened())).unwrap()),
        Ok(1)
    );
    log
}

#[test]
fn a_second_opener_is_refused_and_the_mode_is_narrow() {
    let folder = Folder::new();
    let log = started(&folder.file());
    assert!(matches!(Log::open(&folder.file()), Err(Unopened::Locked)));
    log.close().unwrap();
    let wide = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(folder.file(), wide).unwrap();
    let (log, events) = Log::open(&folder.file()).unwrap();
    assert_eq!(events, [Event::RunOpened(opened())]);
    let mode = folder.file().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    log.close().unwrap();
}

#[test]
fn only_an_ordinary_file_is_opened() {
    let folder = Folder::new();
    let other = folder.file().with_extension("other");
    write(&other, b"");
    std::os::unix::fs::symlink(&other, folder.file()).unwrap();
    for path in [folder.file().as_path(), "/dev/null".as_ref()] {
        let verdict = Log::open(path);
        assert!(matches!(verdict, Err(Unopened::NotAFile)), "{path:?}");
    }
    let within = Log::open(&std::env::temp_dir());
    assert!(matches!(within, Err(Unopened::Unreadable(_))));
    let missing = folder.file().join("record");
    assert!(matches!(Log::open(&missing), Err(Unopened::Unreadable(_))));
}

#[test]
fn concurrent_appends_are_whole_in_order_and_each_told_its_line() {
    const THREADS: usize = 8;
    const EACH: usize = 200;
    let folder = Folder::new();
    let log = started(&folder.file());
    let told = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let log = &log;
                scope.spawn(move || {
                    let pending: Vec<_> = (0..EACH)
                        .map(|n| log.append(&denied(&format!("{thread}/{n}"))).unwrap())
                        .collect();
                    pending.into_iter().map(|p| wait(p).unwrap()).collect()
                })
            })
            .collect();
        let told = threads.into_iter().map(|t| t.join().unwrap());
        told.collect::<Vec<Vec<u64>>>()
    });
    log.close().unwrap();
    let (log, events) = Log::open(&folder.file()).unwrap();
    log.close().unwrap();
    assert_eq!(events.len(), 1 + THREADS * EACH);
    for (thread, lines) in told.iter().enumerate() {
        assert!(lines.is_sorted());
        for (n, line) in lines.iter().enumerate() {
            let at = usize::try_from(*line).unwrap() - 1;
            assert_eq!(events[at], denied(&format!("{thread}/{n}")));
        }
    }
    assert_eq!(verify(&folder.file()).unwrap().lines, 1601);
}

#[test]
fn who_does_not_wait_is_recorded_too() {
    let folder = Folder::new();
    let log = started(&folder.file());
    for _ in 0..100 {
        drop(log.append(&denied("x")).unwrap());
    }
    log.close().unwrap();
    assert_eq!(verify(&folder.file()).unwrap().lines, 101);
}

#[test]
fn what_the_reader_would_refuse_is_not_written() {
    let folder = Folder::new();
    let (log, _) = Log::open(&folder.file()).unwrap();
    let early = wait(log.append(&denied("x")).unwrap());
    assert_eq!(early, Err(Unrecorded::Misplaced(Rule::NoRun)));
    assert_eq!(
        wait(log.append(&Event::RunOpened(opened())).unwrap()),
        Ok(1)
    );
    let mut other = opened();
    other.contract.clear();
    let other = wait(log.append(&Event::RunOpened(other)).unwrap());
    assert_eq!(other, Err(Unrecorded::Misplaced(Rule::OtherRun)));
    let long = log.append(&denied(&"x".repeat(MOST_LINE)));
    assert_eq!(long.unwrap_err(), Unrecorded::TooLong);
    let escaped = log.append(&denied(&"\0".repeat(MOST_LINE / 6)));
    assert_eq!(escaped.unwrap_err(), Unrecorded::TooLong);
    let most = denied(&"x".repeat(MOST_LINE - 400));
    assert_eq!(wait(log.append(&most).unwrap()), Ok(2));
    log.close().unwrap();
    assert_eq!(verify(&folder.file()).unwrap().lines, 2);
}

#[test]
fn the_log_goes_on_after_a_torn_line_and_time_never_goes_back() {
    let folder = Folder::new();
    let mut text = small().concat();
    text.truncate(text.len() - 10);
    write(&folder.file(), &text);
    let (log, events) = Log::open(&folder.file()).unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(wait(log.append(&denied("y")).unwrap()), Ok(3));
    log.close().unwrap();
    let summary = verify(&folder.file()).unwrap();
    assert_eq!((summary.lines, summary.first), (3, 5));
    assert!(summary.last > 1_600_000_000_000, "{}", summary.last);
    let mut chain = Chain::default();
    let event = Event::RunOpened(opened());
    let json = serde_json::to_string(&event).unwrap();
    chain.write(9, event.opens(), &json).unwrap();
    chain.write(3, event.opens(), &json).unwrap();
    assert_eq!(chain.time(), 9);
}

/// A disk whose sync fails once, and would then succeed.
#[derive(Clone, Default)]
struct Flaky {
    fail_write: Arc<AtomicBool>,
    fail_sync: Arc<AtomicBool>,
    writes: Arc<AtomicUsize>,
    syncs: Arc<AtomicUsize>,
    /// Who holds it keeps the disk from syncing.
    gate: Arc<Mutex<()>>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Disk for Flaky {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        if self.fail_write.swap(false, Ordering::SeqCst) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        drop(self.gate.lock().unwrap());
        match self.fail_sync.swap(false, Ordering::SeqCst) {
            true => Err(io::Error::from_raw_os_error(5)),
            false => Ok(()),
        }
    }

    fn release(&mut self) {}
}

#[test]
fn after_a_failure_nothing_is_recorded_and_no_sync_is_tried_again() {
    for of_sync in [true, false] {
        let disk = Flaky::default();
        let log = Log::start(disk.clone(), Chain::default(), || 7).unwrap();
        assert_eq!(
            wait(log.append(&Event::RunOpened(opened())).unwrap()),
            Ok(1)
        );
        let fail = if of_sync {
            &disk.fail_sync
        } else {
            &disk.fail_write
        };
        fail.store(true, Ordering::SeqCst);
        let failed = wait(log.append(&denied("x")).unwrap());
        assert_eq!(failed, Err(Unrecorded::Failed));
        assert!(log.failure().is_some());
        let tries = (
            disk.writes.load(Ordering::SeqCst),
            disk.syncs.load(Ordering::SeqCst),
        );
        for _ in 0..10 {
            assert_eq!(log.append(&denied("y")).unwrap_err(), Unrecorded::Failed);
        }
        let after = (
            disk.writes.load(Ordering::SeqCst),
            disk.syncs.load(Ordering::SeqCst),
        );
        assert_eq!(tries, after);
        assert_eq!(log.close(), Err(Unrecorded::Failed));
    }
}

#[test]
fn nothing_is_acknowledged_before_it_is_synced() {
    let disk = Flaky::default();
    let log = Log::start(disk.clone(), Chain::default(), || 7).unwrap();
    let gate = disk.gate.lock().unwrap();
    let mut pending = Box::pin(log.append(&Event::RunOpened(opened())).unwrap());
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000 {
        if disk.syncs.load(Ordering::SeqCst) > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(disk.syncs.load(Ordering::SeqCst), 1, "it is syncing");
    std::thread::sleep(Duration::from_millis(20));
    assert!(pending.as_mut().poll(&mut context).is_pending());
    drop(gate);
    assert_eq!(wait(pending), Ok(1));
}

#[test]
fn whoever_waits_in_a_group_that_fails_is_refused() {
    let disk = Flaky::default();
    let log = Log::start(disk.clone(), Chain::default(), || 7).unwrap();
    assert_eq!(
        wait(log.append(&Event::RunOpened(opened())).unwrap()),
        Ok(1)
    );
    disk.fail_sync.store(true, Ordering::SeqCst);
    let gate = disk.gate.lock().unwrap();
    let pending: Vec<_> = (0..50).map(|_| log.append(&denied("x")).unwrap()).collect();
    drop(gate);
    for one in pending {
        assert_eq!(wait(one), Err(Unrecorded::Failed));
    }
}

#[test]
fn appends_that_wait_together_share_a_write_and_a_sync() {
    let disk = Flaky::default();
    let log = Log::start(disk.clone(), Chain::default(), || 7).unwrap();
    let gate = disk.gate.lock().unwrap();
    let first = log.append(&Event::RunOpened(opened())).unwrap();
    let rest: Vec<_> = (0..500)
        .map(|_| log.append(&denied("x")).unwrap())
        .collect();
    drop(gate);
    assert_eq!(wait(first), Ok(1));
    for (n, one) in (2..).zip(rest) {
        assert_eq!(wait(one), Ok(n));
    }
    log.close().unwrap();
    let syncs = disk.syncs.load(Ordering::SeqCst);
    assert_eq!(syncs, disk.writes.load(Ordering::SeqCst));
    assert!(syncs <= 2, "{syncs} syncs for 501 events");
    let mut chain = Chain::default();
    let bytes = disk.bytes.lock().unwrap().clone();
    super::super::read::lines(&bytes[..], &mut chain, |_| {}).unwrap();
    assert_eq!(chain.lines(), 501);
}

#[test]
fn a_disk_that_cannot_keep_up_is_not_waited_for_without_bound() {
    let disk = Flaky::default();
    let log = Log::start(disk.clone(), Chain::default(), || 7).unwrap();
    let gate = disk.gate.lock().unwrap();
    drop(log.append(&Event::RunOpened(opened())).unwrap());
    let big = "x".repeat(3 << 20);
    let mut taken = 0;
    let refused = (0..200).find_map(|_| match log.append(&denied(&big)) {
        Ok(pending) => {
            taken += 1;
            drop(pending);
            None
        }
        Err(e) => Some(e),
    });
    assert_eq!(refused, Some(Unrecorded::Busy), "{taken} taken");
    assert!((20..30).contains(&taken), "{taken} taken");
    drop(gate);
    log.close().unwrap();
}

#[test]
fn a_full_disk_fails_closed() {
    let full = OpenOptions::new().append(true).open("/dev/full").unwrap();
    let log = Log::start(full, Chain::default(), || 7).unwrap();
    let first = wait(log.append(&Event::RunOpened(opened())).unwrap());
    assert_eq!(first, Err(Unrecorded::Failed));
    assert!(log.failure().unwrap().contains("No space"));
    assert_eq!(log.append(&denied("x")).unwrap_err(), Unrecorded::Failed);
}
