//! Copies both ways until both sides are done or a bound is met.

use super::super::hello::{Refused, Watch};
use super::budget::{Meter, Way};
use super::{End, PIECE};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until};

/// What the client said before the copying.
pub(super) struct First<'a> {
    /// The hello and what came behind it.
    pub(super) bytes: &'a [u8],
    /// Where that leaves the judge of what follows.
    pub(super) watch: Watch,
}

/// Gives the first bytes to the host, then copies; `Err` inside is what ends a tunnel early.
pub(super) async fn both<C, U>(
    client: C,
    upstream: U,
    mut first: First<'_>,
    meter: &Meter,
    idle: Duration,
) -> End
where
    C: AsyncRead + AsyncWrite + Send + Unpin,
    U: AsyncRead + AsyncWrite + Send + Unpin,
{
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_upstream, mut to_upstream) = tokio::io::split(upstream);
    meter.touch();
    let up = async {
        give(&mut to_upstream, first.bytes, meter, Way::Up).await?;
        let judge = |piece: &[u8]| first.watch.pass(piece);
        one_way(&mut from_client, &mut to_upstream, meter, Way::Up, judge).await
    };
    let down = one_way(&mut from_upstream, &mut to_client, meter, Way::Down, |_| {
        Ok(())
    });
    tokio::select! {
        done = async { tokio::try_join!(up, down) } => match done {
            Ok(((), ())) => End::Closed,
            Err(end) => end,
        },
        end = watch(meter, idle) => end,
    }
}

/// Ends when nothing was delivered for so long.
async fn watch(meter: &Meter, idle: Duration) -> End {
    loop {
        let due = meter.last() + idle;
        if due <= Instant::now() {
            return End::Idle;
        }
        sleep_until(due).await;
    }
}

/// Copies what `judge` lets pass one way until the reader is done, and then tells the writer.
async fn one_way<R, W>(
    from: &mut R,
    to: &mut W,
    meter: &Meter,
    way: Way,
    mut judge: impl FnMut(&[u8]) -> Result<(), Refused>,
) -> Result<(), End>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut piece = vec![0; PIECE];
    loop {
        let count = from
            .read(&mut piece)
            .await
            .map_err(|e| broken_from(way, &e))?;
        if count == 0 {
            meter.touch();
            return to.shutdown().await.map_err(|e| broken_to(way, &e));
        }
        let piece = piece.get(..count).unwrap_or_default();
        judge(piece).map_err(End::Hello)?;
        give(to, piece, meter, way).await?;
    }
}

/// Delivers as many of the bytes as the budgets have; fewer than all end the tunnel. What was taken and could
/// not be delivered stays used.
async fn give<W>(to: &mut W, bytes: &[u8], meter: &Meter, way: Way) -> Result<(), End>
where
    W: AsyncWrite + Unpin,
{
    let granted = meter.take(bytes.len());
    let mut rest = bytes.get(..granted).unwrap_or_default();
    while !rest.is_empty() {
        let count = to.write(rest).await.map_err(|e| broken_to(way, &e))?;
        if count == 0 {
            return Err(broken_to(way, &io::ErrorKind::WriteZero.into()));
        }
        meter.deliver(way, count);
        rest = rest.get(count..).unwrap_or_default();
    }
    to.flush().await.map_err(|e| broken_to(way, &e))?;
    if granted < bytes.len() {
        return Err(End::Bytes);
    }
    Ok(())
}

fn broken_from(way: Way, error: &io::Error) -> End {
    match way {
        Way::Up => End::Client(error.kind()),
        Way::Down => End::Upstream(error.kind()),
    }
}

fn broken_to(way: Way, error: &io::Error) -> End {
    match way {
        Way::Up => End::Upstream(error.kind()),
        Way::Down => End::Client(error.kind()),
    }
}
