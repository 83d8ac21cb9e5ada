//! Where heads and bodies end, in bytes that come cut anywhere.

use super::chunks::Chunks;
use super::head::{Body, Head};
use crate::gateway::answer::Refusal;

/// What is known of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Judged {
    /// How many of them may go on. Those behind are judged again, with what comes after them.
    pub good: usize,
    /// Why the next ones may never; then nothing more is judged.
    pub refused: Option<Refusal>,
}

/// Follows the requests of a connection.
#[derive(Debug, Default)]
pub struct Watch {
    at: At,
    heads: u64,
}

#[derive(Debug)]
enum At {
    Head(Head),
    /// In a body that has so many bytes left.
    Length(u64),
    Chunks(Chunks),
    Tunnel,
}

impl Default for At {
    fn default() -> Self {
        Self::Head(Head::default())
    }
}

impl Watch {
    /// Judges bytes, of which the first ones are those that were not good before.
    ///
    /// A head is good as a whole; of a body every byte is judged alone. Behind the head that asks for a tunnel nothing
    /// is good.
    pub fn judge(&mut self, bytes: &[u8]) -> Judged {
        let mut good = 0;
        loop {
            let rest = bytes.get(good..).unwrap_or_default();
            match self.step(rest) {
                Ok(0) => {
                    return Judged {
                        good,
                        refused: None,
                    };
                }
                Ok(count) => good += count,
                Err((count, refusal)) => {
                    return Judged {
                        good: good + count,
                        refused: Some(refusal),
                    };
                }
            }
        }
    }

    /// Whole heads so far.
    #[must_use]
    pub fn heads(&self) -> u64 {
        self.heads
    }

    /// Whether the next byte belongs to a head.
    #[must_use]
    pub fn in_head(&self) -> bool {
        matches!(self.at, At::Head(_))
    }

    /// Whether the next byte is the first of a head.
    #[must_use]
    pub fn is_between(&self) -> bool {
        matches!(&self.at, At::Head(head) if head.is_new())
    }

    /// Whether a tunnel was asked for.
    #[must_use]
    pub fn in_tunnel(&self) -> bool {
        matches!(self.at, At::Tunnel)
    }

    /// Takes bytes of one head or of one body; none where more are needed. The refusal has the number of good bytes
    /// before it.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, (usize, Refusal)> {
        let (count, next) = match &mut self.at {
            At::Head(head) => match head.push(bytes).map_err(|refusal| (0, refusal))? {
                Some((count, body)) => (count, Some(At::of(body))),
                None => (0, None),
            },
            At::Length(left) => {
                let here = u64::try_from(bytes.len()).unwrap_or(u64::MAX).min(*left);
                *left -= here;
                let next = (*left == 0).then(At::default);
                (usize::try_from(here).unwrap_or(bytes.len()), next)
            }
            At::Chunks(chunks) => {
                let count = chunks.pass(bytes)?;
                (count, chunks.ended().then(At::default))
            }
            At::Tunnel => (0, None),
        };
        if let Some(next) = next {
            self.heads += u64::from(self.in_head());
            self.at = next;
        }
        Ok(count)
    }
}

impl At {
    fn of(body: Body) -> Self {
        match body {
            Body::None => Self::default(),
            Body::Length(length) => Self::Length(length),
            Body::Chunks => Self::Chunks(Chunks::default()),
            Body::Tunnel => Self::Tunnel,
        }
    }
}
