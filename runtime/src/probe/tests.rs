use super::{Answer, MOST, Place, Probe, Seen, Surroundings, TooMany, listen};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

fn place(text: &str) -> Place {
    text.parse().unwrap()
}

/// A port that nobody listens on.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn probe(open: &[String], closed: &[String]) -> Probe {
    let places = |list: &[String]| list.iter().map(|text| place(text)).collect();
    Probe {
        open: places(open),
        closed: places(closed),
        any: Vec::new(),
        patience: Duration::from_millis(1),
    }
}

#[test]
fn places_read_back_and_names_are_none() {
    for text in [
        "tcp:10.0.0.1:8080",
        "tcp:[fd00::1]:8080",
        "udp:10.0.0.1:53",
        "udp:resolver:53",
        "tcp:kubernetes",
    ] {
        assert_eq!(place(text).to_string(), text);
    }
    for text in [
        "",
        "tcp",
        "tcp:",
        "tcp:example.com:80",
        "icmp:10.0.0.1:1",
        "tcp:10.0.0.1",
        "tcp:10.0.0.1:99999",
        "tcp:fd00::1:80x",
        "udp:resolver",
        "tcp:kubernetes:443",
        "tcp:/etc/passwd",
    ] {
        assert!(text.parse::<Place>().is_err(), "{text}");
    }
}

#[test]
fn words_stand_for_what_the_pod_knows() {
    let around = Surroundings::read(
        "search x\nnameserver 10.96.0.10\nnameserver 1.1.1.1\n",
        Some("10.96.0.1"),
        Some("443"),
    );
    let address = |text: &str| place(text).address(around);
    assert_eq!(
        address("udp:resolver:53"),
        Some(SocketAddr::from(([10, 96, 0, 10], 53)))
    );
    assert_eq!(
        address("tcp:kubernetes"),
        Some(SocketAddr::from(([10, 96, 0, 1], 443)))
    );
    let nothing = Surroundings::read("", None, Some("443"));
    assert_eq!(place("tcp:kubernetes").address(nothing), None);
    assert_eq!(place("udp:resolver:53").address(nothing), None);
}

#[tokio::test]
async fn open_and_closed_are_told_apart_tcp_and_udp() {
    let (heard, silent) = (free(), free());
    let listener = tokio::spawn(async move { listen(&[heard]).await });
    let open = [
        format!("tcp:127.0.0.1:{heard}"),
        format!("udp:127.0.0.1:{heard}"),
    ];
    let closed = [
        format!("tcp:127.0.0.1:{silent}"),
        "tcp:kubernetes".to_owned(),
    ];
    let probe = Probe {
        patience: Duration::from_secs(10),
        ..probe(&open, &closed)
    };
    let answer = probe.run(Surroundings::default()).await.unwrap();
    assert_eq!(answer.open, [Seen::Open, Seen::Open]);
    assert_eq!(answer.closed, [Seen::Refused, Seen::Untried]);
    assert_eq!(answer.value()["open"], "oo");
    listener.abort();
}

#[tokio::test]
async fn a_hole_is_told_and_so_is_a_wall() {
    let (heard, silent) = (free(), free());
    let listener = tokio::spawn(async move { listen(&[heard]).await });
    // It listens once the first try got through.
    let there = Probe {
        patience: Duration::from_secs(10),
        ..probe(&[format!("tcp:127.0.0.1:{heard}")], &[])
    };
    assert_eq!(
        there.run(Surroundings::default()).await.unwrap().open,
        [Seen::Open]
    );
    let probe = probe(
        &[format!("tcp:127.0.0.1:{silent}")],
        &[format!("tcp:127.0.0.1:{heard}")],
    );
    let answer = probe.run(Surroundings::default()).await.unwrap();
    assert_eq!(
        (answer.open, answer.closed),
        (vec![Seen::Refused], vec![Seen::Open])
    );
    listener.abort();
}

#[tokio::test]
async fn a_port_that_is_taken_is_no_listener() {
    let taken = TcpListener::bind("[::]:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    assert_eq!(listen(&[port]).await.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn the_most_places_fit_into_a_termination_message_and_one_more_is_refused() {
    let answer = Answer {
        open: vec![Seen::Open; MOST],
        closed: Vec::new(),
        any: Vec::new(),
        rounds: u32::MAX,
    };
    assert!(answer.value().to_string().len() < 4096);
    let many = vec!["tcp:127.0.0.1:1".to_owned(); MOST];
    assert_eq!(
        probe(&many, &many).run(Surroundings::default()).await,
        Err(TooMany)
    );
}
