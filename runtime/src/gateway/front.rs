//! The reader in front of HTTP: bytes that two readers could read as different requests never reach one.
//!
//! hyper settles some shapes by RFC 9112 that others settle in another way: a length beside chunks, two equal
//! lengths. [`Front`] stands between the socket and hyper, follows heads and bodies, and refuses all of them.
//! - [`watch`] knows where each head and each body ends, `head` reads a head, `chunks` the frame of a body in
//!   chunks, `target` what a request asks for. They are pure, and take bytes cut anywhere;
//! - a head goes on when the whole of it is good. In the place of a refused one goes a head that asks for nothing, and its
//!   answer is the refusal: so answers keep their order, and hyper reads nothing that was refused;
//! - a second request may come before the first was answered. Each is judged by its own bytes, so that the
//!   verdict does not depend on how they were cut, or on how fast they came;
//! - after a tunnel was granted the front stands aside, and before that it lets nothing through behind the head.

mod chunks;
mod head;
mod target;
#[cfg(test)]
mod tests;
pub mod watch;

use super::answer::Refusal;
use bytes::{Buf as _, BytesMut};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use watch::Watch;

/// Time for a head, from its first byte.
const HEAD: Duration = Duration::from_secs(30);
/// What is read and thrown away at the end, so that the answer arrives: a socket that is closed with bytes unread
/// takes back what it sent.
const MOST_UNREAD: usize = 256 * 1024;
/// How long that may take.
const UNREAD: Duration = Duration::from_secs(2);
/// What hyper reads in the place of a refused head.
const NOTHING: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// What is known of the bytes of a connection; shared by its front and its answers.
#[derive(Debug, Default)]
pub struct Seen {
    /// The head, counted from 0, in whose place hyper reads one that asks for nothing.
    head: OnceLock<(u64, Refusal)>,
    /// Why the body under way goes on no further.
    body: OnceLock<Refusal>,
    /// Heads that were answered, or are.
    answered: AtomicU64,
    /// A whole head has come.
    asked: AtomicBool,
    tunnel: AtomicBool,
}

impl Seen {
    /// Counts one more head, and says why it is refused. To be called once for each request that hyper reads.
    pub fn next(&self) -> Option<&Refusal> {
        let mine = self.answered.fetch_add(1, Ordering::Relaxed);
        let refused = self.head.get().filter(|(number, _)| *number == mine);
        refused.map(|(_, refusal)| refusal)
    }

    /// Why the body that breaks off does so, if it is not the peer's silence.
    pub fn body(&self) -> Option<&Refusal> {
        self.body.get()
    }

    /// Whether a whole head has come.
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// From here on the connection is a tunnel.
    pub fn stand_aside(&self) {
        self.tunnel.store(true, Ordering::Release);
    }
}

/// Why nothing more is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    /// A head was refused: the last one has gone on.
    Head,
    /// A body was refused.
    Body,
}

/// A stream of which hyper reads good requests only.
#[derive(Debug)]
pub struct Front<S> {
    io: S,
    watch: Watch,
    /// What was read and has not gone on.
    held: BytesMut,
    /// How much of it may.
    good: usize,
    stopped: Option<Stopped>,
    /// Until when a head that has begun must be whole.
    late: Option<Pin<Box<Sleep>>>,
    /// Until when bytes are thrown away at the end, and how many were.
    end: Option<Pin<Box<Sleep>>>,
    thrown: usize,
    seen: Arc<Seen>,
}

impl<S> Front<S> {
    /// In front of this stream, from its first byte.
    pub fn new(io: S, seen: Arc<Seen>) -> Self {
        Self {
            io,
            watch: Watch::default(),
            held: BytesMut::new(),
            good: 0,
            stopped: None,
            late: None,
            end: None,
            thrown: 0,
            seen,
        }
    }

    /// Hands on what may go on.
    fn give(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let count = self.good.min(buf.remaining());
        buf.put_slice(self.held.get(..count).unwrap_or_default());
        self.held.advance(count);
        self.good -= count;
        count > 0
    }

