//! A stream, or a long answer, on its way to the agent, read beside.
//!
//! Pieces go on as they came. An agent that leaves, or takes nothing, ends its own stream only: upstream is read to
//! its end, because what it used stands there.

use super::super::echo::Echo;
use crate::model::sse::{Parser, Raw};
use crate::model::usage::{Meter, Usage, only_usage};
use crate::transcript::Heard;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use std::io;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// Pieces that wait for a slow agent; each has at most as many bytes as the connection upstream reads at once.
const WAITING: usize = 8;
/// Most bytes of one event.
const MOST_EVENT: usize = 16 << 20;

/// Bounds of a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Most bytes.
    pub(super) most: usize,
    /// Time in which nothing comes.
    pub(super) idle: Duration,
    /// Time in which the agent takes nothing.
    pub(super) unread: Duration,
    /// When it ends in any case.
    pub(super) until: Instant,
}

/// What is read of a stream on its way.
pub(super) struct Reads {
    /// What was used.
    pub(super) meter: Meter,
    /// The credential that must not come back.
    pub(super) echo: Echo,
    /// Whether the answer is one document; else it is events.
    pub(super) whole: bool,
    /// Whether the event that only tells usage is kept from the agent, which did not ask for it.
    pub(super) hides_usage: bool,
}

/// Why nobody knows what a stream used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// It broke off, was too long or too slow, or did not tell.
    Incomplete,
    /// It held the credential.
    Echo,
}

/// A stream of an answer.
pub(super) struct Stream {
    client: Option<Sender<Bytes, io::Error>>,
    parser: Parser,
    reads: Reads,
    bounds: Bounds,
    /// The transcript, where one is kept.
    heard: Option<Heard>,
}

impl Stream {
    /// A stream, and the body by which the agent gets it.
    pub(super) fn new(reads: Reads, bounds: Bounds) -> (Self, Channel<Bytes, io::Error>) {
        let (sender, body) = Channel::new(WAITING);
        let stream = Self {
            client: Some(sender),
            parser: Parser::new(MOST_EVENT),
            reads,
            bounds,
            heard: None,
        };
        (stream, body)
    }

    /// The same, heard.
    pub(super) fn heard(self, heard: Option<Heard>) -> Self {
        Self { heard, ..self }
    }

    /// Forwards the whole of `upstream`, and says what was used.
    ///
    /// # Errors
    /// See [`Broken`].
    pub(super) async fn run<B>(mut self, mut upstream: B) -> Result<Usage, Broken>
    where
        B: hyper::body::Body<Data = Bytes> + Unpin,
    {
        let mut total = 0_usize;
        loop {
            let idle = Instant::now() + self.bounds.idle;
            let next = timeout_at(idle.min(self.bounds.until), upstream.frame()).await;
            let piece = match next {
                Ok(None) => {
                    if let Some(heard) = &mut self.heard {
                        heard.end();
                    }
                    return self.whole().await;
                }
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(piece) => piece,
                    // Trailers say nothing here.
                    Err(_) => continue,
                },
                Ok(Some(Err(_))) | Err(_) => return Err(self.broken()),
            };
            total = total.saturating_add(piece.len());
            if let Some(heard) = &mut self.heard {
                heard.piece(&piece);
            }
            let Self { parser, reads, .. } = &mut self;
            let hides = reads.hides_usage;
            let mut kept = Vec::new();
            let read = match reads.whole {
                true => {
                    reads.meter.part(&piece);
                    Ok(())
                }
                false => reads.meter.piece(parser, &piece, |block| {
                    if hides && !is_hidden(block) {
                        kept.extend_from_slice(block.bytes);
                    }
                }),
            };
            if read.is_err() || total > self.bounds.most {
                return Err(self.broken());
            }
            let piece = if hides { kept.into() } else { piece };
            let Ok(piece) = self.reads.echo.pass(piece) else {
                let _incomplete = self.broken();
                return Err(Broken::Echo);
            };
            self.give(piece).await;
        }
    }

    /// The end of a stream that did not break off.
    async fn whole(mut self) -> Result<Usage, Broken> {
        let rest = self.reads.echo.rest();
        self.give(rest).await;
        if self.reads.whole {
            self.reads.meter.end();
        }
        self.reads
            .meter
            .usage()
            .map_err(|_untold| Broken::Incomplete)
    }

    /// Ends the agent's stream so that it cannot be taken for whole.
    fn broken(&mut self) -> Broken {
        if let Some(client) = self.client.take() {
            client.abort(io::ErrorKind::ConnectionAborted.into());
        }
        Broken::Incomplete
    }

    async fn give(&mut self, piece: Bytes) {
        let Some(client) = self.client.as_mut().filter(|_| !piece.is_empty()) else {
            return;
        };
        match timeout(self.bounds.unread, client.send_data(piece)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => self.client = None,
            // It does not read: what it has so far is not the whole.
            Err(_) => {
                let _incomplete = self.broken();
            }
        }
    }
}

/// Whether the agent does not see this block, because it only tells usage.
fn is_hidden(block: &Raw<'_>) -> bool {
    let event = block.event();
    event.is_some_and(|event| event.data.contains("\"usage\"") && only_usage(&event))
}
