//! A connection that speaks HTTP, driven by whoever waits for its answer.
//!
//! No task of its own stands between the two: what arrives wakes the one who uses it, and nobody else.

use super::Pool;
use super::dialer::Stream;
use super::pool::Place;
use crate::body::Body;
use bytes::Bytes;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Most bytes of the header of an answer, and of what is read of it at once.
const MOST_HEADER: usize = 64 * 1024;

/// A connection, and the way to ask on it.
pub(super) struct Wire {
    sender: SendRequest<Body>,
    /// In a box, because it is large and goes from hand to hand.
    connection: Box<Connection<TokioIo<Stream>, Body>>,
}

/// Why there is no answer.
pub(super) enum Failed {
    /// The request was not begun; here it is again.
    Unsent(Box<Request<Body>>),
    /// The connection broke, or what came was no HTTP.
    Broken,
}

impl Wire {
    /// Speaks HTTP over a stream.
    pub(super) async fn new(stream: Stream) -> Result<Self, hyper::Error> {
        let mut builder = Builder::new();
        builder.max_buf_size(MOST_HEADER);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        let connection = Box::new(connection);
        Ok(Self { sender, connection })
    }

    /// Whether it can be used once more.
    pub(super) fn is_ready(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx).is_pending() && self.sender.is_ready()
    }

    /// Reads and writes what can be; ready when the connection has ended.
    fn drive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut *self.connection).poll(cx).map(drop)
    }

    /// Sends a request in the form for an origin, and gives the answer when its head is there.
    pub(super) async fn ask(
        mut self,
        request: Request<Body>,
    ) -> Result<(Response<Incoming>, Self), Failed> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let told = poll_fn(|cx| {
            let _ended = Pin::new(&mut *self.connection).poll(cx);
            // Only the connection can bring it, and that has been asked.
            answer
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
        });
        match told.await {
            Ok(answer) => Ok((answer, self)),
            Err(mut failed) => Err(match failed.take_message() {
                Some(request) => Failed::Unsent(Box::new(request)),
                None => Failed::Broken,
            }),
        }
    }
}

/// The body of an answer, as it comes. When it is whole, its connection can be used again; dropped before, it takes
/// the connection along.
pub struct Coming {
    body: Incoming,
    wire: Option<(Wire, Place, Pool)>,
}

impl fmt::Debug for Coming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coming").finish_non_exhaustive()
    }
}

impl Coming {
    pub(super) fn new(body: Incoming, wire: Wire, place: Place, pool: Pool) -> Self {
        let wire = Some((wire, place, pool));
        Self { body, wire }
    }

    /// What the body says without its connection, of which it hears by no other way.
    fn next(&mut self) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut nobody = Context::from_waker(Waker::noop());
        Pin::new(&mut self.body).poll_frame(&mut nobody)
    }

    /// Gives the connection back.
    fn release(&mut self, cx: &mut Context<'_>) {
        if let Some((mut wire, place, pool)) = self.wire.take()
            && wire.is_ready(cx)
        {
            pool.put(place, wire);
        }
    }
}

impl hyper::body::Body for Coming {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let mut next = this.next();
        if next.is_pending() {
            let ended = this.wire.as_mut().map(|(wire, ..)| wire.drive(cx));
            next = this.next();
            if !matches!(ended, Some(Poll::Pending)) {
                this.wire = None;
            }
        }
        match &next {
            Poll::Ready(None) => this.release(cx),
            Poll::Ready(Some(Ok(_))) if this.body.is_end_stream() => this.release(cx),
            Poll::Ready(Some(Err(_))) => this.wire = None,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        next
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
