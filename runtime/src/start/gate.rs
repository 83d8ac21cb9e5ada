//! Whether what must be closed is closed, seen from here.

use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Time for one connection: a network that drops packets says nothing.
const ATTEMPT: Duration = Duration::from_secs(2);
/// Time between two rounds.
const PAUSE: Duration = Duration::from_secs(1);

/// Waits until no address (`host:port`) can be connected to.
///
/// A policy takes a moment to hold after a pod has started, so there are rounds, until patience is over. Open is
/// what accepts a connection; what refuses it or says nothing is closed.
///
/// # Errors
/// Names what is open in the last round, sorted.
pub async fn closed(addresses: &[String], patience: Duration) -> Result<(), Vec<String>> {
    let start = Instant::now();
    loop {
        let open = round(addresses).await;
        if open.is_empty() {
            return Ok(());
        }
        if start.elapsed() >= patience {
            return Err(open);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Tries all addresses at once.
async fn round(addresses: &[String]) -> Vec<String> {
    let mut tasks = JoinSet::new();
    for address in addresses.iter().cloned() {
        tasks.spawn(async move {
            let open = is_open(&address).await;
            (address, open)
        });
    }
    let mut open = Vec::new();
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok((_, false)) => {}
            Ok((address, true)) => open.push(address),
            // What could not be tried is not known to be closed.
            Err(_) => open.push("an address that could not be tried".to_owned()),
        }
    }
    open.sort();
    open
}

async fn is_open(address: &str) -> bool {
    let attempt = tokio::time::timeout(ATTEMPT, TcpStream::connect(address)).await;
    matches!(attempt, Ok(Ok(_)))
}
