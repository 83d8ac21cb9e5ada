//! The agent that tries every way out (`tests/escape`), built as one static program with its helper.

use crate::cluster::host::Root;
use crate::program::static_escape;
use crate::readers::skipped;
use crate::sources::repository;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// What it is built for: it runs in an empty image.
const TARGET: &str = "x86_64-unknown-linux-musl";
/// The name of the program; its helper lies beside it.
pub const PROGRAM: &str = "escape";
/// The name of the helper.
pub const HELPER: &str = "escape-kernel";

/// The folder with both programs; `None`, said loudly, where one cannot be built.
pub fn programs() -> Option<&'static PathBuf> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = || {
        made()
            .map_err(|why| skipped(&format!("no escapes: {why}")))
            .ok()
    };
    FOLDER.get_or_init(made).as_ref()
}

fn made() -> Result<PathBuf, String> {
    let targets = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let known = targets.is_ok_and(|done| {
        std::path::Path::new(String::from_utf8_lossy(&done.stdout).trim()).exists()
    });
    if !known {
        return Err(format!("rustup has not added {TARGET}"));
    }
    let folder = static_escape()
        .parent()
        .ok_or("it has no folder")?
        .to_owned();
    let source = repository().join("tests/escape/kernel.c");
    let mut gcc = Command::new("gcc");
    gcc.args([
        "-std=gnu11",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-O2",
        "-static",
        "-s",
        "-o",
    ]);
    // Another test may be running the one that is there.
    let (fresh, helper) = (
        folder.join(format!("{HELPER}-{}", std::process::id())),
        folder.join(HELPER),
    );
    let done = gcc
        .arg(&fresh)
        .arg(source)
        .output()
        .map_err(|e| format!("gcc: {e}"))?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    std::fs::rename(fresh, helper).map_err(|e| e.to_string())?;
    Ok(folder)
}

/// What an attempt came to: its word, and the evidence.
pub type Outcomes = BTreeMap<String, (String, String)>;

/// The outcomes in a log.
///
/// # Panics
/// If an attempt is reported twice.
#[must_use]
pub fn outcomes(log: &str) -> Outcomes {
    let mut all = Outcomes::new();
    for line in log.lines() {
        let Ok(value) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        if value["attempt"].is_string() {
            let before = all.insert(text("attempt"), (text("outcome"), text("evidence")));
            assert!(before.is_none(), "{line} stands twice");
        }
    }
    all
}

/// The outcomes that a process reported.
#[must_use]
pub fn reported(done: &Output) -> Outcomes {
    outcomes(&String::from_utf8_lossy(&done.stdout))
}

/// Those with this word, with their evidence, one a line.
#[must_use]
pub fn with(outcomes: &Outcomes, word: &str) -> Vec<String> {
    let of = outcomes.iter().filter(|(_, (outcome, _))| outcome == word);
    of.map(|(name, (_, evidence))| format!("{name}: {evidence}"))
        .collect()
}

/// An address for the attacker.
#[must_use]
pub fn address(label: &str, ip: &str, port: u16) -> Value {
    json!({"label": label, "ip": ip, "port": port})
}

/// The prompt that tells an attacker these facts.
#[must_use]
pub fn prompt(facts: &Value) -> String {
    json!({ pure_agent_escape::facts::FIELD: facts }).to_string()
}

/// The image of an agent that is this program and nothing else, loaded into the cluster; its reference with digest.
///
/// # Errors
/// What is missing, as a sentence.
pub fn image() -> Result<String, String> {
    let folder = programs().ok_or("the programs are not built")?;
    let root = Root::default();
    for name in [PROGRAM, HELPER] {
        let bytes = std::fs::read(folder.join(name)).map_err(|e| e.to_string())?;
        root.file(&format!("/{name}"), bytes, 0o755)?;
    }
    root.image("attacker")
}

/// Writes what a full suite came to into `tests/`, where `GOLDEN=accept` asks for it.
///
/// # Panics
/// If it cannot be written.
pub fn keep(file: &str, place: &str, outcomes: &Outcomes) {
    if std::env::var("GOLDEN").as_deref() != Ok("accept") {
        return;
    }
    let said = |program: &str, arguments: &[&str]| {
        let done = Command::new(program)
            .args(arguments)
            .current_dir(repository())
            .output();
        done.map_or(String::new(), |done| {
            String::from_utf8_lossy(&done.stdout).trim().to_owned()
        })
    };
    let (date, commit) = (
        said("date", &["-u", "+%Y-%m-%d"]),
        said("git", &["rev-parse", "--short=12", "HEAD"]),
    );
    let count = |word: &str| with(outcomes, word).len();
    let mut text = format!(
        "# Ways out, tried {place}\n\nLast full run: {date}, commit {commit}. {} attempts led out, {} were stopped on the spot, {} were laid \
         out for others and had no effect, {} could not be shown. [What each tries, and what stops it](escapes.md).\n\n\
         | attempt | outcome |\n|---|---|\n",
        count("escaped"),
        count("blocked"),
        count("planted"),
        count("not-applicable"),
    );
    for (name, (outcome, evidence)) in outcomes {
        let shown = match outcome.as_str() {
            "planted" => "no effect",
            "not-applicable" => &format!("not shown: {evidence}"),
            other => other,
        };
        text.push_str(&format!("| {name} | {shown} |\n"));
    }
    let path = repository().join("tests").join(file);
    std::fs::write(path, text).unwrap_or_else(|e| panic!("{file}: {e}"));
}
