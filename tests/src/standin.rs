//! A stand-in for whatever a role speaks to: an HTTP server on loopback that keeps what it is sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `METHOD PATH`.
    pub what: String,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Asked {
    /// The value of a header, if it stands once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(n, _)| n == name);
        let first = values.next().map(|(_, v)| v.as_str());
        if values.next().is_some() { None } else { first }
    }
}

/// A status and a body of JSON.
pub type Answer = (u16, String);

/// A status and a body of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Its `Content-Type`.
    pub kind: &'static str,
    /// The body.
    pub body: String,
}

impl From<Answer> for Reply {
    fn from((status, body): Answer) -> Self {
        let kind = "application/json";
        Self { status, kind, body }
    }
}

/// The server; it ends with the test process.
#[derive(Debug)]
pub struct Standin {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// Most requests that one stand-in answers.
const MOST: usize = 1000;

impl Standin {
    /// Answers each request by `answer`, each on a connection of its own.
    ///
    /// # Panics
    /// When no port of loopback is free.
    #[must_use]
    pub fn start<A: Into<Reply>>(answer: impl Fn(&Asked) -> A + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|e| panic!("{e}"));
        let address = listener.local_addr().unwrap_or_else(|e| panic!("{e}"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        let answer = Arc::new(move |asked: &Asked| answer(asked).into());
        drop(std::thread::spawn(move || {
            for stream in listener.incoming().take(MOST).flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                drop(std::thread::spawn(move || {
                    drop(serve(&stream, &kept, &*answer));
                }));
            }
        }));
        Self { address, asked }
    }

    /// What it was asked so far.
    ///
    /// # Panics
    /// When the server has panicked.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(|e| panic!("{e}")).clone()
    }
}

fn serve(
    stream: &TcpStream,
    kept: &Mutex<Vec<Asked>>,
    answer: &impl Fn(&Asked) -> Reply,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let what = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, v)| v.parse().ok()).unwrap_or(0);
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    let asked = Asked {
        what,
        headers,
        body,
    };
    let Reply { status, kind, body } = answer(&asked);
    if let Ok(mut kept) = kept.lock() {
        kept.push(asked);
    }
    let size = body.len();
    write!(
        &mut &*stream,
        "HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n{body}"
    )
}
