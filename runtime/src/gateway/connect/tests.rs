use super::{set_aside, settle, traffic};
use crate::gateway::flow;
use crate::gateway::testing::{BEARER, Running, running};
use crate::state::allowed::MOST_BYTES;
use crate::web::testing::web;
use serde_json::json;
use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

/// Waits until nothing is set aside.
async fn given_back(running: &Running) {
    let start = Instant::now();
    let reserved = || {
        running
            .gateway
            .journal
            .read(|state| state.budget().reserved())
    };
    while reserved().traffic > 0 {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{:?}",
            reserved()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A gateway whose agent may open tunnels to a port of this machine, at which somebody listens who never answers.
async fn tunnels() -> (Running, TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let running = running(web(&[]), |contract| {
        contract["agents"][0]["tunnels"] = json!([{"host": "localhost", "port": port}]);
        contract["network"]["private"] = json!(["127.0.0.0/8", "::1/128"]);
    });
    (running.await, listener, port)
}

/// Whoever leaves at any moment takes no share of the traffic along.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_leaves_takes_no_share_along() {
    let (running, _listener, port) = tunnels().await;
    let head = format!(
        "CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\nProxy-Authorization: Bearer {BEARER}\r\n\r\n"
    );
    for moment in 0..60 {
        let mut agent = TcpStream::connect(&running.address).await.unwrap();
        agent.write_all(head.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_micros(moment * 50)).await;
        drop(agent);
    }
    given_back(&running).await;
    assert!(running.record().contains("\"rule\":\"egress\""));
}

/// The same at the one moment that counts: the share is set aside, and nobody waits for the answer.
#[tokio::test]
async fn a_request_that_is_dropped_at_once_gives_its_share_back() {
    let (running, _listener, _) = tunnels().await;
    let mut carried = Box::pin(flow::carry(
        &running.gateway,
        (0, "http-rule"),
        "GET /".to_owned(),
        1,
        |_meter| std::future::pending(),
    ));
    poll_fn(|context| {
        assert!(carried.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    let reserved = running
        .gateway
        .journal
        .read(|state| state.budget().reserved());
    assert!(reserved.traffic > 0);
    drop(carried);
    given_back(&running).await;
}

/// An agent that opens tunnels and carries nothing, again and again, fills no disk.
#[tokio::test]
async fn requests_that_carry_nothing_come_to_an_end() {
    let (running, _listener, _) = tunnels().await;
    let target = "x".repeat(64 << 10);
    for _ in 0..MOST_BYTES / target.len() as u64 {
        let aside = set_aside(&running.gateway, 0, "egress", target.clone()).unwrap();
        let share = aside.share;
        aside.written().await.unwrap();
        settle(&running.gateway, traffic(share.reservation, 0)).await;
    }
    let refused = set_aside(&running.gateway, 0, "egress", target).err();
    assert_eq!(refused.map(|refusal| refusal.rule()), Some("request-many"));
    given_back(&running).await;
}
