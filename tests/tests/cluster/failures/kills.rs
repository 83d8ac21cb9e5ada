//! Parts of a run that are killed, as a crash does, or taken away, as an eviction does, at random points.

use super::{Case, Ends, SPEC};
use pure_agent_tests::cluster::site::Run;
use pure_agent_tests::random::Random;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Two cycles, each of some seconds.
const SCRIPT: &str = "two 6";

/// A part of a run, and how it is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// Its container is killed.
    Killed,
    /// Its pod is taken away.
    Taken,
}

/// Parts, and how a run ends that loses one.
const PARTS: [(&str, Lost, Ends); 10] = [
    ("launcher", Lost::Killed, Ends::Done),
    ("agent", Lost::Killed, Ends::Done),
    ("gateway", Lost::Killed, Ends::Done),
    // Their pods end with their container, and the same pod is not made twice.
    ("router", Lost::Killed, Ends::Either),
    ("export", Lost::Killed, Ends::Either),
    ("launcher", Lost::Taken, Ends::Done),
    ("agent", Lost::Taken, Ends::Done),
    // Its record is in a volume, its address is in every pod: the run is over.
    ("gateway", Lost::Taken, Ends::Failed),
    ("router", Lost::Taken, Ends::Done),
    ("export", Lost::Taken, Ends::Done),
];

/// So many kills, each part in turn.
pub(crate) fn cases(count: usize, seed: u64) -> Vec<Case<'static>> {
    let random = Mutex::new(Random::new(seed));
    let parts = PARTS.iter().cycle().take(count);
    let cases = parts.map(|(part, lost, ends)| {
        let below = |limit| random.lock().unwrap().below(limit);
        // Which one of several, and how long after it was first seen.
        let (cycle, pause) = (below(2), below(4000));
        Case {
            name: format!(
                "{part} {}",
                if *lost == Lost::Killed {
                    "killed"
                } else {
                    "taken away"
                }
            ),
            act: Box::new(move |run| lose(run, (part, *lost), cycle, pause)),
            ..Case::new(SPEC, SCRIPT, *ends, Duration::from_secs(900))
        }
    });
    cases.collect()
}

/// Loses the part of this cycle, this long after it is there; tells at which point.
fn lose(run: &Run<'_>, (part, lost): (&str, Lost), cycle: usize, pause: usize) -> String {
    let end = match part {
        "agent" | "router" => format!("{part}-{cycle}"),
        other => other.to_owned(),
    };
    let pause = Duration::from_millis(u64::try_from(pause).unwrap());
    let begun = Instant::now();
    loop {
        assert!(
            begun.elapsed() < Duration::from_secs(600),
            "{end} never came"
        );
        if run.is_over() {
            return format!("{end} was over");
        }
        let there = match part {
            "launcher" => {
                begun.elapsed() > Duration::from_secs(20 * cycle as u64)
                    && !run.launchers().is_empty()
            }
            _ => run
                .pod(&end)
                .is_some_and(|pod| lost == Lost::Taken || pod["status"]["phase"] == "Running"),
        };
        if there {
            // What ends at once is met at once.
            if part != "router" {
                std::thread::sleep(pause);
            }
            let done = match (part, lost) {
                ("launcher", _) => run.launchers().iter().any(|pod| {
                    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
                    match lost {
                        Lost::Killed => run.kill_pod(pod),
                        Lost::Taken => run.take(name),
                    }
                }),
                (_, Lost::Killed) => run.kill(&end),
                (_, Lost::Taken) => {
                    run.pod(&end).is_some() && run.take(&format!("{}-{end}", run.name))
                }
            };
            if done {
                return format!(
                    "{end}, {:.1} s after submission",
                    run.since.elapsed().as_secs_f64()
                );
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
