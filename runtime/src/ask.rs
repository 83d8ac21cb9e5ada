//! A question to the run's own gateway: one request on a connection of its own, with a bound on the answer.
//!
//! Nothing is followed and nothing is kept: the gateway's address comes from the pod, not from an answer.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use std::fmt::Display;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// Time for one attempt, from the connection to the last byte of the answer.
const ATTEMPT: Duration = Duration::from_secs(10);
/// Time between two attempts.
const PAUSE: Duration = Duration::from_secs(1);
/// Most bytes of an answer.
const MOST: usize = 64 * 1024;

/// Whom to ask, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Gateway<'a> {
    /// `host:port`.
    pub address: &'a str,
    /// A question is asked again for so long where the gateway is not there or not ready: its container may
    /// be starting again. What a question takes while the gateway is there does not count.
    pub patience: Duration,
}

/// A question.
#[derive(Debug)]
pub struct Question<'q> {
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: &'q str,
    /// Who asks.
    pub bearer: Option<&'q str>,
    /// JSON, or nothing.
    pub body: Bytes,
    /// Most bytes of the answer.
    pub most: usize,
    /// Time for one attempt.
    pub within: Duration,
}

/// Why a question has no answer.
enum Trouble {
    /// Asking again may help.
    Passing(String),
    /// It will not.
    Lasting(String),
}

impl Gateway<'_> {
    /// Posts a JSON body and gives the body of the answer.
    ///
    /// # Errors
    /// When there is no answer in time, or another one than 200, or a too long one. Says why, in words that
    /// hold nothing of the question.
    pub async fn post(
        &self,
        path: &str,
        bearer: Option<&str>,
        body: Bytes,
    ) -> Result<Vec<u8>, String> {
        let question = Question {
            method: Method::POST,
            path,
            bearer,
            body,
            most: MOST,
            within: ATTEMPT,
        };
        self.ask(&question).await
    }

    /// Gets a document of at most so many bytes.
    ///
    /// # Errors
    /// As [`Gateway::post`].
    pub async fn get(
        &self,
        path: &str,
        bearer: Option<&str>,
        most: usize,
    ) -> Result<Vec<u8>, String> {
        self.ask(&Question {
            method: Method::GET,
            path,
            bearer,
            body: Bytes::new(),
            most,
            within: ATTEMPT,
        })
        .await
    }

    /// The same for any question.
    ///
    /// # Errors
    /// As [`Gateway::post`].
    pub async fn ask(&self, question: &Question<'_>) -> Result<Vec<u8>, String> {
        let mut away = Duration::ZERO;
        loop {
            let begun = Instant::now();
            let once = tokio::time::timeout(question.within, self.once(question)).await;
            match once.unwrap_or_else(|_| Err(Trouble::Passing("no answer in time".to_owned()))) {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Lasting(why)) => return Err(why),
                Err(Trouble::Passing(why)) => {
                    away += lost(begun.elapsed());
                    if away > self.patience {
                        return Err(format!("the gateway does not answer: {why}"));
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn once(&self, question: &Question<'_>) -> Result<Vec<u8>, Trouble> {
        let stream = TcpStream::connect(self.address).await.map_err(passing)?;
        let handshake = http1::Builder::new().handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(passing)?;
        let driver = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(question.method.clone())
            .uri(question.path)
            .header(header::HOST, "gateway.pure-agent")
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(bearer) = question.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
        }
        let request = request
            .body(Full::new(question.body.clone()))
            .map_err(|_untold| Trouble::Lasting("the question cannot be put".to_owned()))?;
        let answer = sender.send_request(request).await.map_err(passing)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), question.most)
            .collect()
            .await;
        driver.abort();
        if status == StatusCode::OK {
            return body.map(|body| body.to_bytes().to_vec()).map_err(|e| {
                match e.downcast_ref::<LengthLimitError>() {
                    Some(_) => Trouble::Lasting(format!(
                        "the answer has more than {} bytes",
                        question.most
                    )),
                    None => passing(e),
                }
            });
        }
        let why = format!("the gateway answers {status}");
        Err(if status.is_server_error() {
            Trouble::Passing(why)
        } else {
            Trouble::Lasting(why)
        })
    }
}

/// How long the gateway was away for an attempt that failed after this time, with the pause that follows: the start of
/// a long one it heard.
fn lost(after: Duration) -> Duration {
    after.min(ATTEMPT) + PAUSE
}

fn passing(error: impl Display) -> Trouble {
    Trouble::Passing(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// Asks a gateway that breaks off its first answers; gives the answer and how often it was asked.
    async fn asked(breaks: u32, patience: u64) -> (Result<Vec<u8>, String>, u32) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let count = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&count);
        let serve = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
                if seen.fetch_add(1, Ordering::SeqCst) >= breaks {
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                    stream.write_all(answer).await.unwrap();
                }
            }
        });
        let gateway = Gateway {
            address: &address,
            patience: Duration::from_secs(patience),
        };
        let answer = gateway.get("/", None, 16).await;
        serve.abort();
        (answer, count.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn a_gateway_that_comes_back_in_time_answers() {
        assert_eq!(asked(1, 5).await, (Ok(b"{}".to_vec()), 2));
        let (answer, times) = asked(9, 1).await;
        assert!(answer.unwrap_err().contains("does not answer"));
        assert!(times <= 2, "{times}");
    }

    /// A person thinks for minutes: when the gateway is lost then, it has as much time to come back as ever.
    #[test]
    fn a_long_answer_does_not_use_up_the_patience() {
        assert!(lost(Duration::from_secs(900)) * 5 < Duration::from_secs(60));
        assert!(lost(Duration::ZERO) * 60 >= Duration::from_secs(60));
    }
}
