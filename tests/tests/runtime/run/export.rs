//! An export step that is killed: in the end there is one of each.

use super::hosts::ONCE;
use super::pods::{Run, result};
use pure_agent_tests::program::said;
use pure_agent_tests::random::Random;
use pure_agent_tests::world::World;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// More requests than a step makes.
const MOST: usize = 100;

/// A run whose agents are done, as often as a test needs it.
struct Done<'w> {
    run: Run<'w>,
    record: Vec<u8>,
}

impl<'w> Done<'w> {
    fn new(world: &'w World) -> Self {
        let run = Run::start(world, false);
        run.work();
        let record = std::fs::read(run.place.at("record.jsonl")).unwrap();
        Self { run, record }
    }

    /// Nothing was exported yet, as far as anybody knows.
    fn again(&mut self) {
        self.run.end();
        std::fs::write(self.run.place.at("record.jsonl"), &self.record).unwrap();
        self.run.hosts.forget();
        self.run.restart();
    }

    /// Every request is met by this first.
    fn met_by(&self, meets: impl FnMut() -> bool + Send + 'static) {
        *self.run.hosts.meets.lock().unwrap() = Box::new(meets);
    }

    /// A step that nobody kills does what is left to do, and one more finds it done.
    fn fine(&self, when: &str) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        self.met_by(move || {
            count.fetch_add(1, Ordering::SeqCst);
            true
        });
        let done = self.run.export();
        assert_eq!(done.status.code(), Some(0), "{when}: {}", said(&done));
        assert_eq!(self.run.hosts.left(), ONCE, "{when}");
        let before = asked.load(Ordering::SeqCst);
        let again = self.run.export();
        assert_eq!(
            result(&again)["exports"],
            result(&done)["exports"],
            "{when}"
        );
        assert_eq!(
            asked.load(Ordering::SeqCst),
            before,
            "{when}: the ledger knows"
        );
        assert_eq!(self.run.hosts.left(), ONCE, "{when}");
    }
}

/// Ends a process by its number, as `kill -9` does.
fn kill(pid: u32) {
    let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(killed.unwrap().success());
}

/// Whether the step came to its request number `at`; its service hears of it, or does not.
fn dies(done: &Done<'_>, at: usize, heard: bool) -> bool {
    let (pid, mut count) = (Arc::new(Mutex::new(None)), 0);
    let victim = Arc::clone(&pid);
    done.met_by(move || {
        count += 1;
        match count - 1 == at {
            true => {
                // The step is a child that nobody has waited for, so the number is its own.
                let waits = || victim.lock().unwrap().take();
                let found = (0..500).find_map(|_| {
                    let found = waits();
                    if found.is_none() {
                        thread::sleep(Duration::from_millis(10));
                    }
                    found
                });
                kill(found.unwrap());
                heard
            }
            false => true,
        }
    });
    let mut step = done.run.exporting();
    *pid.lock().unwrap() = Some(step.id());
    let ended = step.wait().unwrap();
    ended.code().is_none()
}

#[test]
fn at_whichever_request_a_step_is_killed_there_is_one_of_each() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let mut done = Done::new(&world);
    for heard in [true, false] {
        let mut killed = 0;
        for at in 0..MOST {
            done.again();
            if !dies(&done, at, heard) {
                break;
            }
            killed += 1;
            done.fine(&format!("killed at request {at}, heard {heard}"));
        }
        assert!((20..MOST).contains(&killed), "{killed}");
    }
}

#[test]
fn a_step_that_is_killed_at_any_moment_leaves_one_of_each() {
    let Some(world) = World::or_skip() else {
        return;
    };
    let rounds = if std::env::var_os("PURE_AGENT_LONG").is_some() {
        40
    } else {
        8
    };
    let seed = u64::from(std::process::id());
    let mut random = Random::new(seed);
    let mut done = Done::new(&world);
    for round in 0..rounds {
        done.again();
        done.met_by(|| {
            thread::sleep(Duration::from_millis(5));
            true
        });
        let mut moments = Vec::new();
        // Each is killed some time after the one before.
        for _ in 0..=random.below(3) {
            let moment = random.below(400);
            let mut step = done.run.exporting();
            thread::sleep(Duration::from_millis(moment.try_into().unwrap()));
            step.kill().unwrap();
            step.wait().unwrap();
            moments.push(moment);
        }
        done.fine(&format!(
            "seed {seed}, round {round}, killed after {moments:?} ms"
        ));
    }
}
