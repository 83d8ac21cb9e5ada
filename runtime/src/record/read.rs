//! Reads lines one after the other; never more than one is held.

use super::chain::{Chain, Line, MOST_LINE};
use super::rule::{Broken, Rule};
use std::io::{BufRead, Read as _};

/// Where the whole lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Bytes of all whole lines.
    pub whole: u64,
    /// Bytes after them: the beginning of a line that a crash left.
    pub torn: u64,
}

/// Verifies the lines of `from` as the next of `chain`, and hands each on.
///
/// # Errors
/// The first line that breaks a rule. A torn last line is no error; see [`Chain::torn`].
pub fn lines(
    mut from: impl BufRead,
    chain: &mut Chain,
    mut each: impl FnMut(Line),
) -> Result<End, Broken> {
    let mut whole = 0_u64;
    let mut bytes = Vec::new();
    loop {
        let line = chain.lines().saturating_add(1);
        let broken = |rule| Broken { line, rule };
        bytes.clear();
        let count = (&mut from)
            .take(MOST_LINE as u64)
            .read_until(b'\n', &mut bytes)
            .map_err(|e| broken(Rule::Unreadable(e.kind())))?;
        let Some(text) = bytes.strip_suffix(b"\n") else {
            chain.torn(&bytes).map_err(broken)?;
            let torn = count as u64;
            return Ok(End { whole, torn });
        };
        each(chain.read(text).map_err(broken)?);
        whole = whole.saturating_add(count as u64);
    }
}
