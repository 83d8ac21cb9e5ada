//! Threads that serve, each with a runtime of its own: what belongs to a connection stays on one of them, and none has
//! to wake another for it.

use std::io;
use std::sync::Arc;
use tokio::runtime::{Builder, Handle};

/// The threads among which connections are dealt out.
#[derive(Debug, Clone)]
pub struct Workers(Vec<Worker>);

/// One of them. Whoever is served holds a clone, so that they can be counted.
#[derive(Debug, Clone)]
pub(super) struct Worker(Arc<Handle>);

impl Workers {
    /// The caller's own runtime, and nothing else.
    #[must_use]
    pub fn here() -> Self {
        Self(vec![Worker(Arc::new(Handle::current()))])
    }

    /// The caller's own runtime, and `more` threads that end with the process.
    ///
    /// # Errors
    /// A thread that cannot be started.
    pub fn start(more: usize) -> io::Result<Self> {
        let mut workers = Self::here();
        for _ in 0..more {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            workers.0.push(Worker(Arc::new(runtime.handle().clone())));
            std::thread::Builder::new()
                .name("worker".to_owned())
                .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
        }
        Ok(workers)
    }

    /// The one that serves the fewest.
    pub(super) fn idlest(&self) -> Option<Worker> {
        let idlest = self
            .0
            .iter()
            .min_by_key(|worker| Arc::strong_count(&worker.0));
        idlest.cloned()
    }
}

impl Worker {
    /// Its runtime.
    pub(super) fn runtime(&self) -> &Handle {
        &self.0
    }

    /// Whether it is the caller's own.
    pub(super) fn is_here(&self) -> bool {
        self.0.id() == Handle::current().id()
    }
}
