//! A door that is open: it answers whatever it is asked, at every address and many ports, so that a test can see that
//! each attempt leads out where nothing stops it.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// The name of its abstract socket.
const NAME: &str = "pure-agent-escape-open";
const TCP: [u16; 14] = [
    22, 53, 80, 443, 853, 2379, 6443, 8080, 8081, 9090, 9091, 10250, 10255, 30080,
];
const UDP: [u16; 2] = [53, 443];
const MULTICAST: (Ipv4Addr, u16) = (Ipv4Addr::new(224, 0, 0, 251), 5353);

/// Opens everything, says so, and answers until it is ended.
pub fn serve() {
    use std::os::linux::net::SocketAddrExt as _;
    let named = std::os::unix::net::SocketAddr::from_abstract_name(NAME);
    let _abstract = named.and_then(|name| std::os::unix::net::UnixListener::bind_addr(&name));
    for port in TCP {
        // Of both families.
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))) {
            Ok(listener) => drop(std::thread::spawn(move || accept(&listener))),
            Err(e) => println!("port {port}: {e}"),
        }
    }
    for port in UDP {
        if let Ok(socket) = UdpSocket::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))) {
            drop(std::thread::spawn(move || datagrams(&socket)));
        }
    }
    let joined = UdpSocket::bind(MULTICAST_ANY);
    if let Ok(socket) = joined {
        if let Err(e) = socket.join_multicast_v4(&MULTICAST.0, &Ipv4Addr::UNSPECIFIED) {
            println!("group {}: {e}", MULTICAST.0);
        }
        drop(std::thread::spawn(move || datagrams(&socket)));
    }
    println!("open");
    drop(std::io::stdout().flush());
    loop {
        std::thread::park();
    }
}

const MULTICAST_ANY: (Ipv4Addr, u16) = (Ipv4Addr::UNSPECIFIED, MULTICAST.1);

fn accept(listener: &TcpListener) {
    for stream in listener.incoming().flatten() {
        drop(std::thread::spawn(move || drop(answer(stream))));
    }
}

/// Says yes, shows what it was asked, and, where it was asked for a tunnel, gives back what comes.
fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let (mut asked, mut piece) = (Vec::new(), [0; 4096]);
    while !asked.windows(2).any(|two| two == b"\n\r" || two == b"\n\n") && asked.len() < 1 << 16 {
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            size => asked.extend(&piece[..size]),
        }
    }
    if asked.starts_with(b"CONNECT ") {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        let size = stream.read(&mut piece)?;
        return stream.write_all(&piece[..size]);
    }
    let shown = String::from_utf8_lossy(&asked).into_owned();
    let content = serde_json::json!([{"type": "text", "text": shown}]);
    let body =
        serde_json::json!({"jsonrpc": "2.0", "id": 1, "result": {"content": content}}).to_string();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    // What still comes is read, so that the answer is not lost to a reset.
    drop(stream.shutdown(std::net::Shutdown::Write));
    while stream.read(&mut piece)? > 0 {}
    Ok(())
}

/// Answers questions as a resolver would: every name has an address.
fn datagrams(socket: &UdpSocket) {
    let mut question = [0; 512];
    while let Ok((size, from)) = socket.recv_from(&mut question) {
        let mut answer = question[..size].to_vec();
        let of_v4 = answer.ends_with(&[0, 1, 0, 1]);
        if size > 12 {
            answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, u8::from(of_v4), 0, 0, 0, 0]);
        }
        if of_v4 {
            answer.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 198, 51, 100, 1]);
        }
        drop(socket.send_to(&answer, from));
    }
}
