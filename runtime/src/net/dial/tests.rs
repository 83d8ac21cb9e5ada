use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

/// Answers in turn, then with the last again; counts how often it was asked.
#[derive(Debug, Default)]
pub(in crate::net) struct Fixed {
    answers: Vec<Vec<IpAddr>>,
    wait: Duration,
    pub(in crate::net) asked: AtomicUsize,
}

impl Fixed {
    pub(in crate::net) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let addr = |text: &&str| text.parse().unwrap();
        let answers = answers
            .iter()
            .map(|a| a.iter().map(addr).collect())
            .collect();
        Arc::new(Self {
            answers,
            ..Self::default()
        })
    }
}

impl Resolve for Fixed {
    fn resolve<'a>(&'a self, _host: &'a Host) -> Answer<'a> {
        let turn = self
            .asked
            .fetch_add(1, Ordering::SeqCst)
            .min(self.answers.len().saturating_sub(1));
        Box::pin(async move {
            tokio::time::sleep(self.wait).await;
            self.answers
                .get(turn)
                .cloned()
                .ok_or_else(|| io::ErrorKind::NotFound.into())
        })
    }
}

pub(in crate::net) fn quick() -> Times {
    let quick = Duration::from_secs(1);
    Times {
        resolve: quick,
        address: quick,
        connect: quick,
        handshake: quick,
    }
}

/// A connector that may reach the loopback addresses of IPv4, and nothing else beside the public internet.
pub(in crate::net) fn local(resolver: Arc<dyn Resolve>) -> Connector {
    let private = Private::parse(&["127.0.0.0/8".to_owned()]).unwrap();
    Connector::new(resolver, private, quick())
}

fn host() -> Host {
    Host::parse("api.example.com").unwrap()
}

#[tokio::test]
async fn a_host_is_dialled_by_its_judged_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let resolver = Fixed::new(&[&["127.0.0.1"]]);
    let stream = local(resolver.clone()).dial(&host(), port).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
    assert!(stream.nodelay().unwrap());
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_name_is_asked_for_once_so_that_a_second_answer_has_no_effect() {
    // Nothing listens at the judged address; at that of a second answer somebody would.
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let resolver = Fixed::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let refused = local(resolver.clone())
        .dial(&host(), port)
        .await
        .unwrap_err();
    assert_eq!(refused, Refused::Connect(io::ErrorKind::ConnectionRefused));
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 1);
    let waiting = timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(waiting.is_err());
}

#[tokio::test]
async fn one_refused_address_refuses_the_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for (answer, rule) in [
        (&["127.0.0.1", "10.0.0.1"][..], "address-private"),
        (&["10.0.0.1", "127.0.0.1"], "address-private"),
        (&["127.0.0.1", "169.254.169.254"], "address-metadata"),
        (&["127.0.0.1", "::1"], "address-loopback"),
        (&["127.0.0.1", "::ffff:127.0.0.1"], "address-ipv4-mapped"),
        (&["127.0.0.1", "64:ff9b::7f00:1"], "address-nat64"),
        (
            &["127.0.0.1", "127.0.0.1", "0.0.0.0"],
            "address-unspecified",
        ),
        (&["::ffff:127.0.0.1"], "address-ipv4-mapped"),
        (&["0.0.0.0"], "address-unspecified"),
        (&[], "resolve-empty"),
    ] {
        let refused = local(Fixed::new(&[answer]))
            .dial(&host(), port)
            .await
            .unwrap_err();
        assert_eq!(refused.rule(), rule, "{answer:?}");
        // What an agent is told holds no address.
        for addr in answer {
            assert!(!refused.to_string().contains(addr), "{refused}");
        }
    }
    let waiting = timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(waiting.is_err(), "nothing was dialled");
}

