//! A gatekeeper service: it is given the request once, and asked for its answer until there is one.
//!
//! What it answers counts only for what it was asked: the same id, and the same context where it is shown again.

use super::drive::Verdict;
use super::no;
use crate::body::{self, Body};
use crate::gateway::Gateway;
use crate::gateway::answer::Refusal;
use crate::record::event::ApprovalAsked;
use crate::strict;
use bytes::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

/// Time between two questions.
const POLL: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 3_000 });
/// Time for one answer.
const WITHIN: Duration = Duration::from_secs(10);
/// Most bytes of one answer.
const MOST: usize = 256 * 1024;
/// Most bytes of an id.
const MOST_ID: usize = 128;

/// One service, and what it is asked.
struct Service<'a> {
    gateway: &'a Gateway,
    url: &'a str,
    auth: &'a str,
    asked: &'a ApprovalAsked,
    context: String,
}

/// Why there is no answer to one question.
enum Trouble {
    /// Another attempt may help.
    Passing,
    /// It will not.
    Lasting(Refusal),
}

/// Asks until there is an answer. It ends with the time of the request, which the caller watches.
pub(super) async fn ask(
    gateway: &Gateway,
    asked: &ApprovalAsked,
    url: &str,
    auth: &str,
) -> Verdict {
    let service = Service {
        gateway,
        url: url.trim_end_matches('/'),
        auth,
        asked,
        context: context(gateway, asked),
    };
    match service.answer().await {
        Ok(true) => Verdict::Given(asked.approval.clone()),
        Ok(false) => Verdict::Refused(asked.approval.clone()),
        Err(refusal) => Verdict::Lapsed(refusal),
    }
}

/// What the person reads: the request, as JSON text.
fn context(gateway: &Gateway, asked: &ApprovalAsked) -> String {
    let shown = gateway.approvals.shown(&asked.id);
    json!({
        "run": gateway.uid, "spec": gateway.contract.spec, "subject": asked.subject,
        "arguments": asked.arguments, "shown": shown, "expires": asked.expires,
    })
    .to_string()
}

impl Service<'_> {
    async fn answer(&self) -> Result<bool, Refusal> {
        let body = json!({
            "externalId": self.asked.id, "context": self.context, "requesterName": "pure-agent",
        });
        let body = Bytes::from(body.to_string());
        let made = self.until(Method::POST, "/api/requests", &body).await?;
        let id = made.get("id").and_then(Value::as_str);
        let id = id.filter(|id| is_id(id)).ok_or_else(malformed)?;
        self.is_about(&made, id)?;
        let path = format!("/api/requests/{id}");
        loop {
            let answer = self.until(Method::GET, &path, &Bytes::new()).await?;
            self.is_about(&answer, id)?;
            match answer.get("status").and_then(Value::as_str) {
                Some("APPROVED") => return Ok(true),
                Some("REJECTED") => return Ok(false),
                Some("EXPIRED") => {
                    return Err(no("approval-expired", "nobody answered in time"));
                }
                Some(_) => sleep(POLL).await,
                None => return Err(malformed()),
            }
        }
    }

    /// Puts a question until it has an answer.
    async fn until(&self, method: Method, path: &str, body: &Bytes) -> Result<Value, Refusal> {
        loop {
            match self.once(&method, path, body.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Lasting(why)) => return Err(why),
                Err(Trouble::Passing) => sleep(POLL).await,
            }
        }
    }

    async fn once(&self, method: &Method, path: &str, body: Bytes) -> Result<Value, Trouble> {
        let request = self.request(method, path, body).map_err(Trouble::Lasting)?;
        let answer = self.gateway.web.ask(request, MOST, WITHIN).await;
        let answer = answer.map_err(|_away| Trouble::Passing)?;
        let status = answer.status();
        if status.is_server_error()
            || matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
            )
        {
            return Err(Trouble::Passing);
        }
        if !status.is_success() {
            let why = format!("the gatekeeper answers {}", status.as_u16());
            return Err(Trouble::Lasting(no("approval-service", &why)));
        }
        strict::value(answer.body()).map_err(|_untold| Trouble::Lasting(malformed()))
    }

    fn request(&self, method: &Method, path: &str, body: Bytes) -> Result<Request<Body>, Refusal> {
        let credential = self.gateway.secrets.header(self.auth, "");
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        let request = match credential {
            Some(credential) => request.header("x-api-key", credential),
            None => {
                return Err(no(
                    "approval-service",
                    "the credential of the gatekeeper cannot be sent",
                ));
            }
        };
        let request = match body.is_empty() {
            true => request.body(body::empty()),
            false => request
                .header(CONTENT_TYPE, "application/json")
                .body(body::whole(body)),
        };
        request.map_err(|_untold| no("approval-service", "the gatekeeper has no such address"))
    }

    /// An answer about something else would be consent to it.
    fn is_about(&self, answer: &Value, id: &str) -> Result<(), Refusal> {
        let is = |field: &str, known: &str| match answer.get(field) {
            None | Some(Value::Null) => true,
            Some(told) => told.as_str() == Some(known),
        };
        let fits = answer.get("id").and_then(Value::as_str) == Some(id)
            && is("externalId", &self.asked.id)
            && is("context", &self.context);
        match fits {
            true => Ok(()),
            false => Err(no(
                "approval-other",
                "the gatekeeper answered to something else than was asked",
            )),
        }
    }
}

/// An id that is one part of a path.
fn is_id(id: &str) -> bool {
    (1..=MOST_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn malformed() -> Refusal {
    no(
        "approval-service",
        "the gatekeeper's answer is not understood",
    )
}
