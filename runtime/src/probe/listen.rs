//! Somebody to be reached.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

/// Listens on these ports, TCP and UDP, in both families where there are two, and ends only when it cannot.
///
/// # Errors
/// A port that cannot be had.
pub async fn listen(ports: &[u16]) -> io::Error {
    let mut tasks = JoinSet::new();
    for port in ports {
        match bind(*port).await {
            Ok((tcp, udp)) => {
                tasks.spawn(accept(tcp));
                tasks.spawn(echo(udp));
            }
            Err(e) => return e,
        }
    }
    match tasks.join_next().await {
        Some(Ok(e)) => e,
        Some(Err(e)) => io::Error::other(e),
        None => io::Error::other("no port to listen on"),
    }
}

/// One socket for both families, or one for the only one that there is.
async fn bind(port: u16) -> io::Result<(TcpListener, UdpSocket)> {
    let both = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    let old = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let tcp = match TcpListener::bind(both).await {
        Ok(tcp) => tcp,
        Err(_) => TcpListener::bind(old).await?,
    };
    let udp = match UdpSocket::bind(both).await {
        Ok(udp) => udp,
        Err(_) => UdpSocket::bind(old).await?,
    };
    Ok((tcp, udp))
}

/// Who is let in is told nothing.
async fn accept(listener: TcpListener) -> io::Error {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(stream),
            Err(e) => return e,
        }
    }
}

/// Sends back what came, no longer than it was.
async fn echo(socket: UdpSocket) -> io::Error {
    let mut bytes = [0; 512];
    loop {
        match socket.recv_from(&mut bytes).await {
            Ok((length, from)) => {
                let sent = bytes.get(..length).unwrap_or_default();
                // Who asked may be gone.
                drop(socket.send_to(sent, from).await);
            }
            Err(e) => return e,
        }
    }
}
