//! The texts of comments, and their bounds. Their headings are what readers of issues know.

use super::super::ledger::Known;
use super::super::notify::MOST_WORDS;
use super::super::text::{chat, harmless};
use super::super::{Refused, refused};
use super::submitted::Submission;
use crate::pack::scan;

/// Most bytes of a summary.
const MOST_SUMMARY: u64 = 32 * 1024;
/// Most bytes of a title.
pub(super) const MOST_TITLE: u64 = 800;
/// Most bytes of a pull request's text.
pub(super) const MOST_BODY: u64 = 40_000;

/// The comment with the summary; it says so where there is none.
pub(super) fn summary(
    submission: Option<&Submission>,
    problem: bool,
    known: &Known,
) -> Result<String, Refused> {
    let text = match submission {
        Some(submission) => {
            bounded("summary", &submission.summary, MOST_SUMMARY)?;
            harmless(&submission.summary)
        }
        None if problem => "The submission of the agent was refused.".to_owned(),
        None => {
            let reason = known.reason.as_deref().unwrap_or("unknown");
            format!("The agent submitted nothing. The run ended because of `{reason}`.")
        }
    };
    Ok(format!("## Agent 작업 요약\n\n{text}"))
}

/// The comment with a report.
pub(super) fn report(text: &str, size: u64) -> Result<String, Refused> {
    bounded("report", text, size)?;
    Ok(format!("## 분석 리포트\n\n{}", harmless(text)))
}

/// A summary for a message: one line, cut short, that calls nobody and links nothing. Where it may not leave, the message
/// still does.
pub(super) fn words(summary: &str) -> String {
    match bounded("summary", summary, MOST_SUMMARY) {
        Ok(()) => chat(summary, MOST_WORDS),
        Err(refused) => format!("(left out: {refused})"),
    }
}

/// A text within its bound, in which nothing looks like a secret.
pub(super) fn bounded(what: &str, text: &str, most: u64) -> Result<(), Refused> {
    if text.is_empty() && what != "body" {
        return Err(refused("text-empty", format!("the {what} is empty")));
    }
    if text.len() as u64 > most {
        let why = format!("the {what} has more than {most} bytes");
        return Err(refused("text-length", why));
    }
    match scan::whole(text.as_bytes()).first() {
        Some(rule) => Err(refused("secret-inside", format!("the {what} holds {rule}"))),
        None => Ok(()),
    }
}
