//! A process that is killed while it appends.

use super::super::log::Log;
use super::super::verify::verify;
use super::{Folder, denied, opened, wait};
use crate::record::Event;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const FILE: &str = "PURE_AGENT_TEST_RECORD";
const ROUNDS: u32 = 12;

/// Not a test of its own: the process that is killed. Appends from four threads and prints each line that is
/// said to be on the disk.
#[test]
fn child_that_appends() {
    let Some(path) = std::env::var_os(FILE) else {
        return;
    };
    let (log, events) = Log::open(path.as_ref()).unwrap();
    if events.is_empty() {
        wait(log.append(&Event::RunOpened(opened())).unwrap()).unwrap();
    }
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let log = &log;
            scope.spawn(move || {
                for n in 0..100_000_u32 {
                    let target = format!("{thread}-{n}-{}", std::process::id());
                    let line = wait(log.append(&denied(&target)).unwrap()).unwrap();
                    // One write for each, so that none is torn.
                    let text = format!("\nacknowledged {line} {target}\n");
                    std::io::stdout().write_all(text.as_bytes()).unwrap();
                    std::io::stdout().flush().unwrap();
                }
            });
        }
    });
}

fn microseconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::from(now.subsec_nanos() / 7 % 40_000)
}

/// Starts a child, kills it after a short time, and gives what it was told.
fn round(path: &std::path::Path) -> Vec<(usize, String)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "record::tests::crash::child_that_appends"])
        .args(["--nocapture", "--test-threads=1"])
        .env(FILE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    // The time counts from the first event on.
    let mut text = String::new();
    for _ in 0..50 {
        if text.contains("acknowledged") || output.read_line(&mut text).unwrap() == 0 {
            break;
        }
    }
    let reader = std::thread::spawn(move || {
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).unwrap();
        text + &String::from_utf8_lossy(&rest)
    });
    std::thread::sleep(Duration::from_micros(microseconds()));
    child.kill().unwrap();
    child.wait().unwrap();
    let text = reader.join().unwrap();
    text.split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n')?.strip_prefix("acknowledged "))
        .filter_map(|line| line.split_once(' '))
        .map(|(line, target)| (line.parse().unwrap(), target.to_owned()))
        .collect()
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = Folder::new();
    let mut acknowledged = Vec::new();
    for _ in 0..ROUNDS {
        let told = round(&folder.file());
        assert!(!told.is_empty(), "the child did not work");
        acknowledged.extend(told);
        let (log, events) = Log::open(&folder.file()).unwrap();
        log.close().unwrap();
        for (line, target) in &acknowledged {
            assert_eq!(events.get(line - 1), Some(&denied(target)), "line {line}");
        }
        let lines = verify(&folder.file()).unwrap().lines;
        assert_eq!(lines, events.len() as u64);
    }
}
