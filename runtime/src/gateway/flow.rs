//! Requests that go on to another host, byte by byte within the traffic that is left.
//!
//! The share of a request is set aside before it goes out, and what it did not use is given back when it ends:
//! however it ends, and also where the agent does not wait. Heads count like bodies.

use super::Gateway;
use super::answer::Refusal;
use super::connect::{Share, ended, set_aside, settle, traffic};
use super::http::Asked;
use crate::body::{self, Body, Unread};
use crate::net::tunnel::Budget;
use crate::web::{self, Coming};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::http::response::Parts;
use hyper::{Request, Response};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Most bytes of a body that an agent sends.
pub(super) const MOST_SENT: u64 = 16 * 1024 * 1024;
/// Time for a request and the head of its answer.
const HEAD: Duration = Duration::from_secs(300);
/// Time in which nothing comes of a body, or nobody takes it.
const IDLE: Duration = Duration::from_secs(120);
/// Pieces of a body that wait for the agent.
const PIECES: usize = 4;
/// How often it is looked whether the run's time is over.
const LOOK: Duration = Duration::from_secs(1);

/// What a request may still use.
#[derive(Debug, Clone)]
pub(super) struct Meter {
    budget: Arc<Budget>,
    stopped: Arc<OnceLock<Refusal>>,
}

impl Meter {
    /// Takes so many bytes, or says that they are not left.
    fn take(&self, bytes: u64) -> Result<(), Refusal> {
        match self.budget.take(bytes) == bytes {
            true => Ok(()),
            false => Err(Refusal::Denied(
                "traffic",
                "no more of the run's traffic is left for this request",
            )),
        }
    }

    /// Asks upstream; the heads count.
    pub(super) async fn send(
        &self,
        web: &web::Web,
        request: Request<Body>,
    ) -> Result<Response<Coming>, Refusal> {
        let line = request.method().as_str().len() + request.uri().to_string().len();
        self.take(head(line, request.headers()))?;
        let answer = web.send(request, HEAD).await;
        // Where the body was stopped here, the connection broke because of that.
        if let Some(refusal) = self.stopped.get() {
            return Err(refusal.clone());
        }
        let answer = answer?;
        self.take(head(0, answer.headers()))?;
        Ok(answer)
    }
}

fn head(line: usize, headers: &hyper::HeaderMap) -> u64 {
    let fields = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4);
    (line + fields.sum::<usize>()) as u64
}

/// Runs a request that a rule allows, and gives its answer, whose body has at most `most` bytes.
///
/// # Errors
/// No traffic left, what `ask` refuses, the end of the cycle or of the run.
pub(super) async fn carry<F, A>(
    gateway: &Arc<Gateway>,
    (cycle, rule): (u32, &str),
    target: String,
    most: u64,
    ask: F,
) -> Result<(Parts, Body), Refusal>
where
    F: FnOnce(Meter) -> A + Send + 'static,
    A: Future<Output = Result<Response<Coming>, Refusal>> + Send + 'static,
{
    let aside = set_aside(gateway, cycle, rule, target)?;
    let (tell, told) = oneshot::channel();
    let gateway = Arc::clone(gateway);
    drop(tokio::spawn(async move {
        let Share { reservation, bytes } = aside.share;
        let meter = Meter {
            budget: Budget::new(bytes),
            stopped: Arc::default(),
        };
        match aside.written().await {
            Ok(()) => run(&gateway, cycle, &meter, most, ask(meter.clone()), tell).await,
            Err(refusal) => drop(tell.send(Err(refusal))),
        }
        let used = bytes.saturating_sub(meter.budget.left());
        settle(&gateway, traffic(reservation, used)).await;
    }));
    told.await.unwrap_or(Err(Refusal::Deadline))
}

/// The head of an answer and its body, which goes on to come.
type Told = Result<(Parts, Body), Refusal>;

