//! A gatekeeper whose person agrees at the second look.

use super::{Serves, field, json};
use bytes::Bytes;
use hyper::{Request, Response};
use pure_agent_runtime::body::Body;
use serde_json::{Value, json as value};

/// What it was asked to decide.
#[derive(Debug, Default)]
pub struct Gatekeeper {
    /// The key that it takes.
    pub key: String,
    /// Requests, as they are told.
    pub requests: Vec<Value>,
}

impl Gatekeeper {
    fn ask(&mut self, body: &Value) -> Response<Body> {
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        let (outer, context) = (text("externalId"), text("context"));
        assert_eq!(body["requesterName"], "pure-agent");
        let known = |one: &&Value| one["externalId"] == outer.as_str();
        if let Some(found) = self.requests.iter().find(known) {
            return json(200, found);
        }
        let id = format!("request-{}", self.requests.len());
        let made = value!({"id": id, "externalId": outer, "context": context, "status": "PENDING"});
        self.requests.push(made.clone());
        json(201, &made)
    }
}

impl Serves for Gatekeeper {
    fn answer(&mut self, request: &Request<Bytes>) -> Response<Body> {
        if field(request, "x-api-key") != self.key {
            return json(401, &value!({}));
        }
        let path = request.uri().path();
        if request.method() == "POST" {
            assert_eq!(path, "/api/requests");
            return self.ask(&serde_json::from_slice(request.body()).unwrap());
        }
        let id = path.strip_prefix("/api/requests/").unwrap();
        let found = self.requests.iter_mut().find(|one| one["id"] == id);
        let found = found.unwrap();
        let told = found.clone();
        found["status"] = value!("APPROVED");
        json(200, &told)
    }
}
