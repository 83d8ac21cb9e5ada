//! Streams within bounds, without sockets.

use super::super::forward::{Bounds, Broken, Reads, Stream};
use super::*;
use crate::gateway::echo::Echo;
use crate::model::Protocol;
use crate::model::usage::{Meter, Usage};
use tokio::time::Instant as Moment;

const SECRET: &str = "secret-of-anthropic";

fn bounds() -> Bounds {
    Bounds {
        most: 1 << 20,
        idle: Duration::from_secs(5),
        unread: Duration::from_millis(100),
        until: Moment::now() + Duration::from_secs(10),
    }
}

type Piped = Channel<Bytes, io::Error>;

/// Forwards what `write` sends; what was used, and the agent's end.
async fn forward<F>(
    bounds: Bounds,
    write: impl FnOnce(Sender<Bytes, io::Error>) -> F,
) -> (Result<Usage, Broken>, Piped)
where
    F: Future<Output = ()> + Send + 'static,
{
    let reads = Reads {
        meter: Meter::new(Protocol::Messages),
        echo: Echo::new(Some(SECRET)),
        whole: false,
        hides_usage: false,
    };
    let (stream, client) = Stream::new(reads, bounds);
    let (sender, upstream) = Channel::new(1);
    tokio::spawn(write(sender));
    (stream.run(upstream).await, client)
}

async fn all(mut sender: Sender<Bytes, io::Error>) {
    for event in ANSWER {
        sender.send_data(event.into()).await.unwrap_or_default();
    }
}

#[tokio::test]
async fn the_whole_of_a_stream_comes() {
    let (used, client) = forward(bounds(), all).await;
    assert_eq!(used.unwrap().total(), 15);
    let whole = client.collect().await.unwrap().to_bytes();
    assert_eq!(whole, ANSWER.concat());
}

#[tokio::test]
async fn one_that_stalls_is_broken_off_for_both() {
    let bounds = Bounds {
        idle: Duration::from_millis(50),
        ..bounds()
    };
    let start = Moment::now();
    let (used, client) = forward(bounds, |mut sender| async move {
        sender.send_data(ANSWER[0].into()).await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(used, Err(Broken::Incomplete));
    assert!(start.elapsed() < Duration::from_secs(2));
    assert!(client.collect().await.is_err());
}

#[tokio::test]
async fn drops_by_drop_ends_at_the_deadline() {
    let bounds = Bounds {
        until: Moment::now() + Duration::from_millis(200),
        ..bounds()
    };
    let (used, client) = forward(bounds, |mut sender| async move {
        for _ in 0..100 {
            sender
                .send_data(": ping\n\n".into())
                .await
                .unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert_eq!(used, Err(Broken::Incomplete));
    drop(client);
}

#[tokio::test]
async fn too_many_bytes_are_broken_off() {
    let bounds = Bounds {
        most: 100,
        ..bounds()
    };
    let (used, client) = forward(bounds, all).await;
    assert_eq!(used, Err(Broken::Incomplete));
    assert!(client.collect().await.is_err());
}

/// Nobody reads: the pieces that wait are few, upstream is read to its end, and what was cut looks cut.
#[tokio::test]
async fn an_agent_that_does_not_read_holds_nothing_up() {
    let (used, client) = forward(bounds(), |mut sender| async move {
        sender.send_data(ANSWER[0].into()).await.unwrap();
        for _ in 0..40 {
            sender.send_data(": ping\n\n".into()).await.unwrap();
        }
        all(sender).await;
    })
    .await;
    assert_eq!(used.unwrap().total(), 15);
    let mut client = client;
    let (mut pieces, mut cut) = (0, false);
    while !cut && let Some(piece) = client.frame().await {
        pieces += 1;
        cut = piece.is_err();
    }
    assert!(cut && pieces <= 9, "{pieces}");
}

/// An upstream that shows the credential, in pieces as small as it likes.
#[tokio::test]
async fn a_credential_that_comes_back_ends_the_stream_before_it_is_whole() {
    for size in [1, 2, 7, 19, 64, 4096] {
        let text = format!("{}data: {{\"say\":\"{SECRET}\"}}\n\n", ANSWER[0]);
        let (used, client) = forward(bounds(), move |mut sender| async move {
            for piece in text.as_bytes().chunks(size) {
                let piece = Bytes::copy_from_slice(piece);
                sender.send_data(piece).await.unwrap_or_default();
            }
            all(sender).await;
        })
        .await;
        assert_eq!(used, Err(Broken::Echo), "{size}");
        let (mut client, mut came, mut cut) = (client, Vec::new(), false);
        while !cut && let Some(frame) = client.frame().await {
            match frame {
                Ok(frame) => came.extend_from_slice(&frame.into_data().unwrap()),
                Err(_) => cut = true,
            }
        }
        let came = String::from_utf8(came).unwrap();
        assert!(cut && !came.contains("secret-of"), "{size} {came}");
    }
}
