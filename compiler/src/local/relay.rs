//! Connections of a pod's door, carried on to the one port of the gateway that the door is for.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Connections of one door at once. The gateway has bounds of its own; this one is for the files of this process.
const MOST: usize = 256;
/// Time before another attempt to accept, where this process has no file left.
const PAUSE: Duration = Duration::from_millis(100);

/// A port of the gateway, which may be another one after it has started again.
#[derive(Debug, Clone, Default)]
pub(super) struct Port(Arc<Mutex<u16>>);

impl Port {
    pub(super) fn set(&self, port: u16) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = port;
    }

    pub(super) fn get(&self) -> u16 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is.
    pub(super) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.get()))
    }
}

/// A door that is served until this is dropped.
#[derive(Debug)]
pub(super) struct Door(JoinHandle<()>);

impl Drop for Door {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Door {
    /// Serves what listens in the pod's network.
    pub(super) fn open(door: std::net::TcpListener, to: Port) -> std::io::Result<Self> {
        door.set_nonblocking(true)?;
        let door = TcpListener::from_std(door)?;
        Ok(Self(tokio::spawn(serve(door, to))))
    }
}

async fn serve(door: TcpListener, to: Port) {
    let room = Arc::new(Semaphore::new(MOST));
    // What is under way ends with the door.
    let mut carried = tokio::task::JoinSet::new();
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        while carried.try_join_next().is_some() {}
        match door.accept().await {
            Ok((mut inside, _)) => {
                let to = to.address();
                carried.spawn(async move {
                    if let Ok(mut outside) = TcpStream::connect(to).await {
                        // How a connection ends is told to both sides by its end.
                        drop(copy_bidirectional(&mut inside, &mut outside).await);
                    }
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
