//! Bytes on a stream, and what hyper reads of them.

use super::{Front, NOTHING, Seen};
use crate::gateway::testing::{BEARER, Running, running};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpStream;
use tokio::time::timeout;

const GET: &str = "GET /v1/inputs HTTP/1.1\r\nHost: g\r\n";
const CONNECT: &str = "CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\n\r\n";

fn front() -> (DuplexStream, Front<DuplexStream>, Arc<Seen>) {
    let (client, server) = tokio::io::duplex(1 << 16);
    let seen = Arc::new(Seen::default());
    (client, Front::new(server, Arc::clone(&seen)), seen)
}

/// What can be read now.
async fn now(front: &mut Front<DuplexStream>) -> Vec<u8> {
    let mut read = Vec::new();
    let soon = Duration::from_millis(20);
    let mut space = [0; 700];
    while let Ok(Ok(count)) = timeout(soon, front.read(&mut space)).await {
        if count == 0 {
            break;
        }
        read.extend_from_slice(&space[..count]);
    }
    read
}

#[tokio::test]
async fn a_head_goes_on_when_it_is_whole() {
    let (mut client, mut front, seen) = front();
    client.write_all(GET.as_bytes()).await.unwrap();
    assert!(now(&mut front).await.is_empty());
    assert!(!seen.asked());
    client.write_all(b"\r\n").await.unwrap();
    assert_eq!(now(&mut front).await, format!("{GET}\r\n").into_bytes());
    assert!(seen.asked() && seen.next().is_none());
}

#[tokio::test]
async fn in_the_place_of_a_refused_head_goes_one_that_asks_for_nothing() {
    let (mut client, mut front, seen) = front();
    let good = format!("{GET}\r\n");
    let bad = format!("{GET}Host: h\r\n\r\n{GET}\r\n");
    let all = format!("{good}{good}{bad}");
    client.write_all(all.as_bytes()).await.unwrap();
    let read = now(&mut front).await;
    assert_eq!(read, [good.as_bytes(), good.as_bytes(), NOTHING].concat());
    assert!(seen.next().is_none() && seen.next().is_none());
    assert_eq!(seen.next().unwrap().rule(), "http-framing");
    // Whatever comes now is read by nobody.
    client.write_all(good.as_bytes()).await.unwrap();
    assert!(now(&mut front).await.is_empty());
}

#[tokio::test]
async fn a_refused_body_breaks_off() {
    let (mut client, mut front, seen) = front();
    let head = format!("{GET}Transfer-Encoding: chunked\r\n\r\n");
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(b"2\r\n{};").await.unwrap();
    assert_eq!(
        now(&mut front).await,
        format!("{head}2\r\n{{}}").into_bytes()
    );
    assert!(front.read(&mut [0; 9]).await.is_err());
    assert_eq!(seen.body().unwrap().rule(), "http-framing");
    assert!(seen.next().is_none(), "its head was good");
}

#[tokio::test]
async fn what_stands_behind_a_tunnel_waits_until_it_is_granted() {
    let (mut client, mut front, seen) = front();
    let bytes = [CONNECT.as_bytes(), b"\x16\x03\x01"].concat();
    client.write_all(&bytes).await.unwrap();
    assert_eq!(now(&mut front).await, CONNECT.as_bytes());
    client.write_all(b"\0\r").await.unwrap();
    assert!(now(&mut front).await.is_empty());
    seen.stand_aside();
    assert_eq!(now(&mut front).await, b"\x16\x03\x01\0\r");
    client.write_all(b"no HTTP").await.unwrap();
    assert_eq!(now(&mut front).await, b"no HTTP");
}

/// Sends it, with a pause before the second part; all that is answered.
async fn told(running: &Running, first: &[u8], second: &[u8]) -> String {
    let mut stream = TcpStream::connect(&running.address).await.unwrap();
    stream.write_all(first).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    // A gateway that refuses early need not read the rest.
    drop(stream.write_all(second).await);
    let mut text = String::new();
    let ended = timeout(Duration::from_secs(9), stream.read_to_string(&mut text)).await;
    ended.expect("the end of the connection").expect("no reset");
    text
}

#[tokio::test]
async fn a_refusal_arrives_whatever_is_left_unread() {
    let running = running(crate::web::testing::web(&[]), |_| ()).await;
    let rest = vec![b'a'; 200_000];
    for (first, rule) in [
        (format!("{GET}X: "), "http-head"),
        (format!("{GET}X: \0"), "http-framing"),
        (
            format!("{GET}Authorization: Bearer {BEARER}\r\nContent-Length: 00\r\n\r\n"),
            "http-framing",
        ),
        (
            "POST /v1/claim HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n"
                .to_owned(),
            "http-framing",
        ),
        (
            "POST /v1/claim HTTP/1.1\r\nHost: g\r\nContent-Length: 200000\r\n\r\n".to_owned(),
            "body-length",
        ),
    ] {
        let text = told(&running, first.as_bytes(), &rest).await;
        assert!(
            text.contains(&format!("\"rule\":\"{rule}\"")),
            "{first}: {text}"
        );
        let recorded = async {
            while !running.record().contains(rule) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let recorded = timeout(Duration::from_secs(5), recorded).await;
        recorded.expect("a line of the record");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    /// Cut anywhere, the same bytes go on.
    #[test]
    fn pieces_change_nothing(
        garbage in prop::collection::vec(any::<u8>(), 0..40),
        at in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut bytes = format!(
            "{GET}Content-Length: 3\r\n\r\nabc{GET}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n{CONNECT}"
        )
        .into_bytes();
        let at = at.index(bytes.len());
        bytes.splice(at..at, garbage);
        let follow = |cuts: &[usize]| {
            let mut watch = super::watch::Watch::default();
            let (mut good, mut refused) = (0, None);
            for end in cuts {
                if refused.is_none() {
                    let judged = watch.judge(&bytes[good..*end]);
                    good += judged.good;
                    refused = judged.refused;
                }
            }
            (good, watch.heads(), refused)
        };
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        ends.push(bytes.len());
        ends.sort_unstable();
        prop_assert_eq!(follow(&ends), follow(&[bytes.len()]));
    }
}
