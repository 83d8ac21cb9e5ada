//! The gateway's control port, as the router asks it.

use super::decide::{Decision, Known};
use crate::proof::{Key, Use};
use crate::strict;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use std::fmt::Display;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// Time for one question, from the connection to the last byte of the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time between two attempts.
const PAUSE: Duration = Duration::from_secs(1);
/// Most bytes of an answer.
const MOST: usize = 64 * 1024;

/// A connection's worth of knowledge; each question opens its own.
#[derive(Debug)]
pub struct Control<'a> {
    gateway: &'a str,
    bearer: String,
    patience: Duration,
}

/// Why a question has no answer.
enum Trouble {
    /// Asking again may help: the gateway was not there, or was not ready.
    Passing(String),
    /// It will not.
    Lasting(String),
}

impl<'a> Control<'a> {
    /// Speaks to `gateway` (`host:port`) as the router of the run with this UID. For so long a question is
    /// asked again where the gateway is not there: its container may be starting again.
    #[must_use]
    pub fn new(gateway: &'a str, uid: &str, key: &Key, patience: Duration) -> Self {
        Self {
            gateway,
            bearer: format!("Bearer {}", key.proof(uid, Use::Router)),
            patience,
        }
    }

    /// What the gateway knows of a cycle, which it seals by that.
    ///
    /// # Errors
    /// When there is no answer in time, or one that is not understood.
    pub async fn known(&self, cycle: u32) -> Result<Known, String> {
        let path = format!("/v1/cycles/{cycle}/seal");
        let answer = self.post(&path, Bytes::new()).await?;
        strict::read(&answer).map_err(|e| format!("the gateway's answer is malformed: {e}"))
    }

    /// Has the gateway keep a decision. It keeps one for each cycle; the same one again is no error.
    ///
    /// # Errors
    /// When it is not kept.
    pub async fn keep(&self, decision: &Decision) -> Result<(), String> {
        let body = serde_json::to_vec(decision).map_err(|e| e.to_string())?;
        self.post("/v1/decision", body.into()).await.map(drop)
    }

    async fn post(&self, path: &str, body: Bytes) -> Result<Vec<u8>, String> {
        let start = Instant::now();
        loop {
            let once = tokio::time::timeout(PATIENCE, self.once(path, body.clone())).await;
            match once.unwrap_or_else(|_| Err(Trouble::Passing("no answer in time".to_owned()))) {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Lasting(why)) => return Err(why),
                Err(Trouble::Passing(why)) if start.elapsed() >= self.patience => {
                    return Err(format!("the gateway does not answer: {why}"));
                }
                Err(Trouble::Passing(_)) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn once(&self, path: &str, body: Bytes) -> Result<Vec<u8>, Trouble> {
        let stream = TcpStream::connect(self.gateway).await.map_err(passing)?;
        let (mut sender, connection) = http1::Builder::new()
            .handshake(TokioIo::new(stream))
            .await
            .map_err(passing)?;
        let driver = tokio::spawn(connection);
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, "gateway.pure-agent")
            .header(header::AUTHORIZATION, &self.bearer)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|e| Trouble::Lasting(e.to_string()))?;
        let answer = sender.send_request(request).await.map_err(passing)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MOST).collect().await;
        driver.abort();
        match status {
            StatusCode::OK => body.map(|body| body.to_bytes().to_vec()).map_err(|e| {
                match e.downcast_ref::<LengthLimitError>() {
                    Some(_) => Trouble::Lasting(format!("the answer has more than {MOST} bytes")),
                    None => Trouble::Passing(e.to_string()),
                }
            }),
            _ if status.is_server_error() => {
                Err(Trouble::Passing(format!("the gateway answers {status}")))
            }
            _ => Err(Trouble::Lasting(format!("the gateway answers {status}"))),
        }
    }
}

fn passing(error: impl Display) -> Trouble {
    Trouble::Passing(error.to_string())
}
