//! The last full result, as a table.

use pure_agent_tests::sources::repository;
use std::fmt;
use std::fmt::Write as _;
use std::process::Command;

/// How to read it.
const NOTES: &str = "A part that is *killed* loses its container, as by a crash; one that is *taken away* loses its pod, as by an \
    eviction. A launcher that is killed leaves Argo no word, so Argo looks again when the time of its step is over, at \
    most twenty minutes later: a gateway's is not started again then, and the run ends red with its volumes; an agent's \
    costs the cycle.\n\n";

/// A case and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What happened.
    pub(crate) case: String,
    /// At which point.
    pub(crate) did: String,
    /// How the run ended, or what is wrong with that.
    pub(crate) told: String,
    /// Its length.
    pub(crate) seconds: Option<f64>,
    /// Whether that is how it must end.
    pub(crate) fine: bool,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            case,
            did,
            told,
            seconds,
            fine,
        } = self;
        let mark = if *fine { "as documented" } else { "WRONG" };
        let seconds = seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.0}"));
        // The logs that follow are for whoever looks at the run, not for a table.
        let told = told.lines().next().unwrap_or_default();
        write!(f, "| {case} | {did} | {told} | {seconds} | {mark} |")
    }
}

/// Writes the table where that is wanted; asserts that all are fine.
///
/// # Panics
/// If one is not.
pub(crate) fn judge(rows: &[Row], seed: u64) {
    let mut text = String::from(
        "# Failures on a real cluster\n\nWhat `PURE_AGENT_LONG=1 GOLDEN=accept cargo test -p pure-agent-tests --test cluster failures` \
         found last.\n\n",
    );
    let said = |args: &[&str], program: &str| {
        let done = Command::new(program)
            .args(args)
            .current_dir(repository())
            .output();
        done.map_or_else(
            |_untold| String::new(),
            |done| String::from_utf8_lossy(&done.stdout).trim().to_owned(),
        )
    };
    let (date, commit) = (
        said(&["-u", "+%Y-%m-%d"], "date"),
        said(&["rev-parse", "--short", "HEAD"], "git"),
    );
    let _written = write!(
        text,
        "{date}, commit {commit}, seed {seed}, {} runs.\n\n",
        rows.len()
    );
    text.push_str(NOTES);
    text.push_str("| case | at | outcome | s | |\n|---|---|---|---|---|\n");
    for row in rows {
        let _written = writeln!(text, "{row}");
    }
    println!("{text}");
    let all = super::long() && std::env::var_os("PURE_AGENT_ONLY").is_none();
    if all && std::env::var_os("GOLDEN").is_some_and(|how| how == "accept") {
        // What went wrong stands in it, too.
        std::fs::write(repository().join("tests/failures.md"), text).unwrap();
    }
    let wrong: Vec<String> = rows
        .iter()
        .filter(|row| !row.fine)
        .map(|row| format!("{row}\n{}", row.told))
        .collect();
    assert!(wrong.is_empty(), "seed {seed}\n{}", wrong.join("\n"));
}
