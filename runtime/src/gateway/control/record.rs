//! The record, for people: whole, or line by line as it grows.
//!
//! A line that is shown may be on its way to the disk still; a crash can take it back. The hashes show it.

use super::tail::Tail;
use crate::body::Body;
use crate::gateway::Gateway;
use crate::gateway::answer::{Answer, Refusal};
use crate::gateway::http::Asked;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use hyper::StatusCode;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep};

/// How many may read at once.
pub(crate) const READERS: usize = 8;
/// How often it is looked for new lines.
const LOOK: Duration = Duration::from_millis(250);
/// Time after which a reader is told that the connection lives.
const QUIET: Duration = Duration::from_secs(15);
/// Pieces that wait for a reader.
const AHEAD: usize = 2;

type Out = Sender<Bytes, io::Error>;

/// The lines that the record has now.
///
/// # Errors
/// Too many read it, or it cannot be opened.
pub(super) fn whole(gateway: &Arc<Gateway>) -> Result<Answer, Refusal> {
    let (mut tail, place) = open(gateway)?;
    let end = tail.size().map_err(|_untold| Refusal::Record)?;
    let (mut out, body) = channel();
    drop(tokio::spawn(async move {
        loop {
            match tail.next(end).await {
                Ok(Some(lines)) => {
                    if out.send_data(lines).await.is_err() {
                        break;
                    }
                }
                Ok(None) => break,
                Err(e) => {
                    out.abort(e);
                    break;
                }
            }
        }
        drop(place);
    }));
    Ok(Answer::new(StatusCode::OK, "application/x-ndjson", body))
}

/// Each line from the one after `Last-Event-ID` on, as an event whose id is the line's number.
///
/// # Errors
/// As [`whole`], and an id that is no number.
pub(super) fn events(gateway: &Arc<Gateway>, asked: &Asked) -> Result<Answer, Refusal> {
    let after = match asked.headers.get("last-event-id") {
        None => 0,
        Some(id) => id
            .to_str()
            .ok()
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| {
                Refusal::State("last-event-id", "the id is no number of a line".to_owned())
            })?,
    };
    let (tail, place) = open(gateway)?;
    let (out, body) = channel();
    let follower = Follower {
        gateway: Arc::clone(gateway),
        tail,
        line: 0,
        after,
    };
    drop(tokio::spawn(async move {
        follower.run(out).await;
        drop(place);
    }));
    Ok(Answer::new(StatusCode::OK, "text/event-stream", body))
}

fn open(gateway: &Gateway) -> Result<(Tail, OwnedSemaphorePermit), Refusal> {
    let place = Arc::clone(&gateway.readers).try_acquire_owned();
    let place = place
        .map_err(|_full| Refusal::State("record-readers", "too many read the record".to_owned()))?;
    let tail = Tail::open(gateway.journal.path()).map_err(|_untold| Refusal::Record)?;
    Ok((tail, place))
}

fn channel() -> (Out, Body) {
    let (out, body) = Channel::new(AHEAD);
    (out, body.boxed_unsync())
}

/// Somebody who follows the record.
struct Follower {
    gateway: Arc<Gateway>,
    tail: Tail,
    line: u64,
    after: u64,
}

impl Follower {
    /// Until the reader is gone, or the record has failed. The connection has its own bound in time.
    async fn run(mut self, mut out: Out) {
        let mut told = Instant::now();
        loop {
            match self.tail.next(u64::MAX).await {
                Ok(Some(lines)) => {
                    let text = self.told(&lines);
                    if !text.is_empty() && out.send_data(text.into()).await.is_err() {
                        return;
                    }
                    told = Instant::now();
                    continue;
                }
                Ok(None) => {}
                Err(e) => return out.abort(e),
            }
            if self.gateway.journal.failure().is_some() {
                return;
            }
            if told.elapsed() >= QUIET {
                if out.send_data(Bytes::from_static(b":\n\n")).await.is_err() {
                    return;
                }
                told = Instant::now();
            }
            sleep(LOOK).await;
        }
    }

    /// Lines as events. A line of the record has no newline in it.
    fn told(&mut self, lines: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        for line in lines.split_inclusive(|b| *b == b'\n') {
            self.line = self.line.saturating_add(1);
            if self.line > self.after {
                text.extend_from_slice(format!("id: {}\ndata: ", self.line).as_bytes());
                text.extend_from_slice(line);
                text.push(b'\n');
            }
        }
        text
    }
}
