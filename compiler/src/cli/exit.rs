//! How a process ends: one table, whatever the command and the format.

use super::input::stderr_line;
use crate::codes::Code;
use crate::diag::{Report, Severity};
use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Nothing found, or warnings alone.
    Fine = 0,
    /// Findings or drift.
    Findings = 1,
    /// Usage, input and output, or a fault of the program.
    Failure = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// What a run with these findings ends with.
    #[must_use]
    pub fn of<'a>(reports: impl IntoIterator<Item = &'a Report>) -> Self {
        let mut exit = Self::Fine;
        for finding in reports.into_iter().flat_map(Report::iter) {
            if finding.severity == Severity::Error && finding.waived.is_none() {
                // Without a place it is a file that the command line named.
                let unread = matches!(finding.code, Code::FileNotRead | Code::LeavesRoot);
                let this = if unread && finding.span.is_none() {
                    Self::Failure
                } else {
                    Self::Findings
                };
                exit = exit.max(this);
            }
        }
        exit
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was asked for something that cannot be done; what to do instead.
    Usage {
        /// What is wrong.
        message: String,
        /// What to type.
        help: String,
    },
    /// Files that are not to be replaced; which, and why.
    Refused(String),
    /// A file or stream; what was to be done with it.
    Io(String, io::Error),
    /// A fault of the program itself.
    Bug(String),
}

impl Failure {
    /// A wrong use of the command.
    pub(super) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage { message, help } => write!(f, "error: {message}\nhelp: {help}"),
            Self::Refused(why) => write!(f, "error: {why}"),
            Self::Io(what, why) => write!(f, "error: {what}: {why}"),
            Self::Bug(what) => write!(f, "error: {what}\n{BUG}"),
        }
    }
}

const BUG: &str = "this is a bug in pure-agent: please report it with the sources that lead here";

/// Makes a panic end as the table says instead of with a code of its own.
pub(super) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        stderr_line(&format!(
            "pure-agent {}: {panic}\n{BUG}",
            env!("CARGO_PKG_VERSION")
        ));
        #[expect(
            clippy::exit,
            reason = "a hook cannot return a code, and abort would end with 134"
        )]
        std::process::exit(i32::from(Exit::Failure as u8));
    }));
}

/// Prints what `clap` has to say: a help text, or what is wrong with the arguments.
pub(super) fn of_usage(error: &clap::Error) -> Exit {
    match error.print().and_then(|()| io::stdout().flush()) {
        Ok(()) if !error.use_stderr() => Exit::Fine,
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
        Ok(()) | Err(_) => Exit::Failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Base, Finding, Findings};
    use crate::span::{SourceId, Sources, Span};
    use std::process::Command;

    fn of(finding: Finding) -> Exit {
        let mut findings = Findings::default();
        findings.push(finding);
        Exit::of(&[Report::new(findings, Sources::default(), Base::default())])
    }

    /// Runs alone in a process of its own, where its panic ends that process.
    #[test]
    #[ignore = "ends the process: the next test runs it"]
    fn panics() {
        report_panics();
        panic!("planned");
    }

    #[test]
    fn a_panic_ends_with_the_code_of_a_failure_and_says_what_it_is() {
        let out = Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "--nocapture",
                "cli::exit::tests::panics",
            ])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{text}");
        assert!(
            text.contains("planned") && text.contains("this is a bug in pure-agent"),
            "{text}"
        );
    }

    #[test]
    fn the_table_is_kept() {
        let place = Span {
            source: SourceId(0),
            start: 0,
            end: 0,
        };
        let error = Finding::new(Code::FileNotRead, place, "m");
        let mut warning = error.clone();
        warning.severity = Severity::Warning;
        let mut waived = error.clone();
        waived.waived = Some("ours".to_owned());
        assert_eq!(Exit::of([]), Exit::Fine);
        assert_eq!(of(warning), Exit::Fine);
        assert_eq!(of(waived), Exit::Fine);
        assert_eq!(of(error), Exit::Findings);
        assert_eq!(of(Finding::placeless(Code::Drift, "m")), Exit::Findings);
        assert_eq!(
            of(Finding::placeless(Code::FileNotRead, "m")),
            Exit::Failure
        );
        assert_eq!(
            [Exit::Fine as u8, Exit::Findings as u8, Exit::Failure as u8],
            [0, 1, 2]
        );
    }
}
