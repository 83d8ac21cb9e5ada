//! Room for connections. One that has asked for nothing makes room for the next, the oldest first: whoever opens many
//! and says nothing keeps nobody out.

use crate::gateway::front::Seen;
use crate::gateway::workers::Workers;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;

/// Connections at once. Where all of them have asked for something, the next one waits in the kernel's queue.
const CONNECTIONS: usize = 1024;

/// The connections of a port.
#[derive(Debug)]
pub(super) struct Room {
    workers: Workers,
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

impl Room {
    /// Room for connections that these threads serve.
    pub(super) fn new(workers: Workers) -> Self {
        Self {
            workers,
            places: Arc::new(Semaphore::new(CONNECTIONS)),
            place: None,
            silent: VecDeque::new(),
        }
    }

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
    pub(super) fn enter<S, F>(&mut self, stream: TcpStream, seen: Arc<Seen>, serve: S)
    where
        S: FnOnce(TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (place, worker) = (self.place.take(), self.workers.idlest());
        let Some(worker) = worker else {
            return;
        };
        let runtime = worker.runtime().clone();
        let task = match worker.is_here() {
            true => runtime.spawn(async move {
                serve(stream).await;
                drop((place, worker));
            }),
            false => runtime.spawn(async move {
                // It is known to the clocks and sockets of the thread that serves it from here on.
                let stream = stream.into_std().and_then(TcpStream::from_std);
                if let Ok(stream) = stream {
                    serve(stream).await;
                }
                drop((place, worker));
            }),
        };
        if self.silent.len() >= 2 * CONNECTIONS {
            self.silent.retain(Silent::is_silent);
        }
        self.silent.push_back(Silent {
            seen,
            task: task.abort_handle(),
        });
    }
}