async fn run(
    gateway: &Gateway,
    cycle: u32,
    meter: &Meter,
    most: u64,
    ask: impl Future<Output = Result<Response<Coming>, Refusal>>,
    mut tell: oneshot::Sender<Told>,
) {
    let answer = tokio::select! {
        answer = ask => answer,
        () = over(gateway, cycle) => Err(Refusal::Deadline),
        // Nobody waits any more.
        () = tell.closed() => return,
    };
    let (head, from) = match answer {
        Ok(answer) => answer.into_parts(),
        Err(refusal) => return drop(tell.send(Err(refusal))),
    };
    let (mut to, body) = Channel::<Bytes, io::Error>::new(PIECES);
    if tell.send(Ok((head, body.boxed_unsync()))).is_err() {
        return;
    }
    let end = tokio::select! {
        end = copy(from, &mut to, meter, most) => end,
        () = over(gateway, cycle) => Err(io::ErrorKind::TimedOut),
    };
    // A body that broke off must not look whole.
    if let Err(kind) = end {
        to.abort(kind.into());
    }
}

/// Waits until the cycle or the run has ended.
async fn over(gateway: &Gateway, cycle: u32) {
    let time = async {
        while !gateway.over() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = ended(gateway, cycle) => {}
        () = time => {}
    }
}

async fn copy(
    mut from: Coming,
    to: &mut Sender<Bytes, io::Error>,
    meter: &Meter,
    most: u64,
) -> Result<(), io::ErrorKind> {
    let mut left = most;
    loop {
        let frame = timeout(IDLE, from.frame()).await;
        let frame = match frame.map_err(|_late| io::ErrorKind::TimedOut)? {
            Some(frame) => frame.map_err(|_untold| io::ErrorKind::ConnectionReset)?,
            None => return Ok(()),
        };
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        let bytes = piece.len() as u64;
        left = left.checked_sub(bytes).ok_or(io::ErrorKind::FileTooLarge)?;
        meter
            .take(bytes)
            .map_err(|_untold| io::ErrorKind::QuotaExceeded)?;
        let taken = timeout(IDLE, to.send_data(piece)).await;
        taken
            .map_err(|_late| io::ErrorKind::TimedOut)?
            .map_err(|_gone| io::ErrorKind::BrokenPipe)?;
    }
}

/// The body of a request as it goes on: bounded, and counted as it comes. None where it is longer at once.
///
/// # Errors
/// A length beyond the bound.
pub(super) fn sent(asked: &mut Asked, meter: Meter) -> Result<Body, Refusal> {
    let Some(from) = asked.stream() else {
        return Ok(body::empty());
    };
    if from.is_end_stream() {
        return Ok(body::empty());
    }
    if from.size_hint().lower() > MOST_SENT {
        return Err(Refusal::Unread(Unread::TooLong));
    }
    let left = MOST_SENT;
    Ok(Sent { from, meter, left }.boxed_unsync())
}

struct Sent {
    from: Incoming,
    meter: Meter,
    left: u64,
}

impl Sent {
    /// Counts a piece.
    fn count(&mut self, piece: &Bytes) -> Result<(), Refusal> {
        let bytes = piece.len() as u64;
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or(Refusal::Unread(Unread::TooLong))?;
        self.meter.take(bytes)
    }
}

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(frame) = ready!(Pin::new(&mut self.from).poll_frame(context)) else {
            return Poll::Ready(None);
        };
        let frame = frame.map_err(|_untold| io::ErrorKind::ConnectionReset)?;
        // Trailers are fields too, and those are not passed on.
        let Ok(piece) = frame.into_data() else {
            return Poll::Ready(None);
        };
        if let Err(refusal) = self.count(&piece) {
            let _first: Result<(), Refusal> = self.meter.stopped.set(refusal);
            return Poll::Ready(Some(Err(io::ErrorKind::QuotaExceeded.into())));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.from.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.from.size_hint()
    }
}
