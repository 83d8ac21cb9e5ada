//! What was refused: by rule, and how much of it stands in the record line by line.
//!
//! An agent decides how often it is refused, so the lines of one cycle are bounded. Beyond that each refusal is counted,
//! by its rule, and the counts are recorded every so often: nothing is refused that is not in the record, in a line of
//! its own or in a count.

use crate::record::event::{DenialCounts, Request};
use std::collections::BTreeMap;

/// Most refusals of a cycle with a line of their own.
pub const MOST_LINES: u64 = 10_000;
/// Most bytes of these lines, about.
pub const MOST_BYTES: u64 = 8 << 20;
/// Refusals that are counted before the counts are recorded. A crash loses fewer than these.
pub const EVERY: u64 = 1_000;
/// Most rules that are told apart; further ones are [`OTHER`].
const MOST_RULES: usize = 256;
/// Most bytes of a rule.
const MOST_RULE: usize = 64;
/// What is no rule word, or one too many.
const OTHER: &str = "other";
/// Bytes of a line that are neither rule nor target, about.
const FRAME: u64 = 350;

/// Refusals by rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, u64>);

/// What was refused in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denials {
    counts: Counts,
    total: u64,
    lines: u64,
    bytes: u64,
}

impl Counts {
    /// Counts so many refusals by one rule.
    pub fn add(&mut self, rule: &str, count: u64) {
        let word = |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let known = (1..=MOST_RULE).contains(&rule.len()) && rule.bytes().all(word);
        let room = self.0.len() < MOST_RULES || self.0.contains_key(rule);
        let rule = if known && room { rule } else { OTHER };
        let sum = self.0.entry(rule.to_owned()).or_default();
        *sum = sum.saturating_add(count);
    }

    /// All rules.
    #[must_use]
    pub fn rules(&self) -> &BTreeMap<String, u64> {
        &self.0
    }
}

impl Denials {
    /// How often each rule refused.
    #[must_use]
    pub fn rules(&self) -> &BTreeMap<String, u64> {
        self.counts.rules()
    }

    /// All refusals in the record.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Whether the cycle has used up its lines, so that further refusals are counted.
    #[must_use]
    pub fn full(&self) -> bool {
        self.lines >= MOST_LINES || self.bytes >= MOST_BYTES
    }

    /// A line of its own.
    pub(super) fn line(&mut self, request: &Request) {
        let size = request.rule.len().saturating_add(request.target.len()) as u64;
        self.lines = self.lines.saturating_add(1);
        self.bytes = self.bytes.saturating_add(size).saturating_add(FRAME);
        self.count(&request.rule, 1);
    }

    /// Counts.
    pub(super) fn counted(&mut self, counts: &DenialCounts) {
        for (rule, count) in &counts.rules {
            self.count(rule, *count);
        }
    }

    /// A new cycle has lines of its own.
    pub(super) fn renew(&mut self) {
        (self.lines, self.bytes) = (0, 0);
    }

    fn count(&mut self, rule: &str, count: u64) {
        self.total = self.total.saturating_add(count);
        self.counts.add(rule, count);
    }
}
