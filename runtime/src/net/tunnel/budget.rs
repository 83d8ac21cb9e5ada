//! Counting bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Bytes that are left to use. Tunnels that run at once share one, so that together they use no byte more.
#[derive(Debug)]
pub struct Budget(AtomicU64);

impl Budget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(bytes)))
    }

    /// Bytes that are left.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Takes as many bytes as are left, at most `wanted`, and says how many.
    pub fn take(&self, wanted: u64) -> u64 {
        let less = |left: u64| Some(left.saturating_sub(wanted));
        match self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        {
            Ok(left) => left.min(wanted),
            Err(_) => 0,
        }
    }

    /// Gives bytes back that were taken and not used.
    fn give_back(&self, bytes: u64) {
        let more = |left: u64| Some(left.saturating_add(bytes));
        // The update is never refused: `more` always has a value.
        let _: Result<u64, u64> = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
    }
}

/// What one tunnel takes and delivers, and when it last did.
#[derive(Debug)]
pub(super) struct Meter {
    budgets: Vec<Arc<Budget>>,
    start: Instant,
    up: AtomicU64,
    down: AtomicU64,
    last: AtomicU64,
}

/// Where bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To the host.
    Up,
    /// To the client.
    Down,
}

impl Meter {
    pub(super) fn new(budgets: Vec<Arc<Budget>>) -> Self {
        let start = Instant::now();
        let (up, down, last) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Self {
            budgets,
            start,
            up,
            down,
            last,
        }
    }

    /// Takes bytes from every budget: as many as the smallest has, at most `wanted`.
    pub(super) fn take(&self, wanted: usize) -> usize {
        let mut granted = if self.budgets.is_empty() {
            0
        } else {
            wanted as u64
        };
        for (index, budget) in self.budgets.iter().enumerate() {
            let got = budget.take(granted);
            for earlier in self.budgets.iter().take(index) {
                earlier.give_back(granted - got);
            }
            granted = got;
        }
        // Never more than `wanted`, so it fits.
        usize::try_from(granted).unwrap_or(0)
    }

    /// Notes bytes that were delivered.
    pub(super) fn deliver(&self, way: Way, bytes: usize) {
        let counter = match way {
            Way::Up => &self.up,
            Way::Down => &self.down,
        };
        counter.fetch_add(bytes as u64, Ordering::SeqCst);
        self.touch();
    }

    /// Notes that something went on.
    pub(super) fn touch(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::SeqCst);
    }

    /// When something went on last.
    pub(super) fn last(&self) -> Instant {
        self.start + Duration::from_millis(self.last.load(Ordering::SeqCst))
    }

    /// Bytes delivered up and down.
    pub(super) fn delivered(&self) -> (u64, u64) {
        (
            self.up.load(Ordering::SeqCst),
            self.down.load(Ordering::SeqCst),
        )
    }
}
