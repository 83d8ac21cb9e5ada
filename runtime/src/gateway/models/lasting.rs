//! Work that its caller waits for, and that does not end with it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::runtime::Handle;

/// Work in the task of whoever waits for it, so that nobody else has to be woken. Dropped before its end, it goes on
/// in a task of its own.
pub(super) struct Lasting(Option<Work>);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Lasting {
    /// Work that must come to its end.
    pub(super) fn new(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl Future for Lasting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(work) = &mut self.0 {
            ready!(work.as_mut().poll(cx));
            self.0 = None;
        }
        Poll::Ready(())
    }
}

impl Drop for Lasting {
    fn drop(&mut self) {
        // Where no runtime is left, neither is the gateway.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            drop(runtime.spawn(work));
        }
    }
}
