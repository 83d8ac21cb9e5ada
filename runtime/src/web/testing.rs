//! Upstreams that stand in, in this process: every name leads to one of them, without TLS.

use super::Web;
use super::dialer::{Dialer, Refused, Stream};
use crate::body::{self, Body};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// A server on loopback that keeps what it is asked.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl Upstream {
    /// Answers each request, read whole, by `answer`.
    pub(crate) async fn start<F>(answer: F) -> Self
    where
        F: Fn(&Request<Bytes>) -> Response<Body> + Clone + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, kept) = (answer.clone(), Arc::clone(&kept));
                let service = service_fn(move |request: Request<Incoming>| {
                    let (answer, kept) = (answer.clone(), Arc::clone(&kept));
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body::read(body, 64 << 20, Duration::from_secs(20)).await;
                        let request = Request::from_parts(head, body.unwrap_or_default());
                        kept.lock().unwrap().push(request.clone());
                        Ok::<_, Infallible>(answer(&request))
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, asked }
    }

    /// Somebody else's, at this address.
    pub(crate) fn at(address: SocketAddr) -> Self {
        let asked = Arc::default();
        Self { address, asked }
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Request<Bytes>> {
        self.asked.lock().unwrap().clone()
    }
}

/// Requests that reach these hosts, each at its stand-in, and no other.
pub(crate) fn web(hosts: &[(&str, &Upstream)]) -> Web {
    let hosts = hosts
        .iter()
        .map(|(name, at)| ((*name).to_owned(), at.address));
    Web::new(Dialer::Standin(hosts.collect()))
}

/// Dials the stand-in of a host.
pub(super) async fn dial(
    hosts: &BTreeMap<String, SocketAddr>,
    uri: &Uri,
) -> Result<Stream, Refused> {
    let at = hosts.get(uri.host().unwrap_or_default());
    let stream = TcpStream::connect(at.ok_or(Refused::Target)?).await;
    stream.map(Stream::Plain).map_err(|_down| Refused::Proxy)
}
