//! What a harness prints, on its way to the log of the pod.
//!
//! Lines are cut, control characters and the bearer are replaced, and after a number of bytes everything is dropped.
//! The harness is read to its end all the same, so that it does not block.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Mutex;
use std::sync::PoisonError;

/// Bytes that go to the log.
pub const MOST: usize = 16 * 1024 * 1024;
/// Bytes of one line.
pub const MOST_LINE: usize = 16 * 1024;
/// What stands at the end of a line that was cut.
const CUT: &str = " [cut]";
/// What stands in the place of the bearer.
const HIDDEN: &str = "[bearer]";

/// The bound that all output of a cycle shares.
pub struct Output {
    left: Mutex<Option<usize>>,
    bearer: String,
    log: fn(&str, Value),
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Output")
    }
}

impl Output {
    /// [`MOST`] bytes are left.
    #[must_use]
    pub fn new(bearer: &str, log: fn(&str, Value)) -> Self {
        Self {
            left: Mutex::new(Some(MOST)),
            bearer: bearer.to_owned(),
            log,
        }
    }

    /// Forwards until the end of `from`.
    pub fn forward(&self, from: impl Read, mut to: impl Write) {
        let mut from = BufReader::with_capacity(MOST_LINE, from);
        // A bearer that stands across the cut is found whole.
        let most = MOST_LINE.saturating_add(self.bearer.len());
        let mut line = Vec::new();
        let mut cut = false;
        loop {
            let (used, ended) = match from.fill_buf() {
                Ok([]) => break,
                Ok(bytes) => take(bytes, &mut line, most, &mut cut),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            from.consume(used);
            if ended {
                self.line(&mut line, &mut cut, &mut to);
            }
        }
        if !line.is_empty() {
            self.line(&mut line, &mut cut, &mut to);
        }
    }

    fn line(&self, line: &mut Vec<u8>, cut: &mut bool, to: &mut impl Write) {
        let text = self.clean(line, *cut);
        line.clear();
        *cut = false;
        if self.spend(text.len()) {
            // A log that is gone is no reason to end.
            drop(to.write_all(text.as_bytes()).and_then(|()| to.flush()));
        }
    }

    /// The line as it is logged.
    fn clean(&self, line: &[u8], cut: bool) -> String {
        let text = String::from_utf8_lossy(line).replace(&self.bearer, HIDDEN);
        let plain = |c: char| match c {
            '\t' => '\t',
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        };
        let mut text: String = text.trim_end_matches('\r').chars().map(plain).collect();
        let end = text.floor_char_boundary(MOST_LINE);
        if cut || end < text.len() {
            text.truncate(end);
            text.push_str(CUT);
        }
        text.push('\n');
        text
    }

    /// Whether so many bytes may go to the log. The first that may not are told there.
    fn spend(&self, bytes: usize) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = *left else {
            return false;
        };
        *left = before.checked_sub(bytes);
        if left.is_none() {
            (self.log)("output-dropped", json!({"after_bytes": MOST}));
        }
        left.is_some()
    }
}

/// Adds to a line what belongs to it; gives how much that was and whether the line is whole.
fn take(bytes: &[u8], line: &mut Vec<u8>, most: usize, cut: &mut bool) -> (usize, bool) {
    let end = bytes.iter().position(|b| *b == b'\n');
    let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
    let room = most.saturating_sub(line.len());
    *cut |= part.len() > room;
    line.extend(part.iter().take(room));
    (
        part.len().saturating_add(usize::from(end.is_some())),
        end.is_some(),
    )
}
