//! The control port of a gateway in this process.

use super::answer;
use crate::gateway::http;
use crate::gateway::testing::{Running, UID};
use crate::proof::Use;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A control port that is served.
pub(crate) struct Port {
    address: String,
    people: String,
}

impl Port {
    pub(crate) async fn open(running: &Running) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mine = Arc::clone(&running.gateway);
        tokio::spawn(http::serve(
            listener,
            Duration::from_secs(60),
            move |asked| answer(Arc::clone(&mine), asked),
            |_refusal| (),
        ));
        let people = running.gateway.key.proof(UID, Use::People);
        Self { address, people }
    }

    /// Sends a request `METHOD PATH` and gives the open connection.
    pub(crate) async fn send(
        &self,
        what: &str,
        bearer: Option<&str>,
        lines: &[&str],
        body: &str,
    ) -> TcpStream {
        let mut head = format!("{what} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n");
        if let Some(bearer) = bearer {
            head += &format!("Authorization: Bearer {bearer}\r\n");
        }
        for line in lines {
            head += &format!("{line}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    /// Status, and the whole answer as text.
    pub(crate) async fn raw(&self, what: &str, bearer: Option<&str>, body: &str) -> (u16, String) {
        let mut stream = self.send(what, bearer, &[], body).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok());
        (status.unwrap_or(0), answer)
    }

    /// Status, and the body as JSON.
    pub(crate) async fn ask(&self, what: &str, bearer: Option<&str>, body: &Value) -> (u16, Value) {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (status, answer) = self.raw(what, bearer, &body).await;
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// The same as people ask.
    pub(crate) async fn people(&self, what: &str, body: &Value) -> (u16, Value) {
        self.ask(what, Some(&self.people), body).await
    }
}
