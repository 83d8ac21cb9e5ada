//! The agent that tries every way out. It reads what it is told on standard input, and writes a line of JSON for each
//! attempt; see the library.
//!
//! `escape [only GROUP...]`: groups are `network`, `gateway`, `kernel`, `place`, `plants` and `later`. Without groups, the first cycle of a
//! workspace tries all but `later`, and the next one `later`. `escape open`: the door that is open.

use pure_agent_escape::{Attempt, Facts, Group, Outcome, all, bounds, submit};
use std::io::{Read as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The variable with what it is told.
const TOLD: &str = "PURE_AGENT_ESCAPE";
/// Attempts at once, where they wait for networks.
const AT_ONCE: usize = 16;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [word, bytes] if *word == bounds::HOG => bounds::hog(bytes.parse().unwrap_or(0)),
        [word, place] if *word == bounds::LINGER => bounds::linger(place),
        ["open"] => pure_agent_escape::open::serve(),
        ["only", groups @ ..] => attack(|group| groups.contains(&name(group)), &heard()),
        _ => cycle(&heard()),
    }
}

fn name(group: Group) -> &'static str {
    match group {
        Group::Network => "network",
        Group::Gateway => "gateway",
        Group::Kernel => "kernel",
        Group::Place => "place",
        Group::Plants => "plants",
        Group::Later => "later",
    }
}

/// What it is told on standard input; where nobody can write there, by a variable.
fn heard() -> Facts {
    let mut prompt = String::new();
    drop(std::io::stdin().read_to_string(&mut prompt));
    if prompt.is_empty() {
        prompt = std::env::var(TOLD).unwrap_or_default();
    }
    Facts::read(&prompt)
}

/// One cycle of a run.
fn cycle(facts: &Facts) {
    if let Some(seconds) = facts.rest {
        return rest(facts, seconds);
    }
    let later = facts.later();
    // The later cycle may not come to its end.
    if later {
        hand_in(facts, later);
    }
    attack(|group| (group == Group::Later) == later, facts);
    match later {
        true => bounds::kill_parent(),
        false => {
            facts.keep();
            hand_in(facts, later);
        }
    }
}

fn hand_in(facts: &Facts, later: bool) {
    if let Some(outcome) = submit(facts, later) {
        let name = if later {
            "last-submission"
        } else {
            "submission"
        };
        say(&outcome.line(name).to_string());
    }
}

/// Shows its bearer, as one that was stolen, and stays.
fn rest(facts: &Facts, seconds: u64) {
    let bearer: String = facts
        .bearer
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    say(&serde_json::json!({"rests": bearer}).to_string());
    std::thread::sleep(std::time::Duration::from_secs(seconds.min(900)));
}

fn attack(chosen: impl Fn(Group) -> bool, facts: &Facts) {
    let attempts: Vec<_> = all()
        .into_iter()
        .filter(|(group, _)| chosen(*group))
        .collect();
    let (wide, one_by_one): (Vec<_>, Vec<_>) = attempts
        .iter()
        .partition(|(group, _)| *group == Group::Network);
    let (next, escaped) = (AtomicUsize::new(0), Mutex::new(0_usize));
    let one = |attempt: &Attempt| {
        let outcome = (attempt.way)(facts);
        if let (Outcome::Escaped(_), Ok(mut count)) = (&outcome, escaped.lock()) {
            *count += 1;
        }
        say(&outcome.line(attempt.name).to_string());
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((_, attempt)) = wide.get(next.fetch_add(1, Ordering::Relaxed)) {
                    one(attempt);
                }
            });
        }
    });
    one_by_one.iter().for_each(|(_, attempt)| one(attempt));
    let escaped = escaped.lock().map_or(usize::MAX, |count| *count);
    say(&serde_json::json!({"attempts": attempts.len(), "escaped": escaped}).to_string());
}

/// A line at once: what comes later may end this process.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{line}"));
    drop(out.flush());
}
