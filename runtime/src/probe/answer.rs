//! What a probe tells: one line, short enough for a termination message however much was tried.

use serde_json::{Value, json};

/// What a try saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Somebody answered.
    Open,
    /// It was refused.
    Refused,
    /// Nothing came back.
    Silent,
    /// There is no way there, or the system did not let us try.
    Unreachable,
    /// This pod does not know where that is.
    Untried,
}

impl Seen {
    /// One letter.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Open => 'o',
            Self::Refused => 'r',
            Self::Silent => 's',
            Self::Unreachable => 'u',
            Self::Untried => 'n',
        }
    }
}

/// What the last round saw, place by place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Of what should be open.
    pub open: Vec<Seen>,
    /// Of what should be closed.
    pub closed: Vec<Seen>,
    /// Of what may be either.
    pub any: Vec<Seen>,
    /// How many rounds there were.
    pub rounds: u32,
}

impl Answer {
    /// The answer as data.
    #[must_use]
    pub fn value(&self) -> Value {
        let letters = |seen: &[Seen]| seen.iter().map(|one| one.letter()).collect::<String>();
        json!({"open": letters(&self.open), "closed": letters(&self.closed), "any": letters(&self.any), "rounds": self.rounds})
    }
}
