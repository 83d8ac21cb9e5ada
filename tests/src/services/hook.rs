//! A webhook that knows its sender.

use super::body::{self, Body};
use super::proof::mac;
use super::{Serves, field};
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::Value;
use std::collections::BTreeSet;

/// What it shares with its sender.
pub const KEY: &str = "shared-with-the-hook";

/// What it was told.
#[derive(Default)]
pub struct Hook {
    /// Every key of idempotency.
    pub keys: BTreeSet<String>,
    /// The last document.
    pub last: Value,
}

impl Serves for Hook {
    fn answer(&mut self, request: &Request<Bytes>) -> Response<Body> {
        let body = std::str::from_utf8(request.body()).unwrap();
        let time = field(request, "x-pure-agent-timestamp");
        let signature = mac(KEY.as_bytes(), &format!("{time}.{body}"));
        let shown = field(request, "x-pure-agent-signature");
        assert_eq!(shown, format!("sha256={signature}"));
        self.keys
            .insert(field(request, "idempotency-key").to_owned());
        self.last = serde_json::from_str(body).unwrap();
        Response::new(body::empty())
    }
}
