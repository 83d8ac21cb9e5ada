//! What a line of the record is.
//!
//! `{"seq":N,"time":T,"prev":"P","event":{…},"hash":"H"}` and a newline: N counts from 1, T is milliseconds
//! since 1970 and never goes back, P is the hash of the line before (64 zeros for the first), H the SHA-256
//! of the line's bytes with `,"hash":"H"` left out. A line has one form: what this module would write.

use super::event::{Event, RunOpened};
use super::rule::Rule;
use crate::digest::hex;
use crate::strict;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Most bytes of a line, its newline included.
pub const MOST_LINE: usize = 4 << 20;
/// Bytes of a line that are not the event's, at most.
pub const FRAME: usize = 256;
/// What stands before the hash.
const HASH: &str = ",\"hash\":\"";
/// What stands after it.
const END: &str = "\"}";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Number of the line, from 1.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub time: u64,
    /// Hash of the line before.
    pub prev: String,
    /// What happened.
    pub event: Event,
    /// SHA-256, in hexadecimal.
    pub hash: String,
}

/// The end of a chain: what the next line must join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    lines: u64,
    time: u64,
    hash: String,
    run: Option<RunOpened>,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            lines: 0,
            time: 0,
            hash: "0".repeat(64),
            run: None,
        }
    }
}

impl Chain {
    /// Number of lines so far.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Hash of the last line; 64 zeros before the first.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Time of the last line, in milliseconds since 1970; 0 before the first.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.time
    }

    /// The run that the first line names.
    #[must_use]
    pub fn run(&self) -> Option<&RunOpened> {
        self.run.as_ref()
    }

    /// Verifies the next line, given without its newline, and joins it.
    ///
    /// # Errors
    /// The first [`Rule`] that it breaks; the chain is then as it was.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Line, Rule> {
        if bytes.len() >= MOST_LINE {
            return Err(Rule::TooLong);
        }
        let line = parse(bytes)?;
        if Some(line.seq) != self.lines.checked_add(1) {
            return Err(Rule::Sequence);
        }
        if line.prev != self.hash {
            return Err(Rule::PreviousHash);
        }
        if serde_json::to_vec(&line).ok().as_deref() != Some(bytes) {
            return Err(Rule::NotCanonical);
        }
        let body = bytes.len().saturating_sub(HASH.len() + 64 + END.len());
        if line.hash != digest(bytes.get(..body).unwrap_or_default()) {
            return Err(Rule::OwnHash);
        }
        if line.time < self.time {
            return Err(Rule::Time);
        }
        let opens = line.event.opens();
        self.admits(opens)?;
        self.join(line.time, line.hash.clone(), opens);
        Ok(line)
    }

    /// Writes the next line, newline included, and joins it. `text` is an event in JSON, which `opens` that run; a
    /// time before that of the last line is taken for the same.
    ///
    /// # Errors
    /// An event that [`Chain::read`] would refuse here; the chain is then as it was.
    pub fn write(
        &mut self,
        now: u64,
        opens: Option<&RunOpened>,
        text: &str,
    ) -> Result<Vec<u8>, Rule> {
        self.admits(opens)?;
        let seq = self.lines.checked_add(1).ok_or(Rule::Sequence)?;
        let (time, prev) = (self.time.max(now), &self.hash);
        let body = format!("{{\"seq\":{seq},\"time\":{time},\"prev\":\"{prev}\",\"event\":{text}");
        let hash = digest(body.as_bytes());
        let line = format!("{body}{HASH}{hash}{END}\n").into_bytes();
        if line.len() > MOST_LINE {
            return Err(Rule::TooLong);
        }
        self.join(time, hash, opens);
        Ok(line)
    }

    /// Whether `tail`, the bytes after the last newline, is the beginning of the next line, as a crash in the
    /// middle of a write leaves it (zeros at the end are what a file system may leave of it).
    ///
    /// # Errors
    /// [`Rule::Tail`]: a whole line with something else than a newline after it, or no beginning of a line;
    /// [`Rule::TooLong`].
    pub fn torn(&self, tail: &[u8]) -> Result<(), Rule> {
        if tail.len() >= MOST_LINE {
            return Err(Rule::TooLong);
        }
        if let Some(end) = whole(tail)
            && end < tail.len()
        {
            return Err(Rule::Tail);
        }
        let zeros = tail.iter().rev().take_while(|b| **b == 0).count();
        let text = tail.get(..tail.len() - zeros).unwrap_or_default();
        let start = format!("{{\"seq\":{},\"time\":", self.lines.saturating_add(1));
        let common = start.len().min(text.len());
        match text.get(..common) == start.as_bytes().get(..common) {
            true => Ok(()),
            false => Err(Rule::Tail),
        }
    }

    /// The first line opens the run, and no later one opens another.
    fn admits(&self, opens: Option<&RunOpened>) -> Result<(), Rule> {
        match (&self.run, opens) {
            (None, Some(_)) => Ok(()),
            (None, None) => Err(Rule::NoRun),
            (Some(run), Some(again)) if !run.same(again) => Err(Rule::OtherRun),
            (Some(_), _) => Ok(()),
        }
    }

    fn join(&mut self, time: u64, hash: String, opens: Option<&RunOpened>) {
        self.lines = self.lines.saturating_add(1);
        self.time = time;
        self.hash = hash;
        if self.run.is_none() {
            self.run = opens.cloned();
        }
    }
}

impl RunOpened {
    /// Whether both name the same run; the time of opening does not count.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        let Self {
            uid,
            bundle,
            contract,
            time: _,
        } = other;
        (&self.uid, &self.bundle, &self.contract) == (uid, bundle, contract)
    }
}

/// The hash of a line whose bytes up to the hash are `body`.
fn digest(body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(body);
    hash.update(b"}");
    hex(&hash.finalize())
}

fn parse(bytes: &[u8]) -> Result<Line, Rule> {
    // The strict reader makes one error of its own: of data, for a key that stands twice.
    let value = strict::value(bytes).map_err(|e| match e.is_data() {
        true => Rule::KeyTwice,
        false => Rule::BadJson,
    })?;
    serde_json::from_value(value).map_err(|e| match e.to_string().starts_with("unknown field") {
        true => Rule::UnknownField,
        false => Rule::Malformed,
    })
}

/// Where the first whole line in `tail` ends. Within a string its quotes would be escaped.
fn whole(tail: &[u8]) -> Option<usize> {
    let at = tail
        .windows(HASH.len())
        .position(|window| window == HASH.as_bytes())?;
    let end = at + HASH.len() + 64 + END.len();
    tail.get(..end)?.ends_with(END.as_bytes()).then_some(end)
}
