//! A chat that takes messages at an address of its own, and calls whoever a message names.

use super::body::{self, Body};
use super::{Serves, field};
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::Value;

/// What is secret of the address.
pub const KEY: &str = "T0000/B0000/only-the-channel-knows";

/// The address.
#[must_use]
pub fn address() -> String {
    format!("https://chat.example.com/services/{KEY}")
}

/// What it was told.
#[derive(Default)]
pub struct Chat {
    /// Each message, with its key.
    pub messages: Vec<(String, String)>,
}

impl Serves for Chat {
    fn answer(&mut self, request: &Request<Bytes>) -> Response<Body> {
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri().path(), format!("/services/{KEY}"));
        assert_eq!(field(request, "content-type"), "application/json");
        let said: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(said.as_object().unwrap().len(), 1, "{said}");
        let text = said["text"].as_str().unwrap().to_owned();
        assert!(!text.is_empty() && text.len() < 8_192, "{text}");
        let key = field(request, "idempotency-key").to_owned();
        self.messages.push((key, text));
        Response::new(body::whole("ok"))
    }
}
