//! Reminds an agent that owes a submission, a bounded number of times in a cycle.
//!
//! There are two who remind: the shim, when the harness has ended, and a hook that a harness calls before it ends. The
//! count is a file with one byte for each reminder. The agent could change it, and would gain reminders by that.

use super::left;
use super::told::{Submission, Told};
use serde_json::json;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// The variable that tells a hook where the count is.
pub const COUNT: &str = "PURE_AGENT_REMINDED";
/// Name of the count in the scratch space.
const FILE: &str = ".pure-agent-reminded";
/// Reminders at most, whatever the contract says.
const MOST: u64 = 100;
/// Most bytes of what a harness tells its hook.
const MOST_TOLD: u64 = 1024 * 1024;
/// Time in which it tells that.
const TELLING: Duration = Duration::from_secs(3);
/// How long the gateway may not answer a hook.
const PATIENCE: Duration = Duration::from_secs(3);

/// The reminders of a cycle.
#[derive(Debug, Clone)]
pub struct Reminders(PathBuf);

impl Reminders {
    /// None yet.
    #[must_use]
    pub fn begin(tmp: &Path) -> Self {
        let path = tmp.join(FILE);
        // Where this fails, `take` fails too, and nobody is reminded.
        drop(std::fs::remove_file(&path));
        Self(path)
    }

    /// Those that were given so far, by the path of the count.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where the count is.
    #[must_use]
    pub fn path(&self) -> OsString {
        self.0.clone().into_os_string()
    }

    /// Counts a reminder and gives its text, where one is due and left.
    #[must_use]
    pub fn take(&self, submission: &Submission) -> Option<String> {
        if submission.submitted || !submission.required {
            return None;
        }
        let given = match std::fs::symlink_metadata(&self.0) {
            Ok(count) => count.len(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => 0,
            Err(_) => return None,
        };
        if given >= u64::from(submission.reminders).min(MOST) {
            return None;
        }
        let file = OpenOptions::new().append(true).create(true).open(&self.0);
        file.and_then(|mut file| file.write_all(b"r")).ok()?;
        Some(submission.reminder.clone())
    }
}

/// What the hook answers before a harness ends: the document that keeps it from ending; none where it may.
///
/// Whatever is not known lets it end: the router decides what an agent that has not submitted means.
pub async fn stop(folder: &Path, address: &str, count: &Path) -> Option<String> {
    hear();
    let bearer = left::bearer(folder).ok()?;
    let told = Told {
        address,
        bearer: &bearer,
        patience: PATIENCE,
    };
    let submission = told.submission().await.ok()?;
    let reason = Reminders::at(count).take(&submission)?;
    Some(json!({"decision": "block", "reason": reason}).to_string())
}

/// Reads what the harness tells, so that it does not fail at telling; nothing of it matters.
fn hear() {
    let (sender, heard) = mpsc::channel();
    drop(std::thread::spawn(move || {
        let mut told = io::stdin().lock().take(MOST_TOLD);
        drop(io::copy(&mut told, &mut io::sink()));
        let _late = sender.send(());
    }));
    let _late = heard.recv_timeout(TELLING);
}
