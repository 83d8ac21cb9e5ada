//! Bytes on sockets, each within a time.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::time::{Duration, Instant};

/// Time for a connection: a network that drops packets says nothing.
pub(crate) const CONNECT: Duration = Duration::from_secs(3);
/// Time for an answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(6);
/// Most bytes of an answer that are looked at.
const MOST: usize = 64 * 1024;

/// Whether an address lets somebody in, or at least says something.
pub(crate) fn knock(to: SocketAddr, patience: Duration) -> Result<String, String> {
    match TcpStream::connect_timeout(&to, patience) {
        Ok(mut stream) => {
            // What is there may keep what it was sent, so that others can look.
            drop(stream.set_write_timeout(Some(Duration::from_secs(1))));
            drop(stream.write_all(b"GET /pure-agent-escape HTTP/1.0\r\n\r\n"));
            Ok(format!("{to} accepts"))
        }
        // An own loopback says this too; elsewhere somebody has answered.
        Err(e) if e.kind() == ErrorKind::ConnectionRefused && !is_own(to.ip()) => {
            Ok(format!("{to} answers with a refusal"))
        }
        Err(e) => Err(format!("{to}: {}", said(&e))),
    }
}

/// Sends a datagram and waits for any.
pub(crate) fn datagram(to: SocketAddr, bytes: &[u8]) -> Result<String, String> {
    let own = match to {
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    };
    let fail = |e: std::io::Error| format!("{to}: {}", said(&e));
    let socket = UdpSocket::bind(own).map_err(fail)?;
    socket.set_read_timeout(Some(CONNECT)).map_err(fail)?;
    let mut answer = [0; 512];
    // Who answers a group has an address of its own.
    let sent = match to.ip().is_multicast() {
        true => socket.send_to(bytes, to),
        false => socket.connect(to).and_then(|()| socket.send(bytes)),
    };
    let mut receive = || loop {
        match socket.recv(&mut answer) {
            // Other threads start processes, which is told to all.
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    };
    let received = sent.and_then(|_| receive());
    match received {
        Ok(size) => Ok(format!("{to} answers with {size} bytes")),
        Err(e) if e.kind() == ErrorKind::ConnectionRefused && !is_own(to.ip()) => {
            Ok(format!("{to} answers with a refusal"))
        }
        Err(e) => Err(fail(e)),
    }
}

/// A question for the address of a name, as DNS has it.
pub(crate) fn question(name: &str) -> Vec<u8> {
    let mut bytes = vec![0x13, 0x37, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap_or(0));
        bytes.extend(label.as_bytes());
    }
    bytes.extend([0, 0, 1, 0, 1]);
    bytes
}

fn is_own(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

fn said(e: &std::io::Error) -> String {
    match e.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "no answer".to_owned(),
        _ => e.to_string(),
    }
}

/// A connection to a server that is named or numbered.
pub(crate) fn connected(to: &str) -> Result<TcpStream, String> {
    let mut why = format!("{to} has no address");
    for address in to.to_socket_addrs().map_err(|e| format!("{to}: {e}"))? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => {
                drop(stream.set_read_timeout(Some(ANSWER)));
                drop(stream.set_write_timeout(Some(ANSWER)));
                return Ok(stream);
            }
            Err(e) => why = format!("{address}: {}", said(&e)),
        }
    }
    Err(why)
}

/// Sends bytes, and gives what comes until the end or until time is over.
pub(crate) fn exchange(to: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut stream = connected(to)?;
    // A server that refuses early may close before it has read all.
    drop(stream.write_all(bytes));
    Ok(rest(&mut stream))
}

/// What comes until the end or until time is over.
pub(crate) fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let (mut all, mut piece, start) = (Vec::new(), [0; 4096], Instant::now());
    while all.len() < MOST && start.elapsed() < ANSWER {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(size) => all.extend(&piece[..size]),
        }
    }
    all
}

/// The head of an answer, and nothing behind it.
pub(crate) fn head(stream: &mut TcpStream) -> String {
    let (mut all, mut byte) = (Vec::new(), [0]);
    while !all.ends_with(b"\r\n\r\n") && all.len() < 16 * 1024 {
        match stream.read(&mut byte) {
            Ok(1) => all.push(byte[0]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// The status of an answer; 0 where there is none.
pub(crate) fn status(answer: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(&answer[..answer.len().min(64)]).into_owned();
    let mut words = text.split(' ');
    match words.next().is_some_and(|word| word.starts_with("HTTP/1.")) {
        true => words.next().and_then(|word| word.parse().ok()).unwrap_or(0),
        false => 0,
    }
}

/// Whether any answer in it says yes.
pub(crate) fn agrees(answer: &[u8]) -> bool {
    String::from_utf8_lossy(answer).contains("HTTP/1.1 2") || (200..300).contains(&status(answer))
}

/// What an answer says, short: status and rule.
pub(crate) fn summary(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer).into_owned();
    let rule = text
        .split("\"rule\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    match (status(answer), rule) {
        (0, _) => "closed without an answer".to_owned(),
        (status, Some(rule)) => format!("{status}, rule {rule}"),
        (status, None) => {
            let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            let body: String = body.chars().take(120).collect();
            format!("{status} {}", body.replace(['\r', '\n'], " "))
        }
    }
}

/// A request with the agent's bearer and a body of JSON.
pub(crate) fn asked(facts: &crate::Facts, what: &str, body: &str) -> Result<Vec<u8>, String> {
    let length = body.len();
    let request = format!(
        "{what} HTTP/1.1\r\nHost: gateway.pure-agent\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nanthropic-version: 2023-06-01\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}",
        facts.bearer
    );
    exchange(&facts.gateway, request.as_bytes())
}

/// The body of an answer as JSON.
pub(crate) fn json(answer: &[u8]) -> serde_json::Value {
    let text = String::from_utf8_lossy(answer).into_owned();
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let start = body
        .find('{')
        .and_then(|at| body.get(at..))
        .unwrap_or_default();
    let mut values = serde_json::Deserializer::from_str(start).into_iter();
    values.next().and_then(Result::ok).unwrap_or_default()
}
