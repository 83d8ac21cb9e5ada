//! Questions to Linear's API, and what its refusals mean.

use super::super::Failed;
use super::Linear;
use crate::{body, strict};
use hyper::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use hyper::{Method, Request};
use serde_json::{Value, json};

const API: &str = "https://api.linear.app/graphql";

impl Linear {
    /// The data of an answer without errors. Linear's own words are not passed on: they may hold anything.
    pub(super) async fn ask(&self, query: &'static str, variables: Value) -> Result<Value, Failed> {
        let question = json!({"query": query, "variables": variables});
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(API)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "identity")
            .header(USER_AGENT, "pure-agent")
            .body(body::whole(question.to_string()))
            .map_err(|_untold| odd())?;
        if let Some(credential) = &self.credential {
            request
                .headers_mut()
                .insert(AUTHORIZATION, credential.clone());
        }
        let answer = self.web.ask(request, self.size, self.deadline).await?;
        let status = answer.status().as_u16();
        // Redirects and encodings are not what an API answers with.
        match (status, strict::value(answer.body())) {
            (401 | 403, _) => Err(credential()),
            (429, _) => Err(rate()),
            (500.., _) => Err(Failed::new("linear-down", "Linear has a fault of its own")),
            (200 | 400, Ok(answer)) => data(answer, status),
            _ => Err(odd()),
        }
    }
}

fn data(answer: Value, status: u16) -> Result<Value, Failed> {
    let errors = answer.get("errors").and_then(Value::as_array);
    if let Some(error) = errors.and_then(|errors| errors.first()) {
        return Err(refusal(error));
    }
    match answer {
        Value::Object(mut answer) if status == 200 => answer
            .remove("data")
            .filter(Value::is_object)
            .ok_or_else(odd),
        _ => Err(odd()),
    }
}

fn refusal(error: &Value) -> Failed {
    let code = error.pointer("/extensions/code").and_then(Value::as_str);
    let message = error
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match code.unwrap_or_default() {
        "AUTHENTICATION_ERROR" | "FORBIDDEN" => credential(),
        "RATELIMITED" => rate(),
        _ if message.starts_with("Entity not found") => no_issue(),
        _ => Failed::new("linear-refused", "Linear refuses the request"),
    }
}

/// What does not exist, and what is of another team: nobody learns which.
pub(super) fn no_issue() -> Failed {
    Failed::new("linear-team", "the team has no such issue")
}

/// An answer that makes no sense.
pub(super) fn odd() -> Failed {
    Failed::new("linear-answer", "Linear answered what cannot be read")
}

fn credential() -> Failed {
    Failed::new(
        "linear-credential",
        "Linear does not accept the credential of the spec",
    )
}

fn rate() -> Failed {
    Failed::new(
        "linear-rate",
        "Linear has had too many requests: try again later",
    )
}
