use super::super::dial::tests::{Fixed, local};
use super::super::hello::tests::{greeting, host};
use super::super::tls::tests::{acceptor, client_config};
use super::*;
use std::sync::atomic::Ordering;
use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

mod bounds;

const NAME: &str = "api.example.com";

fn bounds(budgets: &[&Arc<Budget>]) -> Bounds {
    let short = Duration::from_secs(1);
    let bytes = budgets.iter().map(|budget| Arc::clone(budget)).collect();
    Bounds {
        bytes,
        hello: short,
        idle: short,
        deadline: Duration::from_secs(10),
    }
}

/// The first `count` bytes of a long stream of TLS records.
fn data(count: usize) -> Vec<u8> {
    let record = [&[23, 3, 3, 0x10, 0][..], &[7; 0x1000]].concat();
    record.into_iter().cycle().take(count).collect()
}

/// A tunnel under way, the client's end, and the host's listener.
struct Run {
    client: DuplexStream,
    listener: TcpListener,
    resolver: Arc<Fixed>,
    task: JoinHandle<Outcome>,
}

impl Run {
    async fn start(first: &[u8], bounds: Bounds) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let resolver = Fixed::new(&[&["127.0.0.1"], &["10.0.0.1"]]);
        let (client, ours) = duplex(4096);
        let (first, asked) = (first.to_vec(), resolver.clone());
        let task = tokio::spawn(async move {
            tunnel(ours, &first, &local(asked), &host(NAME), port, bounds).await
        });
        Self {
            client,
            listener,
            resolver,
            task,
        }
    }

    /// The host's end, with the hello read.
    async fn upstream(&self, hello: &[u8]) -> TcpStream {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut seen = vec![0; hello.len()];
        stream.read_exact(&mut seen).await.unwrap();
        assert_eq!(seen, hello, "the hello is forwarded unchanged");
        stream
    }

    fn asked(&self) -> usize {
        self.resolver.asked.load(Ordering::SeqCst)
    }
}

async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut seen = Vec::new();
    // A reset is an end too.
    drop(stream.read_to_end(&mut seen).await);
    seen
}

