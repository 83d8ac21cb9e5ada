//! Peers that are slow, or gone.

use super::resident;
use crate::place::{Gateway, Place, ask};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

const GET: &str = "GET /v1/inputs HTTP/1.1\r\nHost: g\r\n";

fn connected(gateway: &Gateway) -> TcpStream {
    let stream = TcpStream::connect(&gateway.agent).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends the start, then one byte of `drip` each second until there is an answer; gives it and its time.
fn drip(gateway: &Gateway, start: &str, drip: u8) -> (String, Duration) {
    let mut stream = connected(gateway);
    stream
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    stream.write_all(start.as_bytes()).unwrap();
    let begun = Instant::now();
    let mut answer = Vec::new();
    let mut space = [0; 4096];
    while begun.elapsed() < Duration::from_secs(100) {
        match stream.read(&mut space) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&space[..count]),
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                // After the answer nobody reads that.
                drop(stream.write_all(&[drip]));
            }
            Err(_) => break,
        }
    }
    (String::from_utf8(answer).unwrap(), begun.elapsed())
}

#[test]
fn a_header_and_a_body_have_a_time() {
    let place = Place::new(|_| ());
    let gateway = place.gateway();
    let body = "POST /v1/claim HTTP/1.1\r\nHost: g\r\nContent-Length: 4000\r\n\r\n";
    let chunks = "POST /v1/claim HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n";
    std::thread::scope(|scope| {
        let head = scope.spawn(|| drip(&gateway, GET, b'x'));
        let body = scope.spawn(|| drip(&gateway, body, b' '));
        let chunks = scope.spawn(|| drip(&gateway, chunks, b' '));
        let (text, time) = head.join().unwrap();
        assert!(
            text.starts_with("HTTP/1.1 408") && text.contains("http-late"),
            "{text}"
        );
        assert!(time < Duration::from_secs(40), "{time:?}");
        for (text, time) in [body.join().unwrap(), chunks.join().unwrap()] {
            assert!(
                text.starts_with("HTTP/1.1 408") && text.contains("body-late"),
                "{text}"
            );
            assert!(time < Duration::from_secs(70), "{time:?}");
        }
    });
    // The answer does not wait for its line in the record.
    let begun = Instant::now();
    loop {
        let record = place.record();
        if record.contains("http-late") && record.contains("body-late") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{record}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Who asks and asks and reads no answer holds a bounded number of bytes.
#[test]
fn a_client_that_never_reads_is_not_buffered_for() {
    let place = Place::new(|_| ());
    let gateway = place.gateway();
    let bearer = place.start(&gateway, "0").1.unwrap();
    let request = format!("{GET}Authorization: Bearer {bearer}\r\n\r\n");
    let many = request.repeat(500);
    let before = resident(gateway.child.id());
    let mut streams = Vec::new();
    for _ in 0..4 {
        let mut stream = connected(&gateway);
        stream
            .set_write_timeout(Some(Duration::from_secs(1)))
            .unwrap();
        let mut rounds = 0;
        while stream.write_all(many.as_bytes()).is_ok() {
            rounds += 1;
            assert!(rounds < 2_000, "the gateway reads without end");
        }
        streams.push(stream);
    }
    let growth = resident(gateway.child.id()).saturating_sub(before);
    assert!(growth < 8 * 1024, "{growth} KiB");
    let answer = ask(&gateway.agent, "GET /v1/inputs", Some(&bearer), "");
    assert_eq!(answer.0, 200, "somebody else");
}

/// Who says that nothing more comes is gone, for all that a server can see: it is left, and soon.
#[test]
fn a_connection_that_is_half_closed_ends() {
    let place = Place::new(|_| ());
    let gateway = place.gateway();
    let bearer = place.start(&gateway, "0").1.unwrap();
    let request = format!("{GET}Authorization: Bearer {bearer}\r\n\r\n");
    for (what, bytes, whole) in [
        ("nothing", String::new(), false),
        ("half a line", "GET /v1".to_owned(), false),
        ("half a header", GET.to_owned(), false),
        (
            "half a body",
            "POST /v1/claim HTTP/1.1\r\nHost: g\r\nContent-Length: 9\r\n\r\n{".to_owned(),
            false,
        ),
        (
            "half a chunk",
            "POST /v1/claim HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"
                .to_owned(),
            false,
        ),
        ("a request", request, true),
    ] {
        let mut stream = connected(&gateway);
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .unwrap_or_else(|e| panic!("{what}: {e}"));
        assert!(whole || !answer.contains(" 200 "), "{what}: {answer}");
    }
}
