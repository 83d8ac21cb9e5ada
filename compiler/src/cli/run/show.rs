//! What a run tells on standard error: one line for each thing that happens, and on a terminal one more, which is
//! always the last, with what was used so far.

use crate::local::outcome::Outcome;
use crate::local::tidings::{Tiding, Used};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::Path;
use std::time::Instant;

/// Takes the last line of a terminal away.
const AWAY: &str = "\r\u{1b}[K";
/// Most bytes of a text that others wrote, where it is not the matter itself.
const MOST: usize = 160;

/// The lines of one run.
pub(super) struct Screen {
    start: Instant,
    terminal: bool,
    cycle: Option<u64>,
    used: Used,
    currency: String,
}

impl Screen {
    pub(super) fn new(currency: String) -> Self {
        Self {
            start: Instant::now(),
            terminal: std::io::stderr().is_terminal(),
            cycle: None,
            used: Used::default(),
            currency,
        }
    }

    /// What is printed for a tiding.
    pub(super) fn tell(&mut self, tiding: &Tiding) -> String {
        match tiding {
            Tiding::Cycle(cycle) => self.cycle = Some(*cycle),
            Tiding::Used(used) => self.used = *used,
            _ => {}
        }
        match (tiding, self.terminal) {
            // Where lines stay, each is worth its place.
            (Tiding::Used(_), true) => self.last(),
            (tiding, _) => self.say(&words(tiding, &self.currency)),
        }
    }

    /// A line.
    pub(super) fn say(&self, text: &str) -> String {
        let seconds = self.start.elapsed().as_secs();
        let time = format!("{:02}:{:02}", seconds / 60, seconds % 60);
        match self.terminal {
            true => format!("{AWAY}{time}  {text}\n{}", self.last()),
            false => format!("{time}  {text}\n"),
        }
    }

    /// After the last tiding.
    pub(super) fn rest(&self) -> String {
        if self.terminal {
            AWAY.to_owned()
        } else {
            String::new()
        }
    }

    fn last(&self) -> String {
        let Some(cycle) = self.cycle else {
            return String::new();
        };
        format!("{AWAY}cycle {cycle}: {}", used(&self.used, &self.currency))
    }
}

fn words(tiding: &Tiding, currency: &str) -> String {
    match tiding {
        Tiding::Step(what) => plain(what),
        Tiding::Trouble(what) => format!("trouble: {}", plain(what)),
        Tiding::Chosen(agent, why) => format!("agent {} ({})", plain(agent), plain(why)),
        Tiding::Cycle(cycle) => format!("cycle {cycle} begins"),
        Tiding::Used(so_far) => format!("used so far: {}", used(so_far, currency)),
        Tiding::Tool(server, tool) => format!("tool {}.{}", plain(server), plain(tool)),
        Tiding::Denied(rule, target) => format!("denied by {}: {}", plain(rule), plain(target)),
        Tiding::DeniedMore(count) => format!("denied: {count} more"),
        Tiding::Submitted => "the agent has submitted".to_owned(),
        Tiding::Asked(how, about) => format!("waits for approval {}: {}", plain(how), plain(about)),
        Tiding::Answered(true) => "approved".to_owned(),
        Tiding::Answered(false) => "not approved".to_owned(),
        Tiding::Passed(step, outcome) => format!("step {}: {}", plain(step), plain(outcome)),
        Tiding::Decided(next, why) => format!("router: {} ({})", plain(next), plain(why)),
        Tiding::Exported(name, how) => format!("export {}: {}", plain(name), plain(how)),
        Tiding::WouldSend(request) => would_send(request),
    }
}

fn used(used: &Used, currency: &str) -> String {
    let Used {
        turns,
        tokens,
        micros,
    } = used;
    let mut text = format!("{turns} turns, {tokens} tokens");
    if *micros > 0 {
        let (whole, rest) = (micros / 1_000_000, micros % 1_000_000 / 100);
        // Writing to a string cannot fail.
        let _ = write!(text, ", {whole}.{rest:04} {currency}");
    }
    text
}

fn would_send(request: &Value) -> String {
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let (method, url, body) = (text("method"), text("url"), text("body"));
    let mut out = format!("would send {} {}", plain(method), visible(url));
    let json = serde_json::from_str::<Value>(body).ok();
    let pretty = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
    for line in pretty.as_deref().unwrap_or(body).lines() {
        // Writing to a string cannot fail.
        let _ = write!(out, "\n         {}", visible(line));
    }
    out
}

/// Text that moves no cursor, and has an end.
fn plain(text: &str) -> String {
    let mut out = visible(
        text.get(..text.floor_char_boundary(MOST))
            .unwrap_or_default(),
    );
    if text.len() > MOST {
        out.push('…');
    }
    out
}

/// Text that moves no cursor.
fn visible(text: &str) -> String {
    let safe = |c: char| match c.is_control() {
        true => char::REPLACEMENT_CHARACTER,
        false => c,
    };
    text.chars().map(safe).collect()
}

/// After the result.
pub(super) fn summary(outcome: &Outcome, folder: &Path) -> String {
    let text = |name: &str| outcome.document[name].as_str().unwrap_or("none").to_owned();
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    line(format!("verdict: {} ({})", text("verdict"), text("reason")));
    if let Some(why) = outcome.document["error"].as_str() {
        line(format!("because: {}", plain(why)));
    }
    let (record, whole) = &outcome.record;
    match whole {
        Ok(lines) => line(format!(
            "record: {} ({lines} lines, whole)",
            record.display()
        )),
        Err(why) => line(format!("record: {} is BROKEN: {why}", record.display())),
    }
    if let Some(workspace) = &outcome.workspace {
        line(format!(
            "workspace: {}; an agent wrote it: do not trust its files",
            workspace.display()
        ));
    }
    for what in &outcome.left {
        line(format!("left: {what}"));
    }
    line(format!("all of it: {}", folder.display()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_moves_no_cursor_and_has_an_end() {
        let denied = Tiding::Denied("path".to_owned(), "GET /\u{1b}[2J\n".to_owned());
        let said = words(&denied, "");
        assert!(!said.contains('\u{1b}') && !said.contains('\n'), "{said:?}");
        assert_eq!(plain(&"x".repeat(1000)).chars().count(), MOST + 1);
        assert!(plain(&"한".repeat(100)).ends_with('…'));
    }

    #[test]
    fn usage_is_told_in_its_units() {
        let told = Used {
            turns: 2,
            tokens: 40,
            micros: 1_234_500,
        };
        assert_eq!(used(&told, "EUR"), "2 turns, 40 tokens, 1.2345 EUR");
        assert_eq!(used(&Used::default(), "EUR"), "0 turns, 0 tokens");
    }

    #[test]
    fn what_would_be_sent_is_shown_whole() {
        let body = serde_json::json!({"text": "x".repeat(1000), "escape": "\u{1b}"}).to_string();
        let request =
            serde_json::json!({"method": "POST", "url": "https://a.example", "body": body});
        let said = would_send(&request);
        assert!(
            said.starts_with("would send POST https://a.example\n"),
            "{said}"
        );
        assert!(said.contains(&"x".repeat(1000)) && !said.contains('\u{1b}'));
    }
}
