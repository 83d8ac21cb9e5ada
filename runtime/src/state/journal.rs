//! A state and its log: what is taken by one is taken by the other, in the same order.

use super::{Refusal, State};
use crate::contract::Contract;
use crate::record::event::RunOpened;
use crate::record::log::{Pending, Unopened, Unrecorded};
use crate::record::{Event, Log};
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Why a journal is not opened.
#[derive(Debug)]
pub enum Unfit {
    /// The log.
    Log(Unopened),
    /// What the log holds does not follow from the contract; with the number of the line.
    Event(u64, Refusal),
    /// The start could not be recorded.
    Start(Denied),
}

impl Unfit {
    /// The rule as a word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Log(e) => e.rule(),
            Self::Event(_, e) => e.rule(),
            Self::Start(e) => e.rule(),
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(e) => e.fmt(f),
            Self::Event(line, e) => write!(f, "line {line} of the record: {e}"),
            Self::Start(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for Unfit {}

/// Why an event is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// It does not follow.
    Refusal(Refusal),
    /// It cannot be recorded.
    Unrecorded(Unrecorded),
}

impl Denied {
    /// The rule as a word.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Refusal(e) => e.rule(),
            Self::Unrecorded(e) => e.rule(),
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refusal(e) => e.fmt(f),
            Self::Unrecorded(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for Denied {}

/// A state and its log.
#[derive(Debug)]
pub struct Journal {
    log: Log,
    state: Mutex<State>,
}

impl Journal {
    /// Opens the log at `path` and records the start of a gateway for `run`. Where the log holds events, this
    /// is a restart: what was reserved and not settled counts as used.
    ///
    /// # Errors
    /// On any doubt; see [`Unfit`]. A log of another run is refused.
    pub fn open(
        path: &Path,
        contract: &Contract,
        run: RunOpened,
    ) -> Result<(Self, Pending), Unfit> {
        let mut state = State::new(contract);
        let (mut line, mut refused) = (0_u64, None);
        let log = Log::replay(path, |event| {
            line = line.saturating_add(1);
            if refused.is_none()
                && let Err(e) = state.apply(&event)
            {
                refused = Some((line, e));
            }
        })
        .map_err(Unfit::Log)?;
        let journal = Self {
            log,
            state: Mutex::new(state),
        };
        let started = match refused {
            Some((line, e)) => Err(Unfit::Event(line, e)),
            None => journal.record(Event::RunOpened(run)).map_err(Unfit::Start),
        };
        match started {
            Ok(pending) => Ok((journal, pending)),
            Err(unfit) => {
                // The file is free again when the caller learns of it; nothing was written that could fail.
                journal.close().unwrap_or_default();
                Err(unfit)
            }
        }
    }

    /// Checks an event, hands it to the log and applies it. What it allows may happen when the answer says
    /// that it is on the disk.
    ///
    /// # Errors
    /// The event is then in neither.
    pub fn record(&self, event: Event) -> Result<Pending, Denied> {
        self.decide(|_| Ok(event))
    }

    /// As [`Journal::record`], for an event that depends on the state, such as the number of a reservation.
    ///
    /// # Errors
    /// As [`Journal::record`], and what `with` refuses.
    pub fn decide(
        &self,
        with: impl FnOnce(&State) -> Result<Event, Refusal>,
    ) -> Result<Pending, Denied> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let event = with(&state).map_err(Denied::Refusal)?;
        state.check(&event).map_err(Denied::Refusal)?;
        let pending = self.log.append(event.clone()).map_err(Denied::Unrecorded)?;
        state.commit(&event);
        Ok(pending)
    }

    /// Looks at the state. What it says last may not be on the disk yet.
    pub fn read<T>(&self, with: impl FnOnce(&State) -> T) -> T {
        with(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why the disk failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.log.failure()
    }

    /// Waits until everything is on the disk, and lets go of the file. It blocks the thread.
    ///
    /// # Errors
    /// [`Unrecorded::Failed`].
    pub fn close(self) -> Result<(), Unrecorded> {
        self.log.close()
    }
}
