//! Answers that take time: at once if they come soon, else as a stream that shows that it is alive.

use crate::gateway::answer::Answer;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use std::io;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Time in which an answer still comes as one document.
const SOON: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 2000 });
/// Time between two signs of life.
const BEAT: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 5000 });

/// A message that comes later.
pub(super) type Message = Pin<Box<dyn Future<Output = Value> + Send>>;

/// What a client takes.
#[derive(Debug, Clone)]
pub(super) struct Takes {
    /// `application/json`.
    pub(super) json: bool,
    /// `text/event-stream`.
    pub(super) stream: bool,
    /// The token under which it wants to hear of progress.
    pub(super) progress: Option<Value>,
}

/// Answers with a message. Where the client goes away the message is dropped, and with it what it waited for.
pub(super) async fn answer(mut message: Message, takes: Takes) -> Answer {
    if !takes.stream {
        return Answer::fine(&message.await);
    }
    if takes.json
        && let Ok(soon) = timeout(SOON, &mut message).await
    {
        return Answer::fine(&soon);
    }
    let (sender, body) = Channel::<Bytes, io::Error>::new(4);
    drop(tokio::spawn(write(message, takes.progress, sender)));
    Answer::new(StatusCode::OK, "text/event-stream", body.boxed_unsync()).with(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    )
}

async fn write(mut message: Message, token: Option<Value>, mut to: Sender<Bytes, io::Error>) {
    let mut beats: u64 = 0;
    loop {
        tokio::select! {
            biased;
            last = &mut message => {
                // A client that is gone has no use for it.
                drop(to.send_data(event(&last)).await);
                return;
            }
            () = sleep(if beats == 0 { Duration::ZERO } else { BEAT }) => {}
        }
        beats = beats.saturating_add(1);
        if to.send_data(alive(token.as_ref(), beats)).await.is_err() {
            return;
        }
    }
}

fn event(message: &Value) -> Bytes {
    Bytes::from(format!("event: message\ndata: {message}\n\n"))
}

/// A sign of life: progress where the client asked for it, else a comment.
fn alive(token: Option<&Value>, beats: u64) -> Bytes {
    let Some(token) = token else {
        return Bytes::from_static(b": waiting\n\n");
    };
    let params = json!({"progressToken": token, "progress": beats, "message": "waiting"});
    event(&json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params}))
}
