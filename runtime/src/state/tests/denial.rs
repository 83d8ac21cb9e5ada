use super::{claim, contract, seal};
use crate::record::Event;
use crate::record::event::Request;
use crate::record::tests::{Folder, opened, wait};
use crate::state::denial::{EVERY, MOST_BYTES, MOST_LINES};
use crate::state::journal::Journal;

fn denied(target: &str) -> Event {
    Event::RequestDenied(Request {
        cycle: None,
        agent: None,
        rule: "egress".to_owned(),
        target: target.to_owned(),
    })
}

fn open(folder: &Folder) -> Journal {
    let (journal, started) = Journal::open(&folder.file(), &contract(), opened()).unwrap();
    wait(started).unwrap();
    journal
}

/// Denies so often, a few at a time, so that the log keeps up.
fn deny(journal: &Journal, times: u64, target: &str) {
    let mut left = times;
    while left > 0 {
        let some = left.min(2_000);
        let pending: Vec<_> = (0..some)
            .map(|_| journal.record(denied(target)).unwrap())
            .collect();
        // One that is only counted waits for no disk, so the last says nothing of those before it.
        for line in pending {
            let _line = wait(line).unwrap();
        }
        left -= some;
    }
}

fn count(folder: &Folder, kind: &str) -> u64 {
    let text = std::fs::read_to_string(folder.file()).unwrap();
    let kind = format!("\"kind\":\"{kind}\"");
    text.lines().filter(|line| line.contains(&kind)).count() as u64
}

/// An agent that asks for what it may not have, again and again, fills no disk; and every refusal is counted.
#[test]
fn refusals_beyond_the_bound_are_counted_and_every_one_is_in_the_record() {
    let folder = Folder::new();
    let journal = open(&folder);
    wait(journal.record(claim(0)).unwrap()).unwrap();
    let times = MOST_LINES + 2 * EVERY + 7;
    deny(&journal, times, "api.example.com:443");
    assert_eq!(count(&folder, "request-denied"), MOST_LINES);
    assert_eq!(count(&folder, "denials-counted"), 2);
    assert_eq!(journal.counted()["egress"], 7);
    assert_eq!(journal.read(|s| s.requests().1), times - 7);
    // The end of a cycle leaves nothing uncounted.
    wait(journal.record(seal(0)).unwrap()).unwrap();
    assert!(journal.counted().is_empty());
    assert_eq!(journal.read(|s| s.requests().1), times);
    // The next cycle has lines of its own.
    wait(journal.record(claim(1)).unwrap()).unwrap();
    deny(&journal, 3, "api.example.com:443");
    assert_eq!(count(&folder, "request-denied"), MOST_LINES + 3);
    let state = journal.read(Clone::clone);
    journal.close().unwrap();
    let again = open(&folder);
    assert_eq!(again.read(|s| s.requests()), state.requests());
    assert_eq!(again.read(|s| s.denials().clone()), *state.denials());
    assert_eq!(again.read(|s| s.lines()), state.lines() + 1);
    again.close().unwrap();
}

#[test]
fn long_refusals_use_up_the_bound_earlier() {
    let folder = Folder::new();
    let journal = open(&folder);
    wait(journal.record(claim(0)).unwrap()).unwrap();
    let target = "x".repeat(8_000);
    deny(&journal, 2_000, &target);
    let lines = count(&folder, "request-denied");
    assert!((900..1_100).contains(&lines), "{lines}");
    assert!(std::fs::metadata(folder.file()).unwrap().len() < MOST_BYTES + (1 << 20));
    journal.close().unwrap();
    // A journal that is closed has recorded its counts.
    let again = open(&folder);
    assert_eq!(again.read(|s| s.requests().1), 2_000);
    again.close().unwrap();
}