#[tokio::test]
async fn tls_goes_through_end_to_end() {
    let budget = Budget::new(1 << 20);
    let run = Run::start(&[], bounds(&[&budget])).await;
    let server = async {
        let (stream, _) = run.listener.accept().await.unwrap();
        let mut stream = acceptor().accept(stream).await.unwrap();
        let mut seen = [0; 4];
        stream.read_exact(&mut seen).await.unwrap();
        stream.write_all(&seen).await.unwrap();
        stream.shutdown().await.unwrap();
    };
    let client = async {
        let name = rustls::pki_types::ServerName::try_from(NAME).unwrap();
        let connector = tokio_rustls::TlsConnector::from(client_config());
        let mut stream = connector.connect(name, run.client).await.unwrap();
        stream.write_all(b"ping").await.unwrap();
        let mut seen = Vec::new();
        stream.read_to_end(&mut seen).await.unwrap();
        stream.shutdown().await.unwrap();
        seen
    };
    let ((), seen) = tokio::join!(server, client);
    assert_eq!(seen, b"ping");
    let outcome = run.task.await.unwrap();
    assert_eq!(outcome.end, End::Closed);
    assert_eq!(outcome.up + outcome.down, (1 << 20) - budget.left());
    assert_eq!(run.resolver.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_half_closed_side_still_gets_what_the_other_says() {
    let hello = greeting(NAME);
    let mut run = Run::start(&hello[..7], bounds(&[&Budget::new(1 << 20)])).await;
    run.client.write_all(&hello[7..]).await.unwrap();
    run.client.write_all(&data(8)).await.unwrap();
    run.client.shutdown().await.unwrap();
    let mut upstream = run.upstream(&hello).await;
    assert_eq!(rest(&mut upstream).await, data(8));
    upstream
        .write_all(&[b'a'; 100_000])
        .await
        .unwrap_or_default();
    let answer = async {
        upstream.write_all(b"end").await.unwrap();
        drop(upstream);
    };
    let ((), seen) = tokio::join!(answer, rest(&mut run.client));
    assert_eq!(seen.len(), 100_003);
    let outcome = run.task.await.unwrap();
    let up = hello.len() as u64 + 8;
    assert_eq!(
        outcome,
        Outcome {
            up,
            down: 100_003,
            end: End::Closed
        }
    );
}

#[tokio::test]
async fn a_hello_that_is_refused_reaches_nobody() {
    let other = greeting("evil.example.com");
    for (first, rule) in [
        (&other[..], "hello-other-name"),
        (b"GET / HTTP/1.1\r\n\r\n", "hello-malformed"),
        (b"\x16\x03\x01\xff\xff", "hello-length"),
    ] {
        let run = Run::start(first, bounds(&[&Budget::new(1 << 20)])).await;
        assert_eq!(run.asked(), 0);
        let outcome = run.task.await.unwrap();
        assert_eq!((outcome.end.rule(), outcome.up, outcome.down), (rule, 0, 0));
        assert_eq!(
            run.resolver.asked.load(Ordering::SeqCst),
            0,
            "not even resolved"
        );
    }
}

#[tokio::test]
async fn a_hello_that_comes_too_slowly_or_never_ends_the_tunnel() {
    let hello = greeting(NAME);
    // A byte at a time, each well within the idle bound.
    let mut run = Run::start(&[], bounds(&[&Budget::new(1 << 20)])).await;
    let start = Instant::now();
    for byte in &hello {
        if run.client.write_all(&[*byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(run.task.await.unwrap().end.rule(), "hello-late");
    assert!(start.elapsed() < Duration::from_secs(4));

    let run = Run::start(&hello[..hello.len() - 1], bounds(&[&Budget::new(1 << 20)])).await;
    assert_eq!(run.task.await.unwrap().end.rule(), "hello-late");

    let mut run = Run::start(&hello[..40], bounds(&[&Budget::new(1 << 20)])).await;
    run.client.shutdown().await.unwrap();
    assert_eq!(run.task.await.unwrap().end.rule(), "hello-ended");
}

#[tokio::test]
async fn a_host_that_is_refused_or_gone_is_told_as_such() {
    let hello = greeting(NAME);
    let budget = Budget::new(1 << 20);
    for (answer, rule) in [
        (&["10.0.0.1"][..], "address-private"),
        (&["127.0.0.1", "::ffff:127.0.0.1"], "address-ipv4-mapped"),
        (&["169.254.169.254"], "address-metadata"),
        (&[], "resolve-empty"),
    ] {
        let (_client, ours) = duplex(64);
        let connector = local(Fixed::new(&[answer]));
        let outcome = tunnel(ours, &hello, &connector, &host(NAME), 1, bounds(&[&budget])).await;
        assert_eq!((outcome.end.rule(), outcome.up), (rule, 0));
    }
    assert_eq!(budget.left(), 1 << 20);
    // The client is gone.
    let run = Run::start(&hello, bounds(&[&budget])).await;
    let mut upstream = run.upstream(&hello).await;
    drop(run.client);
    assert_eq!(rest(&mut upstream).await, b"");
    upstream.write_all(b"x").await.unwrap();
    assert!(matches!(run.task.await.unwrap().end, End::Client(_)));
}

#[tokio::test]
async fn a_second_hello_with_another_name_never_arrives_whole() {
    let (hello, evil) = (greeting(NAME), greeting("evil.example.com"));
    // In the piece of the first hello: nothing is dialled. Later: the piece with its last byte does not go on.
    let both = [&hello[..], &evil].concat();
    let run = Run::start(&both, bounds(&[&Budget::new(1 << 20)])).await;
    assert_eq!(run.task.await.unwrap().end.rule(), "hello-other-name");
    assert_eq!(run.resolver.asked.load(Ordering::SeqCst), 0);

    let split = hello.len() + 30;
    let mut run = Run::start(&both[..split], bounds(&[&Budget::new(1 << 20)])).await;
    let mut upstream = run.upstream(&hello).await;
    run.client.write_all(&both[split..]).await.unwrap();
    assert!(rest(&mut upstream).await.len() < evil.len());
    assert_eq!(run.task.await.unwrap().end.rule(), "hello-other-name");
}
