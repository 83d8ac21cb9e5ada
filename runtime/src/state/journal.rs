//! A state and its log: what is taken by one is taken by the other, in the same order.
//!
//! Refusals beyond the bound of [`denial`] are counted here and recorded as counts: every [`denial::EVERY`] of them,
//! when a cycle is sealed or decided on, and when the journal is closed.

use super::denial::{self, Counts};
use super::{Refusal, State};
use crate::contract::Contract;
use crate::record::event::{DenialCounts, RunOpened};
use crate::record::log::{Pending, Unopened, Unrecorded};
use crate::record::{Event, Log};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    path: PathBuf,
    held: Mutex<Held>,
}

/// The state, and the refusals that were counted and are not in it yet.
#[derive(Debug)]
struct Held {
    state: State,
    counts: Counts,
    counted: u64,
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
            path: path.to_owned(),
            held: Mutex::new(Held {
                state,
                counts: Counts::default(),
                counted: 0,
            }),
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
        let mut held = self.lock();
        let event = with(&held.state).map_err(Denied::Refusal)?;
        match &event {
            Event::RequestDenied(request) if held.state.denials().full() => {
                held.counts.add(&request.rule, 1);
                held.counted = held.counted.saturating_add(1);
                return match held.counted < denial::EVERY {
                    true if self.failure().is_some() => Err(Denied::Unrecorded(Unrecorded::Failed)),
                    true => Ok(Pending::done()),
                    false => self.flush(&mut held),
                };
            }
            // What cannot be recorded now stays counted.
            Event::CycleSealed { .. } | Event::RouterDecided(_) => drop(self.flush(&mut held)),
            _ => {}
        }
        self.take(&mut held.state, event)
    }

    fn take(&self, state: &mut State, event: Event) -> Result<Pending, Denied> {
        state.check(&event).map_err(Denied::Refusal)?;
        let pending = self.log.append(&event).map_err(Denied::Unrecorded)?;
        state.commit(&event);
        Ok(pending)
    }

    /// Records what was counted.
    fn flush(&self, held: &mut Held) -> Result<Pending, Denied> {
        if held.counted == 0 {
            return Ok(Pending::done());
        }
        let rules = held.counts.rules().clone();
        let counts = Event::DenialsCounted(DenialCounts { rules });
        let pending = self.take(&mut held.state, counts)?;
        held.counts = Counts::default();
        held.counted = 0;
        Ok(pending)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state. What it says last may not be on the disk yet.
    pub fn read<T>(&self, with: impl FnOnce(&State) -> T) -> T {
        with(&self.lock().state)
    }

    /// Refusals by rule that were counted and are not in the record yet.
    #[must_use]
    pub fn counted(&self) -> BTreeMap<String, u64> {
        self.lock().counts.rules().clone()
    }

    /// The file of the record.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
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
        drop(self.flush(&mut self.lock()));
        self.log.close()
    }
}
