//! How lists and objects of a cluster are printed, and how a question is asked.

use super::args::Output;
use crate::cli::exit::Failure;
use crate::cli::terminal::Terminal;
use crate::diag::plain::one_line;
use crate::{value, yaml};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An object for programs; `None` where people read.
pub(super) fn machine(
    output: Option<Output>,
    data: &impl Serialize,
) -> Result<Option<String>, Failure> {
    let no_data = |why: String| Failure::Bug(format!("what is shown is no data: {why}"));
    match output {
        None | Some(Output::Wide) => Ok(None),
        Some(Output::Json) => {
            let text = serde_json::to_string_pretty(data).map_err(|e| no_data(e.to_string()))?;
            Ok(Some(text + "\n"))
        }
        Some(Output::Yaml) => {
            let data = value::to_value(data).map_err(|e| no_data(e.to_string()))?;
            Ok(Some(yaml::document(&data)))
        }
    }
}

/// Rows with a head, each column as wide as it must be.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| one_line(cell).into_owned()).collect())
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        widest.max(head.get(column).map_or(0, |title| title.len()))
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    let titles: Vec<String> = head.iter().map(|title| (*title).to_owned()).collect();
    for row in std::iter::once(&titles).chain(&rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Writing into a string cannot fail.
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Asks whether to go on. Where nobody can be asked, `--yes` is asked for.
pub(super) fn agreed(question: &str, yes: bool, terminal: &mut Terminal) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            "standard input is no terminal, so nobody can be asked",
            "write `--yes` after a look at what would happen",
        ));
    }
    terminal.err(&format!("{question} [y/N] "));
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|e| Failure::Io("cannot read the answer".to_owned(), e))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// How long ago a time of the API server was, in its two largest units; empty for what is no time.
pub(super) fn ago(time: &str) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    match seconds(time) {
        Some(then) => span(now.as_secs().saturating_sub(then)),
        None => String::new(),
    }
}

/// The time between two times of the API server; empty where one is none.
pub(super) fn between(start: &str, end: &str) -> String {
    match (seconds(start), seconds(end)) {
        (Some(start), Some(end)) => span(end.saturating_sub(start)),
        _ => String::new(),
    }
}

/// How far away a time in seconds since 1970 is; empty where it is over.
pub(super) fn left(until: u64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    match until.checked_sub(now.as_secs()) {
        Some(seconds) if seconds > 0 => span(seconds),
        _ => String::new(),
    }
}

/// Seconds in words: `45s`, `3m20s`, `2h5m`, `4d3h`.
fn span(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{}s", seconds % 60),
        (0, _, _) => format!("{hours}h{}m", minutes % 60),
        _ => format!("{days}d{}h", hours % 24),
    }
}

/// Seconds since 1970 of `2026-01-02T03:04:05Z`.
fn seconds(time: &str) -> Option<u64> {
    let (date, clock) = time.strip_suffix('Z')?.split_once('T')?;
    let number = |text: &str| text.parse::<u64>().ok();
    let mut clock = clock.split('.').next()?.split(':');
    let (h, m, s) = (clock.next()?, clock.next()?, clock.next()?);
    let days = u64::from(crate::values::date::Date::parse(date).ok()?.days());
    Some(days * 86_400 + number(h)? * 3600 + number(m)? * 60 + number(s)?)
}

#[cfg(test)]
mod tests {
    use super::{between, seconds, span, table};

    #[test]
    fn times_of_the_api_server_are_read() {
        assert_eq!(seconds("1970-01-02T00:00:01Z"), Some(86_401));
        assert_eq!(seconds("2026-01-01T00:00:00Z"), Some(1_767_225_600));
        assert_eq!(seconds("2026-01-01T00:00:00.123456Z"), Some(1_767_225_600));
        assert_eq!(seconds(""), None);
        assert_eq!(seconds("2026-01-01"), None);
        assert_eq!(
            between("2026-01-01T00:00:00Z", "2026-01-01T00:03:20Z"),
            "3m20s"
        );
        assert_eq!(between("2026-01-01T00:00:00Z", ""), "");
    }

    #[test]
    fn spans_have_two_units() {
        let cases = [
            (0, "0s"),
            (59, "59s"),
            (61, "1m1s"),
            (7500, "2h5m"),
            (356_400, "4d3h"),
        ];
        for (seconds, text) in cases {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn columns_are_as_wide_as_they_must_be_and_nothing_moves_the_cursor() {
        let rows = [
            vec!["a".to_owned(), "\u{1b}[2J".to_owned()],
            vec!["long-one".to_owned(), String::new()],
        ];
        assert_eq!(
            table(&["RUN", "X"], &rows),
            "RUN       X\na         \\u{1b}[2J\nlong-one\n"
        );
    }
}
