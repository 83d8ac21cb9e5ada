//! The calls under way, so that a client can cancel its own.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Most calls under way, those that wait for a person included.
const MOST: usize = 64;

/// Which requests of which client: a cycle, what the client calls its session, and the id of a request. Two clients
/// in one pod count their requests alike; the session is what keeps them apart.
pub(super) type Key = (u32, String, String);

#[derive(Debug, Default)]
struct Signal {
    cancelled: AtomicBool,
    notify: Notify,
}

/// All calls under way.
#[derive(Debug, Default)]
pub(crate) struct Running {
    calls: Mutex<BTreeMap<Key, BTreeMap<u64, Arc<Signal>>>>,
    next: AtomicU64,
}

/// One call under way; it is no more when this is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    running: Arc<Running>,
    key: Key,
    number: u64,
    signal: Arc<Signal>,
}

impl Running {
    /// Enters a call; none where too many are under way.
    pub(super) fn enter(self: &Arc<Self>, key: Key) -> Option<Ticket> {
        let signal = Arc::new(Signal::default());
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.values().map(BTreeMap::len).sum::<usize>() >= MOST {
            return None;
        }
        let same = calls.entry(key.clone()).or_default();
        same.insert(number, Arc::clone(&signal));
        drop(calls);
        Some(Ticket {
            running: Arc::clone(self),
            key,
            number,
            signal,
        })
    }

    /// Cancels the calls of this key; says whether there were any.
    pub(super) fn cancel(&self, key: &Key) -> bool {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let found = calls.get(key);
        for signal in found.into_iter().flat_map(BTreeMap::values) {
            signal.cancelled.store(true, Ordering::Release);
            signal.notify.notify_one();
        }
        found.is_some()
    }
}

impl Ticket {
    /// Waits until the client cancels.
    pub(super) async fn cancelled(&self) {
        self.signal.notify.notified().await;
    }

    /// What says whether the client has cancelled, also when the call itself is gone.
    pub(super) fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.signal))
    }
}

/// See [`Ticket::watch`].
#[derive(Debug, Default)]
pub(super) struct Watch(Arc<Signal>);

impl Watch {
    pub(super) fn cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let calls = self.running.calls.lock();
        let mut calls = calls.unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = calls.get_mut(&self.key) {
            same.remove(&self.number);
            if same.is_empty() {
                calls.remove(&self.key);
            }
        }
    }
}
