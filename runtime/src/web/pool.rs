//! Connections that wait to be used again.

use super::wire::Wire;
use hyper::Uri;
use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, sleep};

/// Time in which a connection may be used again.
const IDLE: Duration = Duration::from_secs(20);
/// Connections of one host that are kept.
const KEPT: usize = 64;

/// Where a connection leads. One of a runtime is driven by its sockets and clocks, so it stays there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    runtime: Id,
    secure: bool,
    /// Name and port, in small letters: hashed at once, which an authority is letter by letter.
    host: String,
}

impl Place {
    /// The place of a URL; none where it has no host.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        Some(Self {
            runtime: Handle::current().id(),
            secure: uri.scheme_str() == Some("https"),
            host: uri.authority()?.as_str().to_ascii_lowercase(),
        })
    }
}

struct Idle {
    wire: Wire,
    since: Instant,
}

impl Idle {
    fn is_fresh(&self) -> bool {
        self.since.elapsed() < IDLE
    }
}

/// The connections of all hosts.
#[derive(Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    idle: HashMap<Place, Vec<Idle>>,
    /// The runtimes that have somebody who closes what was idle for too long.
    swept: Vec<Id>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Pool {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that leads there and still stands: the one that was used last.
    pub(super) async fn take(&self, place: &Place) -> Option<Wire> {
        loop {
            let mut idle = self.held().idle.get_mut(place)?.pop()?;
            let ready = idle.is_fresh() && poll_fn(|cx| Poll::Ready(idle.wire.is_ready(cx))).await;
            if ready {
                return Some(idle.wire);
            }
        }
    }

    /// Keeps a connection that waits for a request.
    pub(super) fn put(&self, place: Place, wire: Wire) {
        let mut held = self.held();
        let (runtime, since) = (place.runtime, Instant::now());
        let idle = held.idle.entry(place).or_default();
        if idle.len() < KEPT {
            idle.push(Idle { wire, since });
        }
        if !held.swept.contains(&runtime) {
            held.swept.push(runtime);
            drop(tokio::spawn(sweep(self.clone(), runtime)));
        }
    }
}

/// Closes what was idle for too long, until nothing is left.
async fn sweep(pool: Pool, runtime: Id) {
    loop {
        sleep(IDLE).await;
        let mut old = Vec::new();
        let mut held = pool.held();
        held.idle.retain(|place, idle| {
            if place.runtime == runtime {
                old.extend(idle.extract_if(.., |idle| !idle.is_fresh()));
            }
            !idle.is_empty()
        });
        if !held.idle.keys().any(|place| place.runtime == runtime) {
            held.swept.retain(|swept| *swept != runtime);
            return;
        }
    }
}
