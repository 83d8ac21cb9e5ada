//! Room for connections. One that has asked for nothing makes room for the next, the oldest first: whoever opens many
//! and says nothing keeps nobody out.

use crate::gateway::front::Seen;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;

/// Connections at once. Where all of them have asked for something, the next one waits in the kernel's queue.
const CONNECTIONS: usize = 1024;

/// The connections of a port.
#[derive(Debug)]
pub(super) struct Room {
    places: Arc<Semaphore>,
    /// For the next one.
    place: Option<OwnedSemaphorePermit>,
    /// Those that had asked for nothing when they were last looked at, by age.
    silent: VecDeque<Silent>,
}

#[derive(Debug)]
struct Silent {
    seen: Arc<Seen>,
    task: AbortHandle,
}

impl Silent {
    fn is_silent(&self) -> bool {
        !self.seen.asked() && !self.task.is_finished()
    }
}

impl Default for Room {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(CONNECTIONS)),
            place: None,
            silent: VecDeque::new(),
        }
    }
}

impl Room {
    /// Waits until there is room for one more connection.
    pub(super) async fn one_more(&mut self) {
        if self.place.is_some() {
            return;
        }
        if self.places.available_permits() == 0 {
            while let Some(oldest) = self.silent.pop_front() {
                if oldest.is_silent() {
                    oldest.task.abort();
                    break;
                }
            }
        }
        // The semaphore is never closed.
        self.place = Arc::clone(&self.places).acquire_owned().await.ok();
    }

    /// Serves a connection in the place that is free.
    pub(super) fn enter(
        &mut self,
        seen: Arc<Seen>,
        served: impl Future<Output = ()> + Send + 'static,
    ) {
        let place = self.place.take();
        let task = tokio::spawn(async move {
            served.await;
            drop(place);
        });
        if self.silent.len() >= 2 * CONNECTIONS {
            self.silent.retain(Silent::is_silent);
        }
        self.silent.push_back(Silent {
            seen,
            task: task.abort_handle(),
        });
    }
}