#[tokio::test]
async fn the_next_address_is_tried_after_one_that_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let resolver = Fixed::new(&[&["127.0.0.3", "127.0.0.1"]]);
    let mut stream = local(resolver).dial(&host(), port).await.unwrap();
    drop(listener.accept().await.unwrap());
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn answers_and_waits_are_bounded() {
    let many: Vec<String> = (0..65).map(|n| format!("127.0.0.{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let refused = local(Fixed::new(&[&many]))
        .dial(&host(), 1)
        .await
        .unwrap_err();
    assert_eq!(refused, Refused::TooMany);
    let refused = local(Fixed::new(&[&many[..64]]))
        .dial(&host(), 1)
        .await
        .unwrap_err();
    assert_eq!(refused.rule(), "connect-failed");

    let wait = Duration::from_secs(60);
    let slow = Fixed {
        answers: vec![vec![]],
        wait,
        ..Fixed::default()
    };
    let refused = local(Arc::new(slow)).dial(&host(), 1).await.unwrap_err();
    assert_eq!(refused, Refused::ResolveLate);

    let refused = local(Fixed::new(&[])).dial(&host(), 1).await.unwrap_err();
    assert_eq!(refused, Refused::Resolve(io::ErrorKind::NotFound));
}

#[tokio::test]
async fn a_host_that_does_not_answer_ends_in_time() {
    // A listener whose queue is full drops what asks to connect.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let at = listener.local_addr().unwrap();
    let mut held = Vec::new();
    for _ in 0..8 {
        let one = timeout(Duration::from_millis(50), TcpStream::connect(at)).await;
        held.push(one);
    }
    let start = Instant::now();
    let refused = local(Fixed::new(&[&["127.0.0.1"]]))
        .dial(&host(), at.port())
        .await;
    assert_eq!(refused.unwrap_err(), Refused::ConnectLate);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_system_resolves_and_what_it_finds_is_judged() {
    // `localhost` needs no server; its addresses are refused unless they are named.
    let name = Host::parse("localhost").unwrap();
    let closed = Connector::new(Arc::new(System), Private::default(), Times::default());
    let refused = closed.dial(&name, 1).await.unwrap_err();
    assert_eq!(refused.rule(), "address-loopback");
    let named = Private::parse(&["127.0.0.0/8".to_owned(), "::1/128".to_owned()]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = Connector::new(Arc::new(System), named, Times::default());
    let port = listener.local_addr().unwrap().port();
    assert!(open.dial(&name, port).await.is_ok());
}

/// A pod of the run may have a private address; nothing else may because of that.
#[tokio::test]
async fn a_pod_is_judged_by_its_name_only() {
    let pod = Host::parse("search.server.pure-agent").unwrap();
    // Judged, and not dialled.
    let to = |address: &str| {
        let private = Private::parse(&[]).unwrap();
        Connector::new(Fixed::new(&[&[address]]), private, quick())
    };
    for address in [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "fd12::1",
    ] {
        let before = to(address).addresses(&pod).await.unwrap_err();
        assert!(matches!(before, Refused::Address(..)), "{address}");
        let only = to(address).only(pod.clone());
        let judged = only.addresses(&pod).await;
        assert_eq!(judged, Ok(vec![address.parse().unwrap()]));
    }
    for (address, rule) in [
        ("127.0.0.1", "address-loopback"),
        ("169.254.169.254", "address-metadata"),
        ("169.254.1.1", "address-link-local"),
        ("100.100.100.200", "address-metadata"),
        ("fd00:ec2::254", "address-metadata"),
        ("::ffff:10.0.0.1", "address-ipv4-mapped"),
    ] {
        let refused = to(address).only(pod.clone()).dial(&pod, 1).await;
        assert_eq!(refused.unwrap_err().rule(), rule, "{address}");
    }
    let resolver = Fixed::new(&[&["127.0.0.1"]]);
    let refused = local(resolver.clone()).only(pod).dial(&host(), 1).await;
    assert_eq!(refused.unwrap_err(), Refused::OtherHost);
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 0);
}
