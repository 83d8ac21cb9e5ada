//! Verifies a finished record.

use super::chain::Chain;
use super::event::RunOpened;
use super::read::lines;
use super::rule::{Broken, Rule};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// What a record holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// The run.
    pub run: RunOpened,
    /// Number of lines.
    pub lines: u64,
    /// Time of the first line, in milliseconds since 1970.
    pub first: u64,
    /// Time of the last line, in milliseconds since 1970.
    pub last: u64,
    /// Hash of the last line, in hexadecimal. A record that was cut at the end of a line, or written anew, is
    /// found out by comparing this with what was noted elsewhere.
    pub hash: String,
    /// Number of lines by kind of event.
    pub events: BTreeMap<&'static str, u64>,
}

/// Verifies the record at `path`, line by line.
///
/// # Errors
/// The first line that breaks a rule. A record without a line, and one that ends in the middle of a line, are
/// broken too.
pub fn verify(path: &Path) -> Result<Summary, Broken> {
    let unreadable = |e: std::io::Error| Broken {
        line: 1,
        rule: Rule::Unreadable(e.kind()),
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut chain = Chain::default();
    let (mut first, mut events) = (None, BTreeMap::<_, u64>::new());
    let end = lines(BufReader::new(file), &mut chain, |line| {
        first.get_or_insert(line.time);
        let count = events.entry(line.event.kind()).or_default();
        *count = count.saturating_add(1);
    })?;
    let broken = |rule| Broken {
        line: chain.lines().saturating_add(1),
        rule,
    };
    if end.torn > 0 {
        return Err(broken(Rule::Torn));
    }
    let run = chain.run().cloned().ok_or(broken(Rule::NoRun))?;
    Ok(Summary {
        run,
        lines: chain.lines(),
        first: first.unwrap_or_default(),
        last: chain.time(),
        hash: chain.hash().to_owned(),
        events,
    })
}