    /// Judges what stands in `buf` behind `before`, and keeps back what may not go on.
    fn judge(&mut self, buf: &mut ReadBuf<'_>, before: usize) {
        let fresh = buf.filled().get(before..).unwrap_or_default();
        let judged = if self.held.is_empty() {
            let judged = self.watch.judge(fresh);
            self.held
                .extend_from_slice(fresh.get(judged.good..).unwrap_or_default());
            buf.set_filled(before + judged.good);
            judged
        } else {
            self.held.extend_from_slice(fresh);
            buf.set_filled(before);
            let judged = self.watch.judge(&self.held);
            self.good = judged.good;
            judged
        };
        if self.watch.heads() > 0 {
            self.seen.asked.store(true, Ordering::Relaxed);
        }
        if let Some(refusal) = judged.refused {
            self.refuse(refusal);
        }
        if !self.begun() {
            self.late = None;
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.held.truncate(self.good);
        // Each can be set once, because nothing is judged after it.
        if self.watch.in_head() {
            drop(self.seen.head.set((self.watch.heads(), refusal)));
            self.held.extend_from_slice(NOTHING);
            self.good = self.held.len();
            self.stopped = Some(Stopped::Head);
        } else {
            drop(self.seen.body.set(refusal));
            self.stopped = Some(Stopped::Body);
        }
    }

    /// Whether a part of a head is here.
    fn begun(&self) -> bool {
        self.held.len() > self.good && self.watch.in_head() && self.stopped.is_none()
    }

    /// Waits for the rest of a head that has begun; ready when that is too late.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.begun() {
            return Poll::Pending;
        }
        let late = self.late.get_or_insert_with(|| Box::pin(sleep(HEAD)));
        ready!(late.as_mut().poll(cx));
        self.refuse(Refusal::Late);
        Poll::Ready(())
    }

    /// Whether the next bytes belong to a tunnel that was granted, and stand behind all that was held.
    fn is_open(&mut self) -> bool {
        let open = self.seen.tunnel.load(Ordering::Acquire);
        if open {
            self.good = self.held.len();
        }
        open
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Front<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Each turn takes bytes from the socket, of which a head has a bound, or is the last.
        loop {
            if this.give(buf) {
                return Poll::Ready(Ok(()));
            }
            match this.stopped {
                // No end: hyper would take that for a peer that is gone, and drop the answer.
                Some(Stopped::Head) => return Poll::Pending,
                Some(Stopped::Body) => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                None => {}
            }
            if this.watch.in_tunnel() {
                match this.is_open() {
                    true if this.good > 0 => continue,
                    true => return Pin::new(&mut this.io).poll_read(cx, buf),
                    // Who asks again is the tunnel, once it is granted; a refusal ends the connection.
                    false => return Poll::Pending,
                }
            }
            let before = buf.filled().len();
            if Pin::new(&mut this.io).poll_read(cx, buf)?.is_pending() {
                ready!(this.wait(cx));
                continue;
            }
            if buf.filled().len() == before {
                return Poll::Ready(Ok(()));
            }
            this.judge(buf, before);
            if buf.filled().len() > before {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Front<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
        if this.watch.in_tunnel() {
            return Poll::Ready(Ok(()));
        }
        this.throw(cx).map(Ok)
    }
}

impl<S: AsyncRead + Unpin> Front<S> {
    /// Throws away what still comes, within bounds. A peer that has sent whole requests is not waited for.
    fn throw(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let clean = self.stopped.is_none() && self.watch.is_between() && self.held.is_empty();
        let mut space = [0_u8; 4096];
        while self.thrown < MOST_UNREAD {
            let mut buf = ReadBuf::new(&mut space);
            match Pin::new(&mut self.io).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    self.thrown += buf.filled().len()
                }
                Poll::Ready(_) => break,
                Poll::Pending if clean => break,
                Poll::Pending => {
                    let end = self.end.get_or_insert_with(|| Box::pin(sleep(UNREAD)));
                    return end.as_mut().poll(cx);
                }
            }
        }
        Poll::Ready(())
    }
}
