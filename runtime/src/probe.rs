//! Whether the network lets through what it should and nothing else, seen from a pod that has a role's labels.
//!
//! `pure-agent verify` starts two of them for each role: one listens, one tries. Nothing is sent but a request to
//! connect and, where UDP is asked about, one question for the root of the DNS; nothing is read but whether there was an
//! answer. No secret, contract or token is there.

mod answer;
mod listen;
mod place;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Seen};
pub use listen::listen;
pub use place::{Place, Way};

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::io;
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinSet;

/// Most places that are tried.
pub const MOST: usize = 512;
/// Time for one try: a network that drops packets says nothing.
const ATTEMPT: Duration = Duration::from_millis(1500);
/// Time between two rounds.
const PAUSE: Duration = Duration::from_millis(500);
/// One question: the name servers of the root.
const QUESTION: [u8; 17] = [
    0x70, 0x61, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1,
];

/// What is tried.
#[derive(Debug, Clone, Default)]
pub struct Probe {
    /// What should be open.
    pub open: Vec<Place>,
    /// What should be closed.
    pub closed: Vec<Place>,
    /// What may be either.
    pub any: Vec<Place>,
    /// How long policies may take to hold.
    pub patience: Duration,
}

/// What words stand for where this runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings {
    /// The DNS server of this pod.
    pub resolver: Option<IpAddr>,
    /// The API server, as the kubelet tells every container.
    pub kubernetes: Option<SocketAddr>,
}

/// More places than are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {MOST} places")
    }
}

impl std::error::Error for TooMany {}

impl Probe {
    /// Tries everything, in rounds, until all is as it should be or patience is over. A policy takes a moment to hold
    /// after a pod has started; what is told is what the last round saw.
    ///
    /// # Errors
    /// Too many places: nothing is tried then.
    pub async fn run(&self, around: Surroundings) -> Result<Answer, TooMany> {
        if self.open.len() + self.closed.len() + self.any.len() > MOST {
            return Err(TooMany);
        }
        let start = Instant::now();
        let mut rounds = 0;
        loop {
            rounds += 1;
            let (open, closed, any) = tokio::join!(
                round(&self.open, around),
                round(&self.closed, around),
                round(&self.any, around)
            );
            let fine = open.iter().all(|seen| *seen == Seen::Open)
                && closed.iter().all(|seen| *seen != Seen::Open);
            if fine || start.elapsed() >= self.patience {
                return Ok(Answer {
                    open,
                    closed,
                    any,
                    rounds,
                });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Tries all places at once; what was seen, in their order.
async fn round(places: &[Place], around: Surroundings) -> Vec<Seen> {
    let mut tasks = JoinSet::new();
    for (at, place) in places.iter().enumerate() {
        let address = place.address(around);
        let way = place.way;
        tasks.spawn(async move {
            let seen = match address {
                Some(address) => attempt(way, address).await,
                None => Seen::Untried,
            };
            (at, seen)
        });
    }
    // What could not be tried is not known to be closed.
    let mut all = vec![Seen::Untried; places.len()];
    while let Some(done) = tasks.join_next().await {
        if let Ok((at, seen)) = done
            && let Some(place) = all.get_mut(at)
        {
            *place = seen;
        }
    }
    all
}

async fn attempt(way: Way, address: SocketAddr) -> Seen {
    let tried = async {
        match way {
            Way::Tcp => TcpStream::connect(address).await.map(drop),
            Way::Udp => ask(address).await,
        }
    };
    match tokio::time::timeout(ATTEMPT, tried).await {
        Ok(Ok(())) => Seen::Open,
        Ok(Err(e)) if e.kind() == io::ErrorKind::ConnectionRefused => Seen::Refused,
        Ok(Err(_)) => Seen::Unreachable,
        Err(_) => Seen::Silent,
    }
}

/// Whether anything comes back.
async fn ask(address: SocketAddr) -> io::Result<()> {
    let any = if address.is_ipv6() {
        "[::]:0"
    } else {
        "0.0.0.0:0"
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    socket.send(&QUESTION).await?;
    socket.recv(&mut [0; 512]).await.map(drop)
}
