//! Amounts, their bounds and their price.

use crate::contract::Price;
use std::fmt;

/// What one request uses at most, or used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// Calls of a model.
    pub turns: u64,
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Millionths of the currency.
    pub micros: u64,
    /// Bytes in both directions.
    pub traffic: u64,
}

/// A sum of amounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// Calls of a model.
    pub turns: u128,
    /// Tokens, input and output together.
    pub tokens: u128,
    /// Millionths of the currency.
    pub micros: u128,
    /// Bytes in both directions.
    pub traffic: u128,
}

/// What is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// Calls of a model.
    Turns,
    /// Tokens.
    Tokens,
    /// Millionths of the currency.
    Cost,
    /// Bytes.
    Traffic,
    /// Requests under way at once.
    Concurrency,
    /// Agents: one that the contract does not name has nothing.
    Agents,
}

impl Bound {
    /// The bound as a word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Turns => "turns",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
            Self::Traffic => "traffic",
            Self::Concurrency => "concurrency",
            Self::Agents => "agents",
        }
    }
}

/// A bound that a request would pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausted {
    /// Which.
    pub bound: Bound,
    /// The agent whose bound it is; none for the run's.
    pub agent: Option<String>,
    /// The limit.
    pub limit: u64,
    /// Used so far.
    pub used: u128,
    /// Set aside for requests under way.
    pub reserved: u128,
    /// Asked for.
    pub asked: u64,
}

impl Exhausted {
    /// The rule as a word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.bound.rule()
    }
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.agent {
            Some(agent) => write!(f, "agent `{agent}`")?,
            None => f.write_str("the run")?,
        }
        let Self {
            limit,
            used,
            reserved,
            asked,
            ..
        } = self;
        write!(
            f,
            " would pass its limit of {}: {used} used, {reserved} reserved, {asked} asked, limit {limit}",
            self.rule()
        )
    }
}

impl std::error::Error for Exhausted {}

impl Amount {
    /// Turns, tokens, cost, traffic.
    pub(super) fn parts(&self) -> [u64; 4] {
        [self.turns, self.tokens, self.micros, self.traffic]
    }
}

impl Total {
    /// Turns, tokens, cost, traffic.
    pub(super) fn parts(&self) -> [u128; 4] {
        [self.turns, self.tokens, self.micros, self.traffic]
    }

    pub(super) fn add(&mut self, amount: &Amount) {
        self.each(amount, |sum, part| sum.saturating_add(part));
    }

    pub(super) fn take(&mut self, amount: &Amount) {
        self.each(amount, |sum, part| sum.saturating_sub(part));
    }

    fn each(&mut self, amount: &Amount, with: impl Fn(u128, u128) -> u128) {
        let Amount {
            turns,
            tokens,
            micros,
            traffic,
        } = *amount;
        self.turns = with(self.turns, turns.into());
        self.tokens = with(self.tokens, tokens.into());
        self.micros = with(self.micros, micros.into());
        self.traffic = with(self.traffic, traffic.into());
    }
}

/// The price of that many tokens in millionths of the currency, rounded up. What has no finite price, or one
/// beyond 64 bits, costs `u64::MAX`, which no smaller limit admits.
#[must_use]
pub fn cost(price: &Price, input: u64, output: u64) -> u64 {
    let part = |tokens: u64, micros: u64| u128::from(tokens).saturating_mul(u128::from(micros));
    match part(input, price.input).checked_add(part(output, price.output)) {
        Some(sum) if price.per > 0 => {
            u64::try_from(sum.div_ceil(u128::from(price.per))).unwrap_or(u64::MAX)
        }
        _ => u64::MAX,
    }
}
