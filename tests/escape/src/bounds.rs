//! More than was given: memory, processes, disk and time.

use crate::{Attempt, Facts, Outcome, kernel};
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The word by which this program becomes the one that takes memory.
pub const HOG: &str = "hog";
/// The word by which it becomes the one that stays behind.
pub const LINGER: &str = "linger";
/// Processes at once: enough to meet a limit of memory, and few enough that the machine of a test stays usable.
const PROCESSES: u32 = 250;
/// Bytes beyond what was given.
const BEYOND: u64 = 64 << 20;
/// Most bytes that are ever taken, whatever a test says.
const MOST: u64 = 4 << 30;
/// How long what stays behind waits until it shows itself.
const WAIT: Duration = Duration::from_secs(8);

pub(crate) const ATTEMPTS: &[Attempt] = &[
    Attempt {
        name: "outlive",
        tries: "a process that stays behind when the cycle has ended",
        cluster: "containers end with all of their processes",
        local: "the PID namespace ends with all of its processes",
        way: outlive,
    },
    Attempt {
        name: "processes",
        tries: "two hundred and fifty processes at once",
        cluster: "the container's memory limit, and the node's limit of processes where it has one: nothing of others ends",
        local: "a limit of processes",
        way: processes,
    },
    Attempt {
        name: "memory",
        tries: "more memory than was given",
        cluster: "the container's memory limit",
        local: "a limit of memory for each of its processes",
        way: memory,
    },
];

/// Takes memory, and says whether it was given.
pub fn hog(bytes: u64) {
    let size = usize::try_from(bytes.min(MOST)).unwrap_or(0);
    let mut all = Vec::new();
    let step = 1 << 20;
    while all.len() < size && all.try_reserve(step).is_ok() {
        // Every page is written, so that it counts.
        all.resize(all.len() + step, 1_u8);
    }
    println!(
        "{}",
        if all.len() >= size {
            "taken"
        } else {
            "refused"
        }
    );
}

/// Waits until its cycle should have ended, then shows that it has not.
pub fn linger(place: &str) {
    std::thread::sleep(WAIT);
    drop(fs::write(place, crate::MARK));
}

fn myself(word: &str, argument: &str) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args([word, argument])
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    Ok(command)
}

fn memory(facts: &Facts) -> Outcome {
    let Some(given) = facts.memory else {
        return Outcome::NotApplicable("no limit is known".to_owned());
    };
    // The parent says first which of both should be ended.
    drop(fs::write("/proc/self/oom_score_adj", "0"));
    let output =
        myself(HOG, &(given + BEYOND).to_string()).and_then(|mut command| command.output());
    match output {
        Ok(output) if output.stdout.starts_with(b"taken") => {
            Outcome::Escaped(format!("{given} bytes and {BEYOND} more"))
        }
        Ok(output) => Outcome::Blocked(format!("{}", output.status)),
        Err(e) => Outcome::Blocked(e.to_string()),
    }
}

fn processes(_: &Facts) -> Outcome {
    match kernel::processes(PROCESSES) {
        // That they were given is no way out; whether others suffer shows outside.
        Outcome::Escaped(count) => Outcome::Planted(count),
        other => other,
    }
}

fn outlive(facts: &Facts) -> Outcome {
    let place = facts
        .workspace
        .join(format!("{}-lingered.txt", crate::NAME));
    let begun = myself(LINGER, &place.display().to_string()).and_then(|mut command| {
        use std::os::unix::process::CommandExt as _;
        command
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .map(drop)
    });
    match begun {
        Ok(()) => Outcome::Planted(format!("{} would be written", place.display())),
        Err(e) => Outcome::Blocked(e.to_string()),
    }
}

/// The end of whoever started this: the last thing that is tried.
pub fn kill_parent() {
    drop(std::io::stdout().flush());
    let _ended = kernel::kill(std::os::unix::process::parent_id());
}
