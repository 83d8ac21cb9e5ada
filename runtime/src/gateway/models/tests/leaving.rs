//! Agents that leave.

use super::*;
use tokio::sync::watch;

/// An upstream that goes on when it is told to.
async fn halting() -> (Upstream, watch::Sender<bool>) {
    let (go, going) = watch::channel(false);
    let stand_in = Upstream::start(move |_| {
        let mut going = going.clone();
        piped(|mut sender| async move {
            sender.send_data(ANSWER[0].into()).await.unwrap();
            going.wait_for(|go| *go).await.unwrap();
            for event in &ANSWER[1..] {
                sender.send_data((*event).into()).await.unwrap_or_default();
            }
        })
    });
    (stand_in.await, go)
}

#[tokio::test]
async fn an_event_comes_when_it_is_there() {
    let (stand_in, go) = halting().await;
    let running = at(&stand_in).await;
    let mut agent = sent(&running, "/v1/messages", &streamed(message())).await;
    let head = until(&mut agent, "message_start").await;
    assert!(!head.contains("content_block_delta"));
    go.send(true).unwrap();
    until(&mut agent, "message_stop").await;
    assert_eq!(used(&running).await, (1, 15, 20));
}

/// The exact usage counts although nobody read it.
#[tokio::test]
async fn upstream_is_read_to_its_end_when_the_agent_leaves() {
    let (stand_in, go) = halting().await;
    let running = at(&stand_in).await;
    let mut agent = sent(&running, "/v1/messages", &streamed(message())).await;
    until(&mut agent, "message_start").await;
    drop(agent);
    tokio::time::sleep(Duration::from_millis(50)).await;
    go.send(true).unwrap();
    assert_eq!(used(&running).await, (1, 15, 20));
}

/// Whoever leaves at any moment takes no reservation along: the next call still has its turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_keeps_what_was_set_aside() {
    let stand_in = saying(200, JSON, answered().to_string()).await;
    let running = with(&stand_in, |c| c["limits"]["concurrency"] = json!(2)).await;
    for moment in 0..60 {
        let agent = sent(&running, "/v1/messages", &message()).await;
        tokio::time::sleep(Duration::from_micros(moment * 50)).await;
        drop(agent);
    }
    let (status, _) = running.json("POST /v1/messages", &message()).await;
    assert_eq!(status, 200);
    let (turns, tokens, _) = used(&running).await;
    assert!(
        (1..=61).contains(&turns) && tokens == turns * 15,
        "{turns} {tokens}"
    );
    assert_eq!(turns as usize, stand_in.asked().len());
}
