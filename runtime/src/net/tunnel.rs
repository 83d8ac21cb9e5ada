//! Bytes between an agent and a host, within bounds.
//!
//! The hello is judged before the host is dialled: a tunnel that is refused has no effect outside. Then bytes go
//! both ways until both sides are done or a bound is met.

use super::dial::{self, Connector};
use super::hello::{self, Hello, Progress, Watch};
use super::host::Host;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::time::{Instant, timeout_at};

mod budget;
mod copy;

pub use budget::Budget;
use budget::Meter;
use copy::First;

/// Bytes that are read at once.
const PIECE: usize = 16 * 1024;

/// What a tunnel may use.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Budgets that every byte, of either direction, is taken from: those of an agent and of a run. None permit
    /// nothing.
    pub bytes: Vec<Arc<Budget>>,
    /// Time until the hello is whole.
    pub hello: Duration,
    /// Time in which no byte goes either way.
    pub idle: Duration,
    /// Time of the whole tunnel.
    pub deadline: Duration,
}

/// Why a tunnel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Both sides were done.
    Closed,
    /// The hello was refused, and nothing was dialled; or a later one was.
    Hello(hello::Refused),
    /// The host was not reached.
    Dial(dial::Refused),
    /// A budget is used up.
    Bytes,
    /// No byte went either way for too long.
    Idle,
    /// The time of the tunnel is over.
    Deadline,
    /// The client's side broke.
    Client(io::ErrorKind),
    /// The host's side broke.
    Upstream(io::ErrorKind),
}

impl End {
    /// The rule, as a stable word.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Closed => "tunnel-closed",
            Self::Hello(refused) => refused.rule(),
            Self::Dial(refused) => refused.rule(),
            Self::Bytes => "tunnel-bytes",
            Self::Idle => "tunnel-idle",
            Self::Deadline => "tunnel-deadline",
            Self::Client(_) => "tunnel-client",
            Self::Upstream(_) => "tunnel-upstream",
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("both sides were done"),
            Self::Hello(refused) => refused.fmt(f),
            Self::Dial(refused) => refused.fmt(f),
            Self::Bytes => f.write_str("the bytes that egress may use are used up"),
            Self::Idle => f.write_str("nothing went either way for too long"),
            Self::Deadline => f.write_str("the time of the tunnel is over"),
            Self::Client(kind) => write!(f, "the client's side broke: {kind}"),
            Self::Upstream(kind) => write!(f, "the host's side broke: {kind}"),
        }
    }
}

/// What went through a tunnel, and why it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Bytes that the host was given, the hello included.
    pub up: u64,
    /// Bytes that the client was given.
    pub down: u64,
    /// Why it ended.
    pub end: End,
}

/// Runs a tunnel to its end; both connections are closed then. `first` is what was already read from the client.
pub async fn tunnel<C>(
    mut client: C,
    first: &[u8],
    connector: &Connector,
    host: &Host,
    port: u16,
    bounds: Bounds,
) -> Outcome
where
    C: AsyncRead + AsyncWrite + Send + Unpin,
{
    let meter = Meter::new(bounds.bytes);
    let whole = async {
        let by = Instant::now() + bounds.hello;
        let hello = match greeting(&mut client, first, host, by).await {
            Ok(hello) => hello,
            Err(end) => return end,
        };
        let mut watch = Watch::new(host);
        if let Err(refused) = watch.pass(hello.behind()) {
            return End::Hello(refused);
        }
        match connector.dial(host, port).await {
            Ok(upstream) => {
                let first = First {
                    bytes: hello.bytes(),
                    watch,
                };
                copy::both(client, upstream, first, &meter, bounds.idle).await
            }
            Err(refused) => End::Dial(refused),
        }
    };
    let over = Instant::now() + bounds.deadline;
    let end = timeout_at(over, whole).await.unwrap_or(End::Deadline);
    let (up, down) = meter.delivered();
    Outcome { up, down, end }
}

/// Reads the hello, and what comes behind it in the same piece.
async fn greeting<C>(client: &mut C, first: &[u8], host: &Host, by: Instant) -> Result<Hello, End>
where
    C: AsyncRead + Unpin,
{
    let mut hello = Hello::new(host);
    let mut progress = hello.push(first);
    let mut piece = vec![0; PIECE];
    // The hello bounds the number of turns.
    loop {
        match progress {
            Progress::Good => return Ok(hello),
            Progress::Refused(refused) => return Err(End::Hello(refused)),
            Progress::More => {}
        }
        let count = match timeout_at(by, client.read(&mut piece)).await {
            Ok(Ok(0)) => return Err(End::Hello(hello::Refused::Ended)),
            Ok(Ok(count)) => count,
            Ok(Err(e)) => return Err(End::Client(e.kind())),
            Err(_) => return Err(End::Hello(hello::Refused::Late)),
        };
        progress = hello.push(piece.get(..count).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests;
