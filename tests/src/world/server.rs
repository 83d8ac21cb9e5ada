//! One host of a world.

use crate::canary;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::Channel;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use pure_agent_runtime::body::{self, Body};
use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// Most bytes of a request.
const MOST: usize = 64 << 20;
/// Time for one to come.
const WITHIN: Duration = Duration::from_secs(60);

/// Fields in which a credential belongs.
const CREDENTIALS: [&str; 3] = ["authorization", "x-api-key", "x-goog-api-key"];

/// Where clients come from.
#[derive(Debug)]
pub enum Door {
    /// From the network.
    Tcp(TcpListener),
    /// From a relay in another network.
    Unix(UnixListener),
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Door {
    async fn next(&self) -> std::io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(listener) => Box::new(listener.accept().await?.0),
            Self::Unix(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

type Handler = dyn Fn(&Request<Bytes>) -> Response<Body> + Send + Sync;

/// A server, and what it was asked.
#[derive(Clone)]
pub struct Served {
    asked: Arc<Mutex<Vec<Request<Bytes>>>>,
    answer: Arc<Handler>,
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").finish_non_exhaustive()
    }
}

impl Served {
    pub(super) fn start<F>(
        runtime: &Runtime,
        at: SocketAddr,
        tls: Option<TlsAcceptor>,
        answer: F,
    ) -> Self
    where
        F: Fn(&Request<Bytes>) -> Response<Body> + Send + Sync + 'static,
    {
        let listener = runtime.block_on(TcpListener::bind(at));
        let listener = listener.unwrap_or_else(|e| panic!("{at}: {e}"));
        Self::behind(runtime, Door::Tcp(listener), tls, answer)
    }

    /// Answers whoever comes through this door.
    pub fn behind<F>(runtime: &Runtime, door: Door, tls: Option<TlsAcceptor>, answer: F) -> Self
    where
        F: Fn(&Request<Bytes>) -> Response<Body> + Send + Sync + 'static,
    {
        let served = Self {
            asked: Arc::default(),
            answer: Arc::new(answer),
        };
        drop(runtime.spawn(served.clone().accept(door, tls)));
        served
    }

    /// What it was asked so far, oldest first.
    ///
    /// # Panics
    /// When a handler has panicked.
    #[must_use]
    pub fn asked(&self) -> Vec<Request<Bytes>> {
        self.asked.lock().unwrap().clone()
    }

    /// Searches what came beside the field of a credential.
    ///
    /// # Panics
    /// If a secret stands there.
    pub fn search(&self, name: &str) {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        for request in asked.iter() {
            canary::none_in(&format!("a body for {name}"), request.body());
            let address = request.uri().to_string();
            canary::none_in(&format!("an address at {name}"), address.as_bytes());
            for (field, value) in request.headers() {
                if !CREDENTIALS.contains(&field.as_str()) {
                    canary::none_in(&format!("{field} for {name}"), value.as_bytes());
                }
            }
        }
    }

    async fn accept(self, door: Door, tls: Option<TlsAcceptor>) {
        while let Ok(stream) = door.next().await {
            let (served, tls) = (self.clone(), tls.clone());
            drop(tokio::spawn(async move {
                match tls {
                    // A client that does not trust this server has nothing to say.
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            served.connection(stream).await;
                        }
                    }
                    None => served.connection(stream).await,
                }
            }));
        }
    }

    async fn connection(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send) {
        let service = service_fn(|request: Request<Incoming>| {
            let served = self.clone();
            async move { Ok::<_, Infallible>(served.request(request).await) }
        });
        let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // How a client ends is its own business.
        let _ended = served.await;
    }

    async fn request(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let Ok(body) = body::read(body, MOST, WITHIN).await else {
            return status(400);
        };
        let request = Request::from_parts(head, body);
        self.asked.lock().unwrap().push(request.clone());
        let answer = Arc::clone(&self.answer);
        let answered = tokio::task::spawn_blocking(move || answer(&request)).await;
        // A panic of the handler has been printed.
        answered.unwrap_or_else(|_panic| status(500))
    }
}

fn status(number: u16) -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = hyper::StatusCode::from_u16(number).unwrap();
    response
}

/// A body in pieces with a pause before each; for handlers.
#[must_use]
pub fn pieces(pieces: Vec<Bytes>, pause: Duration) -> Body {
    let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(1);
    drop(tokio::spawn(async move {
        for piece in pieces {
            tokio::time::sleep(pause).await;
            if sender.send_data(piece).await.is_err() {
                return;
            }
        }
    }));
    body.boxed_unsync()
}
